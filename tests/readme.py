"""What the README shows is what happens: its console blocks are run, its generated tables are written from the code.

`python -m tests.readme --update` rewrites both; `--check` says what is stale.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ldp_magic import verbs
from ldp_magic.forms import deployment
from ldp_magic.forms.form import Key
from ldp_magic.settings import KEYS, PIPELINE_KEYS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LDP = (sys.executable, "-m", "ldp_magic")
_TIMED = re.compile(r"\d (?:s|min|h)(?: |$)|\d{4}-\d\d-\d\d \d\d:\d\d")
_NEXT = re.compile(r"^  next  +\S.*(?:\n   +\S.*)*", re.MULTILINE)
_BLOCK = re.compile(r"(^```console\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One `$ ldp ...` of the README with the output shown below it."""

    command: str
    output: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command)


def examples(text: str) -> list[Example]:
    """Every command of every console block."""
    return [example for block in blocks(text) for example in block]


def blocks(text: str) -> list[list[Example]]:
    """The console blocks. The commands of one are run one after the other in one folder, those of another elsewhere."""
    return [list(_examples(block)) for _, block, _ in _BLOCK.findall(text)]


def _examples(block: str) -> Iterator[Example]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Example(command, output.strip("\n"))


@contextmanager
def playground() -> Iterator[Path]:
    """A folder that holds a copy of `examples/` and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        if (ROOT / "examples").is_dir():
            shutil.copytree(ROOT / "examples", Path(folder) / "examples", ignore=shutil.ignore_patterns(".ldp"))
        yield Path(folder)


def run(example: Example, folder: Path, ldp: Sequence[str] = LDP) -> str:
    """What the command really prints there, in a pipe of UTF-8."""
    assert example.words[0] == "ldp", f"the README's console blocks run ldp, not {example.command}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("LDP_", "FORCE_COLOR"))}
    done = subprocess.run(
        [*ldp, *example.words[1:]],
        cwd=folder,
        env=ours | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "PYTHONPATH": _python_path(ldp)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if example.words[1] == "run" else subprocess.STDOUT,  # the way there differs each time
        timeout=120,
    )
    wrong = done.stderr or b"" if done.returncode else b""
    said = (done.stdout + wrong).decode("utf-8").replace("\r\n", "\n").strip("\n")
    assert "Traceback (most recent call last)" not in said, said
    return said


def _python_path(ldp: Sequence[str]) -> str:
    """Our own sources for `python -m`; nothing for an installed ldp, which has to find itself."""
    return str(ROOT) if tuple(ldp) == LDP else ""


def lasting(text: str) -> str:
    """*text* without what differs each time: when a schedule fires next, and the figures of lines that hold a duration
    or a moment, and their spaces."""
    text = _NEXT.sub("  next  #", text)
    return "\n".join(_without_figures(line) if _TIMED.search(line) else line for line in text.split("\n"))


def _without_figures(line: str) -> str:
    return re.sub(r"(?:# ?)+", "# ", re.sub(r" +", " ", re.sub(r"[\d,.<]+", "#", line)))


def fresh(text: str) -> str:
    """*text* with the outputs and tables as they are today."""
    text = _BLOCK.sub(lambda block: block[1] + _run_block(block[2]) + block[3], text)
    for name, write in TABLES.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        text = before + mark + (write() + "<!-- end -->" + rest.partition("<!-- end -->")[2] if mark else "")
    return text


def _run_block(block: str) -> str:
    with playground() as folder:
        shown = [(example, run(example, folder)) for example in _examples(block)]
    return "\n\n".join(f"$ {example.command}\n{output}".rstrip("\n") for example, output in shown) + "\n"


def _verbs() -> str:
    rows = [f"| **{title}** | |\n{''.join(map(_verb, names))}" for title, names in verbs.grouped()]
    return "".join(["| verb | what it does |\n", "|---|---|\n", *rows])


def _verb(name: str) -> str:
    return f"| `ldp {name}` | {verbs.summary(name)} |\n"


def _settings() -> str:
    head = ["| key | what it is for | form | default | variable |\n", "|---|---|---|---|---|\n"]
    every = (*KEYS, *deployment.KEYS)
    only = [key for key in PIPELINE_KEYS if key not in every]
    return "".join([*head, *map(_row, every), *(_row(key, "pipelines.NAME.") for key in only)])


def _row(key: Key, prefix: str = "") -> str:
    default = {"": "", "4000000": "`4 MB`"}.get(str(key.default or ""), f"`{key.default}`")
    variable = f"`{key.variable}`" if key.variable else ""
    return f"| `{prefix}{key.name}` | {key.help} | {key.form.expected} | {default} | {variable} |\n"


TABLES: dict[str, Callable[[], str]] = {"verbs": _verbs, "settings": _settings}


def main(words: list[str]) -> int:
    """`--update` rewrites the README, `--check` fails when that would change it."""
    old = README.read_text(encoding="utf-8")
    new = fresh(old)
    if lasting(old) == lasting(new):
        return 0
    if words == ["--update"]:
        README.write_text(new, encoding="utf-8", newline="\n")
        return 0
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "README.md", "as it is today", lineterm="")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write("README.md is stale: make readme\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
