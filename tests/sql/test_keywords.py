"""The words of the language, for what colours and completes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ldp_magic.sql import statements
from ldp_magic.sql.keywords import functions_known, keywords, type_names

HERE = Path(statements.__file__).parent
READERS = ("expect", "take", "at", "first_of")


def asked() -> Iterator[str]:
    """The words that the readers of statements ask for, wherever one is named."""
    for name in ("statements", "flows"):
        for node in ast.walk(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
                found = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
                yield from (word for text in found if isinstance(text, str) for word in text.split())


def test_every_word_that_is_asked_for_is_a_keyword():
    words = {word for word in asked() if word.isalpha() and word.isupper()}
    assert len(words) > 40 and words - set(keywords()) == set()


def test_the_words_of_pipelines():
    words = (
        "STREAMING MATERIALIZED EXPECT VIOLATION FLOW WATERMARK DELAY SEQUENCE KEYS STREAM PRIVATE TRACK SELECT JOIN"
    )
    assert set(words.split()) <= set(keywords())


def test_keywords_are_words():
    assert all(word.isalpha() and word.isupper() for word in keywords())
    assert all(word == word.lower() for word in (*type_names(), *functions_known()))
    assert {"string", "decimal"} <= set(type_names()) and {"count", "read_files"} <= set(functions_known())
