"""The places at which the contract is kept: embedded, Spark's own server, and that server as Databricks Connect sees it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ldp_magic.engine.packages import client
from ldp_magic.engine.place import Place
from tests import spark_server

PLACES = ["embedded", "spark", *(["databricks"] if client().name == "databricks-connect" else [])]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Apache Spark's Connect server, one for all tests of this process."""
    said = os.environ.get("LDP_TEST_SPARK_ADDRESS", "")
    if said:
        yield said
        return
    with spark_server.running(tmp_path_factory.mktemp("spark")) as address:
        yield address


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Every place."""
    return _place(request, monkeypatch)


@pytest.fixture(params=[each for each in PLACES if each != "databricks"])
def open_place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Those where files of this machine stand in, and where each piece of work has a session of its own."""
    return _place(request, monkeypatch)


@pytest.fixture(params=[each for each in PLACES if each != "embedded"])
def remote_place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Those that have tables."""
    return _place(request, monkeypatch)


def _place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "embedded":
        return Place()
    address = request.getfixturevalue("spark")
    if request.param == "spark":
        return Place("remote", address)
    monkeypatch.setenv("SPARK_REMOTE", address)
    return Place("databricks")


@pytest.fixture
def said(place: Place) -> str:
    """The place as it is said on a command line."""
    return spoken(place)


def spoken(place: Place) -> str:
    return place.address or place.kind
