"""A rule: its meaning, examples and check are one decorated function in one file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, TypeAlias

from ldp_magic.lint.finding import Finding, Severity

Level: TypeAlias = Literal["error", "warning", "info", "never"]
Check: TypeAlias = Callable[..., Iterator[Finding]]
THE_PAST = "the pipeline as it was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with the circumstances it stands in. `python` texts are read as a .py file."""

    text: str
    target: str = "databricks"
    python: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)  # external source -> "a INT, b STRING"
    file: str = ""  # the name of a file that is neither, such as spark-pipeline.yml
    catalog: str = ""
    schema: str = ""
    before: str = ""  # the text as it was, for rules that compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad(Example):
    """An example that the rule must find; `fixed` is what the first fix makes of it, `marks` what is underlined."""

    fixed: str = ""
    safe: bool | None = None  # of that fix
    marks: tuple[str, ...] = ()
    count: int = 1


def good(text: str, **circumstances: Any) -> Example:
    """An example that no rule may complain about."""
    return Example(text=text, **circumstances)


def bad(text: str, fixed: str = "", **circumstances: Any) -> Bad:
    """An example that the rule finds, and what its fix makes of it."""
    return Bad(text=text, fixed=fixed, **circumstances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `subject` is the name of the type that its check is called with, once for each."""

    code: str
    name: str
    severity: Level
    spark: Level  # on open-source Spark
    on: bool  # runs unless selected otherwise
    foresees: tuple[str, ...]  # the errors that it spares
    verified: str
    needs: str  # what it has to know to speak: schema, catalog, last update, project, the pipeline as it was
    summary: str
    explanation: str
    subject: str
    takes_context: bool
    check: Check
    good: tuple[Example, ...]
    bad: tuple[Bad, ...]

    @property
    def compares(self) -> bool:
        """Does it compare with the pipeline as it was, and say nothing where that is not known?"""
        return self.needs == THE_PAST

    def level(self, target: str) -> Severity | None:
        """How grave it is for a target; None where it does not apply."""
        level = self.spark if target.startswith("spark") else self.severity
        return None if level == "never" else level


def rule(
    *,
    code: str,
    severity: Level = "error",
    spark: Level | None = None,
    on: bool = True,
    foresees: Iterable[str] = (),
    verified: str = "",
    needs: str = "",
    good: Iterable[Example | str] = (),
    bad: Iterable[Bad | str] = (),
) -> Callable[[Check], Check]:
    """Make a function a rule: its docstring explains it, its first parameter's type is the subject."""

    def decorate(check: Check) -> Check:
        summary, _, rest = inspect.cleandoc(check.__doc__ or "").partition("\n")
        parameters = list(inspect.signature(check).parameters.values())
        check.rule = Rule(  # type: ignore[attr-defined]
            code=code,
            name=check.__name__.replace("_", "-"),
            severity=severity,
            spark=severity if spark is None else spark,
            on=on,
            foresees=tuple(foresees),
            verified=verified,
            needs=needs,
            summary=summary.rstrip("."),
            explanation=rest.strip(),
            subject=str(parameters[0].annotation),
            takes_context=len(parameters) > 1,
            check=check,
            good=tuple(Example(text=g) if isinstance(g, str) else g for g in good),
            bad=tuple(Bad(text=b) if isinstance(b, str) else b for b in bad),
        )
        return check

    return decorate


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the folder, by code. A rule is a file; its function has the file's name."""
    package = import_module("ldp_magic.lint.rules")
    rules = []
    for module in iter_modules(package.__path__):
        check = getattr(import_module(f"{package.__name__}.{module.name}"), module.name)
        rules.append(check.rule)
    return tuple(sorted(rules, key=lambda r: r.code))


def rule_called(text: str) -> Rule | None:
    """The rule with that code or name, however it is written."""
    wanted = text.strip().lower().replace("_", "-")
    return next((r for r in all_rules() if wanted in (r.code.lower(), r.name)), None)
