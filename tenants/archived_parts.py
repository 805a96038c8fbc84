"""Archives do not hold archives, nor the work on them."""

from forecourt.kernel.archived import leave_out, leave_out_files
from tenants.archive.layout import FOLDER, JOB_KIND

leave_out("kernel.Job", field="kind", value=JOB_KIND)
leave_out_files(FOLDER)
