"""The expectations of a dataset with controls: which are shown, what would have been, and the pair that keeps both.

Its figures are those of the static form, which stays below it for where no widget lives. Nothing here ever calls
`set_next_input`: from a button it would overwrite the cell that runs next.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldp_magic.notebook.request import Request

if TYPE_CHECKING:
    from ldp_magic.verbs.expectations import Expectations

__all__ = ["ALL", "BROKEN", "PASSED", "Panelled", "filtered", "inserted", "panelled"]

TARGET = "ldp.cells"  # where JupyterLab listens, with our extension
_VSCODE = "vscode-notebook-cell:"  # there a widget can hold up every later cell
ALL, BROKEN, PASSED = "all", "broken", "passed"


def panelled(value: Any, args: Namespace, request: Request) -> Any:
    """The *value* with a panel around it, if it is one dataset's and the front end is one where widgets live."""
    from ldp_magic.verbs.expectations import Expectations, name_and_paths

    if not isinstance(value, Expectations) or request.cell is None or request.cell.startswith(_VSCODE):
        return value
    _, paths = name_and_paths(args.words)

    def pair() -> str:
        from ldp_magic.verbs.quarantine import quarantine_pair

        made = quarantine_pair(value.outcome.dataset.name, paths, env=args.env, pipeline=args.pipeline)
        return f"%%ldp{' --python' if made.language == 'python' else ''}\n{made.text}"

    return Panelled(value, pair, request.cell)


@dataclass(frozen=True, slots=True)
class Panelled:
    """Expectations that a notebook shows with controls; as a value it is just these."""

    value: Expectations
    pair: Callable[[], str]
    cell: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.value, name)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        static = self.value._repr_mimebundle_()
        try:
            from ldp_magic.notebook.controls import panel

            box = panel(self)
        except ImportError:  # without ipywidgets the static form says it all
            return static
        return {**{kind: view for kind, view in box._repr_mimebundle_().items() if "widget" in kind}, **static}


def filtered(value: Expectations, shown: str, about: str = ALL) -> str:
    """The page of those expectations that are asked for."""
    from ldp_magic.show.expectations import html

    broken = {ALL: (True, False), BROKEN: (True,), PASSED: (False,)}[shown]
    checks = tuple(each for each in value.outcome.checks if bool(each.failed) in broken)
    names = {each.name for each in checks}
    reasons = value.reasons
    if reasons is not None:
        reasons = tuple(each for each in reasons if each.check.name in names and about in (ALL, each.check.name))
    hidden = {each.name for each in value.outcome.checks} - names
    current = [each for each in value.current if each[0] not in hidden]
    return html(replace(value.outcome, checks=checks), reasons, current, value.zone)


def inserted(cell: str, text: str) -> None:
    """Ask the front end for a new cell below *cell*; one that does not listen leaves the text to be copied."""
    from comm import create_comm

    create_comm(target_name=TARGET, data={"op": "insert-below", "cell": cell, "text": text}).close()
