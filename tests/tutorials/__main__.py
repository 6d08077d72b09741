"""Run the tutorials and save what comes out below their cells: `python -m tests.tutorials`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.tutorials.test_tutorials import TUTORIALS


def save(tutorial: Path) -> None:
    """Run one in an empty folder and write it back."""
    book = nbformat.read(tutorial, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            book, timeout=300, startup_timeout=300, record_timing=False, resources={"metadata": {"path": folder}}
        ).execute()
    book.metadata.pop("signature", None)
    book.metadata["language_info"] = {"name": "python"}
    nbformat.write(book, tutorial)


if __name__ == "__main__":
    os.environ.pop("LDP_PLACE", None)
    for each in TUTORIALS:
        save(each)
        print(f"saved {each.name}")
