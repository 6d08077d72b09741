"""The events of an update, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from ldp_magic.events import Event, Updated, told
from ldp_magic.events.fold import failure_of
from ldp_magic.show.history import zone_of
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.updates.signs import sign_of, sign_of_level
from ldp_magic.show.updates.words import reasons

__all__ = ["text"]


def text(update: Updated, events: Sequence[Event], total: int, pen: Pen, zone: tzinfo | None = None) -> str:
    """The events in their order, the last of *total*; a failure with why, where and how to mend it."""
    lines = [_head(update, total, pen, zone), ""]
    left = total - len(events)
    if left > 0:
        lines.append(pen.ours(f"  … {left:,} earlier: --limit {total}"))
    lines += [line for event in events for line in _event(event, update, pen, zone)]
    return "\n".join(lines if events else [*lines, "  no event is like that"])


def _head(update: Updated, total: int, pen: Pen, zone: tzinfo | None) -> str:
    sign = sign_of(update.word)
    said = [f"{total:,} event{'' if total == 1 else 's'}", update.environment]
    if update.began:
        said += [f"{update.began.astimezone(zone):%Y-%m-%d}", f"times in {zone_of(update.began, zone)}"]
    parts = pen.ours(" · ").join(pen.theirs(each) for each in said if each)
    name = Run(pen.theirs(update.name), "bold")
    return pen.line([name, Run("  "), Run(sign.of(pen.glyphs), sign.terminal), Run(f" {update.word}  {parts}")])


def _event(event: Event, update: Updated, pen: Pen, zone: tzinfo | None) -> Iterator[str]:
    said = told(event, update.name)
    sign = sign_of(said.state) if said.state else sign_of_level(event.level)
    time = event.at.astimezone(zone).strftime("%H:%M:%S.%f")[:-3] if event.at else "unknown time"
    glyph = sign.of(pen.glyphs)
    head = f"{glyph} {time}  {pen.theirs(event.level or '?'):<7}  "
    line = pen.hanging(head, pen.theirs(event.message or said.sentence))
    yield pen.line([Run(glyph, sign.terminal)]) + line[len(glyph) :]
    failure = failure_of(event)
    for word, words in reasons(failure) if failure else ():
        yield pen.hanging(" " * len(head) + f"{word:<5} ", pen.theirs(words))
    for warning in event.ours.get("warnings") or ():
        yield pen.hanging(" " * len(head), pen.theirs(str(warning)))
