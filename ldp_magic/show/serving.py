"""How a workspace on this machine is reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ldp_magic.settings import path_shown
from ldp_magic.show.pen import Pen, Run


def text(environment: Mapping[str, str], files: Mapping[str, str | Path], keep: str, pen: Pen) -> str:
    """The variables to set, a profile that says the same, which *files* of here it holds, and what becomes of it."""
    host, token = environment["DATABRICKS_HOST"], environment["DATABRICKS_TOKEN"]
    stays = f"everything is kept in {pen.theirs(keep)}" if keep else "it is gone when it ends; --keep FOLDER keeps it"
    said = [
        *(f"  export {name}={pen.theirs(value)}" for name, value in environment.items()),
        "",
        "  or in ~/.databrickscfg, for --profile emulator",
        "",
        "  [emulator]",
        f"  host = {host}",
        f"  token = {pen.theirs(token)}",
        "",
        *(f"  {pen.theirs(name)} holds {pen.theirs(path_shown(Path(where)))}" for name, where in files.items()),
        f"  {stays}",
        "  Ctrl-C ends it",
    ]
    head = pen.line([Run("emulator", "bold"), Run(f"  a workspace at {host}, for this machine only")])
    return "\n".join([head, "", *said])
