"""Shells and kernels for the notebook's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tests.notebook.kernels import Kernel

ROWS = [{"id": n, "amount": n * 1.5 if n % 3 else None} for n in range(12)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of orders, which is the working directory."""
    (tmp_path / "orders.json").write_text("\n".join(map(json.dumps, ROWS)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path


@dataclass
class Shell:
    """A real shell, and what it prints."""

    ip: Any
    capture: pytest.CaptureFixture[str]

    def run(self, code: str) -> Any:
        """The value of a cell; what it printed is in `out`."""
        self.capture.readouterr()
        done = self.ip.run_cell(code, store_history=True)
        self.out, self.err = self.capture.readouterr()
        self.error = done.error_before_exec or done.error_in_exec
        return done.result


@pytest.fixture
def bare(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """A shell without the extension."""
    monkeypatch.setenv("IPYTHONDIR", str(folder / ".ipython"))
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    ip = InteractiveShell.instance(config=config)
    try:
        yield Shell(ip, capsys)
    finally:
        if "ldp_magic" in ip.extension_manager.loaded:
            ip.extension_manager.unload_extension("ldp_magic")
        InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare: Shell) -> Shell:
    """A shell with the extension."""
    bare.run("%load_ext ldp_magic")
    assert bare.error is None and bare.out == "" and bare.err == ""
    return bare


@pytest.fixture(scope="module")
def kernel_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    try:
        yield kernel
    finally:
        kernel.close()


@pytest.fixture
def kernel(kernel_process: Kernel, folder: Path) -> Kernel:
    """A kernel with the extension, in a folder with a file of orders."""
    kernel_process.fresh(folder)
    return kernel_process
