"""What was found in texts that have not changed since: kept on disk by their content, never by their date."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ldp_magic import __version__
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.select import Selection
from ldp_magic.project import Members
from ldp_magic.text import Edit, Location, Source

FOLDER = Path(".ldp") / "cache" / "lint"
_MOST_KEPT = 400  # files in the folder


def key_of(members: Members, selection: Selection, outside: Iterable[object]) -> str:
    """Everything that a pipeline's findings depend on, as one name. *outside* is what lies beyond its own texts."""
    digest = hashlib.sha256()
    said = (
        _edition(),
        members.name,
        sorted(members.parameters.items()),
        (members.catalog, members.schema, members.target, members.whole, members.declared),
        (selection.select, selection.extend_select, selection.ignore, sorted(selection.per_file_ignores.items())),
        [repr(o) for o in outside],
    )
    digest.update(repr(said).encode("utf-8", "surrogatepass"))
    for cell in members.cells:
        part = f"\0{cell.source.name}\0{cell.source.cell}\0{cell.language}\0{cell.source.text}"
        digest.update(part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _edition() -> tuple[str, int]:
    """This linter: its version, and when its newest file was written, so that whoever changes a rule sees it."""
    package = Path(__file__).parent.parent
    rooms = ("lint", "lint/rules", "sql", "python", "pipeline", "project")
    times = [e.stat().st_mtime_ns for room in rooms for e in os.scandir(package / room) if e.name.endswith(".py")]
    return __version__, max(times)


def load(folder: Path, key: str, members: Members) -> tuple[Finding, ...] | None:
    """What was found then; None if nobody has looked, or what was kept cannot be read any more."""
    try:
        held = json.loads((folder / f"{key}.json").read_text("utf-8"))
        sources = {(c.source.name, c.source.cell): c.source for c in members.cells}
        return tuple(_finding(each, sources) for each in held)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not kept, or damaged: it is looked for again and written anew


def save(folder: Path, key: str, findings: Sequence[Finding]) -> None:
    """Keep what was found. Where nothing can be written the next look takes longer, no more."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder.parent.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
        part = folder / f"{key}.{os.getpid()}.part"
        part.write_text(json.dumps([_packed(f) for f in findings]), "utf-8")
        part.replace(folder / f"{key}.json")
        _tidy(folder)
    except OSError:
        return


def _tidy(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in kept[_MOST_KEPT:]:
        old.unlink(missing_ok=True)


def _packed(finding: Finding) -> dict[str, Any]:
    return {
        "at": _place(finding.location),
        "said": [finding.message, finding.why, finding.mark, finding.severity, finding.code, finding.name],
        "fixes": [[f.title, f.safe, f.reason, [[_place(e.location), e.text] for e in f.edits]] for f in finding.fixes],
        "related": [[_place(r.location), r.message] for r in finding.related],
    }


def _place(location: Location) -> list[Any]:
    return [location.source.name, location.source.cell, location.start, location.end]


def _finding(held: Mapping[str, Any], sources: Mapping[tuple[str, str | None], Source]) -> Finding:
    def place(at: Sequence[Any]) -> Location:
        name, cell, start, end = at
        return Location(sources[name, cell], int(start), int(end))

    message, why, mark, severity, code, name = held["said"]
    fixes = (
        Fix(title, tuple(Edit(place(at), text) for at, text in edits), safe, reason)
        for title, safe, reason, edits in held["fixes"]
    )
    related = (Related(place(at), message) for at, message in held["related"])
    return Finding(place(held["at"]), message, why, mark, tuple(fixes), tuple(related), severity, code, name)
