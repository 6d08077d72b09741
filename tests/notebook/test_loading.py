"""Loading the extension prints nothing, loads nothing heavy, starts nothing and writes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIGHT = {"ldp_magic", "IPython", "traitlets"}
HEAVY = {
    "sqlglot", "ipywidgets", "yaml", "wcwidth", "pyspark", "pysail", "deltalake", "pyarrow", "pandas", "polars", "numpy",
    "databricks", "nbformat", "jinja2", "pygls", "ipykernel", "comm",
}  # fmt: skip
CODE = """
import io, os, sys, threading
from contextlib import redirect_stderr, redirect_stdout
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("unload_ext", "nothing")
before, threads, files = set(sys.modules), threading.active_count(), sorted(os.listdir("."))
said = io.StringIO()
with redirect_stdout(said), redirect_stderr(said):
    shell.run_line_magic("load_ext", "ldp_magic")
assert "ldp" in shell.magics_manager.magics["cell"], said.getvalue()
new = {name for name in set(sys.modules) - before}
tops = {name.partition(".")[0] for name in new}
print(repr((said.getvalue(), sorted(tops - set(sys.stdlib_module_names)), sorted(new), files == sorted(os.listdir(".")),
            threading.active_count() == threads)))
"""


def test_load_ext_loads_only_what_is_light(tmp_path: Path):
    env = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / ".ipython"), "PATH": "", "HOME": str(tmp_path)}
    (tmp_path / "work").mkdir()
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(
        command, cwd=tmp_path / "work", env=env, capture_output=True, text=True, check=True, timeout=120
    )
    said, tops, new, same_files, same_threads = eval(done.stdout.splitlines()[-1])
    assert said == "" and same_files and same_threads
    assert set(tops) <= LIGHT and not {name.partition(".")[0] for name in new} & HEAVY
    assert not any(
        name.startswith(("ldp_magic.sql", "ldp_magic.engine", "ldp_magic.lint", "ldp_magic.show")) for name in new
    )
    assert all(name.startswith("IPython.core") for name in new if name.startswith("IPython."))
