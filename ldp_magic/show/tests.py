"""Tests and how they ended: lines for a terminal, JSON, and the XML that CI systems read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ldp_magic.settings import path_shown
from ldp_magic.show.pen import Pen, Run
from ldp_magic.testing.comparing import Difference
from ldp_magic.testing.outcome import Outcome
from ldp_magic.testing.rewriting import Rewritten
from ldp_magic.testing.telling import Line, told
from ldp_magic.testing.values import shown

__all__ = ["json", "junit", "made", "reasons", "text"]

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(outcomes: Sequence[Outcome], rewritten: Sequence[Rewritten], pen: Pen) -> str:
    """A line for each test, what is wrong below it, and how many passed."""
    lines = [_rewritten(each, pen) for each in rewritten]
    for each in outcomes:
        sign = pen.state("ok" if each.passed else "error")
        where = f"{path_shown(each.case.path)}:{each.case.line}" if not each.passed else ""
        lines.append(
            pen.line(
                [Run(sign.text, sign.style), Run(f" {pen.theirs(each.case.name)}"), Run(f"  {where}", "bright black")]
            )
        )
        lines += reasons(each, pen) + ([] if each.passed else [""])
    return "\n".join([*lines, pen.line([Run(_summary(outcomes), "bold")])])


def made(path: str, outcomes: Sequence[Outcome], pen: Pen) -> str:
    """A test that was just written."""
    head = f"{pen.theirs(path_shown(Path(path)))} is written"
    if all(each.passed for each in outcomes):
        return f"{head}; it expects what is there now: read it, and change the rows to those you mean"
    lines = [line for each in outcomes for line in reasons(each, pen)]
    return "\n".join([f"{head}, and does not pass yet:", *lines])


def _rewritten(each: Rewritten, pen: Pen) -> str:
    said = (
        f"{each.many:,} expectation{'' if each.many == 1 else 's'} written anew in {pen.theirs(path_shown(each.path))}"
    )
    left = ", ".join(map(str, each.left))
    return said + (f"; those of line {left} stay: write one row a line there" if left else "")


def _summary(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return "no tests: write some into a folder tests, or ldp test --new DATASET"
    failed = sum(1 for each in outcomes if each.wrong)
    broken = sum(1 for each in outcomes if each.error)
    parts = [f"{len(outcomes) - failed - broken} of {len(outcomes)} tests passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{broken} could not run"] if broken else []
    return ", ".join(parts)


def reasons(outcome: Outcome, pen: Pen) -> list[str]:
    """Why a test did not pass."""
    return [_line(line, pen) for line in told(outcome)]


def _line(line: Line, pen: Pen) -> str:
    (head, _), *rest = line
    if len(rest) == 1 and not rest[0][1]:
        return pen.hanging(_clean(head, pen), pen.theirs(rest[0][0]))
    return pen.line([Run(_clean(text, pen), style) for text, style in line])


def _clean(text: str, pen: Pen) -> str:
    """A piece of a line; the spaces around it are ours."""
    inner = text.strip(" ")
    before, after = text.partition(inner)[::2] if inner else (text, "")
    return before + (pen.theirs(inner) if inner else "") + after


def json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "name": each.case.name,
            "file": path_shown(each.case.path),
            "line": each.case.line,
            "passed": each.passed,
            "seconds": round(each.seconds, 3),
            "error": each.error and {"what": each.error.what, "why": each.error.why, "fix": each.error.fix},
            "wrong": [
                {"batch": batch, "line": wrong.line, "what": wrong.what, **_as_values(wrong.difference)}
                for batch, wrong in each.wrong
            ],
        }
        for each in outcomes
    ]


def _as_values(said: Difference | None) -> dict[str, Any]:
    if said is None:
        return {}
    return {
        "dataset": said.dataset,
        "missing": [_plain(row) for _, row in said.missing],
        "extra": [_plain(row) for row in said.extra],
        "changed": [
            {
                "key": _plain(each.key),
                "cells": {name: {"expected": shown(a), "found": shown(b)} for name, (a, b) in each.cells.items()},
            }
            for each in said.changed
        ],
        "other_order": said.misplaced,
    }


def _plain(row: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else shown(value) for name, value in row.items()}


def junit(outcomes: Sequence[Outcome]) -> str:
    """JUnit's XML: a suite for each file."""
    pen = Pen(140, False, "unicode")
    by_file: dict[str, list[Outcome]] = {}
    for each in outcomes:
        by_file.setdefault(path_shown(each.case.path), []).append(each)
    suites = "".join(_suite(name, some, pen) for name, some in by_file.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites {_counts(outcomes)}>\n{suites}</testsuites>\n'


def _suite(name: str, outcomes: Sequence[Outcome], pen: Pen) -> str:
    cases = "".join(_case(name, each, pen) for each in outcomes)
    return f"  <testsuite name={_quoted(name)} {_counts(outcomes)}>\n{cases}  </testsuite>\n"


def _counts(outcomes: Sequence[Outcome]) -> str:
    failed, broken = (sum(1 for each in outcomes if getattr(each, what)) for what in ("wrong", "error"))
    seconds = sum(each.seconds for each in outcomes)
    return f'tests="{len(outcomes)}" failures="{failed}" errors="{broken}" time="{seconds:.3f}"'


def _case(file: str, outcome: Outcome, pen: Pen) -> str:
    head = f'    <testcase classname={_quoted(file)} name={_quoted(outcome.case.name)} time="{outcome.seconds:.3f}"'
    if outcome.passed:
        return f"{head}/>\n"
    tag = "error" if outcome.error else "failure"
    lines = [line.strip() for line in reasons(outcome, pen)]
    body = _NOT_XML.sub("?", escape("\n".join(reasons(outcome, pen))))
    return f"{head}>\n      <{tag} message={_quoted(lines[0])}>{body}</{tag}>\n    </testcase>\n"


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))
