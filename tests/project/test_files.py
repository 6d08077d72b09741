"""Texts of files, and YAML."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.errors import SourceError
from ldp_magic.project import files
from ldp_magic.project.files import read_text, write_text
from ldp_magic.project.globs import base, excludes, matches
from ldp_magic.spec.documents import line_of, read_yaml
from tests.clock import assert_quick


@pytest.mark.parametrize("text", ["", "a\r\nb\rc\n", "\ufeffSELECT 1", "🎉 é", "\x0c\x85\u2028"])
def test_text_comes_back_as_it_was(tmp_path, text):
    write_text(tmp_path / "a.sql", text)
    assert read_text(tmp_path / "a.sql", 100) == text
    assert (tmp_path / "a.sql").read_bytes() == text.encode()
    assert os.listdir(tmp_path) == ["a.sql"]


@pytest.mark.parametrize(
    "data, what",
    [
        ("SELECT 'é'".encode("latin-1"), "a.sql:1 is not UTF-8: byte 0xe9"),
        (b"a\nb\nc\xff", "a.sql:3 is not UTF-8: byte 0xff"),
        ("SELECT 1".encode("utf-16"), "a.sql is UTF-16"),
        ("SELECT 1".encode("utf-16-le"), "a.sql is UTF-16"),
        (b"\x7fELF\x00\x01", "a.sql is not text"),
        (b"x" * 101, "a.sql is larger than 100 bytes"),
    ],
)
def test_what_is_no_text_is_one_error(tmp_path, monkeypatch, data, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sql").write_bytes(data)
    with pytest.raises(SourceError) as error:
        read_text(tmp_path / "a.sql", 100)
    assert error.value.what.startswith(what) and error.value.why and error.value.fix


def test_a_file_of_exactly_the_limit_is_read(tmp_path):
    (tmp_path / "a.sql").write_bytes(b"x" * 100)
    assert len(read_text(tmp_path / "a.sql", 100)) == 100


def test_what_is_no_file_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.sql")
    (tmp_path / "folder.sql").mkdir()
    (tmp_path / "loop.sql").symlink_to("loop.sql")
    for name, what in {
        "pipe.sql": "a pipe",
        "folder.sql": "a folder",
        "loop.sql": "cannot be read",
        "no": "not there",
    }.items():
        with pytest.raises(SourceError, match=what):
            read_text(tmp_path / name, 100)
    with pytest.raises(SourceError, match="a device"):
        read_text("/dev/zero", 100)
    with pytest.raises(SourceError):
        read_text("a\0b", 100)


def test_a_file_that_may_not_be_read_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "a.sql").write_text("x")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(SourceError, match="permission denied"):
        read_text(tmp_path / "a.sql", 100)


def test_writing_keeps_permissions_and_follows_links(tmp_path):
    real = tmp_path / "real.sql"
    real.write_text("old")
    real.chmod(0o640)
    (tmp_path / "link.sql").symlink_to(real)
    write_text(tmp_path / "link.sql", "new")
    assert (tmp_path / "link.sql").is_symlink() and real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_write_that_fails_leaves_the_file_alone(tmp_path, monkeypatch):
    (tmp_path / "a.sql").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(SourceError, match="no space left"):
        write_text(tmp_path / "a.sql", "new")
    with pytest.raises(SourceError, match="cannot be written"):
        write_text(tmp_path / "a.sql", "\ud800")
    assert (tmp_path / "a.sql").read_text() == "old" and os.listdir(tmp_path) == ["a.sql"]


@pytest.mark.parametrize(
    "pattern, path, fits",
    [
        ("a/**", "a/b.sql", True),
        ("a/**", "a/b/c.sql", True),
        ("a/**", "ab/c.sql", False),
        ("a/*.sql", "a/b.sql", True),
        ("a/*.sql", "a/b/c.sql", False),
        ("**/*.sql", "c.sql", True),
        ("**/x/**/*.sql", "a/x/b/c/d.sql", True),
        ("a/[bc]?.py", "a/b1.py", True),
        ("a/**/**/b", "a/b", True),
    ],
)
def test_globs(pattern, path, fits):
    assert matches(pattern, path) is fits


@pytest.mark.parametrize(
    "pattern, path, out",
    [
        ("legacy", "a/legacy/b.sql", True),
        ("legacy/**", "legacy/b.sql", True),
        ("legacy/", "legacy/x/b.sql", True),
        ("src/legacy", "src/legacy/b.sql", True),
        ("src/legacy", "x/src/legacy/b.sql", False),
        ("*.tmp.sql", "a/b.tmp.sql", True),
        ("./a", "a/b", True),
    ],
)
def test_excludes(pattern, path, out):
    assert excludes(pattern, path) is out


def test_base():
    assert [base(p) for p in ("a/b/**", "/a/*.sql", "**", "/**", "a/b")] == ["a/b", "/a", ".", "/", "a/b"]


def test_a_wicked_glob_takes_bounded_time():
    pattern, path = "/".join(["**", "*a*a*a*a*a*a*b"] * 30), "/".join(["a" * 200] * 60)
    assert not assert_quick(lambda: matches(pattern, path), 5)


# --- YAML


def test_yaml_is_words_lists_and_mappings():
    said = read_yaml("a: 007\nb: [yes, ~, 'x']\nc: {d: 1.0}\n", "x.yml")
    assert said == {"a": "007", "b": ["yes", None, "x"], "c": {"d": "1.0"}}
    assert (said["a"].is_text, said["b"][2].is_text, said["b"][0].is_text) == (False, True, False)
    assert (line_of(said, "b"), line_of(said["c"]), line_of(said["a"])) == (2, 3, 1)


@pytest.mark.parametrize("text", ["", "\ufeff", "# nothing\r\n", "---\n", "~"])
def test_an_empty_document_is_an_empty_mapping(text):
    assert read_yaml(text, "x.yml") == {}


def test_byte_order_mark_crlf_and_emoji():
    assert read_yaml("\ufeffa: 🎉\r\nb: 2\r\n", "x.yml") == {"a": "🎉", "b": "2"}


def test_merged_keys_and_aliases():
    said = read_yaml("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\ntwo: {<<: [*b, {z: 4}]}\nsame: *b\n", "x.yml")
    assert said["own"] == {"x": "1", "y": "3"}
    assert said["two"] == {"x": "1", "y": "2", "z": "4"}
    assert said["same"] == said["base"]


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    "text, what",
    [
        ("a: [1", "x.yml:1 is not YAML"),
        ("a: 1\nb: 2\n c: 3", "x.yml:3 is not YAML"),
        ("a: 1\nb: 2\na: 3", "x.yml:3 says a a second time"),
        ("- a", "is not a mapping"),
        ("text", "is not a mapping"),
        ("a: 1\n---\nb: 2", "is not YAML"),
        ("a: *no", "is not YAML"),
        ("a: &a [*a]", "x.yml:1 is not read"),
        ("? [a, b]\n: 1", "is not read"),
        ("a: {<<: 3}", "is not read"),
        ("a: \x01", "is not YAML"),
        ("a: \ud800", "is not YAML"),
        (BOMB, "is not read"),
        ("a: " + "[" * 100_000, "is not read"),
        ("{a: " * 100_000, "is not read"),
        ("a: " + "x" * 2_000_001, "is larger than 2 MB"),
    ],
)
def test_bad_yaml_is_one_error_at_once(text, what):
    def refused() -> SourceError:
        with pytest.raises(SourceError) as error:
            read_yaml(text, "x.yml")
        return error.value

    error = assert_quick(refused, 5)
    assert what in error.what and error.why and error.fix


YAML = "a: &x {b: [1, 'two', \"three\"], c: !!str 4}\nd: *x\ne: |\n  text\n  more\n<<: *x\nf: >-\n  folded\n"


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(YAML)), st.integers(0, 6), st.text(max_size=4) | st.sampled_from(list("&*[]{}:-?|>!%@`\"'\t\n"))
)
def test_damaged_yaml_raises_nothing_else(at, cut, put):
    try:
        read_yaml(YAML[:at] + put + YAML[at + cut :], "x.yml")
    except SourceError as error:
        assert error.why and error.fix
