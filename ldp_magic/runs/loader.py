"""Files as a stream, as Auto Loader reads them: each once, with columns that are remembered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldp_magic.engine.files import File, Format, read
from ldp_magic.lake.seen import seen
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
    from ldp_magic.runs.inputs import Inputs

YOUNG = 3.0  # seconds for which a file with an unfinished last line is left to whoever writes it


def load(inputs: Inputs, source: str, files: Sequence[File], format: Format, root: str) -> str:
    """A view of the rows of those files that no turn before has read."""
    name = f"files {source}"
    known = seen(inputs.before.state.get(name, ()))
    overwrites = format.on("allowOverwrites")
    fresh = [each for each in files if each.path not in known or (overwrites and known[each.path] != each)]
    said = (inputs.before.offsets.get("sources", {}).get(name) or {}).get("columns")
    columns = tuple((column, type_) for column, type_ in said) if said else None
    wanted = list(files) if inputs.anew else fresh
    loaded = None
    for growing in (True, False):
        loaded = read(
            inputs.session.spark,
            wanted,
            format,
            root,
            columns=columns,
            scratch=inputs.scratch,
            metadata=inputs.metadata,
            growing=growing,
            zone=inputs.session.engine.place.zone,
        )
        young = {each for each in loaded.unfinished if time.time() - each.mtime < YOUNG}
        if not loaded.unfinished:
            break
        wanted = [each for each in wanted if each not in young]
        fresh = [each for each in fresh if each not in young]
    assert loaded is not None
    inputs.read.files[name] = tuple(fresh)
    inputs.read.offsets[name] = {"columns": [list(each) for each in loaded.columns]}
    inputs.read.news = inputs.read.news or bool(fresh)
    inputs.read.rows = None
    inputs.seen.notes.update(dict.fromkeys(f"{source}: {note}" for note in loaded.notes))
    return quoted(inputs.view(f"new {source}", loaded.frame))
