"""What a cell answers: what the linter says, what was mended, and the rows of what it makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.notebook.request import Request
from ldp_magic.text import Edit, Location, Source

if TYPE_CHECKING:
    from ldp_magic.engine.answer import Checked as Expected
    from ldp_magic.verbs.preview import Preview

__all__ = ["CellResult", "Failed"]

OWN = "cell"  # what a cell is called in its own output
_PRE = "margin:0;font-size:12px;line-height:18px;white-space:pre;overflow-x:auto"
MOST_ROWS, LONGEST = 20, 2_000  # what a saved notebook keeps of rows, and of one text in them


@dataclass(frozen=True, slots=True)
class Failed:
    """A dataset whose rows could not be computed, and why."""

    name: str
    error: LdpError


@dataclass(slots=True, repr=False)
class CellResult:
    """The answer of a `%%ldp` cell. Of several datasets the last one's rows are `rows`; `previews` has them all."""

    typed: Source
    source: Source  # the text that the findings are of: the typed one, or the one that replaces it
    runs: Source  # the text that was registered and previewed
    findings: tuple[Finding, ...] = ()
    datasets: tuple[str, ...] = ()
    previews: tuple[Preview, ...] = ()
    failed: tuple[Failed, ...] = ()
    notes: tuple[str, ...] = ()
    ids: Mapping[str, str | None] = field(default_factory=dict)  # cells by their labels
    drawn: str = ""  # the execution in which it was shown
    shell: Any = field(default=None, repr=False)

    # --- values --------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows as tuples."""
        return self._last.rows

    @property
    def schema(self) -> tuple[tuple[str, str], ...]:
        """The columns: (name, Spark's type)."""
        return self._last.columns

    @property
    def expectations(self) -> tuple[Expected, ...]:
        """What each expectation says of the rows."""
        return self._last.expectations

    @property
    def dataset(self) -> str:
        """The name of the dataset; empty if the cell is a query."""
        return self.datasets[-1] if self.datasets else ""

    @property
    def sql(self) -> str:
        """The text that runs, without its magic line."""
        text = self.runs.text
        return text.partition("\n")[2] if text.lstrip().startswith("%%") else text

    def to_arrow(self) -> Any:
        """The rows as a pyarrow.Table."""
        from ldp_magic.notebook.frames import arrow

        return arrow(self._last)

    def to_pandas(self) -> Any:
        """The rows as a pandas.DataFrame."""
        from ldp_magic.notebook.frames import pandas

        return pandas(self._last)

    @property
    def _last(self) -> Preview:
        if self.previews:
            return self.previews[-1]
        why = self.failed[-1].error.what if self.failed else "; ".join(self.notes) or "no preview was asked for"
        raise LdpError("this cell has no rows", why=why, fix="mend that and run the cell again")

    def __repr__(self) -> str:
        return self.text()

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    # --- forms ---------------------------------------------------------------------------------------------------

    @property
    def diff(self) -> str:
        """What the fixes change; nothing if the cell runs as it was typed."""
        from ldp_magic.show.diff import diff

        if self.runs.text == self.typed.text:
            return ""
        return diff(Source(OWN, None, self.typed.text.rstrip() + "\n"), self.runs.text.rstrip() + "\n")

    @property
    def _runs(self) -> str:
        written = self.source is self.runs
        return "what the fixes changed" if written else "what runs is the cell with its safe fixes"

    def text(self, width: int = 100, color: bool = False, glyphs: Any = "unicode") -> str:
        """All of it, for a terminal."""
        from ldp_magic.show import findings as show
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        parts: list[str] = []
        if self.findings:
            said = tuple(_told(each, self.source) for each in self.findings)
            summary = show.summary(said, pen, checked=1).replace("ldp lint --fix", "%%ldp --fix")
            parts.append("\n".join([*show.full(said, pen), summary.replace("in 1 file", "in this cell")]))
        elif not (self.previews or self.failed):
            parts.append(pen.state("ok").text + " no findings")
        if self.diff:
            parts.append(self._runs + "\n" + _escaped(self.diff, pen.theirs))
        parts += [each.text(width, color, glyphs) for each in self.previews]
        parts += ["\n".join(map(pen.theirs, _failure(each).split("\n"))) for each in self.failed]
        parts += ["\n".join(map(pen.theirs, self.notes))] if self.notes else []
        return "\n\n".join(parts)

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show import markup
        from ldp_magic.show.findings import html

        parts = []
        if self.findings or not (self.previews or self.failed):
            said = [_told(each, self.source) for each in self.findings]
            lines = self.source.text.rstrip().count("\n") + 1
            parts.append(html(said, f"{lines:,} line{'' if lines == 1 else 's'}", magic=True))
        if self.diff:
            inside = markup.escaped_part(_escaped(self.diff, lambda line: line))
            parts.append(markup.details(self._runs, f'<pre style="{_PRE}">{inside}</pre>', opened=False))
        parts += [each.html() for each in self.previews]
        parts += [_failed_html(each) for each in self.failed]
        parts += [markup.foot(markup.escaped(note, LONGEST)) for note in self.notes]
        return "".join(parts)

    def json(self) -> dict[str, Any]:
        """The contract with live front ends: offsets are UTF-16 units of `source`, and the cell itself has no name."""
        from ldp_magic.show.findings import live, others

        own = self.source
        findings = with_ids(live(self.findings, own), self.ids)
        texts = {self.ids.get(name): text for name, text in others(self.findings, own).items()}
        return {
            "source": own.text,
            "findings": findings,
            "cells": {name: text for name, text in texts.items() if name is not None},
            "diff": self.diff.splitlines(),
            "previews": [_short(each.json()) for each in self.previews],
            "failed": [
                {"name": each.name, "what": each.error.what, "why": each.error.why, "fix": each.error.fix}
                for each in self.failed
            ],
            "notes": list(self.notes),
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("cell", self.text(), self.html(), self.json(), less=("previews",))

    def _ipython_display_(self) -> None:
        from ldp_magic.notebook.drawing import put

        if not self.drawn or Request.of(self.shell).execution != self.drawn:
            put(self._repr_mimebundle_())


def with_ids(findings: list[dict[str, Any]], ids: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """The edits of other cells with the ids of these; where the front end has given none nothing can apply them."""
    for finding in findings:
        for fix in finding["fixes"]:
            cells = {edit["cell"] for edit in fix["edits"] if edit["cell"] is not None}
            known = all(ids.get(cell) for cell in cells)
            fix["edits"] = [{**e, "cell": ids.get(e["cell"] or "")} for e in fix["edits"]] if known else []
    return findings


def _failure(failed: Failed) -> str:
    return f"✗ {failed.name}: {failed.error}"


def _failed_html(failed: Failed) -> str:
    from ldp_magic.show import markup

    error = failed.error
    lines = [f"<strong>{markup.escaped(failed.name)}</strong>: {markup.escaped(error.what, LONGEST)}"]
    rows = [(word, markup.escaped(said, LONGEST)) for word, said in (("why", error.why), ("fix", error.fix)) if said]
    return markup.page([f"<div>{markup.sign_of('error')} {lines[0]}</div>\n", markup.pairs(rows)])


def _escaped(text: str, clean: Any) -> str:
    """The lines of a text that is shown as it is, what is no letter in them escaped."""
    from ldp_magic.show.glyphs import clean as cleaned

    return "\n".join(clean(cleaned(line)) for line in text.rstrip("\n").split("\n"))


def _short(preview: dict[str, Any]) -> dict[str, Any]:
    """The rows that a saved notebook keeps. A text that is longer than anybody reads in a cell loses its end."""
    rows = preview["rows"][:MOST_ROWS]
    cut = [[_cut(value) for value in row] for row in rows]
    return {**preview, "rows": cut, "cut": cut != preview["rows"]}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if isinstance(value, (list, dict)):
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= LONGEST else text[:LONGEST] + "…"
    return value


def _told(finding: Finding, own: Source) -> Finding:
    """The finding as the cell's own output says it, where nobody knows what its session calls the cell."""

    def at(location: Location) -> Location:
        return replace(location, source=Source(OWN, None, own.text)) if location.source == own else location

    def fix(one: Fix) -> Fix:
        return replace(one, edits=tuple(Edit(at(edit.location), edit.text) for edit in one.edits))

    return replace(
        finding,
        location=at(finding.location),
        fixes=tuple(map(fix, finding.fixes)),
        related=tuple(Related(at(each.location), each.message) for each in finding.related),
    )
