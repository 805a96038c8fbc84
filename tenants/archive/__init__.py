"""A whole group as one file, and the same group from that file again (docs/archive.md).

:func:`tenants.archive.writing.write_archive` makes one, :func:`tenants.archive.checking.check`
says whether one is whole and may be trusted, :func:`tenants.archive.restoring.restore` makes an
empty group what it holds.
"""
