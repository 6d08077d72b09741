"""What a front end shows of one execution: an output that grows into its final form, or just that form."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ldp_magic.notebook.request import Request

if TYPE_CHECKING:
    from ldp_magic.events import Event, Fold

__all__ = ["Answer", "Drawing", "Running", "forms", "put"]

PAUSE = 0.125  # seconds between two drawings of an update


def put(forms: Mapping[str, Any], name: str = "", *, again: bool = False) -> None:
    """Show these forms; under a name they can be shown *again* in place of what was there."""
    from IPython.core.display_functions import publish_display_data

    transient = {"display_id": name} if name else {}
    publish_display_data(dict(forms), {}, transient=transient, update=again)  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Drawing:
    """One output. Where it cannot change only its last form is shown."""

    request: Request
    name: str = ""  # of the display, once there is one

    def put(self, forms: Mapping[str, Any], *, last: bool = False) -> None:
        """Show these forms in place of what is there."""
        if not self.request.updates:
            if last:
                put(forms)
            return
        again = bool(self.name)
        self.name = self.name or uuid4().hex
        put(forms, self.name, again=again)


@dataclass(slots=True, repr=False)
class Answer:
    """What a magic returns where it has drawn already: as the value, but shown again only by a later execution."""

    value: Any
    drawn: str  # the execution; empty if nothing has drawn it yet
    shell: Any = field(repr=False)
    ids: Mapping[str, str | None] = field(default_factory=dict)  # cells by their labels

    def __getattr__(self, name: str) -> Any:
        if name == "value":  # of a copy that is being made
            raise AttributeError(name)
        return getattr(self.value, name)

    def __repr__(self) -> str:
        return str(self.value.text()) if hasattr(self.value, "exit_code") else repr(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __dir__(self) -> list[str]:
        return dir(self.value)

    def __iter__(self) -> Any:
        return iter(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def _ipython_display_(self) -> None:
        if not self.drawn or Request.of(self.shell).execution != self.drawn:
            put(forms(self.value, self.ids))


def forms(value: Any, ids: Mapping[str, str | None]) -> dict[str, Any]:
    """The forms of a value that a front end chooses from; in findings the cells have the ids that it knows."""
    from ldp_magic.notebook.result import with_ids
    from ldp_magic.notebook.typed import typed
    from ldp_magic.show.bundle import MIME, bundle

    made = getattr(value, "_repr_mimebundle_", None)
    if made is None:
        return bundle("text", typed(value.text(100, False, "unicode")))
    found = dict(made())
    if list(found) == ["text/plain"]:
        found["text/plain"] = typed(found["text/plain"])
    said = found.get(MIME, {})
    if said.get("kind") == "findings":
        cells = {ids.get(name): text for name, text in said.get("cells", {}).items()}
        known = {name: text for name, text in cells.items() if name is not None}
        found[MIME] = said | {"findings": with_ids(said["findings"], ids), "cells": known}
    return found


@dataclass(slots=True)
class Running:
    """An update while it runs, drawn a few times a second from its events."""

    drawing: Drawing
    _fold: Fold | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _artist: threading.Thread | None = None

    @property
    def drew(self) -> bool:
        """Was anything shown?"""
        return self._artist is not None

    def __call__(self, event: Event) -> None:
        """Something happened."""
        from ldp_magic.events import Fold

        with self._lock:
            if self._fold is None or event.update != self._fold.head.id:
                self._fold = Fold()
            self._fold.add(event)
        if self._artist is None and self.drawing.request.updates:
            around = contextvars.copy_context()  # the front end asks in it which cell the output is of
            self._artist = threading.Thread(target=around.run, args=(self._draw_on,), name="ldp live", daemon=True)
            self._artist.start()

    def end(self) -> None:
        """Draw the last state; whoever asked shows what came of it."""
        self._over.set()
        if self._artist is not None:
            self._artist.join()
            self._draw()

    def _draw_on(self) -> None:
        while not self._over.is_set():
            self._draw()
            self._over.wait(PAUSE)

    def _draw(self) -> None:
        from ldp_magic.show.bundle import bundle
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.updates import html, json, text

        with self._lock:
            if self._fold is None:
                return
            now = self._fold.updated()
        self.drawing.put(bundle("update", text(now, Pen()), html(now), json(now)))
