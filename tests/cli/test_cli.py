"""`ldp VERB`: exit codes, the nearest right word, and streams that misbehave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic import cli, verbs
from ldp_magic.errors import LdpError
from ldp_magic.verbs.command_line import read
from tests.readme import ROOT

LDP = [sys.executable, "-m", "ldp_magic"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def ldp(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(words)
    return (code, *capsys.readouterr())


def process(*words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    env = os.environ | {"PYTHONPATH": str(ROOT)} | dict(more.pop("env", {}))  # type: ignore[call-overload]
    return subprocess.run([*LDP, *words], env=env, stderr=subprocess.PIPE, timeout=60, **more)  # type: ignore[call-overload]


# answers


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(capsys: pytest.CaptureFixture[str], flag: str):
    assert ldp(capsys, flag) == (0, f"ldp {ldp_magic.__version__}\n", "")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_every_verb_with_its_first_line(capsys: pytest.CaptureFixture[str], flag: str):
    code, out, _ = ldp(capsys, flag)
    assert code == 0 and out.isascii() and max(map(len, out.splitlines())) <= 100
    for name in verbs.names():
        assert f"  {name} " in out and verbs.summary(name) in out and verbs.summary(name)


def test_every_verb_stands_in_one_group():
    listed = [name for _, some in verbs.grouped() for name in some]
    assert sorted(listed) == verbs.names() and "others" not in [title for title, _ in verbs.grouped()]


def test_nothing_typed_is_help_on_stderr(capsys: pytest.CaptureFixture[str]):
    code, out, err = ldp(capsys)
    assert (code, out) == (2, "") and "usage: ldp VERB" in err


@pytest.mark.parametrize("name", verbs.names())
def test_help_of_a_verb(capsys: pytest.CaptureFixture[str], name: str):
    code, out, _ = ldp(capsys, name, "--help")
    assert code == 0 and verbs.summary(name) in out and "--color" in out
    assert ldp(capsys, name, "--no-such-flag", "-h")[1] == out


def test_the_summary_is_the_docstrings_and_needs_no_import():
    for name in verbs.names():
        assert (verbs.verb(name).__doc__ or "").startswith(verbs.summary(name))


def test_a_verb_may_carry_a_keywords_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "async_.py").write_text('"""Bring things in."""\n')
    (tmp_path / "add_noqa.py").write_text('"""Silence.\n\nMore."""\n')
    monkeypatch.setattr(verbs, "__path__", [*verbs.__path__, str(tmp_path)])
    assert {"async", "add-noqa"} <= set(verbs.names())
    assert (verbs.summary("async"), verbs.summary("add-noqa")) == ("Bring things in", "Silence")


def test_a_value_is_shown(capsys: pytest.CaptureFixture[str]):
    code, out, err = ldp(capsys, "settings")
    assert (code, err) == (0, "") and out.startswith("settings  ") and out.endswith("\n") and not out.endswith("\n\n")


# mistakes on the line


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (["settigns", "--json"], ["✗ no verb is called settigns; settings is", "ldp settings --json"]),
        (["zzz"], ["✗ no verb is called zzz", "ldp --help tells"]),
        (["x" * 10_000], ["✗ no verb is called " + "x" * 57 + "..."]),
        (["--versoin"], ["✗ ldp has no flag --versoin", "did you mean --version?"]),
        (["--zzz"], ["✗ ldp has no flag --zzz", "ldp --help tells"]),
        (["settings", "--jsno"], ["✗ ldp settings has no flag --jsno", "did you mean --json?"]),
        (["settings", "--jso"], ["✗ ldp settings has no flag --jso", "did you mean --json?"]),
        (["settings", "--zzz=1"], ["✗ ldp settings has no flag --zzz", "ldp settings --help tells"]),
        (["settings", "a", "b"], ["✗ ldp settings has no place for b"]),
        (["settings", "--env"], ["✗ ldp settings: nothing stands behind --env", "needs a value"]),
        (["settings", "--foo"], ["✗ ldp settings has no flag --foo", "ldp settings --help tells"]),
        (["settings", "--color", "alwys"], ["--color cannot be alwys", "one of auto, ", "mean --color always?"]),
        (["lint", "--format", "yaml"], ["✗ ldp lint: --format cannot be yaml", "one of full, ", "write --format full"]),
        (["explain"], ["✗ ldp explain needs a rule\n", "ldp explain --help tells"]),
        (["lineage"], ["✗ ldp lineage needs a column\n", "ldp lineage --help tells"]),
        (
            ["settings", "--env", "dev"],
            ["✗ no environment is called dev", "  why  no pyproject.toml", "  fix  add [tool.ldp.env.dev] to"],
        ),
        (["", ""], ["✗ no verb is called "]),
    ],
)
def test_a_mistake_is_told_in_three_lines(capsys: pytest.CaptureFixture[str], words: list[str], err: list[str]):
    code, out, said = ldp(capsys, *words)
    assert (code, out) == (2, "") and len(said.splitlines()) <= 3
    for part in err:
        assert part in said


def test_color_may_stand_before_the_verb(capsys: pytest.CaptureFixture[str]):
    assert "\x1b[" in ldp(capsys, "--color", "always", "settings")[1]
    assert "\x1b[" in ldp(capsys, "--color=always", "settings")[1]
    assert "\x1b[31m✗\x1b[0m" in ldp(capsys, "--color=always", "settigns")[2]
    assert ldp(capsys, "--color", "always")[0] == 2


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        (["a", "--fix", "b"], ["a", "b"]),
        (["a", "--env", "dev", "b", "--ignore", "LDP1", "c", "--no-cache"], ["a", "b", "c"]),
        (["--env=dev", "a", "-"], ["a", "-"]),
        (["a", "--", "--fix", "b"], ["a", "--fix", "b"]),
        (["--fix"], ["."]),
    ],
)
def test_flags_may_stand_anywhere(words: list[str], paths: list[str]):
    call = read(["lint", *words], 100)
    assert call.args.paths == paths
    assert call.args.fix is ("--fix" in words[: words.index("--")] if "--" in words else "--fix" in words)


def test_paths_may_follow_a_flag_that_follows_the_column():
    call = read(["lineage", "t.c", "--down", "folder", "more"], 100)
    assert (call.args.column, call.args.down, call.args.paths) == ("t.c", True, ["folder", "more"])


def test_after_two_dashes_all_is_a_path(capsys: pytest.CaptureFixture[str]):
    Path("--help").mkdir()
    assert ldp(capsys, "settings", "--", "--help")[0] == 0


def test_settings_of_a_path_that_is_not_there(capsys: pytest.CaptureFixture[str]):
    code, out, err = ldp(capsys, "settings", "nope")
    assert (code, out) == (2, "") and "✗ nope is not there" in err and "check the path" in err


# what a verb can do to us


class _Verb:
    """A verb that does what a test wants."""

    def __init__(self, act: object) -> None:
        self.act = act

    def arguments(self, parser: object) -> None: ...

    def command(self, args: object) -> object:
        if isinstance(self.act, BaseException):
            raise self.act
        return self

    exit_code = 1

    def text(self, width: int, color: bool, glyphs: str) -> str:
        return str(self.act)


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch):
    return lambda act: monkeypatch.setattr(verbs, "verb", lambda name: _Verb(act))


def test_findings_exit_with_one(capsys: pytest.CaptureFixture[str], acting):
    for text, said in (("found", "found\n"), ("found\n", "found\n"), ("a\n\n", "a\n\n")):  # an empty line may be a row
        acting(text)
        assert ldp(capsys, "settings") == (1, said, "")


def test_an_empty_text_prints_nothing(capsys: pytest.CaptureFixture[str], acting):
    acting("")
    assert ldp(capsys, "settings") == (1, "", "")


def test_our_error_is_three_lines_and_two(capsys: pytest.CaptureFixture[str], acting):
    acting(LdpError("it\nbroke \x1b[31m", why="because", fix="mend it"))
    assert ldp(capsys, "settings") == (2, "", "✗ it broke [31m\n  why  because\n  fix  mend it\n")


def test_a_bug_is_a_traceback_and_not_a_finding(capsys: pytest.CaptureFixture[str], acting):
    acting(ZeroDivisionError("ours"))
    code, _, err = ldp(capsys, "settings")
    assert code == 2 and err.startswith("Traceback") and err.endswith("ZeroDivisionError: ours\n")


def test_an_interrupt_is_130(capsys: pytest.CaptureFixture[str], acting):
    acting(KeyboardInterrupt())
    assert ldp(capsys, "settings") == (130, "", "")


# streams


def test_half_a_character_in_a_name_ends_nothing(tmp_path: Path):
    (tmp_path / "ldp.toml").write_text('catalog = "é😀"', encoding="utf-8")
    escaped = rb"\u00e9\ud83d\ude00"
    for encoding, seen in {"utf-8": "é😀".encode(), "cp1252": escaped, "ascii": escaped}.items():
        done = process("settings", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": encoding}, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"") and seen in done.stdout
    done = process("settings", b"--env=\xff".decode("utf-8", "surrogateescape"), stdout=subprocess.PIPE, cwd=tmp_path)
    assert done.returncode == 2 and rb"\udcff" in done.stderr


def test_ascii_when_asked_for(tmp_path: Path):
    done = process("settings", stdout=subprocess.PIPE, env={"LDP_ASCII": "1"}, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.isascii()
    done = process("settigns", stdout=subprocess.PIPE, env={"LDP_ASCII": "1"}, cwd=tmp_path)
    assert done.stderr.startswith(b"x no verb is called settigns; settings is\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_who_left_is_no_error(tmp_path: Path):
    reading, writing = os.pipe()
    os.close(reading)
    done = process("settings", stdout=writing, cwd=tmp_path)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full disk at hand")
def test_a_full_disk_is_said(tmp_path: Path):
    with open("/dev/full", "wb") as full:
        done = process("settings", stdout=full, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("✗ the output cannot be written: No space left".encode())
    assert b"Exception ignored" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix")
def test_closed_streams(tmp_path: Path):
    command = " ".join(LDP) + " settings >&- 2>&-"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, shell=True, env=env, cwd=tmp_path, timeout=60).returncode == 0


def test_the_module_is_the_command(tmp_path: Path):
    done = process("--version", stdout=subprocess.PIPE, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"ldp {ldp_magic.__version__}{os.linesep}".encode())
