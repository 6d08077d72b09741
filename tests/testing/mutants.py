"""Small changes of a pipeline's SQL, each of which changes what it computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ldp_magic.cells import Cell
from ldp_magic.testing.running import Subject
from ldp_magic.text import Source

# what to look for, and what stands there instead; comments and the clauses that change no row are left out
RULES = [
    (r">=", (">", "<=")),
    (r"(?<![\w'.])(\d+)(?!\w|')", (lambda n: str(int(n) + 1), lambda n: str(2 * int(n) + 3))),
    (r"\bmin\(", ("max(",)),
    (r"\bmax\(", ("min(",)),
    (r"\bsum\(", ("max(", "count(")),
    (r"\bcount\(\*\)", ("count(DISTINCT event_type)", "sum(points)")),
    (r"approx_count_distinct", ("count", "min")),
    (r"(?<=[\w)] )[+](?= )", ("-",)),
    (r"(?<=[\w)] )[*](?= )", ("+",)),
    (r"(?<=[\w)] )/(?= )", ("*",)),
    (r"SECOND", ("MINUTE",)),
    (r"LEFT JOIN", ("JOIN", "FULL JOIN", "RIGHT JOIN")),
    (r"'1 day'", ("'2 days'", "'1 hour'")),
    (r"INTERVAL 1 HOUR", ("INTERVAL 3 HOURS", "INTERVAL 0 HOURS")),
    (r"ON VIOLATION DROP ROW", ("", "ON VIOLATION FAIL UPDATE")),
    (r"IS NOT NULL", ("IS NULL",)),
    (r"\bBETWEEN\b", ("NOT BETWEEN",)),
    (r"'(enterprise|free|key account|trial|customer|high|medium|low|unknown)'", (lambda word: f"'x {word}'",)),
    (r"plan = ", ("plan <> ", "country = ")),
    (r"round\((\w+), \d\)", (lambda name: name,)),
    (r"coalesce\(p.segment, 'unknown'\)", ("p.segment", "'unknown'")),
    (r"(?<=approx_count_distinct\()event_type", ("device",)),
    (r"(?<=approx_count_distinct\()device", ("event_type",)),
    (r"m\.user_id = p\.user_id", ("m.user_id <> p.user_id", "true")),
    (r"window\.start", ("window.end",)),
    (r"GROUP BY user_id, ", ("GROUP BY ",)),
    (r"(?<=  )(total_events|unique_event_types|unique_devices|session_minutes|engagement_score|country|plan|points)(?=,?\n)", (lambda name: f"NULL AS {name}",)),
    (r"m\.(\w+)(?=,)", (lambda name: f"NULL AS {name}",)),
    (r"p\.(country|plan)(?=,)", (lambda name: f"upper('x') AS {name}",)),
    (r"(first_event|last_event)(?=[,)] ?/?)", (lambda name: "last_event" if name == "first_event" else "first_event",)),
]  # fmt: skip
LEFT_ALONE = re.compile(r"--[^\n]*|COMMENT '[^']*'|CLUSTER BY \([^)]*\)|schema => '[^']*'|CREATE OR REFRESH[^\n]*")


@dataclass(frozen=True)
class Mutant:
    """One change."""

    file: str
    line: int
    before: str
    after: str
    cell: Cell
    was: Cell

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before} -> {self.after}"

    def of(self, subject: Subject) -> Subject:
        """The project with that change."""
        (members,) = subject.project.pipelines
        cells = tuple(self.cell if each == self.was else each for each in members.cells)
        return replace(subject, project=replace(subject.project, pipelines=(replace(members, cells=cells),)))


def mutants(subject: Subject) -> Iterator[Mutant]:
    """Every change that the rules know, once."""
    seen = set[str]()
    for cell in subject.project.pipelines[0].cells:
        text = cell.source.text
        alone = [match.span() for match in LEFT_ALONE.finditer(text)]
        for pattern, others in RULES:
            for match in re.finditer(pattern, text):
                if any(start <= match.start() < end for start, end in alone):
                    continue
                for other in others:
                    new = other if isinstance(other, str) else other(match[1])
                    changed = text[: match.start()] + new + text[match.end() :]
                    if changed not in seen:
                        seen.add(changed)
                        name = cell.source.name.rsplit("/", 1)[-1]
                        line = text.count("\n", 0, match.start()) + 1
                        made = Cell(Source(cell.source.name, cell.source.cell, changed), cell.language)
                        yield Mutant(name, line, match[0], new, made, cell)
