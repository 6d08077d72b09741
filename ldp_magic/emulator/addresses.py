"""Every file that answers addresses, loaded."""

from __future__ import annotations

from ldp_magic.emulator import (
    catalogs,
    control,
    files,
    job_runs,
    jobs,
    permissions,
    pipelines,
    tables,
    updates,
    users,
    volumes,
)
from ldp_magic.emulator.http import ROUTES

FILES = (catalogs, control, files, job_runs, jobs, permissions, pipelines, tables, updates, users, volumes)
LOADED = len(ROUTES)
