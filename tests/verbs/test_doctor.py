"""`ldp doctor` and `ldp engine`: what is missing or in the way, and the way out."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.engine import packages, udfs
from ldp_magic.engine.child import EngineError


@pytest.fixture(autouse=True)
def _asked_anew():
    packages.client.cache_clear()
    yield
    packages.client.cache_clear()


def having(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    """Let these distributions be installed, and no others of ours."""

    def version(name: str) -> str:
        if name.replace("-", "_") in versions:
            return versions[name.replace("-", "_")]
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)


def test_all_is_well(capsys: pytest.CaptureFixture[str]):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "nothing is in the way" in out and "engine answers" in out and "run in the engine" in out


def test_two_clients_are_in_each_others_way(monkeypatch: pytest.MonkeyPatch):
    having(monkeypatch, pyspark_client="4.2.0", databricks_connect="16.1.7", pysail="0.7.2")
    found = ldp_magic.doctor()
    (clash,) = [each for each in found.checks if each.state == "error"]
    assert clash.found == "pyspark-client 4.2.0 and databricks-connect 16.1.7 are both installed"
    assert clash.fix == "pip uninstall -y pyspark-client databricks-connect && pip install 'ldp-magic[databricks]'"
    assert found.exit_code == 1 and "1 of" in found.text()
    with pytest.raises(EngineError, match="both installed"):
        packages.client()


def test_nothing_is_installed(monkeypatch: pytest.MonkeyPatch):
    having(monkeypatch)
    found = ldp_magic.doctor()
    assert found.exit_code == 0 and "pip install 'ldp-magic[local]'" in found.text()
    with pytest.raises(EngineError) as caught:
        packages.needs_embedded()
    assert "not installed" in caught.value.what and "pip install" in caught.value.fix


def test_the_engine_alone_is_missing(monkeypatch: pytest.MonkeyPatch):
    having(monkeypatch, pyspark_client="4.2.0")
    with pytest.raises(EngineError, match="embedded engine: not installed"):
        packages.needs_embedded()


def test_an_arrow_that_the_client_cannot_use(monkeypatch: pytest.MonkeyPatch):
    having(monkeypatch, databricks_connect="16.1.7", pyarrow="26.0.1", numpy="1.26.4")
    monkeypatch.setattr(packages, "import_session", lambda: (_ for _ in ()).throw(ImportError("PyArrow >= 4.0.0")))
    (check,) = [each for each in ldp_magic.doctor().checks if each.state == "error"]
    assert check.fix == "pip install 'pyarrow<26'" and "numpy" in check.why


def test_json(capsys: pytest.CaptureFixture[str]):
    import json

    assert main(["doctor", "--json"]) == 0
    assert {"name", "state", "found", "why", "fix"} == set(json.loads(capsys.readouterr().out)[0])


# --- ldp engine ------------------------------------------------------------------------------------------------------


def test_nothing_to_install_beside_pyspark_client(capsys: pytest.CaptureFixture[str]):
    assert main(["engine", "install"]) == 0
    assert "nothing to install" in capsys.readouterr().out


def test_nobody_is_asked_who_cannot_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(udfs, "needed", lambda: True)
    assert main(["engine", "install"]) == 2
    assert "ldp engine install --yes" in capsys.readouterr().err and not list(tmp_path.rglob("pyspark"))
    assert main(["engine"]) == 0 and "is not there: ldp engine install" in capsys.readouterr().out


def test_an_index_that_is_not_reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setattr(udfs, "needed", lambda: True)
    with pytest.raises(EngineError, match="could not be installed"):
        ldp_magic.engine("install", yes=True)
    assert not udfs.folder().exists()
