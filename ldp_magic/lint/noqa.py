"""Adding `noqa` comments: every finding of today is lived with, everything new is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ldp_magic.lint.finding import Finding
from ldp_magic.lint.ignore import Noqa, noqas
from ldp_magic.text import Edit, Source, line_starts, line_text


def suppressing(findings: Iterable[Finding]) -> tuple[Edit, ...]:
    """The edits that suppress *findings*, each on the line that it begins on."""
    by_line: dict[tuple[Source, int], list[str]] = {}
    for finding in findings:
        place = (finding.location.source, finding.location.first.line)
        codes = by_line.setdefault(place, [])
        if finding.code not in codes:
            codes.append(finding.code)
    return tuple(_edit(source, line, codes) for (source, line), codes in by_line.items())


def _edit(source: Source, line: int, codes: list[str]) -> Edit:
    held = next((n for n in noqas(source) if n.line == line), None)
    if held is not None:
        return _longer(source, held, codes)
    text = line_text(source.text, line)
    end = line_starts(source.text)[line - 1] + len(text.rstrip())
    mark = "#" if _is_python(source) else "--"
    return Edit(source.at(end), f"  {mark} noqa: {', '.join(codes)}")


def _longer(source: Source, held: Noqa, codes: list[str]) -> Edit:
    named = {code.upper() for code, _ in held.codes}
    more = "".join(f", {code}" for code in codes if code not in named)
    at = held.codes[-1][1].end if held.codes else held.span.end
    return Edit(source.at(at), more)


def _is_python(source: Source) -> bool:
    if source.cell is not None:
        first = source.text.lstrip("\ufeff \t\r\n").split("\n", 1)[0]
        return not first.startswith(("%%ldp", "%%sql", "%sql")) or "--python" in first
    return source.name.endswith(".py")


def sources_in(edits: Iterable[Edit]) -> Iterator[Source]:
    """The texts that edits touch, each once."""
    yield from dict.fromkeys(edit.location.source for edit in edits)
