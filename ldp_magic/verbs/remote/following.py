"""An update of a workspace, followed to its end or left to itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import json_text
from ldp_magic.verbs.remote import Remote, Target, sources_of

if TYPE_CHECKING:
    from ldp_magic.events import Event, Updated

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Followed:
    """The state of an update at its end; without one only that it goes on."""

    target: Target
    update: str
    updated: Updated | None = None
    interrupted: bool = False
    format: str = "text"

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return INTERRUPTED
        return 0 if self.updated is None or self.updated.state == "COMPLETED" else 1

    @property
    def link(self) -> str:
        """The update, for a browser."""
        host = self.target.link.partition("/pipelines/")[0]
        return f"{host}/#joblist/pipelines/{self.target.id}/updates/{self.update}"

    @property
    def timeless(self) -> Followed:
        """The same without times and ids: what a notebook keeps that is run again and compared."""
        from ldp_magic.deploy.plan import portless

        target = replace(self.target, link=portless(self.target.link))
        return replace(self, target=target, updated=self.updated.timeless if self.updated else None)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The flows and how they ended, or how to go on."""
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.updates import text

        if self.format == "json":
            return json_text(self.json())
        pen = Pen.of(width, color, glyphs)
        if self.updated is not None:
            return text(self.updated, pen)
        short, name = self.update[:6], pen.theirs(self.target.name)
        head = f"update {short} of {name} {'goes on without you' if self.interrupted else 'has begun'}"
        which = f"{self.target.id} {self.target.given}".rstrip()
        said = [("follow", f"ldp follow {which}"), ("stop", f"ldp stop {which}"), ("see", self.link)]
        return "\n".join([head, *(f"  {word:<6}  {pen.theirs(line)}" for word, line in said)])

    def html(self) -> str:
        """A piece of HTML that a notebook shows."""
        from ldp_magic.show.markup import plain
        from ldp_magic.show.updates import html

        return html(self.updated) if self.updated is not None else plain(self.text())

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.updates import json

        said = {"pipeline_id": self.target.id, "update_id": self.update, "link": self.link}
        return {**(json(self.updated) if self.updated is not None else {}), **said}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def followed(
    found: Remote, target: Target, update: str, *, env: str | None, live: Callable[[Event], None] | None
) -> Followed:
    """Follow an update; an interrupt ends the following, not the update."""
    from ldp_magic.deploy.follow import follow

    try:
        end = follow(found.workspace, target.id, update, live or (lambda event: None), change=sources_of(found, env))
    except KeyboardInterrupt:
        return Followed(target, update, interrupted=True)
    return Followed(target, end.id or update, end)
