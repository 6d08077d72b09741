"""Which rules run: by code, by the beginning of a code, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import lru_cache

from ldp_magic.errors import SettingsError
from ldp_magic.lint.finding import Finding
from ldp_magic.lint.rule import Rule, all_rules


@dataclass(frozen=True, slots=True)
class Selection:
    """What a user chose. Without `select` the rules that are on by default run."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rules(self, target: str) -> tuple[Rule, ...]:
        """The rules that run for a target, by code."""
        return _rules(self.select, self.extend_select, self.ignore, target)

    def kept(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Without those that their file ignores."""
        return (f for f in findings if not self._ignored(f))

    def _ignored(self, finding: Finding) -> bool:
        name = finding.location.source.name.replace("\\", "/")
        return any(
            means(code, finding.code, finding.name)
            for pattern, codes in self.per_file_ignores.items()
            if fnmatch(name, pattern) or fnmatch(name, f"*/{pattern}")
            for code in codes
        )


@lru_cache(maxsize=64)
def _rules(select: tuple[str, ...], extend: tuple[str, ...], ignore: tuple[str, ...], target: str) -> tuple[Rule, ...]:
    for code in (*select, *extend, *ignore):
        _known(code)
    chosen = []
    for rule in all_rules():
        wanted = any(means(c, rule.code, rule.name) for c in select) if select else rule.on
        wanted = wanted or any(means(c, rule.code, rule.name) for c in extend)
        if wanted and _weight(ignore, rule) <= _weight((*select, *extend), rule) and rule.level(target) is not None:
            chosen.append(rule)
    return tuple(chosen)


def _weight(codes: Iterable[str], rule: Rule) -> int:
    """How exactly *codes* name a rule: the more exact of two that disagree counts; ignoring wins a tie."""
    return max((len(c) * 2 for c in codes if means(c, rule.code, rule.name)), default=0)


def means(code: str, of: str, name: str = "") -> bool:
    """Does *code* name this rule? `LDP1` means every code that begins so, `ALL` every one."""
    wanted = code.strip()
    return wanted.upper() == "ALL" or of.startswith(wanted.upper()) or wanted.lower().replace("_", "-") == name


def is_code(text: str) -> bool:
    """Is *text* written as a code or the beginning of one: LDP9, LDP999? Then no other code was meant."""
    return re.fullmatch(r"(?i)LDP\d{0,3}", text.strip()) is not None


def _known(code: str) -> None:
    if any(means(code, r.code, r.name) for r in all_rules()):
        return
    from difflib import get_close_matches

    codes = [] if is_code(code) else [r.code for r in all_rules()]
    near = get_close_matches(code.upper(), codes, 1) or get_close_matches(
        code.lower(), [r.name for r in all_rules()], 1
    )
    raise SettingsError(
        f"no rule is called {code}",
        why="select, ignore and noqa take codes such as LDP101, their beginnings such as LDP1, or names",
        fix=f"did you mean {near[0]}?" if near else "ldp rules lists them all",
    )
