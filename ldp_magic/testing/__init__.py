"""Tests of pipelines, written beside them: rows in, rows out, batch by batch."""

from ldp_magic.testing.case import Batch, Case, CaseError, Dropped, Expected, Given
from ldp_magic.testing.files import found, read
from ldp_magic.testing.outcome import After, Outcome, Wrong
from ldp_magic.testing.running import Subject, run, run_all

__all__ = [
    "After",
    "Batch",
    "Case",
    "CaseError",
    "Dropped",
    "Expected",
    "Given",
    "Outcome",
    "Subject",
    "Wrong",
    "found",
    "read",
    "run",
    "run_all",
]
