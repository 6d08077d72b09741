"""What stands in the way of a deploy: the login, the catalog, the schema and the rights on them, each with its cure."""

from __future__ import annotations

import json
import socket

import pytest

from ldp_magic.deploy import sign_in
from ldp_magic.deploy.health import library, rights
from tests.deploy.lab import Lab


def checks(lab: Lab, *words: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    code, out, _ = lab.ldp("doctor", "--env", "dev", "--json", *words)
    return code, {each["name"]: (each["state"], each["found"], each["fix"]) for each in json.loads(out)}


def test_all_is_well(lab: Lab):
    code, found = checks(lab)
    assert code == 0
    assert found["databricks-sdk"][0] == found["workspace"][0] == found["login"][0] == found["catalog"][0] == "ok"
    assert found["workspace"][1] == lab.emulator.url and "someone@example.com, by pat" in found["login"][1]


def test_no_workspace_is_asked_unasked(lab: Lab):
    assert lab.ldp("doctor", "--json")[0] == 0
    assert lab.emulator.requests == []


def test_a_host_that_is_not_there(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("DATABRICKS_HOST", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(sign_in, "REACHED", 0.5)
        code, found = checks(lab)
    assert code == 1 and "cannot be reached" in found["workspace"][1] and found["workspace"][2]


@pytest.mark.parametrize(
    ("address", "name", "state", "said"),
    [
        ("catalogs/main", "catalog", "error", "there is no catalog main"),
        ("schemas/main.default", "schema", "warning", "main.default is not there yet"),
    ],
)
def test_what_is_not_there(lab: Lab, address: str, name: str, state: str, said: str):
    lab.emulator.faults.add(f"GET /api/2.1/unity-catalog/{address}", status=404, times=9)
    _, found = checks(lab)
    assert found[name][:2] == (state, said) and found[name][2]


def test_what_may_not_be_looked_at_is_no_error(lab: Lab):
    lab.emulator.faults.add("GET /api/2.1/unity-catalog/", status=403, message="no USE CATALOG", times=9)
    code, found = checks(lab)
    assert code == 0 and found["rights"][0] == "warning"


@pytest.mark.parametrize(("held", "lacking"), [([], "CREATE MATERIALIZED VIEW, CREATE TABLE, USE SCHEMA"), (["USE_SCHEMA", "CREATE_TABLE"], "CREATE MATERIALIZED VIEW")])  # fmt: skip
def test_rights_that_are_lacking_are_named_with_the_grant(lab: Lab, held: list[str], lacking: str):
    said = {"privilege_assignments": [{"principal": "x", "privileges": [{"privilege": one} for one in held]}]}
    lab.emulator.faults.add(
        "GET /api/2.1/unity-catalog/effective-permissions/schema/", body=json.dumps(said).encode(), times=9
    )
    (schema,) = [each for each in rights(sign_in.sign_in(), "main", "default") if each.name == "schema"]
    assert schema.state == "warning" and schema.fix.startswith(f"GRANT {lacking} ON SCHEMA main.default TO ")


def test_a_right_that_is_missing_stops_a_deploy_with_one_message(lab: Lab):
    lab.emulator.faults.add("POST /api/2.0/pipelines", status=403, message="User lacks CREATE", times=9)
    code, _, err = lab.deploy()
    assert code == 2 and "pipeline shop: " in err and "User lacks CREATE" in err and "2 files sent" in err
    assert err.count("✗") == 1 and "ask an administrator" in err


def test_the_library_is_here():
    assert library().state == "ok"
