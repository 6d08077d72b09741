"""The extension as a package: what JupyterLab reads of it before it runs, and what is made from our own tables."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.show.bundle import MIME
from ldp_magic.show.glyphs import KINDS, STATES
from ldp_magic.sql.keywords import functions_known, keywords, type_names

HOME = Path(ldp_magic.__file__).parent / "editors" / "labextension"
STATIC = HOME / "static"
FILES = sorted(STATIC.glob("*.js"))


def test_the_package_says_how_it_is_loaded():
    package = json.loads((HOME / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == ldp_magic.__version__
    built = package["jupyterlab"]["_build"]
    assert (HOME / built["load"]).is_file() and package["name"] in (HOME / built["load"]).read_text(encoding="utf-8")


def test_the_words_are_those_of_the_parser(golden: Callable[[Path, str], None]):
    golden(STATIC / "keywords.js", script(KEYWORDS=keywords(), TYPES=type_names(), FUNCTIONS=functions_known()))


def script(**words: Iterable[str]) -> str:
    """The words as a module of JavaScript."""
    parts = ["// Made from the tables of ldp_magic/sql by tests/lab/test_package.py --update-golden.\n"]
    for name, every in words.items():
        lines = textwrap.fill(" ".join(every), 116, initial_indent="  ", subsequent_indent="  ")
        parts.append(f"export const {name} = new Set(`\n{lines}\n`.trim().split(/\\s+/));\n")
    return "\n".join(parts)


def test_one_mime_name():
    assert f"'{MIME}'" in (STATIC / "output.js").read_text(encoding="utf-8")


def test_the_theme_has_a_colour_for_every_static_one():
    style = (STATIC / "style.css").read_text(encoding="utf-8")
    static = {sign.static for sign in (*STATES.values(), *KINDS.values())}
    assert all(f"span[style^='color:{color}']" in style for color in static)
    dark = {sign.dark for sign in (*STATES.values(), *KINDS.values())}
    assert all(color in style for color in dark)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere_and_nothing_is_run_as_html(path: Path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"https?://(?!www\.w3\.org/2000/svg)|\beval\(|outerHTML|insertAdjacentHTML|document\.write", text
    )
    assert [line.strip() for line in text.splitlines() if "innerHTML" in line] == (
        ["this.node.innerHTML = typeof html === 'string' ? this.sanitizer.sanitize(html) : '';"]
        if path.name == "output.js"
        else []
    )
