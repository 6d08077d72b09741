"""The JSON schema and the reader of specs: what one takes the other takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from ldp_magic.cli import main
from ldp_magic.forms import deployment
from ldp_magic.settings import ENVIRONMENT_KEYS, PIPELINE_KEYS
from ldp_magic.spec import read, schema
from tests.spec.test_read import SPEC

EVERY = {key.name: key for key in (*PIPELINE_KEYS, *ENVIRONMENT_KEYS, *deployment.KEYS)}
RIGHT = [
    "serverless: true",
    "retries: 3",
    "trigger: {tables: [a.b.c], when: all}",
    "timeout: 2 hours",
    "event-log: a.b.c",
]
WRONG = [
    "serverless: maybe", "retries: -1", "retries: 1001", "trigger: {every: 1 day, files: x}", "trigger: {}",
    "timeout: 2 years", "edition: GOLD", "grants: [{to: a}]", "tags: {a: [b]}", "compute: {nodes: 3}", "nothing: 1",
    "event-log: a.b.c.d", "jobs: {j: {tasks: [{name: a}]}}", "notifications: {on-x: [a]}", "sources: 3",
]  # fmt: skip


def valid(text: str) -> bool:
    quoted = text.replace(" on:", ' "on":')  # a truth in YAML 1.1, which nobody means here
    return Draft7Validator(schema()).is_valid(yaml.safe_load(quoted))


def read_well(text: str) -> bool:
    return not read("ldp.yml", text).errors


def of_pipeline(line: str) -> str:
    return f"pipelines:\n  web:\n    {line}\n"


def test_the_schema_is_one():
    Draft7Validator.check_schema(schema())
    assert valid(SPEC) and read_well(SPEC)


@pytest.mark.parametrize("key", EVERY)
def test_the_example_of_every_setting_is_right(key: str):
    form = EVERY[key].form
    example = form.example.replace(" = ", ": ")
    if key == "sources":
        example = "[src/**]"
    assert valid(of_pipeline(f"{key}: {example}")) or key in ("profile", "cluster")
    assert read_well(of_pipeline(f"{key}: {example}")) or key in ("profile", "cluster")


@pytest.mark.parametrize("line", RIGHT)
def test_both_take_it(line: str):
    assert valid(of_pipeline(line)) and read_well(of_pipeline(line))


@pytest.mark.parametrize("line", WRONG)
def test_both_refuse_it(line: str):
    assert not valid(of_pipeline(line)) and not read_well(of_pipeline(line))


def test_it_is_printed(capsys: pytest.CaptureFixture[str]):
    assert main(["check", "--json-schema"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said == schema()
