"""Tables of what is wanted and what is there, and the steps that lead from one to the other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ldp_magic.deploy.plan import Have, Held, plan
from ldp_magic.resources.wanted import File, Resource, Wanted
from tests.deploy.plan.pipelines import NOW, SETTINGS, deployed, planned, wanted

T = "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM raw;\n"
SCHEDULED = 'schedule = "0 30 2 * * ?"\nschedule-time-zone = "Europe/Berlin"\n'
BASE: dict[str, object] = {"name": "web", "catalog": "main", "configuration": {"a": "1", "b": "2"}, "tags": {"x": "1"}}


def pipeline(**settings: object) -> Wanted:
    made = Resource(kind="pipeline", key="web", settings={**BASE, **settings})  # type: ignore[arg-type]
    return Wanted(project="p", resources=(made,))


def held(sent: object = BASE, remote: object = BASE) -> Have:
    return Have(asked=True, resources={("pipeline", "web"): Held(id="7", sent=sent, remote=remote)})  # type: ignore[arg-type]


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in BASE.items() if key != name}


STEPS = [
    pytest.param(pipeline(), Have(), "add", [], id="new"),
    pytest.param(pipeline(), held(), "unchanged", [], id="the same"),
    pytest.param(pipeline(catalog="dev"), held(), "change", [("catalog", "main", "dev")], id="another value"),
    pytest.param(pipeline(channel="PREVIEW"), held(), "change", [("channel", None, "PREVIEW")], id="one more"),
    pytest.param(
        pipeline(configuration={"a": "9"}),
        held(),
        "change",
        [("configuration.a", "1", "9"), ("configuration.b", "2", None)],
        id="inside",
    ),
    pytest.param(pipeline(), held(remote=None), "add", [], id="deleted by others"),
    pytest.param(pipeline(), held(remote={**BASE, "channel": "PREVIEW"}), "unchanged", [], id="drift is kept"),
    pytest.param(
        pipeline(catalog="dev"),
        held(remote={**BASE, "tags": {"x": "1", "y": "2"}}),
        "change",
        [("catalog", "main", "dev")],
        id="drift is kept beside a change",
    ),
    pytest.param(
        pipeline(catalog="dev"),
        held(remote={**BASE, "catalog": "other"}),
        "change",
        [("catalog", "other", "dev")],
        id="both changed it: what is wanted counts",
    ),
    pytest.param(pipeline(), held(remote=without("tags")), "unchanged", [], id="taken away by others stays away"),
    pytest.param(
        pipeline(),
        held(remote={**without("catalog"), "storage": "dbfs:/x"}),
        "recreate",
        [("catalog", None, "main"), ("storage", "dbfs:/x", None)],
        id="a storage cannot move",
    ),
]


@pytest.mark.parametrize(("want", "have", "action", "changes"), STEPS)
def test_the_step_of_an_object(want: Wanted, have: Have, action: str, changes: list[tuple[object, ...]]):
    if action == "recreate":
        have = replace(have, resources={("pipeline", "web"): replace(have.resources[("pipeline", "web")], sent={})})
    (step,) = plan(want, have, now=NOW).steps
    told = [(each.path, each.was, each.now) for each in step.changes]
    assert (step.action, told if action != "add" else []) == (action, changes)


def test_what_others_changed_is_sent_again_or_overwritten():
    have = held(remote={**BASE, "tags": {"x": "1", "y": "2"}, "channel": "PREVIEW"})
    (step,) = plan(pipeline(catalog="dev"), have).steps
    assert step.settings == {**BASE, "catalog": "dev", "tags": {"x": "1", "y": "2"}, "channel": "PREVIEW"}
    assert {each.path for each in step.drift} == {"tags.y", "channel"}
    (step,) = plan(pipeline(catalog="dev"), have, overwrite=True).steps
    assert step.settings == {**BASE, "catalog": "dev"}
    assert {each.path for each in step.changes} == {"catalog", "tags.y", "channel"}


def test_objects_that_nothing_wants_are_removed_and_schemas_stay():
    kept = {(kind, "k"): Held(id="1", sent={"name": "old"}, remote={"name": "old"}) for kind in ("pipeline", "schema")}
    found = plan(Wanted(project="p"), Have(asked=True, resources=kept))  # type: ignore[arg-type]
    assert {(step.kind, step.action, step.name) for step in found.steps} == {
        ("pipeline", "remove", "old"),
        ("schema", "unchanged", "old"),
    }


def test_files_are_compared_by_what_they_hold(tmp_path: Path):
    files = tuple(File(path=f"{name}.sql", content=f"{name}\nend\n".encode()) for name in "abc")
    was = Wanted(project="p", files=files)
    now = Wanted(
        project="p", files=(files[0], File(path="b.sql", content=b"b\nnew\nend\n"), File(path="d.sql", content=b"d"))
    )
    found = planned(was, now)
    assert [(s.action, s.name, s.added, s.removed) for s in found.steps] == [
        ("add", "d.sql", 1, 0),
        ("change", "b.sql", 1, 0),
        ("remove", "c.sql", None, None),
        ("unchanged", "a.sql", None, None),
    ]
    assert not found.empty and planned(was, was).empty
    unread = replace(deployed(was), texts={})
    assert [(s.added, s.removed) for s in plan(now, unread).steps if s.action == "change"] == [(None, None)]


def test_a_second_deploy_sends_nothing(tmp_path: Path):
    made = wanted(tmp_path, T, SETTINGS + SCHEDULED)
    again = planned(made, made)
    assert again.empty and again.count("add", "change", "remove", "recreate") == 0 and again.count("unchanged") > 5
    assert {each.effect for each in again.effects} == {"none"}


def test_moving_cells_moves_no_file(tmp_path: Path):
    cells = [f"%%ldp\nCREATE OR REFRESH STREAMING TABLE t{n} AS SELECT * FROM STREAM raw{n};" for n in range(4)]

    def saved(order: list[int]) -> str:
        some = [
            {
                "cell_type": "code",
                "id": f"c{n}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": cells[n],
            }
            for n in order
        ]
        return json.dumps({"cells": some, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    sides = []
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        (tmp_path / "src").mkdir(exist_ok=True)
        (tmp_path / "src" / "n.ipynb").write_text(saved(order))
        sides.append(wanted(tmp_path))
    assert [file.path for file in sides[0].files] == [f"transformations/t{n}.sql" for n in range(4)]
    assert sides[0].files == sides[1].files and planned(*sides).empty


def test_the_hash_moves_with_everything(tmp_path: Path):
    first = wanted(tmp_path, T)
    have = deployed(first)
    hashes = {
        plan(first, have).hash,
        plan(wanted(tmp_path, T + "-- more"), have).hash,
        plan(first, replace(have, host="https://other")).hash,
        plan(first, replace(have, files={})).hash,
        plan(first, replace(have, resources={})).hash,
        plan(replace(first, environment="prod"), have).hash,
    }
    here = [replace(have, host=f"http://127.0.0.1:{port}") for port in (8123, 40001)]  # the same workspace, restarted
    assert plan(first, here[0]).hash == plan(first, here[1]).hash
    assert len(hashes) == 6 and plan(first, have, now=NOW).hash == plan(first, have).hash


def test_the_next_runs_tell_what_daylight_saving_does(tmp_path: Path):
    scheduled = wanted(tmp_path, T, SETTINGS + SCHEDULED)
    found = planned(scheduled, scheduled)
    (runs,) = found.runs
    assert (runs.job, runs.zone, runs.words) == ("web", "Europe/Berlin", "daily at 02:30, Europe/Berlin")
    assert [f"{time:%m-%d %H:%M %z}" for time in runs.times] == [
        "03-28 02:30 +0100", "03-30 02:30 +0200", "03-31 02:30 +0200", "04-01 02:30 +0200", "04-02 02:30 +0200",
    ]  # fmt: skip
    assert runs.notes == (
        "daylight saving begins before Mon 30 Mar: UTC+1, then UTC+2",
        "Sun 29 Mar has no 02:30 in Europe/Berlin: it does not run that day",
    )
    autumn = plan(scheduled, Have(), now=datetime(2026, 10, 24, tzinfo=timezone.utc)).runs[0]
    assert autumn.notes == ("daylight saving ends before Sun 25 Oct: UTC+2, then UTC+1",)


def test_rights_that_were_given_are_not_given_again(tmp_path: Path):
    said = SETTINGS + 'permissions = { view = ["analysts"] }\n'
    was, now = wanted(tmp_path, T, SETTINGS), wanted(tmp_path, T, said)
    (step,) = [each for each in planned(was, now).steps if each.kind == "pipeline"]
    assert (step.action, len(step.permit)) == ("unchanged", 1) and not planned(was, now).empty
    assert planned(now, now).empty
