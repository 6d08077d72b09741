"""Run every benchmark, or those named on the command line, and print their tables; being over budget fails the run."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import tests.benchmarks
from tests.benchmarks import Figure


def modules(wanted: list[str]) -> list[ModuleType]:
    """The modules of this package, or those of these names."""
    names = [m.name for m in iter_modules(tests.benchmarks.__path__) if not m.name.startswith("_")]
    return [import_module(f"tests.benchmarks.{name}") for name in names if not wanted or name in wanted]


def figures(modules: list[ModuleType]) -> list[Figure]:
    """What the modules measure."""
    return [figure for module in modules if hasattr(module, "measure") for figure in module.measure()]


def table(found: list[Figure]) -> str:
    """One line a figure."""
    rows = [("what", "ours", "peer", "ratio", "budget", "", "peer is"), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = "ok" if figure.ok else "OVER"
    ratio, budget = f"{figure.ratio:.3g}", f"{figure.budget:.3g}"
    return figure.name, f"{figure.ours:.4g} s", f"{figure.peer:.4g} s", ratio, budget, verdict, figure.peer_name


def apart(names: list[str]) -> int:
    """Each module in a process of its own: what one leaves in memory must not slow the next."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks"]
    return max(subprocess.run([*command, name]).returncode for name in names)


if __name__ == "__main__":
    found = modules(sys.argv[1:])
    if len(found) > 1:
        sys.exit(apart([module.__name__.rpartition(".")[2] for module in found]))
    measured = figures(found)
    if measured:
        print(table(measured))
    for module in found:
        if hasattr(module, "report"):
            print(module.report())
    sys.exit(0 if all(figure.ok for figure in measured) else 1)
