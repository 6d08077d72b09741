"""The wheel, as strangers get it: built, installed into fresh environments, and the README's commands run there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import ldp_magic
from tests import readme
from tests.interpreters import interpreter

pytestmark = [pytest.mark.wheel, pytest.mark.xdist_group("wheel")]

ENGINES = {"pysail", "deltalake", "pyarrow", "pyspark-client", "databricks-connect", "databricks-sdk", "pygls"}


@dataclass(frozen=True)
class Case:
    """A fresh environment: a Python, an extra, what that brings (by the version's beginning), what must run."""

    python: str
    extra: str
    brings: dict[str, str]
    then: str = ""


CASES = [
    Case("3.11", "", {}),
    Case("3.12", "", {}),
    Case("3.11", "deploy", {"databricks-sdk": "0."}, "import databricks.sdk"),
    Case("3.11", "lsp", {"pygls": "2."}, "import pygls"),
    Case("3.11", "fast", {"sqlglotc": "30."}, "import sqlglot.parser as p; assert not p.__file__.endswith('.py')"),
    Case(
        "3.11",
        "local",
        {"pysail": "", "deltalake": "", "pyspark-client": "4."},
        "import pysail, deltalake, pyspark.sql",
    ),
    Case(
        "3.11",
        "databricks",
        {"databricks-connect": "16.1.", "databricks-sdk": "0.", "pysail": "", "deltalake": "", "pyarrow": "25."},
        "import databricks.connect, pysail, deltalake, pyarrow",
    ),
    Case(
        "3.12",
        "databricks",
        {"databricks-connect": "19.", "databricks-sdk": "0.", "pysail": "", "deltalake": "", "pyarrow": ""},
        "import databricks.connect, pysail, deltalake",
    ),
]


def run(*command: str | Path, **more: object) -> str:
    """Standard output of a command that has to succeed."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, encoding="utf-8", env=env, timeout=1200, **more
    )  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, so that both are whole."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, readme.ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for an environment; engines are heavy, so nothing stays."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = {path.relative_to(readme.ROOT).as_posix() for path in (readme.ROOT / "ldp_magic").rglob("*.py")}
    assert ours | {"ldp_magic/py.typed"} <= names
    stem = f"ldp_magic-{ldp_magic.__version__}"
    info, data = f"{stem}.dist-info", f"{stem}.data"
    assert {name.partition("/")[0] for name in names} == {"ldp_magic", info, data}
    lab = readme.ROOT / "ldp_magic" / "editors" / "labextension"
    there = f"{data}/data/share/jupyter/labextensions/ldp-magic-labextension"
    files = {f"{there}/{path.relative_to(lab).as_posix()}" for path in lab.rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith(data)} == files and len(files) > 8
    assert not any(name.startswith("ldp_magic/editors") for name in names)
    assert f"{info}/licenses/LICENSE" in names


def test_jupyterlab_knows_the_extension(wheel: Path, folder: Path):
    """In an environment that sees this one's JupyterLab, so that only the wheel is installed."""
    run(sys.executable, "-m", "venv", "--system-site-packages", folder / "venv")
    bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(bin / "python", "-m", "pip", "install", "-q", "--no-deps", "--force-reinstall", wheel)
    here = sysconfig.get_path("purelib")
    listed = subprocess.run(
        [bin / "python", "-c", f"import sys; sys.path.append({here!r}); from jupyterlab.labextensions import main; main()", "list"],
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    (line,) = (each for each in (listed.stdout + listed.stderr).splitlines() if "ldp-magic-labextension" in each)
    assert "enabled" in line and "OK" in line, line


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.python}-{case.extra or 'bare'}")
def test_a_fresh_environment(case: Case, wheel: Path, folder: Path):
    bin = environment(case.python, folder)
    run(bin / "python", "-m", "pip", "install", "-q", f"{wheel}[{case.extra}]" if case.extra else wheel)
    run(bin / "python", "-m", "pip", "check")
    has = versions(bin)
    assert {name: has.get(name, "missing")[: len(begin)] for name, begin in case.brings.items()} == case.brings
    assert case.extra or not ENGINES & has.keys()
    run(bin / "python", "-c", case.then)
    commands_work(bin / "ldp", engine=case.extra in ("local", "databricks"))


def environment(version: str, folder: Path) -> Path:
    """Where the programs of a fresh environment are."""
    python = interpreter(version)
    if python is None:
        pytest.fail(f"python{version} is not here, so nobody knows whether the wheel works on it: install it")
    run(python, "-m", "venv", folder / "venv")
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin")


def versions(bin: Path) -> dict[str, str]:
    listed = json.loads(run(bin / "python", "-m", "pip", "list", "--format", "json"))
    return {each["name"].lower().replace("_", "-"): each["version"] for each in listed}


def commands_work(ldp: Path, *, engine: bool) -> None:
    """Version, help, and whatever the README shows, with the output shown there; without an engine its lack is said."""
    with readme.playground() as here:
        assert run(ldp, "--version", cwd=here) == f"ldp {ldp_magic.__version__}\n"
        assert "usage: ldp VERB" in run(ldp, "--help", cwd=here)
    for block in readme.blocks(readme.README.read_text(encoding="utf-8")):
        with readme.playground() as here:
            for example in block:
                said = readme.run(example, here, [str(ldp)])
                if engine or example.words[1] not in ("preview", "sql", "run", "test", "rehearse", "expectations"):
                    assert readme.lasting(said) == readme.lasting(example.output), example.command
                elif example.words[1] == "expectations":
                    assert "fix  ldp run" in said, example.command
                else:
                    assert "fix  pip install 'ldp-magic[local]'" in said, example.command
