"""Findings for front ends that can apply a fix: the contract, and every edit as JavaScript counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.show.findings.contract import as_json
from ldp_magic.text import Edit, Source, utf16_offset


def live(findings: Sequence[Finding], own: Source | None = None) -> list[dict[str, Any]]:
    """One object a finding; an edit of the cell *own* names no cell, so that a copy of it mends itself."""
    objects = as_json(findings)
    for finding, said in zip(findings, objects, strict=True):
        said["cell"] = None if finding.location.source == own else said["cell"]
        for fix, shown in zip(finding.fixes, said["fixes"], strict=True):
            shown["edits"] = [_edit(edit, own) for edit in fix.edits] if _in_cells(fix, own) else []
    return objects


def others(findings: Sequence[Finding], own: Source | None = None) -> dict[str, str]:
    """The texts of the other cells that fixes edit: what they were when the fixes were made."""
    edited = [edit.location.source for finding in findings for fix in finding.fixes for edit in fix.edits]
    return {source.cell: source.text for source in edited if source.cell is not None and source != own}


def _in_cells(fix: Fix, own: Source | None) -> bool:
    """A file is not edited from a notebook."""
    sources = {edit.location.source for edit in fix.edits}
    return all(source == own or source.cell is not None for source in sources)


def _edit(edit: Edit, own: Source | None) -> dict[str, Any]:
    where = edit.location
    return {
        "cell": None if where.source == own else where.source.cell,
        "start16": utf16_offset(where.source.text, where.start),
        "end16": utf16_offset(where.source.text, where.end),
        "text": edit.text,
        "was": where.text,
    }
