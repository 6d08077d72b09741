"""Explain a rule: what it finds, why that matters, how it is mended.

The rule is named by its code or its name, however it is written: LDP101, ldp101, missing-stream.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import UsageError
from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.lint.rule import Rule


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule to be shown."""

    rule: Rule
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 0

    def json(self) -> dict[str, Any]:
        """The rule with its examples."""
        from ldp_magic.show.rules import as_json

        return as_json(self.rule)

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.rules import page

        if self.as_json:
            return json.dumps(self.json(), indent=2, ensure_ascii=glyphs == "ascii")
        return page(self.rule, Pen.of(width, color, glyphs))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("explain", self.text())


def explain(rule: str) -> Explained:
    """The rule of that code or name."""
    from ldp_magic.lint.rule import rule_called

    found = rule_called(rule)
    if found is None:
        raise unknown(rule)
    return Explained(found)


def unknown(text: str) -> UsageError:
    """The error for a rule that nobody knows, with the nearest that there is."""
    from ldp_magic.lint.rule import all_rules
    from ldp_magic.lint.select import is_code

    rules = all_rules()
    wanted = text.strip()
    low = wanted.lower().replace("_", "-")
    names = [r.name for r in rules]
    codes = [] if is_code(wanted) else [r.code for r in rules]  # a code with another number is another rule
    near = get_close_matches(wanted.upper(), codes, 1, 0.8) or get_close_matches(low, names, 1)
    near = near or [name for name in names if len(low) > 2 and low in name]
    shown = wanted if len(wanted) <= 60 else wanted[:57] + "..."
    return UsageError(
        f"no rule is called {shown}" + (f"; {near[0]} is" if near else ""),
        why="rules have codes such as LDP101 and names such as missing-stream",
        fix=f"did you mean ldp explain {near[0]}?" if near else "ldp rules lists them all",
    )


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp explain`."""
    parser.add_argument("rule", help="the code or the name of a rule")
    parser.add_argument("--json", action="store_true", help="the same as JSON, with every example")


def command(args: Namespace) -> Explained:
    """`ldp explain RULE [--json]`."""
    return Explained(explain(args.rule).rule, args.json)
