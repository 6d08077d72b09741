"""Findings as a person reads them: what, where, why, and the mend with its diff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.show.excerpt import changed, excerpt
from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.places import where
from ldp_magic.show.table import Column, table
from ldp_magic.text import Edit, Source

_STATES = {"error": "error", "warning": "warning", "info": "info"}
_MARGIN = 8  # between the place of a finding and the right edge


def full(findings: Sequence[Finding], pen: Pen) -> Iterator[str]:
    """Every finding with its lines, one empty line between them."""
    for finding in findings:
        yield from _finding(finding, pen)
        yield ""


def _finding(finding: Finding, pen: Pen) -> Iterator[str]:
    yield _head(finding, pen)
    yield pen.hanging("  ", pen.theirs(finding.message))
    yield from excerpt(finding.location, finding.mark, pen, finding.severity or "info")
    if finding.why:
        yield pen.hanging("  why  ", pen.theirs(finding.why))
    for related in finding.related:
        yield pen.hanging("  see  ", f"{pen.theirs(where(related.location))}: {pen.theirs(related.message)}")
    for fix in finding.fixes:
        yield from _fix(fix, pen)


def _head(finding: Finding, pen: Pen) -> str:
    severity = finding.severity or "info"
    words = f" {severity} {finding.code} {finding.name}"
    sign = pen.state(_STATES[severity])
    room = pen.width - _MARGIN - wide(sign.text) - wide(words) - 2
    place = pen.cut_front(pen.theirs(where(finding.location)), max(room, 16))
    gap = max(pen.width - _MARGIN - wide(sign.text) - wide(words) - wide(place), 2)
    return pen.line([sign, Run(words, "bold"), Run(" " * gap + place)])


def _fix(fix: Fix, pen: Pen) -> Iterator[str]:
    yield pen.hanging("  fix  ", pen.theirs(fix.title))
    if not fix.edits:
        return
    kind = "safe" if fix.safe else "your decision"
    command = "--fix" if fix.safe else "--fix --unsafe-fixes"
    reason = f": {pen.theirs(fix.reason)}" if fix.reason else ""
    yield pen.hanging("       ", f"{kind}{reason}; apply with {command}")
    by_source: dict[Source, list[Edit]] = {}
    for edit in fix.edits:
        by_source.setdefault(edit.location.source, []).append(edit)
    for edits in by_source.values():
        yield from changed(edits, pen, "       ")


def summary(findings: Sequence[Finding], pen: Pen, *, fixed: int = 0, checked: int = 0, done: str = "fixed") -> str:
    """`✗ 2 errors  ▲ 1 warning  in 1 file · 2 safe fixes: ldp lint --fix · 1 needs your decision`"""
    lead = [Run(f"{fixed} {done} {pen.ours('·')} ")] if fixed else []
    if not findings and not checked:
        return pen.line([pen.state("unknown"), Run(" nothing was checked: no file here defines a dataset")])
    if not findings:
        files = f"{checked:,} file{'' if checked == 1 else 's'} checked"
        return pen.line([pen.state("ok"), Run(" "), *lead, Run(f"no findings {pen.ours('·')} {files}")])
    counts: Counter[str] = Counter(f.severity or "info" for f in findings)
    runs: list[Run] = []
    for severity in ("error", "warning", "info"):
        if n := counts.get(severity, 0):
            word = severity if severity == "info" or n == 1 else severity + "s"
            runs += [pen.state(severity), Run(f" {n:,} {word}  ")]
    many = len({f.location.source.name for f in findings})
    runs += [Run(f"in {many:,} file{'' if many == 1 else 's'}")]
    return _continued([*lead, *runs], list(_fixes(findings)), pen)


def _continued(runs: list[Run], more: list[str], pen: Pen) -> str:
    """The runs and what follows them behind dots, on a second line where the first is full."""
    lines = [runs]
    for text in more:
        used = sum(wide(run.text) for run in lines[-1])
        if used + 3 + wide(text) > pen.width:
            lines.append([Run("  " + text)])
        else:
            lines[-1].append(Run(f" {pen.ours('·')} {text}"))
    return "\n".join(pen.line(line) for line in lines)


def _fixes(findings: Sequence[Finding]) -> Iterator[str]:
    safe = sum(1 for f in findings if f.fix is not None and f.fix.safe)
    unsafe = sum(1 for f in findings if f.fix is not None and not f.fix.safe)
    if safe:
        yield f"{safe:,} safe fix{'' if safe == 1 else 'es'}: ldp lint --fix"
    if unsafe:
        yield f"{unsafe:,} need{'s' if unsafe == 1 else ''} your decision"


def statistics(findings: Sequence[Finding], pen: Pen) -> list[str]:
    """How often each rule has something to say, the most frequent first."""
    counts = Counter((f.code, f.name, f.severity) for f in findings)
    mended = Counter(f.code for f in findings if f.fix is not None and f.fix.safe)
    rows = [
        (
            Run(f"{n:,}"),
            Run(code),
            Run(name),
            pen.state(severity or "info"),
            Run(severity or ""),
            Run(f"{mended[code]:,}" if mended[code] else pen.ours("·")),
        )
        for (code, name, severity), n in sorted(counts.items(), key=lambda item: (-item[1], item[0][0]))
    ]
    columns = (
        Column("findings", "right", "never"),
        Column("code", cuts="never"),
        Column("rule"),
        Column("", cuts="never"),
        Column("severity", cuts="never"),
        Column("safe fixes", "right", "never"),
    )
    return table(columns, rows, pen)
