"""The bundle that is exported: valid, equal to what a deploy sends, stable, and read back to the same pipelines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.deploy.objects import resolved as sent
from ldp_magic.errors import LdpError
from ldp_magic.project import load
from ldp_magic.resources.wanted import Resource, Wanted
from ldp_magic.verbs.check import sources
from ldp_magic.verbs.export import export
from tests.bundle import generated, resolved, schema

KINDS = {"pipeline": "pipelines", "job": "jobs", "schema": "schemas", "volume": "volumes"}
SEEDS = range(12)


def test_the_example_golden(example: Path, golden: Any):
    export("bundle", example)
    bundle = example / "dist" / "bundle"
    texts = [f"--- {path.relative_to(bundle).as_posix()}\n{path.read_text()}" for path in sorted(bundle.rglob("*.yml"))]
    golden(Path(__file__).parent / "golden" / "user_analytics.txt", "\n".join(texts))
    assert schema.complaints(bundle) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bundle_is_valid_and_holds_what_a_deploy_sends(tmp_path: Path, seed: int):
    check(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(len(SEEDS), 300))
def test_many_bundles(tmp_path: Path, seed: int):
    check(tmp_path, seed)


def check(folder: Path, seed: int) -> None:
    environments = generated.project(folder, seed)
    export("bundle", folder, out=folder / "out")
    assert schema.complaints(folder / "out") == []
    for name in environments:
        wanted, errors = sources([folder], name, {})
        assert not errors and not [each for each in wanted.problems if each.severity == "error"]
        same(folder / "out", name, wanted)


def same(bundle: Path, name: str, wanted: Wanted) -> None:
    """The target holds what the deployer would send, but for the differences that are documented in `targets.py`."""
    document = resolved.target(bundle, name)
    files = {path: (bundle / "src" / path).read_bytes() for path in all_below(bundle / "src")}
    ids = {f"{each.kind}.{each.key}": f"${{resources.{KINDS[each.kind]}.{each.key}.id}}" for each in wanted.resources}
    mine = {(KINDS[each.kind], each.key): each for each in wanted.resources}
    if name == "dev" and wanted.setup:  # rights name the schema, which the mode would rename
        mine = {place: each for place, each in mine.items() if place[0] != "schemas"}
    theirs = {(kind, key): one for kind, some in document["resources"].items() for key, one in some.items()}
    assert theirs.keys() == mine.keys()
    for place, each in mine.items():
        root = str(bundle / "src")
        wants = as_bundle(each, name, wanted, sent(each.settings, root, ids), files, root)
        assert without_endings(theirs[place], files, root, name) == wants, place
    contents = sorted(file.content for file in wanted.files)
    own = {path: content for path, content in files.items() if belongs(path, name, files)}
    assert sorted(own.values()) == contents


def all_below(folder: Path) -> list[str]:
    return [os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names]


def belongs(path: str, name: str, files: dict[str, bytes]) -> bool:
    """Whether a file is one of that target: `setup/dev/before.sql` is one of dev alone."""
    parts = path.split("/")
    return parts[0] != "setup" or parts[1] in (name, "before.sql", "after.sql")


def as_bundle(
    each: Resource, name: str, wanted: Wanted, settings: Any, files: dict[str, bytes], root: str
) -> dict[str, Any]:
    """What the deployer sends, with the differences that are meant."""
    found = {key: value for key, value in plain(settings).items() if key != "development"}
    mine = name == "dev" and not wanted.setup and not any(r.kind == "schema" for r in wanted.resources)
    for key in ("schema", "schema_name"):
        if mine and found.get(key) == wanted.schema:
            found[key] = f"{wanted.schema}_{resolved.USER}"
    for key in ("schedule", "trigger"):
        if found.get(key, {}).get("pause_status") == "UNPAUSED":
            del found[key]["pause_status"]
    if "continuous" in found and name == "dev":
        found["continuous"]["pause_status"] = "PAUSED"
    rights = [{("level" if k == "permission_level" else k): v for k, v in entry.items()} for entry in each.permissions]
    return {**found, **({"permissions": rights} if rights else {})}


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def without_endings(value: Any, files: dict[str, bytes], root: str, name: str) -> Any:
    """A bundle names the file of a notebook, a workspace knows it without its ending; and no folder of a target."""
    if isinstance(value, dict):
        return {key: without_endings(one, files, root, name) for key, one in value.items()}
    if isinstance(value, list):
        return [without_endings(one, files, root, name) for one in value]
    if isinstance(value, str) and value.startswith(f"{root}/"):
        content = files.get(value[len(root) + 1 :], b"")
        value = value.rpartition(".")[0] if content.startswith(b"-- Databricks notebook source") else value
        return value.replace(f"/setup/{name}/", "/setup/")
    return value


# --- the folder --------------------------------------------------------------------------------------------------


def test_a_second_export_changes_nothing_and_an_edited_file_stays(example: Path):
    first = export("bundle", example)
    assert len(first.put.new) == 10 and first.exit_code == 0
    again = export("bundle", example)
    assert not again.put.written and not again.put.removed
    main = example / "dist" / "bundle" / "databricks.yml"
    main.write_text(main.read_text() + "# mine\n")
    (example / "ldp.toml").write_text((example / "ldp.toml").read_text().replace("0 0 2", "0 0 3"))
    job = example / "dist" / "bundle" / "resources" / "user_analytics.job.yml"
    before = job.read_text()
    with pytest.raises(LdpError, match=r"databricks.yml is there and was not written by the last export"):
        export("bundle", example)
    assert job.read_text() == before, "nothing was written"
    done = export("bundle", example, force=True)
    assert sorted(done.put.changed) == ["databricks.yml", "resources/user_analytics.job.yml"]
    assert "# mine" not in main.read_text() and "0 0 3" in job.read_text()


def test_files_that_are_no_part_any_more_go_unless_somebody_edited_them(example: Path):
    export("bundle", example)
    below = example / "dist" / "bundle" / "src" / "transformations"
    (below / "events.sql").write_text("-- mine")
    for name in ("events.sql", "user_profiles.sql"):
        (example / "transformations" / name).unlink()
    done = export("bundle", example)
    assert done.put.removed == ("src/transformations/user_profiles.sql",)
    assert done.put.kept == ("src/transformations/events.sql",)
    assert (below / "events.sql").read_text() == "-- mine" and not (below / "user_profiles.sql").exists()


def test_a_bundle_is_read_back_to_the_same_pipelines(example: Path):
    export("bundle", example)
    (mine,), (theirs,) = load([example], env="prod"), load([example / "dist" / "bundle"], env="prod")
    assert list(mine.datasets) == list(theirs.datasets)
    assert [each.definition.location.text for each in mine.datasets.values()] == [
        each.definition.location.text for each in theirs.datasets.values()
    ]
    assert (theirs.catalog, theirs.schema) == ("main", "user_analytics")


def test_the_project_has_each_pipeline_once_after_an_export(example: Path):
    export("bundle", example)
    export("spark", example)
    assert len(load([example])) == 1


def test_a_bundle_is_not_written_over_its_project(example: Path):
    with pytest.raises(LdpError, match="is the project itself"):
        export("bundle", example, out=example)


def test_what_cannot_be_deployed_is_not_exported(example: Path):
    (example / "ldp.toml").write_text((example / "ldp.toml").read_text().replace("0 0 2 * * ?", "0 0 2 * * *"))
    with pytest.raises(LdpError) as raised:
        export("bundle", example)
    assert "0 0 2 * * ?" in raised.value.fix or "ldp check" in raised.value.fix
    assert not (example / "dist").exists()


def test_targets_to_develop_in_and_for_production_are_never_missing(example: Path):
    text = (example / "ldp.toml").read_text().partition("[env.dev]")[0]
    (example / "ldp.toml").write_text(text + "[env.staging]\nschema = 'tried'\n")
    export("bundle", example)
    document = resolved.whole(example / "dist" / "bundle")
    modes = {name: (one["mode"], one.get("default", False)) for name, one in document["targets"].items()}
    assert modes == {
        "dev": ("development", True),
        "staging": ("production", False),
        "prod": ("production", False),
    }
    assert all("root_path" in document["targets"][name]["workspace"] for name in ("staging", "prod"))


def test_a_text_that_a_bundle_takes_for_a_reference_is_named(example: Path):
    text = (
        (example / "ldp.toml").read_text().replace("schedule =", "parameters = { who = 'x ${team.name}' }\nschedule =")
    )
    (example / "ldp.toml").write_text(text)
    done = export("bundle", example)
    assert [each.what for each in done.left] == [
        f"configuration.who of pipeline {name} holds ${{team.name}}"
        for name in ("dev_user_analytics", "user_analytics")
    ]
    assert "${team.name}" in done.text() and done.json()["left"][0]["severity"] == "warning"
