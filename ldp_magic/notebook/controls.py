"""The controls of the expectation panel; the one file that knows ipywidgets."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w  # type: ignore[import-untyped]

from ldp_magic.errors import LdpError
from ldp_magic.notebook.panel import ALL, BROKEN, PASSED, Panelled, filtered, inserted
from ldp_magic.runs.broken import Margin, Reason
from ldp_magic.show.expectations import words

__all__ = ["panel"]

_AS_IT_IS = "as it is"


def panel(of: Panelled) -> Any:
    """The widget: what is shown, the page, what would have been, and the button."""
    page = w.HTML()
    shown = w.ToggleButtons(
        options=[ALL, BROKEN, PASSED], tooltips=["every expectation", "rows broke it", "no row did"]
    )
    names = [each.check.name for each in of.value.reasons or ()]
    about = w.Dropdown(options=[ALL, *names], description="rows of")

    def draw(change: object = None) -> None:
        page.value = filtered(of.value, shown.value, about.value)

    shown.style.button_width = "auto"
    for control in (shown, about):
        control.observe(draw, "value")
        control.style.description_width = "initial"
    draw()
    controls = w.HBox([shown, *([about] if len(names) > 1 else [])])
    whatifs = [each for reason in of.value.reasons or () for each in what_if(reason)]
    return w.VBox([controls, page, *whatifs, quarantine(of)])


# --- what would have been -----------------------------------------------------------------------------------------


def what_if(reason: Reason) -> list[Any]:
    """A choice of other actions, and for each bound a slider of others."""
    said = {word: "".join(each.text for each in text) for word, text in words.instead(reason) if word.startswith("as ")}
    return [_choice(reason, said), *(_slider(reason, each) for each in reason.margins)]


def _choice(reason: Reason, said: dict[str, str]) -> Any:
    became = {"drop": "dropped", "warn": "kept and marked"}[reason.check.action]
    said = {_AS_IT_IS: f"{reason.check.failed:,} rows {became}", **said}
    choice = w.Dropdown(options=list(said), description=f"what if {reason.check.name} were")
    choice.style = {"description_width": "initial"}
    return _told(choice, lambda: said[choice.value])


def _slider(reason: Reason, margin: Margin) -> Any:
    bounds = {words.number(bound): many for bound, many in words.steps(margin)}
    slider = w.SelectionSlider(options=[_AS_IT_IS, *bounds], description=f"{margin.value} {margin.sign}")
    slider.style, slider.layout.width = {"description_width": "initial"}, "420px"
    one, several = {"drop": ("drops", "drop"), "warn": ("is marked", "are marked")}[reason.check.action]

    def said() -> str:
        many = bounds.get(slider.value, 0)
        left = reason.check.failed - many
        rows = f"{left:,} {f'row {one}' if left == 1 else f'rows {several}'}"
        return f"at this bound {rows}, {many:,} more pass" if many else rows

    return _told(slider, said)


def _told(control: Any, said: Callable[[], str]) -> Any:
    """A control, and beside it what it stands for."""
    beside = w.HTML(escape(said()))
    control.observe(lambda change: setattr(beside, "value", escape(said())), "value")
    return w.HBox([control, beside])


# --- the pair -----------------------------------------------------------------------------------------------------


def quarantine(of: Panelled) -> Any:
    """A button that writes the statements for valid rows and for the others, to be copied or to become a cell."""
    write = w.Button(
        description="write the quarantine pair", tooltip="the valid rows, and a second dataset for the others"
    )
    insert = w.Button(description="insert below", tooltip="as a new cell below this one; nothing is run")
    write.layout.width = insert.layout.width = "auto"
    text, said = w.Textarea(rows=14), w.HTML()
    text.layout.width = "100%"
    text.add_class("ldp-sql")
    found = w.VBox([w.HBox([insert]).add_class("ldp-copies"), text])
    first = w.HBox([write])
    box = w.VBox([first])

    def written(button: object) -> None:
        try:
            text.value = of.pair()
            box.children = (first, found)
        except LdpError as error:
            said.value = f"<pre>{escape(str(error))}</pre>"
            box.children = (first, said)

    write.on_click(written)
    insert.on_click(lambda button: inserted(of.cell, text.value))
    return box
