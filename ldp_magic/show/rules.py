"""A rule as a page for a terminal, all rules as a table, and both as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ldp_magic.lint.example import findings_of
from ldp_magic.lint.finding import Finding
from ldp_magic.lint.rule import Bad, Example, Level, Rule
from ldp_magic.show.excerpt import changed, shown_text
from ldp_magic.show.glyphs import letters, wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.text import Span, line_starts, line_text

__all__ = ["as_json", "listed", "mend", "page"]

GROUPS = {
    "0": "syntax, targets, project files",
    "1": "streaming",
    "2": "the graph",
    "3": "expectations",
    "4": "change data capture",
    "5": "old spellings",
    "6": "performance and cost",
    "7": "secrets, paths, personal data",
    "8": "Python",
}
_MENDS = {
    "safe": "a safe fix: --fix",
    "decision": "a fix that is your decision: --fix --unsafe-fixes",
    "safe, decision": "a safe fix, or where it is your decision --unsafe-fixes",
    "": "by hand",
}
_INDENT = "  "
_MOST_BAD, _MOST_GOOD = 2, 1


# -- one rule ---------------------------------------------------------------------------------------


def page(rule: Rule, pen: Pen) -> str:
    """What a rule finds, why that matters, how it looks and how it is mended."""
    return "\n".join([*_head(rule, pen), "", *_facts(rule, pen), "", *_examples(rule, pen)])


def _head(rule: Rule, pen: Pen) -> Iterator[str]:
    yield pen.line([Run(f"{rule.code} {rule.name}", "bold")])
    yield pen.hanging(_INDENT, pen.ours(_plain(rule.summary)))
    for paragraph in rule.explanation.split("\n\n"):
        yield ""
        yield pen.hanging(_INDENT, pen.ours(_plain(paragraph)))


def _plain(text: str) -> str:
    return text.replace("`", "")


def _facts(rule: Rule, pen: Pen) -> Iterator[str]:
    yield pen.line([Run("  databricks  "), *_level(rule.severity, pen)])
    yield pen.line([Run("  spark       "), *_level(rule.spark, pen)])
    runs = "by default" if rule.on else f"only where it is asked for: --extend-select {rule.code}"
    rows = [
        ("runs", runs),
        ("knows by", rule.needs),
        ("mend", _MENDS[mend(rule)]),
        ("spares", ", ".join(rule.foresees)),
        ("verified", rule.verified),
        ("silence", f"{'#' if rule.subject.startswith(('Python', 'Spec')) else '--'} noqa: {rule.code}"),
    ]
    yield from (pen.hanging(f"  {name:<10}  ", pen.ours(text)) for name, text in rows if text)


def _level(level: Level, pen: Pen) -> list[Run]:
    return [Run("never")] if level == "never" else [pen.state(level), Run(f" {level}")]


def _examples(rule: Rule, pen: Pen) -> Iterator[str]:
    for example in rule.bad[:_MOST_BAD]:
        yield _title("bad", example, pen)
        yield from _bad(rule, example, pen)
        yield ""
    for good in rule.good[:_MOST_GOOD]:
        yield _title("good", good, pen)
        yield from _listing(good.text, (), pen)


def _title(word: str, example: Example, pen: Pen) -> str:
    where = example.file or ("Python" if example.python else "SQL")
    parts = [where, *([example.target] if example.target != "databricks" else [])]
    parts += [f"parameter {name}" for name in example.parameters]
    parts += [f"{name} known" for name in example.locked]
    parts += ["compared with before"] if example.before else []
    return pen.line([Run(word, "bold"), Run(f"  {pen.ours(' · ').join(parts)}")])


def _bad(rule: Rule, example: Bad, pen: Pen) -> Iterator[str]:
    found = _found(rule, example)
    if example.before:
        yield from _listing(example.before, (), pen)
        yield pen.line([Run("  and now")])
    style = {"error": "red", "warning": "yellow"}.get((found[0].severity if found else "") or "", "bright black")
    yield from _listing(example.text, [f.location.span for f in found], pen, style)
    for finding in dict.fromkeys(f.message for f in found):
        yield pen.hanging("  says  ", pen.theirs(finding))
    yield from _mended(found[:1], pen)


def _found(rule: Rule, example: Bad) -> tuple[Finding, ...]:
    return findings_of(rule, example)


def _mended(found: Sequence[Finding], pen: Pen) -> Iterator[str]:
    for fix in (f.fixes[0] for f in found if f.fixes):
        yield pen.hanging("  fix   ", pen.theirs(fix.title))
        if fix.edits:
            kind = "safe" if fix.safe else "your decision"
            yield pen.hanging("        ", f"{kind}: {pen.theirs(fix.reason)}" if fix.reason else kind)
            yield from changed(fix.edits, pen, "        ")


# -- a text with marks ------------------------------------------------------------------------------


def _listing(text: str, marks: Sequence[Span], pen: Pen, style: str = "") -> Iterator[str]:
    """Every line with its number; a long one goes on below. What is marked has carets under it."""
    starts = line_starts(text)
    last = len(starts) - (1 if len(starts) > 1 and starts[-1] == len(text) else 0)
    for number in range(1, last + 1):
        line, start = line_text(text, number), starts[number - 1]
        for begin, end in _pieces(line, pen):
            head = f"{number:>4}" if begin == 0 else "    "
            bar = f"  {head} {pen.ours('│')} "
            yield pen.line([Run(bar), Run(shown_text(line[begin:end], pen))])
            inside = [_clipped(mark, start + begin, start + end) for mark in marks]
            if carets := _carets(line[begin:end], [m for m in inside if m is not None], pen):
                yield pen.line([Run(f"       {pen.ours('│')} "), Run(carets, style)])


def _pieces(line: str, pen: Pen) -> Iterator[tuple[int, int]]:
    """Where a line is cut so that each part fits; between words if it can be."""
    room, begin = pen.width - 10, 0
    while True:
        end = begin + _fitting(line[begin : begin + room], room, pen)
        if end >= len(line):
            yield begin, len(line)
            return
        blank = line.rfind(" ", begin + 1, end)
        end = blank + 1 if blank > begin + room // 2 else max(end, begin + 1)
        yield begin, end
        begin = end


def _fitting(text: str, room: int, pen: Pen) -> int:
    """How many characters of *text* fit."""
    if wide(shown_text(text, pen)) <= room:
        return len(text)
    used = taken = 0
    for piece in letters(text):
        used += wide(shown_text(piece, pen))
        if used > room:
            break
        taken += len(piece)
    return taken


def _clipped(mark: Span, start: int, end: int) -> Span | None:
    """The part of a mark between two offsets, counted from the first."""
    low, high = max(mark.start, start), min(mark.end, end)
    empty = mark.start == mark.end and start <= mark.start <= end
    return Span(low - start, high - start) if low < high or empty else None


def _carets(piece: str, marks: Sequence[Span], pen: Pen) -> str:
    row = ""
    for mark in sorted(marks):
        before = wide(shown_text(piece[: mark.start], pen))
        row = row.ljust(before) + "^" * max(wide(shown_text(piece[mark.start : mark.end], pen)), 1)
    return row


# -- all rules --------------------------------------------------------------------------------------


_ROOMY = 130  # columns that all of a rule's line needs


def listed(rules: Sequence[Rule], pen: Pen) -> str:
    """The rules group by group: code, name, how grave it is for each target, the mend, what it finds."""
    every = (
        Column("code", cuts="never"),
        Column("name", cuts="never"),
        Column("databricks", cuts="never"),
        Column("spark", cuts="never"),
        Column("fix", cuts="never"),
        Column("finds", cuts="end"),
    )
    shown = range(len(every)) if pen.width >= _ROOMY else (0, 1, 2, 5)
    lines = table([every[n] for n in shown], [[row[n] for n in shown] for row in (_row(r, pen) for r in rules)], pen)
    out, group = [_count(rules, pen), "", *lines[:1]], ""
    for rule, line in zip(rules, lines[1:], strict=True):
        if _group(rule) != group:
            group = _group(rule)
            out += ["", pen.line([Run(group, "bold")])]
        out.append(line)
    last = "ldp explain CODE tells the whole story of one"
    more = "" if pen.width >= _ROOMY else f"; {_ROOMY} columns show spark and fixes, too"
    return "\n".join([*out, "", last + more])


def _group(rule: Rule) -> str:
    return GROUPS.get(rule.code[3:4], "others")


def _count(rules: Sequence[Rule], pen: Pen) -> str:
    mended = sum(1 for rule in rules if any(b.fixed for b in rule.bad))
    off = sum(1 for rule in rules if not rule.on)
    parts = [f"{len(rules)} rule{'' if len(rules) == 1 else 's'}", f"{mended} with a fix"]
    parts += [f"{off} only where asked for"] if off else []
    return pen.ours(" · ").join(parts)


def _row(rule: Rule, pen: Pen) -> tuple[Run, ...]:
    return (
        Run(rule.code),
        Run(rule.name),
        _word(rule.severity, rule, pen),
        _word(rule.spark, rule, pen),
        Run(mend(rule) or pen.ours("·")),
        Run(pen.ours(_plain(rule.summary))),
    )


def _word(level: Level, rule: Rule, pen: Pen) -> Run:
    if level == "never":
        return Run(pen.ours("·"))
    sign = pen.state(level)
    return Run(f"{sign.text} {level}" if rule.on else f"{sign.text} {level}, off", sign.style)


def mend(rule: Rule) -> str:
    """How the rule's examples are mended: safe, decision, both, or (empty) by hand."""
    kinds = {_kind(rule, example) for example in rule.bad if example.fixed}
    return ", ".join(kind for kind in ("safe", "decision") if kind in kinds)


def _kind(rule: Rule, example: Bad) -> str:
    if example.safe is not None:
        return "safe" if example.safe else "decision"
    fixes = [f.fix for f in _found(rule, example) if f.fix is not None]
    return "safe" if fixes and fixes[0].safe else "decision"


# -- JSON -------------------------------------------------------------------------------------------


def as_json(rule: Rule) -> dict[str, Any]:
    """A rule as a contract has it."""
    return {
        "code": rule.code,
        "name": rule.name,
        "group": _group(rule),
        "severity": {"databricks": rule.severity, "spark": rule.spark},
        "on": rule.on,
        "summary": rule.summary,
        "explanation": rule.explanation,
        "needs": rule.needs,
        "fix": mend(rule) or None,
        "foresees": list(rule.foresees),
        "verified": rule.verified,
        "bad": [_example(b) | {"fixed": b.fixed or None} for b in rule.bad],
        "good": [_example(g) for g in rule.good],
    }


def _example(example: Example) -> dict[str, Any]:
    language = "yaml" if example.file else "python" if example.python else "sql"
    return {"text": example.text, "language": language, "target": example.target} | (
        {"before": example.before} if example.before else {}
    )
