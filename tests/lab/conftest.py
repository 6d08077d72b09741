"""JupyterLab and Notebook 7 in a real browser: one server and one browser for all tests here."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

import ldp_magic

PACKAGE = Path(ldp_magic.__file__).parent
REPOSITORY = PACKAGE.parent
EXTENSION = PACKAGE / "editors" / "labextension"
PATIENCE = 30_000  # milliseconds: how long anything here may take on a busy machine
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


@dataclass(frozen=True)
class Lab:
    """A server, and the folder of its notebooks."""

    url: str
    folder: Path

    def write(self, name: str, *cells: dict[str, Any]) -> None:
        """A notebook of these cells."""
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        held = {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / name).write_text(json.dumps(held), encoding="utf-8")

    def ask(self, path: str, method: str = "GET", body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "token t", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    @contextmanager
    def theme(self, name: str) -> Iterator[None]:
        """The theme of every page that is opened meanwhile."""
        where = "/lab/api/settings/@jupyterlab/apputils-extension:themes"
        try:
            self.ask(where, "PUT", {"raw": json.dumps({"theme": name})})
            yield
        finally:
            self.ask(where, "PUT", {"raw": "{}"})


def code(source: str, *outputs: dict[str, Any], name: str = "") -> dict[str, Any]:
    """A cell of a notebook."""
    named = {"id": name} if name else {"id": f"c{abs(hash((source, len(outputs)))) % 10**12}"}
    held = {"cell_type": "code", "execution_count": None, "metadata": {}, "source": source, "outputs": list(outputs)}
    return {**held, **named}


def output(bundle: dict[str, Any]) -> dict[str, Any]:
    """What a cell has shown."""
    return {"output_type": "display_data", "data": bundle, "metadata": {}}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the extension as it is in the repository, without anything that it would fetch."""
    home = tmp_path_factory.mktemp("lab")
    notebooks = home / "notebooks"
    notebooks.mkdir()
    shutil.copytree(EXTENSION, home / "share" / "labextensions" / "ldp-magic-labextension")
    with _free_port() as port, (home / "log").open("wb") as log:
        server = subprocess.Popen(
            _command(port, notebooks), env=_environment(home), cwd=notebooks, stdout=log, stderr=log
        )
        try:
            made = Lab(f"http://127.0.0.1:{port}", notebooks)
            _wait(made, server, home / "log")
            yield made
        finally:
            server.terminate()
            server.wait(60)


def _command(port: int, folder: Path) -> list[str]:
    said = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    said += ["--IdentityProvider.token=t", "--ServerApp.allow_root=True", f"--ServerApp.root_dir={folder}"]
    said += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=None"]
    said += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    return [sys.executable, "-m", "jupyter", "lab", *said]


def _environment(home: Path) -> dict[str, str]:
    folders = {"JUPYTER_CONFIG_DIR": "c", "JUPYTER_DATA_DIR": "d", "JUPYTER_RUNTIME_DIR": "r", "IPYTHONDIR": "i"}
    folders |= {"JUPYTERLAB_SETTINGS_DIR": "s", "JUPYTERLAB_WORKSPACES_DIR": "w", "JUPYTER_PATH": "share"}
    quiet = home / "s" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    return {**os.environ, **{name: str(home / part) for name, part in folders.items()}, "PYTHONPATH": str(REPOSITORY)}


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    yield port


def _wait(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and server.poll() is None:
        try:
            lab.ask("/api/status")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not come up:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "chromium is not here: apt-get install chromium"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield made
        made.close()


@dataclass
class Notebook:
    """An open notebook, and what its page complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def text(self, number: int) -> str:
        """What stands in a cell, as its editor holds it."""
        found = self.cell(number).locator(".cm-content")
        return str(
            found.evaluate("node => node.cmTile?.view.state.doc.toString() ?? node.cmView.view.state.doc.toString()")
        )

    def type(self, number: int, text: str) -> None:
        """Write at the end of a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def undo(self, number: int) -> None:
        """Ctrl+Z where the cursor is: in the editor of that cell, or it fails."""
        focused = self.cell(number).locator(".cm-editor.cm-focused")
        focused.wait_for(timeout=PATIENCE)
        self.page.keyboard.press("Control+z")

    def run(self, number: int) -> None:
        """Run a cell; the first press of a key may be lost, so its prompt has to tell that it ran."""
        prompt = self.cell(number).locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        for _ in range(10):
            self._answer()
            self.cell(number).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            if self._became(prompt, before, "node.innerText !== was", 4_000):
                break
        assert self._became(prompt, before, "/\\[\\d+\\]/.test(node.innerText)", PATIENCE), (
            f"{number}: {self.complaints}"
        )

    def _answer(self) -> None:
        """A server that is slow to tell its kernels is asked for one; nothing else may ask anything."""
        dialog = self.page.locator(".jp-Dialog")
        if dialog.count():
            assert "Select Kernel" in dialog.inner_text(), dialog.inner_text()
            dialog.locator("button.jp-mod-accept").click()

    def _became(self, prompt: Locator, before: str, what: str, within: int) -> bool:
        held = [prompt.element_handle(), before]
        try:
            self.page.wait_for_function(f"([node, was]) => {what}", arg=held, timeout=within)
        except TooLate:
            return False
        return True

    def until(self, condition: Callable[[], object], said: str = "") -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE / 1000
        while not condition():
            assert time.monotonic() < end, said or "it did not come to be so"
            self.page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def open_page(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook in a page of its own."""
    contexts = []

    def opened(name: str, path: str = "/doc/tree/{}?reset&token=t", **how: Any) -> Notebook:
        context = browser.new_context(viewport={"width": 1240, "height": 1600}, **how)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        notebook = Notebook(page)
        page.on("console", lambda message: _complained(notebook, message))
        page.on("pageerror", lambda error: notebook.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (notebook.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto(lab.url + path.format(name))
        page.wait_for_selector("html[data-ldp-magic=active]", state="attached")
        page.wait_for_function("document.querySelector('.jp-Notebook .cm-content')?.innerText.trim()")
        return notebook

    yield opened
    for context in contexts:
        context.close()
    for session in lab.ask("/api/sessions"):
        lab.ask(f"/api/sessions/{session['id']}", "DELETE")


def _complained(notebook: Notebook, message: ConsoleMessage) -> None:
    if message.type == "error":
        notebook.complaints.append(message.text)
