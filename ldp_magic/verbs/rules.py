"""List the rules of the linter, group by group.

A code, the beginning of one, or a name chooses: `ldp rules LDP1` lists those of streaming.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.lint.rule import Rule


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules to be shown, by code."""

    rules: tuple[Rule, ...]
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def json(self) -> list[dict[str, Any]]:
        """Every rule with its examples."""
        from ldp_magic.show.rules import as_json

        return [as_json(rule) for rule in self.rules]

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        from ldp_magic.show.pen import Pen
        from ldp_magic.show.rules import listed

        if self.as_json:
            return json.dumps(self.json(), indent=2, ensure_ascii=glyphs == "ascii")
        return listed(self.rules, Pen.of(width, color, glyphs))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("rules", self.text())


def rules(*codes: str) -> Rules:
    """All rules, or those that the *codes* mean."""
    from ldp_magic.lint.rule import all_rules
    from ldp_magic.lint.select import means
    from ldp_magic.verbs.explain import unknown

    for code in codes:
        if not any(means(code, r.code, r.name) for r in all_rules()):
            raise unknown(code)
    return Rules(tuple(r for r in all_rules() if not codes or any(means(c, r.code, r.name) for c in codes)))


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp rules`."""
    parser.add_argument("codes", nargs="*", help="codes, beginnings of codes such as LDP1, or names; all without one")
    parser.add_argument("--json", action="store_true", help="the same as JSON, with explanations and examples")


def command(args: Namespace) -> Rules:
    """`ldp rules [CODE ...] [--json]`."""
    chosen: Sequence[str] = args.codes
    return Rules(rules(*chosen).rules, args.json)
