"""Fields that a group adds to customers, vehicles and others without code.

A module makes a model a host with three lines: ``CustomValues`` as a base of the model,
``register`` in its ``custom_hosts.py``, ``changes = save_values(row, custom, actor=actor)`` in its
actions. See docs/custom-fields.md.
"""

from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.hosts import Host, People, register, use_people
from forecourt.kernel.custom_fields.registry import definitions, visible
from forecourt.kernel.custom_fields.rows import CustomValues
from forecourt.kernel.custom_fields.values import (
    release_keys,
    restore_keys,
    save_many,
    save_values,
)

__all__ = [
    "CustomValues",
    "Definition",
    "Host",
    "Kind",
    "People",
    "definitions",
    "register",
    "release_keys",
    "restore_keys",
    "save_many",
    "save_values",
    "use_people",
    "visible",
]
