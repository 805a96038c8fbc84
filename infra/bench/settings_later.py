"""The product's settings one release later: the kernel has a migration more."""

from forecourt.config.settings.dev import *  # noqa: F403
from forecourt.config.settings.dev import MIGRATION_MODULES

MIGRATION_MODULES = {**MIGRATION_MODULES, "kernel": "infra.bench.later"}
