"""What a preview refuses, by the name that the code calls it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

from ldp_magic.engine.child import EngineError

WRITES = "a preview writes nothing"


def refuse(name: str, why: str, fix: str = "") -> NoReturn:
    raise EngineError(f"{name} is not there in a preview", why=why, fix=fix)


class StaysHere:
    """Functions that travel to the engine may have these among their globals; what arrives there is empty."""

    def __reduce__(self) -> Any:
        return SimpleNamespace, ()


class Refused(StaysHere):
    """Something that may be passed around, and not used."""

    def __init__(self, name: str, why: str, fix: str = "") -> None:
        self._name, self._why, self._fix = name, why, fix

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"{self._name}.{name}", self._why, self._fix)

    def __call__(self, *_: object, **__: object) -> NoReturn:
        refuse(self._name, self._why, self._fix)


def no_context(name: str) -> Refused:
    """`sc` and whatever leads to it."""
    return Refused(
        name,
        "Spark Connect has no SparkContext and no RDDs, neither here nor on serverless compute",
        "use the DataFrame API of spark itself",
    )
