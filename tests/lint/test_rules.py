"""Every rule by its own examples: what is bad is found, what is good is clean, what a fix makes holds."""

import pytest

from ldp_magic.lint.example import findings_in, findings_of, mended
from ldp_magic.lint.rule import Bad, Example, Rule, all_rules
from ldp_magic.lint.select import Selection

RULES = all_rules()
BAD = [pytest.param(r, b, id=f"{r.code}-{i}") for r in RULES for i, b in enumerate(r.bad)]
GOOD = [pytest.param(r, g, id=f"{r.code}-{i}") for r in RULES for i, g in enumerate(r.good)]
# Advice that other rules' good examples may well deserve.
ADVICE = {"LDP127"}


def _of(rule: Rule, example: Example):
    if rule.name == "unused-suppression":
        return tuple(f for f in findings_in(example, Selection(extend_select=("ALL",))) if f.code == rule.code)
    return findings_of(rule, example)


@pytest.mark.parametrize("rule, example", BAD)
def test_bad_example_is_found(rule: Rule, example: Bad) -> None:
    findings = _of(rule, example)
    assert len(findings) == example.count, [f.message for f in findings]
    for finding in findings:
        assert finding.message and finding.message[-1] not in ".!" and finding.severity
        assert 0 <= finding.location.start <= finding.location.end <= len(example.text)
    if example.marks:
        assert tuple(f.location.text for f in findings) == example.marks


@pytest.mark.parametrize("rule, example", [p for p in BAD if p.values[1].fixed])
def test_fix_makes_what_it_says_and_holds(rule: Rule, example: Bad) -> None:
    findings = _of(rule, example)
    text = mended(example, findings)
    assert text == example.fixed
    again = Example(**{k: getattr(example, k) for k in Example.__dataclass_fields__ if k != "text"}, text=text)
    assert not _of(rule, again)
    before = [f.code for f in findings_in(example) if f.code == "LDP001"]
    assert [f.code for f in findings_in(again) if f.code == "LDP001"] <= before
    if example.safe is not None:
        assert all(f.fix and f.fix.safe is example.safe for f in findings)


@pytest.mark.parametrize("rule, example", GOOD)
def test_good_example_is_clean_for_every_rule(rule: Rule, example: Example) -> None:
    assert not _of(rule, example)
    others = [f for f in findings_in(example) if f.code not in ADVICE]
    assert not [(f.code, f.message, f.location.text) for f in others if f.severity in ("error", "warning")]


def test_codes_and_names_are_unique_and_files_are_named_after_them() -> None:
    assert len({r.code for r in RULES}) == len({r.name for r in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_a_rule_explains_itself(rule: Rule) -> None:
    assert rule.summary and not rule.summary.endswith(".")
    assert len(rule.explanation) > 40
    assert rule.bad and rule.good and rule.verified
