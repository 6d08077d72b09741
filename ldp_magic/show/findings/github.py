"""Findings as annotations of a GitHub pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.lint.finding import Finding

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def github(findings: Sequence[Finding]) -> Iterator[str]:
    """`::error file=...,line=...,title=...::message`"""
    for f in findings:
        first, last = f.location.first, f.location.last
        cell = f" (cell {f.location.source.cell})" if f.location.source.cell is not None else ""
        properties = {
            "title": f"{f.code} {f.name}",
            "file": f.location.source.name,
            "line": str(first.line),
            "col": str(first.column),
            "endLine": str(last.line),
            "endColumn": str(last.column),
        }
        said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        yield f"::{_COMMANDS[f.severity or 'info']} {said}::{_data(f.message + cell)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
