"""YAML and TOML that are written by hand, read by others: PyYAML, our reader, tomllib."""

from __future__ import annotations

import sys
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.bundle.plain_toml import toml_text
from ldp_magic.bundle.plain_yaml import Block, Quoted, yaml_text
from ldp_magic.spec.documents import read_yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        ["on", "Yes", "1.0", "12:30", "0 0 6 * * ?", "2026-01-01", "~", "", "null", ".5", "0x1F", "1e3", "a: b", "a #b",
         "- x", "*a", "&a", "!x", "%x", "@x", "`x", "a:", "${var.x}", "../src/**", "\ufeff", "\u2028", "\x85", " a", "=", "<<"]
    ),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(WORDS, st.booleans(), st.integers(-(10**9), 10**9), WORDS.map(Quoted)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4))
def test_yaml_says_what_it_was_given(said: dict[str, Any]):
    text = yaml_text(said, {(next(iter(said)),): "a comment"}, "a head\n\n  of lines")
    assert yaml.safe_load(text) == said
    assert text.splitlines()[0] == "# a head"
    assert texts(read_yaml(text, "it.yml")) == texts(said)


def texts(value: Any) -> Any:
    """As our reader has it: each word as it was written."""
    if isinstance(value, dict):
        return {str(key): texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [texts(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_block_stands_as_it_is():
    text = yaml_text({"run": Block("one\n  two: #3\n\nthree\n"), "next": 1})
    assert text == "run: |\n  one\n    two: #3\n\n  three\n\nnext: 1\n"
    assert yaml.safe_load(text) == {"run": "one\n  two: #3\n\nthree\n", "next": 1}


@settings(max_examples=60)
@given(st.dictionaries(WORDS, VALUES, max_size=4), WORDS)
def test_toml_says_what_it_was_given(said: dict[str, Any], name: str):
    assert tomllib.loads(toml_text({}, [(("env", name), said)], "a head")) == {"env": {name: said}}
    assert tomllib.loads(toml_text({f"a{key}": one for key, one in said.items()}, [], "")) == {
        f"a{key}": one for key, one in said.items()
    }
