"""Settings: what counts, where it came from, and what a mistake is told."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from argparse import Namespace
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ldp_magic.errors import SettingsError
from ldp_magic.forms import deployment
from ldp_magic.settings import ENVIRONMENT_KEYS, KEYS, PIPELINE_KEYS, PipelineSettings, Settings, find
from ldp_magic.verbs.settings import ShownSettings, command, schedules, settings
from tests.clock import assert_quick

FULL = """
[tool.other]
target = 3

[tool.ldp]
target = "spark-4.1"
catalog = "main"
exclude = ["scratch/**"]
max-file-size = "1.5 MB"
extend-select = ["LDP5"]
per-file-ignores = { "legacy/**" = ["LDP5", "LDP101"] }
parameters = { lateness = "1 hour", limit = 10, ratio = 0.5, strict = true, since = 2026-01-31 }

[tool.ldp.pipelines.web]
sources = ["transformations/**", "shared/*.sql"]
schema = "web"
catalog = "web_catalog"
parameters = { limit = 20 }

[tool.ldp.pipelines."a b"]
sources = ["x"]

[tool.ldp.env.dev]
catalog = "dev"
profile = "me"
parameters = { lateness = "1 day" }
"""

SCHEDULED = """
[pipelines.web]
sources = ["web/**"]
schedule = "0 0 2 * * ?"
schedule-time-zone = "Europe/Berlin"

[pipelines.other]
sources = ["other/**"]

[env.dev]
schedule = "0 0 0/6 * * ?"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str | bytes, name: str = "pyproject.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def found(folder: Path, **more: object) -> Settings:
    return find(folder, environ={}, **more)  # type: ignore[arg-type]


def refused(folder: Path, **more: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        found(folder, **more)
    return caught.value


# the table


def test_every_key_is_a_field_and_takes_its_own_default_and_example():
    names = {field.name for field in dataclasses.fields(Settings)}
    assert {key.field for key in KEYS} <= names
    for key in KEYS:
        assert not key.default or key.form.read(key.default) == key.default, key.name
        example = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli").loads(f"it = {key.form.example}")
        key.form.read(example["it"])


def test_a_pipelines_keys_are_its_fields():
    names = {field.name for field in dataclasses.fields(PipelineSettings)}
    assert {key.field for key in PIPELINE_KEYS if key not in deployment.KEYS} == names - {"name", "deployment", "spec"}


def test_what_an_environment_sets_is_a_setting():
    assert all(key in (*KEYS, *deployment.KEYS) for key in ENVIRONMENT_KEYS)


DEPLOYED = """
[tool.ldp]
tags = { team = "web" }
[tool.ldp.pipelines.web]
serverless = true
[tool.ldp.env.prod]
serverless = false
tags = { cost = "42" }
trigger = { every = "4 hours" }
"""


def test_what_a_workspace_is_to_hold_is_said_in_the_same_places(folder: Path):
    write(folder, DEPLOYED)
    said = found(folder, env="prod").of("web")
    assert said.deployment == {
        "serverless": False,
        "tags": {"team": "web", "cost": "42"},
        "trigger": {"every": (4, "hour")},
    }
    assert said.origin["serverless"] == "pyproject.toml [tool.ldp.env.prod]"
    assert said.origin["tags.team"] == "pyproject.toml"
    assert found(folder, overrides={"name-prefix": "x "}).deployment["name-prefix"] == "x "


# reading


def test_defaults(folder: Path):
    said = found(folder)
    assert (said.target, said.catalog, said.parameters, said.max_file_size) == ("databricks", None, {}, 4_000_000)
    assert set(said.origin.values()) == {"default"} and said.file is None and said.root == folder


def test_a_whole_file(folder: Path):
    file = write(folder, FULL)
    said = found(folder)
    assert (said.target, said.catalog, said.max_file_size) == ("spark-4.1", "main", 1_500_000)
    assert said.exclude == ("scratch/**",)
    assert said.per_file_ignores == {"legacy/**": ("LDP5", "LDP101")} and said.extend_select == ("LDP5",)
    assert said.parameters == {
        "lateness": "1 hour", "limit": "10", "ratio": "0.5", "strict": "true", "since": "2026-01-31",
    }  # fmt: skip
    assert said.pipelines["web"].sources == ("transformations/**", "shared/*.sql")
    assert said.pipelines["a b"] == PipelineSettings(name="a b", sources=("x",))
    assert (said.file, said.root, said.environments) == (file, folder, ("dev",))
    assert (said.origin["target"], said.origin["schema"]) == ("pyproject.toml", "default")


@pytest.mark.parametrize(
    ("text", "size"), [("5", 5), ('"5"', 5), ('"5 B"', 5), ('"2 kB"', 2000), ('"0.5MB"', 500_000), ('"1 gb"', 10**9)]
)
def test_sizes(folder: Path, text: str, size: int):
    write(folder, f"max-file-size = {text}", "ldp.toml")
    assert found(folder).max_file_size == size


@pytest.mark.parametrize(
    "place", ["embedded", "databricks", "sc://localhost:15002", "sc://h", "sc://h:1/;use_ssl=true"]
)
def test_places(folder: Path, place: str):
    write(folder, f'place = "{place}"', "ldp.toml")
    assert found(folder).place == place


# the nearest file


def test_the_nearest_file_that_is_ours_counts(folder: Path):
    write(folder, '[tool.ldp]\ncatalog = "outer"')
    write(folder, "[tool.black]\nline-length = 99", "in/pyproject.toml")
    write(folder, "broken = and of another tool", "in/side/pyproject.toml")
    start = write(folder, "", "in/side/a.sql")
    assert (found(start).catalog, found(start).root) == ("outer", folder)
    write(folder, '[tool.ldp]\ncatalog = "inner"', "in/pyproject.toml")
    assert (found(start).catalog, found(start).root) == ("inner", folder / "in")
    assert found(start).origin["catalog"] == "in/pyproject.toml"


def test_an_ldp_toml_counts_before_the_pyproject_beside_it(folder: Path):
    write(folder, '[tool.ldp]\ncatalog = "a"')
    write(folder, 'catalog = "b"\n[env.dev]\nschema = "s"', "ldp.toml")
    said = found(folder, env="dev")
    assert (said.catalog, said.origin["catalog"]) == ("b", "ldp.toml")
    assert (said.schema, said.origin["schema"]) == ("s", "ldp.toml [env.dev]")


def test_a_start_that_does_not_exist_or_goes_up(folder: Path):
    write(folder, 'catalog = "a"', "ldp.toml")
    (folder / "sub").mkdir()
    assert found(folder / "nowhere.sql").catalog == "a"
    assert found(folder / "sub" / ".." / "sub").root == folder
    assert find(environ={}).catalog == "a"


def test_a_folder_a_pipe_and_a_loop_called_pyproject_are_passed_by(folder: Path):
    write(folder, 'catalog = "a"', "ldp.toml")
    (folder / "one" / "pyproject.toml").mkdir(parents=True)
    for name in ("two", "three"):
        (folder / "one" / name).mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "one" / "two" / "pyproject.toml")
        (folder / "one" / "three" / "pyproject.toml").symlink_to(folder / "one" / "three" / "pyproject.toml")
    assert [found(folder / "one" / name).catalog for name in ("two", "three")] == ["a", "a"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'\xef\xbb\xbfcatalog = "\xc3\xa9"\r\n', id="BOM and CRLF"),
        pytest.param('catalog = "é"'.encode(), id="no line end"),
    ],
)
def test_windows_files(folder: Path, data: bytes):
    write(folder, data, "ldp.toml")
    assert found(folder).catalog == "é"


# who wins


def test_each_place_wins_over_those_before_it(folder: Path):
    write(folder, FULL)
    said = find(folder, environ={"LDP_CATALOG": "from_variable"}, env="dev", overrides={"catalog": "from_flag"})
    assert (said.catalog, said.origin["catalog"]) == ("from_flag", "--catalog")
    said = find(folder, environ={"LDP_CATALOG": "from_variable"}, env="dev")
    assert (said.catalog, said.origin["catalog"]) == ("from_variable", "LDP_CATALOG")
    said = found(folder, env="dev")
    assert (said.catalog, said.origin["catalog"]) == ("dev", "pyproject.toml [tool.ldp.env.dev]")
    assert (said.profile, said.environment) == ("me", "dev")


def test_parameters_are_joined_one_by_one(folder: Path):
    write(folder, FULL)
    said = found(folder, env="dev", overrides={"parameters": {"limit": 5, "new": "x"}})
    assert said.parameters["lateness"] == "1 day" and said.parameters["limit"] == "5" and said.parameters["new"] == "x"
    origins = [said.origin[f"parameters.{name}"] for name in ("lateness", "limit", "ratio")]
    assert origins == ["pyproject.toml [tool.ldp.env.dev]", "--parameters", "pyproject.toml"]


def test_a_pipeline_counts_more_than_the_file_and_less_than_an_environment(folder: Path):
    write(folder, FULL)
    web = found(folder).of("web")
    assert (web.catalog, web.schema, web.target, web.parameters["limit"]) == ("web_catalog", "web", "spark-4.1", "20")
    assert web.origin["schema"] == "pyproject.toml [tool.ldp.pipelines.web]"
    assert (found(folder, env="dev").of("web").catalog, found(folder, env="dev").of("web").schema) == ("dev", "web")
    assert found(folder).of("a b").parameters == found(folder).parameters


def test_a_pipeline_has_a_schedule_and_an_environment_another(folder: Path):
    write(folder, SCHEDULED, "ldp.toml")
    web, dev, other = found(folder).of("web"), found(folder, env="dev").of("web"), found(folder).of("other")
    assert (web.schedule, web.schedule_time_zone) == ("0 0 2 * * ?", "Europe/Berlin")
    assert (dev.schedule, dev.schedule_time_zone) == ("0 0 0/6 * * ?", "Europe/Berlin")
    assert (other.schedule, other.schedule_time_zone) == (None, "UTC")
    assert dev.origin["schedule"] == "ldp.toml [env.dev]"


def test_empty_variables_and_flags_that_were_not_given_say_nothing(folder: Path):
    said = find(folder, environ={"LDP_CATALOG": ""}, overrides={"catalog": None})
    assert (said.catalog, said.origin["catalog"]) == (None, "default")


def test_flags_by_field_name_too(folder: Path):
    assert found(folder, overrides={"max_file_size": "1 kB"}).max_file_size == 1000
    with pytest.raises(TypeError, match="no setting is called 'catlog'"):
        found(folder, overrides={"catlog": "x"})


def test_the_real_environment_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LDP_TARGET", "spark-4.3")
    assert (find(folder).target, find(folder).origin["target"]) == ("spark-4.3", "LDP_TARGET")


# mistakes

WRONG = [
    ('tagret = "x"', "ldp.toml:1: no setting is called tagret; target is", "write target, or take the key away"),
    ('\n\nplace = "x"', 'ldp.toml:3: place cannot be "x"', 'write place = "embedded"'),
    ('target = "spark4.1"', 'ldp.toml:1: target cannot be "spark4.1"', 'write target = "spark-4.1"'),
    ("target = 4", "ldp.toml:1: target cannot be 4", 'write target = "databricks"'),
    ("catalog = [1]", "ldp.toml:1: catalog cannot be [1]", 'write catalog = "analytics"'),
    ('catalog = " "', 'ldp.toml:1: catalog cannot be " "', 'write catalog = "analytics"'),
    ('exclude = "x"', 'ldp.toml:1: exclude cannot be "x"', 'write exclude = ["transformations/**"]'),
    ("serverless = 1", "ldp.toml:1: serverless cannot be 1", "write serverless = true"),
    ('trigger = { evry = "1 day" }', "ldp.toml:1: trigger cannot be a table", "write trigger = {"),
    ('trigger = { every = "1 year" }', 'ldp.toml:1: trigger.every cannot be "1 year"', "write trigger = {"),
    ("compute = { nodes = 3 }", "ldp.toml:1: compute.nodes cannot be 3", "write compute = {"),
    ('edition = "advanced"', 'ldp.toml:1: edition cannot be "advanced"', 'write edition = "ADVANCED"'),
    ("[jobs.a]", "ldp.toml:1: jobs.a cannot be a table", "write jobs = {"),
    ('schedule = " "', 'ldp.toml:1: schedule cannot be " "', 'write schedule = "0 0 2 * * ?"'),
    ('schedule-time-zone = "+02:00"', 'ldp.toml:1: schedule-time-zone cannot be "+02:00"', "write schedule-time-zone"),
    ("select = [1]", "ldp.toml:1: select cannot be [1]", 'write select = ["LDP1", "LDP503"]'),
    ("max-file-size = true", "ldp.toml:1: max-file-size cannot be true", 'write max-file-size = "4 MB"'),
    ("max-file-size = -4", "ldp.toml:1: max-file-size cannot be -4", 'write max-file-size = "4 MB"'),
    ('max-file-size = "4 MiB"', 'ldp.toml:1: max-file-size cannot be "4 MiB"', 'write max-file-size = "4 MB"'),
    ("max-file-size = 0", "ldp.toml:1: max-file-size cannot be 0", 'write max-file-size = "4 MB"'),
    ("[parameters]\na = 1\nb = []", "ldp.toml:3: parameters.b cannot be []", "write parameters = {"),
    ("parameters = 3", "ldp.toml:1: parameters cannot be 3", "write parameters = {"),
    ('[per-file-ignores]\n"a/*" = 1', 'ldp.toml:2: per-file-ignores."a/*" cannot be 1', "write per-file-ignores = {"),
    ("[pipelines.web]\nsource = []", "ldp.toml:2: no setting is called source; sources is", "write sources, or take"),
    ("[pipelines.web]\nsources = 1", "ldp.toml:2: pipelines.web.sources cannot be 1", "write sources = ["),
    ("[pipelines]\nweb = 1", "ldp.toml:2: pipelines.web is not a table", "write [pipelines.NAME]"),
    ("pipelines = 1", "ldp.toml:1: pipelines is not a table", "write [pipelines.NAME]"),
    ("[[env]]\na = 1", "ldp.toml:1: env is not a table", "write [env.NAME]"),
    ("[env.dev]\ntarget = 1", "ldp.toml:2: no setting is called target", "write trigger, or take the key away"),
    ("[env.dev.parameters]\nx = { y = 1 }", "ldp.toml:2: env.dev.parameters.x cannot be a table", "write "),
    ("[tool.ldp]", "ldp.toml:1: no setting is called tool", "take the tool.ldp away"),
    ("a = 1\na = 2", "ldp.toml is not TOML: cannot overwrite a value", "mend it there"),
    ("[" * 100_000, "ldp.toml is not TOML: ", "mend it there"),
    ("a = " + "[" * 400_000, "ldp.toml is not TOML: ", "mend it there"),
    ("\n" + "a." * 300_000 + "a = 1", "ldp.toml:2: a name of more than 300 parts", "take the line away"),
    ("[a" + '."a"' * 200_000 + "]", "ldp.toml:1: a name of more than 300 parts", "take the line away"),
    (("a." * 300 + "a = 1\n") * 1_600, "ldp.toml is not TOML: ", "mend it there"),
    ("\n".join("a." * 299 + f"b{n} = 1" for n in range(1600)), "ldp.toml:1: no setting is called a", ""),
    ("a = " + "{a = " * 150_000, "ldp.toml is not TOML: ", "mend it there"),
    ("a = " + "9" * 400_000, "ldp.toml is not TOML: ", "mend it there"),
    ("x" * 999_000 + " = 1", "ldp.toml:1: no setting is called " + "x" * 57 + "...", "take the key away"),
    (b"a = \xff", "ldp.toml is not UTF-8: byte 4 is 0xff", "save it as UTF-8"),
    ('catalog = "x"'.encode("utf-16"), "ldp.toml is not UTF-8: byte 0 is 0xff", "save it as UTF-8"),
    (b"\x00\x01\x02", "ldp.toml is not TOML: ", "mend it there"),
    (b"#" * 1_000_001, "ldp.toml is larger than 1 MB", "put the settings into"),
]


@pytest.mark.parametrize(("text", "what", "fix"), WRONG, ids=lambda value: repr(value)[:30])
def test_a_mistake_is_named(folder: Path, text: str | bytes, what: str, fix: str):
    write(folder, text, "ldp.toml")
    error = assert_quick(lambda: refused(folder), 10)
    assert error.what.startswith(what) and error.fix.startswith(fix) and error.why
    assert len(str(error)) < 800


def test_the_file_itself_may_be_wrong_about_its_table(folder: Path):
    write(folder, "[tool]\nldp = 3")
    assert refused(folder).what == "pyproject.toml: tool.ldp is not a table"
    write(folder, 'tool = "ldp"')
    assert found(folder).file is None


def test_a_long_list_on_one_line_is_fine(folder: Path):
    write(folder, "exclude = [" + '"a.b.c.sql", ' * 900 + "]", "ldp.toml")
    assert len(found(folder).exclude) == 900


def test_lines_are_those_of_the_right_table(folder: Path):
    write(folder, '[project]\nname = "ldp"\ntarget = 1\n\n[ tool . "ldp" ] # ours\n# target\n  "target" = 1\n')
    assert refused(folder).what == "pyproject.toml:7: target cannot be 1"
    write(folder, "[tool.ldp]\nenv.dev.catalog = 1")
    assert refused(folder).what == "pyproject.toml:2: env.dev.catalog cannot be 1"


def test_a_wrong_variable_and_a_wrong_flag_are_named(folder: Path):
    with pytest.raises(SettingsError) as caught:
        find(folder, environ={"LDP_TARGET": "spark"})
    assert caught.value.what == 'LDP_TARGET cannot be "spark"' and "one of databricks, spark-4.1" in caught.value.why
    error = refused(folder, overrides={"place": "embeded"})
    assert (error.what, error.fix) == ('--place cannot be "embeded"', "write --place embedded")


def test_an_environment_or_pipeline_that_is_not_there(folder: Path):
    error = refused(folder, env="dev")
    assert error.why == "no pyproject.toml with a [tool.ldp] and no ldp.toml was found here or above"
    assert error.fix == "add [tool.ldp.env.dev] to a pyproject.toml"
    (folder / "ldp.toml").write_text("")
    error = refused(folder, env="dev")
    assert error.fix.startswith("add [env.dev] to ") and error.why.endswith("ldp.toml has none")
    (folder / "ldp.toml").unlink()
    write(folder, FULL)
    error = refused(folder, env="dve")
    assert (error.what, error.why, error.fix) == (
        "no environment is called dve; dev is", "pyproject.toml has dev", "say dev",
    )  # fmt: skip
    with pytest.raises(SettingsError, match="no pipeline is called wbe; web is"):
        found(folder).of("wbe")


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    write(folder, "", "ldp.toml")
    monkeypatch.setattr(sys.modules["ldp_magic.settings"], "open", refuse, raising=False)
    assert refused(folder).what == "ldp.toml cannot be read: Permission denied"


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_give_settings_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    folder = tmp_path_factory.mktemp("damaged")
    at, cut = data.draw(st.integers(0, len(FULL))), data.draw(st.integers(0, 9))
    put = data.draw(st.sampled_from([*"\"[]{}=.\n1'\x00\r", "ldp", ""]) | st.text())
    write(folder, (FULL[:at] + put + FULL[at + cut :]).encode("utf-8", "surrogatepass"))
    try:
        assert found(folder).target
    except SettingsError as error:
        assert error.what and error.fix and "Error" not in error.what


# ldp settings


def shown(folder: Path, width: int = 100, glyphs: str = "unicode", **more: object) -> str:
    return ShownSettings(settings(folder, **more)).text(width, False, glyphs)  # type: ignore[arg-type]


def test_the_table(folder: Path):
    write(
        folder,
        '[tool.ldp]\ncatalog = "main"\nparameters = { a = 1 }\n'
        'engine-memory = "4 GB"\nlocal = { orders = "data/o.csv" }\n[tool.ldp.env.dev]\n[tool.ldp.env.prod]\n',
    )
    assert shown(folder, env="dev").splitlines() == [
        "settings  pyproject.toml · 19 settings · environment dev",
        "",
        "  key                 value       origin",
        "  target              databricks  default",
        "  catalog             main        pyproject.toml",
        "  schema              not set     default",
        "  parameters.a        1           pyproject.toml",
        "  profile             not set     default",
        "  place               embedded    default",
        "  cluster             not set     default",
        "  local.orders        data/o.csv  pyproject.toml",
        "  secrets             none        default",
        "  time-zone           UTC         default",
        "  schedule            not set     default",
        "  schedule-time-zone  UTC         default",
        "  engine-memory       4 GB        pyproject.toml",
        "  exclude             none        default",
        "  max-file-size       4 MB        default",
        "  select              none        default",
        "  extend-select       none        default",
        "  ignore              none        default",
        "  per-file-ignores    none        default",
        "  env.dev             chosen      pyproject.toml [tool.ldp.env.dev]",
        "  env.prod            not chosen  pyproject.toml [tool.ldp.env.prod]",
    ]


def scheduled(folder: Path, text: str, env: str | None = None, *, as_json: bool = False) -> str:
    write(folder, text, "ldp.toml")
    said = settings(folder, env=env)
    now = datetime(2026, 3, 27, 12, tzinfo=timezone.utc)
    return ShownSettings(said, as_json, schedules(said), now).text(120, False, "unicode")


def test_each_pipeline_with_a_schedule_tells_when_it_runs(folder: Path):
    assert scheduled(folder, SCHEDULED).splitlines()[-3:] == [
        "",
        "  pipeline  runs                           next",
        "  web       daily at 02:00, Europe/Berlin  2026-03-28 02:00 · 2026-03-30 02:00 · 2026-03-31 02:00",
    ]
    assert [line.split()[0] for line in scheduled(folder, SCHEDULED, "dev").splitlines()[-2:]] == ["web", "other"]
    assert json.loads(scheduled(folder, SCHEDULED, as_json=True))["schedules"] == {
        "web": {
            "expression": "0 0 2 * * ?",
            "time-zone": "Europe/Berlin",
            "words": "daily at 02:00, Europe/Berlin",
            "next": ["2026-03-28T02:00:00+01:00", "2026-03-30T02:00:00+02:00", "2026-03-31T02:00:00+02:00"],
        }
    }


def test_a_folder_without_pipelines_has_a_schedule_too(folder: Path):
    last = scheduled(folder, 'schedule = "0 0 2 30 2 ?"').splitlines()[-1]
    assert last.split() == [folder.name, "never", "never"]


@pytest.mark.parametrize(
    ("text", "env", "what", "fix"),
    [
        ('schedule = "0 2 * * *"', None, 'ldp.toml: the schedule "0 2 * * *" has 5', "write 0 0 2 * * ?"),
        ('[pipelines.a]\nschedule = "0 0 2 * * *"', None, "ldp.toml [pipelines.a]: the sch", "write 0 0 2 * * ?"),
        ('[pipelines.a]\n[env.dev]\nschedule = "@daily"', "dev", "ldp.toml [env.dev]: the sch", "write 0 0 0 * * ?"),
        (
            'schedule-time-zone = "Berlin"\n[pipelines.a]\nschedule = "0 0 2 * * ?"', None,
            "ldp.toml: no time zone is called Berlin", "write Europe/Berlin",
        ),
    ],
)  # fmt: skip
def test_a_wrong_schedule_is_told_with_its_place(folder: Path, text: str, env: str | None, what: str, fix: str):
    write(folder, text, "ldp.toml")
    with pytest.raises(SettingsError) as caught:
        command(Namespace(path=".", env=env, json=False))
    assert caught.value.what.startswith(what) and caught.value.fix == fix and caught.value.why


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_row_is_wider_than_the_terminal(folder: Path, width: int):
    names = ", ".join(f'"{"数据" * 9}/{n}/**"' for n in range(99))
    write(folder, f'exclude = [{names}]\nparameters = {{ "{"x" * 300}" = "{"y" * 300}" }}', "ldp.toml")
    from wcwidth import wcswidth

    lines = shown(folder, width).splitlines()
    assert max(map(wcswidth, lines)) == width and "…" in lines[16]


def test_control_characters_never_reach_a_terminal(folder: Path):
    write(folder, 'catalog = "a\\u001b[31mb\\nc"\n[pipelines."x\\u0007"]\nsources = ["\\ra"]', "ldp.toml")
    assert not set(shown(folder)) & set("\x1b\x07\r") and "ab c" in shown(folder)


def test_a_token_is_never_shown(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LDP_PLACE", "sc://h:1/;token=hunter2;x=y")
    said = settings(folder)
    for as_json in (False, True):
        text = ShownSettings(said, as_json).text(140, False, "unicode")
        assert "hunter2" not in text and "sc://h:1/;token=...;x=y" in text
    monkeypatch.setenv("LDP_PLACE", "sc://h:1 ;token=hunter2")
    with pytest.raises(SettingsError) as caught:
        settings(folder)
    assert "hunter2" not in str(caught.value)
