"""`-- noqa`: what the author has decided to live with.

`-- noqa` and `-- noqa: LDP101, LDP7` count for their line, and for a finding that begins on it. On a line of its own
above the first statement they count for the whole file or cell. Python comments (`# noqa`) count the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import Rule, all_rules
from ldp_magic.lint.select import Selection, means
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.text import Edit, Source, Span, line_starts

_NOQA = re.compile(
    r"(?:--|\#)[ \t]*(?P<file>ldp:[ \t]*)?noqa(?P<whole>-file)?\b"
    r"(?:[ \t]*:[ \t]*(?P<codes>[A-Za-z][\w-]*(?:[ \t]*,[ \t]*[A-Za-z][\w-]*)*))?[^\r\n]*",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True, slots=True)
class Noqa:
    """One suppression: where it stands, its codes (none: every code), and the line it is for (0: the whole text)."""

    span: Span
    codes: tuple[tuple[str, Span], ...]
    line: int


@lru_cache(maxsize=4096)
def noqas(source: Source) -> tuple[Noqa, ...]:
    """The suppressions of a text, in order."""
    if "noqa" not in source.text.lower():
        return ()
    return tuple(_noqas(source.text))


def _noqas(text: str) -> Iterator[Noqa]:
    starts = line_starts(text)
    comments = _comments(text)
    first = _first_code(text, comments)
    for match in _NOQA.finditer(text):
        if not any(c.start <= match.start() < c.end for c in comments):
            continue
        line = bisect_right(starts, match.start())
        alone = not text[starts[line - 1] : match.start()].strip()
        whole = bool(match["file"] or match["whole"]) or (alone and match.start() < first)
        codes = match["codes"] or ""
        at = match.start("codes")
        named = tuple((c.group(), Span(at + c.start(), at + c.end())) for c in _CODE.finditer(codes))
        yield Noqa(Span(match.start(), match.end()), named, 0 if whole else line)


_STRINGS = re.compile(
    r"""(?P<comment>--[^\r\n]*|\#[^\r\n]*)|/\*.*?(?:\*/|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)"""
    r"""|"(?:[^"\\\r\n]|\\.)*"?|'(?:[^'\\\r\n]|\\.)*'?""",
    re.DOTALL,
)


def _comments(text: str) -> list[Span]:
    """Line comments of SQL or Python, outside strings."""
    return [Span(*m.span()) for m in _STRINGS.finditer(text) if m["comment"]]


def _first_code(text: str, comments: list[Span]) -> int:
    """Where the text begins to be more than comments, blanks and a `%%` line."""
    at = 0
    for comment in comments:
        between = text[at : comment.start]
        if between.strip() and not between.lstrip("\ufeff \t\r\n").startswith("%%"):
            break
        at = comment.end
    rest = re.search(r"\S", text[at:])
    return at + rest.start() if rest else len(text)


def suppressed(
    findings: Iterable[Finding],
    pipeline: Pipeline,
    selection: Selection,
    noqas_of: Callable[[Source], tuple[Noqa, ...]] = noqas,
    silent: Sequence[Rule] = (),
) -> Iterator[Finding]:
    """*findings* without the suppressed ones, plus one for every suppression that had nothing to do.

    A suppression of a *silent* rule is left alone: the rule lacks the knowledge to say whether it is needed.
    """
    used: set[tuple[Source, Span]] = set()
    for finding in findings:
        spans = list(_matching(finding, noqas_of(finding.location.source)))
        if spans:
            used.update((finding.location.source, span) for span in spans)
        else:
            yield finding
    rule = next((r for r in selection.rules(pipeline.target) if r.name == "unused-suppression"), None)
    if rule is not None and not selection.select:
        for source in sources_of(pipeline):
            said = tuple(noqa for noqa in noqas_of(source) if not _waits(noqa, silent))
            yield from _unused(source, said, used, rule, pipeline.target)


def _waits(noqa: Noqa, silent: Sequence[Rule]) -> bool:
    """Does it name a rule that cannot speak today?"""
    names = {name for rule in silent for name in (rule.code.lower(), rule.name)}
    return any(code.lower().replace("_", "-") in names for code, _ in noqa.codes)


def sources_of(pipeline: Pipeline) -> tuple[Source, ...]:
    """The texts that the pipeline's statements and problems stand in."""
    places = [s.location for script in pipeline.scripts for s in script.statements]
    places += [p.location for script in pipeline.scripts for p in script.problems]
    return tuple({id(place.source): place.source for place in places}.values())


def _matching(finding: Finding, said: tuple[Noqa, ...]) -> Iterator[Span]:
    for noqa in said:
        if noqa.line not in (0, finding.location.first.line, finding.location.last.line):
            continue
        if not noqa.codes:
            yield noqa.span
        for code, span in noqa.codes:
            if means(code, finding.code, finding.name):
                yield span


def _unused(
    source: Source, said: tuple[Noqa, ...], used: set[tuple[Source, Span]], rule: Rule, target: str
) -> Iterator[Finding]:
    level = rule.level(target)
    for noqa in said:
        if not noqa.codes and (source, noqa.span) not in used:
            yield _finding(source, noqa.span, "nothing on this line is found", rule, _without(source, noqa.span), level)
        unused = [(c, s) for c, s in noqa.codes if (source, s) not in used]
        ours = [
            (c, s)
            for c, s in unused
            if c.upper().startswith("LDP") or any(means(c, r.code, r.name) for r in all_rules())
        ]
        if ours and len(unused) == len(noqa.codes):
            names = ", ".join(c for c, _ in ours)
            yield _finding(source, noqa.span, f"{names} is not found here", rule, _without(source, noqa.span), level)
        elif ours:
            kept = [c for c, s in noqa.codes if (c, s) not in ours]
            whole = Span(noqa.codes[0][1].start, noqa.codes[-1][1].end)
            edit = Edit(source.at(whole.start, whole.end), ", ".join(kept))
            names = ", ".join(c for c, _ in ours)
            yield _finding(source, ours[0][1], f"{names} is not found here", rule, edit, level)


def _without(source: Source, span: Span) -> Edit:
    """Take the comment away with the blanks before it."""
    start = span.start
    while start and source.text[start - 1] in " \t":
        start -= 1
    return Edit(source.at(start, span.end), "")


def _finding(source: Source, span: Span, message: str, rule: Rule, edit: Edit, level: object) -> Finding:
    fix = Fix("remove it", (edit,), safe=True, reason="it suppresses nothing")
    return Finding(
        source.at(span.start, span.end),
        message,
        why="a suppression that is not needed hides the next mistake",
        fixes=(fix,),
        severity=level,  # type: ignore[arg-type]
        code=rule.code,
        name=rule.name,
    )
