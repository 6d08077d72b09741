"""Signing in: what is wrong with a host, a profile or a login is one message, soon, and no token is in it."""

from __future__ import annotations

import os
import socket
import stat
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from databricks.sdk.errors import PermissionDenied

from ldp_magic.deploy import sign_in
from ldp_magic.deploy.failure import explained, plain
from ldp_magic.emulator import workspace
from ldp_magic.errors import LdpError
from tests.deploy.lab import Lab

TOKEN = "dapi0123456789abcdef0123456789abcdef"


def told(**said: str | None) -> LdpError:
    with pytest.raises(LdpError) as caught:
        sign_in.sign_in(**said)
    error = caught.value
    whole = "".join(traceback.format_exception(error)) + repr(error) + str(error.args)
    assert TOKEN not in whole and "Config:" not in whole and "Bearer" not in whole
    assert error.fix
    return error


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "REACHED", 1.0)
    monkeypatch.setattr(sign_in, "FIRST", 1.0)


def profiles(text: str) -> Path:
    path = Path(os.environ["DATABRICKS_CONFIG_FILE"])
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def silence() -> Iterator[str]:
    """A host that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_nothing_listens(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("DATABRICKS_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    error = told()
    assert error.what == f"http://127.0.0.1:{port} cannot be reached" and error.why == "nothing listens there"


def test_nobody_answers(silence: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    error = told(host=silence)
    assert silence in error.what and error.why == "no answer came in time"


@pytest.mark.parametrize("said", ["Invalid access token.", "The token is expired", "Access token expired: invalid"])
def test_an_expired_token_that_is_called_forbidden_is_a_matter_of_the_login(said: str):
    error = explained(PermissionDenied(said), "GET /api/2.0/preview/scim/v2/Me", "https://h")
    assert error.what == "https://h does not take this login" and "log in again" in error.fix


def test_what_is_forbidden_is_no_matter_of_the_login():
    error = explained(PermissionDenied("no right to use token 'CREATE'"), "POST /api/2.0/pipelines", "https://h")
    assert error.what == "https://h does not allow POST /api/2.0/pipelines"


def test_nobody_knows_the_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    assert "cannot be reached" in told(host="https://nobody.invalid").what


@pytest.mark.parametrize("host", ["not a url", "https://", "ftp://x", "https://user:pw@host", "https://a b.com"])
def test_what_is_no_host_is_not_asked(host: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABRICKS_HOST", host)
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    error = told()
    assert "is no host" in error.what and "DATABRICKS_HOST" in error.why and "pw" not in error.what


def test_a_profile_that_is_not_there_and_the_nearest():
    profiles("[prod]\nhost = https://a.example\n[DEFAULT]\nhost = https://b.example\n")
    error = told(profile="prud")
    assert error.what == "no profile is called prud; prod is"
    assert "DEFAULT, prod" in error.why and error.fix == "say --profile prod"


def test_a_config_file_that_is_broken():
    path = profiles("host = https://a.example\n")
    assert str(path) in told(profile="prod").what


def test_a_profile_and_a_variable_that_name_two_hosts(monkeypatch: pytest.MonkeyPatch):
    profiles("[prod]\nhost = https://a.example\ntoken = x\n")
    monkeypatch.setenv("DATABRICKS_HOST", "https://b.example")
    assert "DATABRICKS_HOST says https://b.example" in told(profile="prod").what


def test_nobody_is_logged_in():
    error = told()
    assert error.what == "nobody is logged in" and "no profile" in error.why


def test_two_ways_to_log_in(lab: Lab):
    profiles(f"[both]\nhost = {lab.emulator.url}\nclient_id = someone\nclient_secret = {TOKEN}\n")
    os.environ.pop("DATABRICKS_HOST")
    error = told(profile="both")
    assert error.what.startswith(f"there are two logins at {lab.emulator.url}: oauth and pat")
    assert "DATABRICKS_TOKEN" in error.why


def test_a_token_that_is_not_taken(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    error = told()
    assert error.what == f"{lab.emulator.url} does not take this login"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the CLI is a shell script")
def test_a_login_that_has_expired(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stand_in = tmp_path / "bin" / "databricks"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f"#!/bin/sh\necho 'Error: a new access token could not be retrieved {TOKEN}' >&2\nexit 1\n" + "#" * 2_000_000
    )
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("DATABRICKS_TOKEN")
    monkeypatch.delenv("DATABRICKS_HOST")
    profiles(f"[old]\nhost = {lab.emulator.url}\nauth_type = databricks-cli\n")
    error = told(profile="old")
    assert "has expired" in error.what and "a new access token could not be retrieved" in error.why
    assert error.fix == "databricks auth login --profile old"


def test_the_host_is_told_before_it_is_asked(lab: Lab):
    heard: list[tuple[sign_in.Account, int]] = []
    found = sign_in.sign_in(say=lambda account: heard.append((account, len(lab.emulator.requests))))
    assert [(each.host, each.origin, before) for each, before in heard] == [(lab.emulator.url, "DATABRICKS_HOST", 0)]
    assert found.user == "someone@example.com" and found.auth == "pat"
    assert lab.emulator.token not in repr(found)


def test_a_profile_is_enough():
    with workspace(scripted=True) as emulator:
        profiles(f"[DEFAULT]\nhost = {emulator.url}\ntoken = {emulator.token}\n")
        found = sign_in.sign_in()
        assert (found.host, found.profile) == (emulator.url, "DEFAULT")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"no. Config: host=https://a, token={TOKEN}, auth_type=pat. Env: DATABRICKS_TOKEN", "no"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
        ("x eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl y", "x *** y"),
        ("Config: the word alone stays.", "Config: the word alone stays"),
        ("a" * 5_000, "a" * 599 + "…"),
    ],
)
def test_what_is_secret_is_cut_out(said: str, left: str):
    assert plain(said) == left


def test_a_host_finds_its_profile():
    with workspace(scripted=True) as emulator:
        profiles(f"[other]\nhost = https://a.example\n[own]\nhost = {emulator.url}/\ntoken = {emulator.token}\n")
        found = sign_in.sign_in(host=emulator.url)
        assert (found.host, found.profile) == (emulator.url, "own")
