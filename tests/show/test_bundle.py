"""What a notebook keeps of an output: every form, and never too much."""

from __future__ import annotations

import json

import pytest

from ldp_magic.show.bundle import MIME, MOST, bundle
from ldp_magic.show.markup import code, command


def size(said: dict[str, object]) -> int:
    return sum(len((each if isinstance(each, str) else json.dumps(each)).encode()) for each in said.values())


def test_every_form():
    assert bundle("rows", "text", "<p>", {"name": "a"}) == {
        MIME: {"version": 1, "kind": "rows", "name": "a"},
        "text/plain": "text",
        "text/html": "<p>",
    }


def test_the_kind_of_an_output_is_not_that_of_a_dataset():
    said = bundle("rows", "text", "<p>", {"kind": "streaming table"})[MIME]
    assert said == {"version": 1, "kind": "rows", "dataset_kind": "streaming table"}


def test_in_a_notebook_a_command_is_a_magic_and_a_name_stays_a_name():
    said = bundle("graph", "ldp graph", command("ldp graph") + code("ldp graph") + command("%%ldp --fix"))
    assert said["text/html"] == command("%ldp graph") + code("ldp graph") + command("%%ldp --fix")


def test_text_alone():
    assert bundle("history", "text") == {"text/plain": "text"}


@pytest.mark.parametrize("piece", ["x", "\n", "x\n", "é", "<", "𝄞\n"])
def test_never_too_much(piece: str):
    long = piece * 1_000_000
    said = bundle("rows", long, long, {"rows": long})
    assert size(said) <= MOST and MIME not in said


def test_what_is_cut_says_so():
    said = bundle("rows", "line\n" * 100_000, "<b>" * 100_000)
    assert said["text/plain"].endswith("more lines: too much for a notebook")
    assert "<samp" in said["text/html"][:100] and ">line\n" in said["text/html"] and "<b>" not in said["text/html"]


def test_one_long_line_is_cut():
    said = bundle("rows", "first\n" + "x" * 1_000_000)
    assert said["text/plain"] == "first\n… 1 more line: too much for a notebook"


def test_the_data_lose_what_is_missed_least():
    data = {"findings": [1], "previews": "x" * MOST}
    assert bundle("cell", "text", "<p>", data, less=("previews",))[MIME] == {
        "version": 1,
        "kind": "cell",
        "findings": [1],
    }
    assert data["previews"]
