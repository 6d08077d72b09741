"""Cells with what the linter says of them, as a notebook has kept it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ldp_magic
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.show.bundle import bundle
from ldp_magic.show.findings import html, live, others
from ldp_magic.text import Edit, Source
from tests.lab.conftest import code, output

STARTS = "%%ldp\n"
STREAM = """CREATE OR REFRESH STREAMING LIVE TABLE daily_metrics AS
SELECT user_id, count(DISTINCT event_type) AS types{emoji}
FROM events
GROUP BY user_id"""
EVENTS = (
    "CREATE OR REFRESH STREAMING TABLE events AS SELECT * FROM STREAM read_files('/landing/events', format => 'json')"
)


def linted(sql: str) -> tuple[Source, tuple[Finding, ...]]:
    """A cell, and what is found in it where *events* is a streaming table."""
    own = Source("cell", None, STARTS + sql)
    text = f"{sql};\n{EVENTS}"
    found = ldp_magic.lint(text=text, cache=False).findings
    return own, tuple(_moved(each, own) for each in found if each.location.end <= len(sql))


def _moved(finding: Finding, own: Source) -> Finding:
    """A finding of the body as one of the cell."""
    from dataclasses import replace

    def at(start: int, end: int) -> Any:
        return own.at(start + len(STARTS), end + len(STARTS))

    def fix(one: Fix) -> Fix:
        return replace(one, edits=tuple(Edit(at(e.location.start, e.location.end), e.text) for e in one.edits))

    location = at(finding.location.start, finding.location.end)
    return replace(finding, location=location, related=(), fixes=tuple(map(fix, finding.fixes)))


def shown(own: Source, findings: tuple[Finding, ...], cells: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The output of a cell."""
    lines = own.text.count("\n") + 1
    data = {"source": own.text, "findings": live(findings, own), "cells": cells or others(findings, own)}
    return bundle("cell", "\n".join(f.message for f in findings), html(findings, f"{lines} lines", magic=True), data)


def cell(sql: str, name: str) -> dict[str, Any]:
    """A cell of pipeline SQL with its findings below it."""
    own, findings = linted(sql)
    return code(own.text, output(shown(own, findings)), name=name)


def edited(own: Source, title: str, *edits: Edit, code_: str = "LDP999", safe: bool = True) -> Finding:
    """A finding with one fix."""
    fix = Fix(title, edits, safe, "for the test")
    return Finding(own.at(0, 5), f"{title} is wanted", "", "", (fix,), severity="warning", code=code_, name="wanted")
