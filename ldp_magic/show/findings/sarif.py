"""Findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from ldp_magic import __version__
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import Rule, all_rules
from ldp_magic.text import Edit, Location

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """One run with the rules that were found."""
    rules = [r for r in all_rules() if r.code in {f.code for f in findings}]
    places = {r.code: n for n, r in enumerate(rules)}
    driver = {"name": "ldp", "semanticVersion": __version__, "rules": [_rule(r) for r in rules]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(f, places[f.code]) for f in findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation or rule.summary},
        "help": {"text": f"ldp explain {rule.code}"},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "none"), "enabled": rule.on},
    }


def _result(finding: Finding, place: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": place,
        "level": _LEVELS[finding.severity or "info"],
        "message": {"text": f"{finding.message}. {finding.why}" if finding.why else finding.message},
        "locations": [_location(finding.location)],
    }
    if finding.related:
        result["relatedLocations"] = [_location(r.location) | {"message": {"text": r.message}} for r in finding.related]
    fixes = [_fix(fix) for fix in finding.fixes if fix.edits]
    return result | ({"fixes": fixes} if fixes else {})


def _location(location: Location) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": _uri(location)}, "region": _region(location)}
    found: dict[str, Any] = {"physicalLocation": physical}
    if location.source.cell is not None:
        found["logicalLocations"] = [{"name": location.source.cell, "kind": "cell"}]
    return found


def _uri(location: Location) -> str:
    return quote(location.source.name.replace("\\", "/"))


def _region(location: Location) -> dict[str, int]:
    first, last = location.first, location.last
    return {
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
        "charOffset": location.start,
        "charLength": location.end - location.start,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(_uri(edit.location), []).append(edit)
    changes = [
        {"artifactLocation": {"uri": uri}, "replacements": list(_replacements(edits))} for uri, edits in by_file.items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _replacements(edits: Iterable[Edit]) -> Iterable[dict[str, Any]]:
    for edit in edits:
        yield {"deletedRegion": _region(edit.location), "insertedContent": {"text": edit.text}}
