"""Loading the package, and asking for its version, loads nothing heavy; its attributes are the verbs."""

from __future__ import annotations

import subprocess
import sys
from keyword import iskeyword
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic import verbs

HEAVY = {"sqlglot", "IPython", "ipywidgets", "yaml", "wcwidth", "pyspark", "pysail", "deltalake", "databricks", "pygls"}
ROOT = Path(ldp_magic.__file__).parents[1]
TELL = "import sys; print(sorted({name.partition('.')[0] for name in sys.modules}))"


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


def loaded(code: str) -> set[str]:
    return set(eval(python(f"{code}; {TELL}").splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import ldp_magic",
        "from ldp_magic.cli import main; main(['--version'])",
        "from ldp_magic.cli import main; main(['--help'])",
        "from ldp_magic.cli import main; main(['grph'])",
        "from ldp_magic.settings import find; find()",
    ],
)
def test_loads_nothing_heavy(code: str):
    assert not loaded(code) & HEAVY


def test_the_probe_sees_what_is_loaded():
    assert loaded("import yaml") & HEAVY == {"yaml"}


def test_how_long_it_takes(capsys: pytest.CaptureFixture[str]):
    times = {}
    for name, code in {
        "import ldp_magic": "import ldp_magic",
        "ldp --version": "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n"
        "    from ldp_magic.cli import main\n    main(['--version'])",
    }.items():
        clock = f"import time; t = time.process_time()\n{code}\nprint((time.process_time() - t) * 1000)"
        times[name] = min(float(python(clock)) for _ in range(3))
    with capsys.disabled():
        print("  " + "  ".join(f"{name}: {ms:.1f} ms" for name, ms in times.items()))
    assert times["ldp --version"] < 1000, "something heavy is loaded"


@pytest.mark.parametrize("name", verbs.names())
def test_a_verb_is_a_function_of_the_package(name: str):
    spelled = name.replace("-", "_") + ("_" if iskeyword(name) else "")
    function = getattr(ldp_magic, spelled)
    assert callable(function) and function.__module__ == f"ldp_magic.verbs.{spelled}"
    assert spelled in dir(ldp_magic)


def test_a_room_does_not_hide_the_verb_of_its_name():
    code = "import ldp_magic.settings; from ldp_magic.settings import find; print(ldp_magic.settings().target)"
    assert python(code) == "databricks\n"


def test_all_names_exist():
    assert all(hasattr(ldp_magic, name) for name in ldp_magic.__all__)


def test_no_such_name():
    with pytest.raises(AttributeError, match="no attribute 'grph'"):
        _ = ldp_magic.grph  # type: ignore[attr-defined]
