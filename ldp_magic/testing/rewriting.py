"""Write what is there into the tests that expected something else; everything around it stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ldp_magic.project import write_text
from ldp_magic.spec.documents import Word
from ldp_magic.sql.writing import literal, quoted
from ldp_magic.testing.case import Expected
from ldp_magic.testing.comparing import Difference
from ldp_magic.testing.outcome import Outcome
from ldp_magic.testing.values import name_shown, plain, shown

_BLOCK, _FLOW = r"(\s*(?:- )?){}:\s*(&\w+\s*)?(#.*)?", r"(\s*(?:- )?){}:\s*(&\w+\s*)?\[.*\]\s*(#.*)?"
_MARK = re.compile(r"--[ \t]*(test|now|pipeline|input|expect|dropped|fails|batch)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file with so many expectations written anew, and the lines of those that could not be."""

    path: Path
    many: int
    left: tuple[int, ...] = ()


def rewrite(outcomes: Iterable[Outcome]) -> tuple[Rewritten, ...]:
    """Put the rows that are there into the files of these tests."""
    by_file: dict[Path, dict[int, tuple[Expected, Difference, Sequence[Mapping[str, Any]]]]] = {}
    for outcome in outcomes:
        after = {(each.batch, each.expected.line, each.expected.dataset): each for each in outcome.after}
        for batch, wrong in outcome.wrong:
            said = wrong.difference
            if said is not None:
                held = after[batch, said.line, said.dataset]
                by_file.setdefault(outcome.case.path, {})[said.line] = (held.expected, said, held.rows)
    return tuple(_file(path, some) for path, some in by_file.items())


def _file(path: Path, some: Mapping[int, tuple[Expected, Difference, Sequence[Mapping[str, Any]]]]) -> Rewritten:
    text = path.read_text(encoding="utf-8-sig")
    lines, left = text.split("\n"), []
    for line in sorted(some, reverse=True):  # from below, so that the lines above stay where they are
        expected, said, rows = some[line]
        if path.suffix.lower() == ".sql":
            fine = not expected.subset and _sql(lines, line, said, rows)
        else:
            fine = _yaml(lines, line, expected, said)
        left += [] if fine else [line]
    if len(left) < len(some):
        write_text(path, "\n".join(lines))
    return Rewritten(path, len(some) - len(left), tuple(sorted(left)))


# --- YAML ------------------------------------------------------------------------------------------------------------


def _yaml(lines: list[str], line: int, expected: Expected, said: Difference) -> bool:
    """Write the rows below a key anew; False if they are written in a way that cannot be kept."""
    at = line - 1
    name = rf"[\"']?{re.escape(expected.dataset)}[\"']?"
    head = re.fullmatch(_BLOCK.format(name), lines[at]) or re.fullmatch(_FLOW.format(name), lines[at])
    if head is None:
        return False
    column = len(head[1])
    if "[" in lines[at][head.end(1) :] and not re.fullmatch(_BLOCK.format(name), lines[at]):
        return _flow(lines, at, column, expected, said)
    end = _end(lines, at, column)
    if any(re.match(r"\s*(mode|ordered|rows):", each) for each in lines[at + 1 : end]):
        at = next((n for n in range(at + 1, end) if re.fullmatch(_BLOCK.format("rows"), lines[n])), -1)
        if at < 0:
            return False
        column = len(lines[at]) - len(lines[at].lstrip())
        end = min(end, _end(lines, at, column))
    items = _items(lines[at + 1 : end])
    if items is None or len(items[0]) != len(expected.rows):
        return False
    lines[at + 1 : end] = _kept(*items, expected, said)
    if not any(each.lstrip().startswith("- ") for each in lines[at + 1 : end]):
        head_line, _, comment = lines[at].partition("#")
        lines[at] = f"{head_line.rstrip()} []" + (f"  #{comment}" if comment else "")
    return True


def _flow(lines: list[str], at: int, column: int, expected: Expected, said: Difference) -> bool:
    """A list within one line becomes one row a line."""
    indent = " " * column
    rows = _kept([[f"{indent}- {_row(row)}"] for row in expected.rows], [], indent, expected, said)
    before, _, _ = lines[at].partition("[")
    lines[at : at + 1] = [before.rstrip(), *rows] if rows else [f"{before.rstrip()} []"]
    return True


def _end(lines: Sequence[str], at: int, column: int) -> int:
    """The line behind what belongs to a key."""
    last = at + 1
    for n in range(at + 1, len(lines)):
        bare = lines[n].strip()
        inside = len(lines[n]) - len(lines[n].lstrip())
        if not bare or bare.startswith("#"):
            continue
        if inside < column or (inside == column and not bare.startswith("- ")):
            break
        last = n + 1
    return last


def _items(lines: Sequence[str]) -> tuple[list[list[str]], list[str], str] | None:
    """The lines of each row with the comments above it, what stands below them all, and how far they are indented."""
    first = next((each for each in lines if each.lstrip().startswith("- ")), None)
    if first is None:
        return None
    indent = first[: len(first) - len(first.lstrip())]
    items: list[list[str]] = []
    waiting: list[str] = []
    for line in lines:
        if line.startswith(f"{indent}- "):
            items.append([*waiting, line])
            waiting = []
        elif not line.strip() or line.lstrip().startswith("#"):
            waiting.append(line)
        elif items and not waiting:
            items[-1].append(line)
        else:
            return None
    return items, waiting, indent


def _kept(
    items: Sequence[Sequence[str]], below: Sequence[str], indent: str, expected: Expected, said: Difference
) -> list[str]:
    """The lines of the rows that are right, those that are wrong as they are, and those that are more."""
    missing, changed = {n for n, _ in said.missing}, {each.place: each for each in said.changed}
    out: list[str] = []
    for n, item in enumerate(items):
        comments = [line for line in item if line.lstrip().startswith("#") or not line.strip()]
        if n in changed:
            row = {name: _cell(value, changed[n].cells, name) for name, value in expected.rows[n].items()}
            out += [*comments, f"{indent}- {_joined(row)}"]
        else:
            out += comments if n in missing else item
    return [*out, *(f"{indent}- {_row(row)}" for row in said.extra), *below]


def _cell(value: Any, cells: Mapping[str, tuple[Any, Any]], name: str) -> str:
    found = next((pair for key, pair in cells.items() if key.lower() == name.lower()), None)
    return shown(found[1]) if found else _word(value)


def _word(value: Any) -> str:
    return str(value) if isinstance(value, Word) and not value.is_text else shown(plain(value))


def _row(row: Mapping[str, Any]) -> str:
    return _joined({str(name): _word(value) for name, value in row.items()})


def _joined(row: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name_shown(name)}: {value}" for name, value in row.items()) + "}"


# --- SQL -------------------------------------------------------------------------------------------------------------


def _sql(lines: list[str], line: int, said: Difference, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Write the query below a mark anew."""
    end = next((n for n in range(line, len(lines)) if _MARK.match(lines[n])), len(lines))
    while end > line and (not lines[end - 1].strip() or lines[end - 1].startswith("--")):
        end -= 1
    first = line
    while first < end and (not lines[first].strip() or lines[first].startswith("--")):
        first += 1
    tuples = ["  (" + ", ".join(_literal(row[name]) for name in said.columns) + ")" for row in rows]
    names = ", ".join(map(quoted, said.columns))
    query = ["SELECT * FROM VALUES", *(f"{each}," for each in tuples[:-1]), *tuples[-1:], f"AS t({names});"]
    lines[first:end] = query if rows else []
    return True


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(value).upper()
    if isinstance(value, (float, Decimal)):
        return f"{value}D" if isinstance(value, float) and abs(value) < float("inf") else _special(value)
    if isinstance(value, datetime):
        return f"{'TIMESTAMP' if value.tzinfo else 'TIMESTAMP_NTZ'} '{shown(value).replace('T', ' ')}'"
    if isinstance(value, date):
        return f"DATE '{value}'"
    if isinstance(value, (bytes, bytearray)):
        return f"X'{value.hex()}'"
    if isinstance(value, dict):
        return (
            "named_struct(" + ", ".join(f"{literal(str(key))}, {_literal(each)}" for key, each in value.items()) + ")"
        )
    if isinstance(value, list):
        return "array(" + ", ".join(map(_literal, value)) + ")"
    return literal(str(value))


def _special(value: float | Decimal) -> str:
    return str(value) if isinstance(value, Decimal) else f"double('{value}')"
