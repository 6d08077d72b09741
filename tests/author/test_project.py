"""What `ldp init` writes, as texts."""

from __future__ import annotations

import json
import re

import yaml

from ldp_magic.author.project import OWN, files
from ldp_magic.author.project.data import DAYS, EACH
from ldp_magic.cells import cells


def test_the_same_every_time():
    assert files("shop", "shop") == files("shop", "shop")
    assert set(OWN) < set(files("shop", "shop"))


def test_the_notebook_is_one():
    text = files("shop", "shop")["daily_revenue.ipynb"]
    notebook = json.loads(text)
    ids = [each["id"] for each in notebook["cells"]]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5) and len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", each) for each in ids)
    said = [each.source.text for each in cells("daily_revenue.ipynb", text)]
    assert [each for each in said if "MATERIALIZED VIEW sales" in each and "%%ldp" in each]


def test_the_data_is_two_days_with_three_broken_orders():
    every = files("shop", "shop")
    orders = [json.loads(line) for name in every if "data/orders" in name for line in every[name].splitlines()]
    assert len(orders) == DAYS * EACH
    assert sum(1 for each in orders if each["order_id"] is None or each["amount"] <= 0) == 3
    numbers = [each["order_id"] for each in orders if each["order_id"] is not None]
    assert len(set(numbers)) == len(numbers)


def test_the_check_for_ci_is_yaml_that_runs_what_there_is():
    from ldp_magic import verbs

    steps = yaml.safe_load(files("shop", "shop")[".github/workflows/pipeline.yml"])["jobs"]["check"]["steps"]
    said = [each["run"].split()[1] for each in steps if each.get("run", "").startswith("ldp ")]
    assert said == ["lint", "test", "run", "report"] and set(said) <= set(verbs.names())
