"""Each example as it stands in a workspace: deployed with its schedule, its job runs, and the tables are those of here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ldp_magic
from tests.examples.example import Example

JOBS = {
    "clickstream": ("clickstream", "main.clickstream.daily_funnel"),
    "retail": ("retail_analytics", "main.retail.key_figures"),
    "ecommerce_cdc": ("ecommerce", "main.ecommerce.gold_daily_revenue"),
    "gdelt_wikimedia": ("gdelt_wiki", "main.gdelt_wiki.gold_correlated_events"),
}
PIPELINES: dict[str, tuple[str, ...]] = {"ecommerce_cdc": ("medallion", "cdc")}


@pytest.mark.parametrize("name", JOBS)
def test_its_job_makes_the_tables_that_a_run_makes_here(name: str, tmp_path: Path, ldp_workspace: Any) -> None:
    from databricks.sdk import WorkspaceClient

    job, table = JOBS[name]
    example = Example.of(name, tmp_path)
    example.land(1)
    schema = table.split(".")[1]
    ldp_workspace.volumes[f"/Volumes/main/{schema}/landing"] = example.root / "data"
    assert ldp_magic.deploy(example.root, env="prod", yes=True).exit_code == 0
    again = ldp_magic.plan(example.root, env="prod")
    assert "0 to add   0 to change   0 to delete" in again.text(), again.text()
    client = WorkspaceClient()
    (found,) = [each for each in client.jobs.list() if each.settings.name == job]
    client.jobs.run_now(found.job_id).result()
    (run,) = ldp_workspace.runs(job)
    assert run.result == "SUCCESS"
    example.update(*PIPELINES.get(name, ()))
    here, there = example.rows(table), ldp_workspace.rows(table)
    assert len(here) == len(there) > 0 and sorted(map(str, here)) == sorted(map(str, there))
