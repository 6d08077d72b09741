"""Findings as JSON: a contract with other programs. Offsets count code points; lines and columns start at 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.text import Location, Position


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """One object a finding."""
    return [_finding(f) for f in findings]


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "why": finding.why,
        **_place(finding.location),
        "related": [{"message": r.message, **_place(r.location)} for r in finding.related],
        "fixes": [_fix(fix) for fix in finding.fixes],
    }


def _place(location: Location) -> dict[str, Any]:
    return {
        "path": location.source.name,
        "cell": location.source.cell,
        "span": {"start": location.start, "end": location.end},
        "start": _position(location.first),
        "end": _position(location.last),
    }


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "reason": fix.reason,
        "edits": [
            {
                "path": edit.location.source.name,
                "cell": edit.location.source.cell,
                "start": edit.location.start,
                "end": edit.location.end,
                "text": edit.text,
            }
            for edit in fix.edits
        ],
    }
