"""`ldp explain` and `ldp rules`: every rule has a page that fits, and nobody is left without a next step."""

import json
import re

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.lint.rule import all_rules
from ldp_magic.show.glyphs import wide
from ldp_magic.verbs.explain import explain
from ldp_magic.verbs.rules import rules

RULES = all_rules()
IDENTIFIERS = re.compile(r"\S{60,}")


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_a_page_holds_everything_and_fits(rule) -> None:
    for width in (80, 100, 140):
        lines = explain(rule.code).text(width).splitlines()
        assert lines[0] == f"{rule.code} {rule.name}"
        assert all(wide(line) <= width for line in lines if not IDENTIFIERS.search(line))
    text = " ".join(explain(rule.name).text(140).split())
    for word in (*rule.foresees, rule.summary.replace("`", ""), rule.verified):
        assert " ".join(word.split()) in text
    assert "bad " in text and "good " in text


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_without_utf_8_our_own_characters_are_ascii(rule) -> None:
    assert explain(rule.code).text(100, False, "ascii").isascii()


def test_carets_stand_under_what_is_marked_where_a_long_line_goes_on() -> None:
    lines = explain("count-distinct-in-stream").text(100).splitlines()
    at = next(n for n, line in enumerate(lines) if "^" in line)
    marked = lines[at - 1][lines[at].index("^") : lines[at].rindex("^") + 1]
    assert marked.startswith("count(") or marked.endswith("user)")


def test_a_rule_is_found_however_it_is_written() -> None:
    wanted = explain("LDP101").rule
    assert all(explain(word).rule is wanted for word in ("ldp101", "missing-stream", "Missing_Stream", " LDP101 "))


@pytest.mark.parametrize(
    "word, near",
    [
        ("missing-steam", "missing-stream"),
        ("LDP1011", "LDP101"),
        ("secret", "hard-coded-secret"),
        ("qqqqqqq", "ldp rules"),
    ],
)
def test_an_unknown_rule_gets_the_nearest(word: str, near: str) -> None:
    with pytest.raises(LdpError) as error:
        explain(word)
    assert near in str(error.value)


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "LDP101"]) == 0
    assert main(["explain", "nothing-of-the-kind"]) == 2
    assert main(["rules", "LDP1"]) == 0
    assert main(["rules", "LDPX"]) == 2
    assert "no rule is called LDPX" in capsys.readouterr().err


def test_json_is_the_whole_rule() -> None:
    (held,) = json.loads(json.dumps(rules("LDP806").json()))
    assert held["severity"] == {"databricks": "error", "spark": "error"}
    assert held["group"] == "Python" and held["fix"] == "safe" and held["on"] is True
    assert {"text", "language", "target", "fixed"} == set(held["bad"][0])
    assert explain("no-dataframe-returned").json() == held


def test_the_list_has_every_rule_once_and_tells_groups_apart() -> None:
    text = rules().text(140)
    for rule in RULES:
        assert len(re.findall(rf"^  {rule.code}  {rule.name} ", text, re.MULTILINE)) == 1
    assert text.splitlines()[0].startswith(f"{len(RULES)} rules")
    only = rules("LDP7", "import-dlt")
    assert {r.code[:4] for r in only} == {"LDP7", "LDP8"} and len([r for r in only if r.code[3] == "8"]) == 1


def test_a_rule_that_is_off_says_how_to_switch_it_on() -> None:
    off = next(r for r in RULES if not r.on)
    assert f"--extend-select {off.code}" in " ".join(explain(off.code).text().split())


@pytest.mark.parametrize("code", ["LDP9", "LDP999", "ldp999"])
def test_a_code_that_is_none_means_no_other(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["explain", code], ["rules", code], ["lint", "--select", code]):
        assert main(words) == 2
        err = capsys.readouterr().err
        assert f"no rule is called {code}\n" in err and "ldp rules lists them all" in err and "did you mean" not in err
