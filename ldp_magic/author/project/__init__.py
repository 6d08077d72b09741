"""What `ldp init` writes: a small pipeline with settings, data, a notebook, a test, a README and a check for CI."""

from __future__ import annotations

from ldp_magic.author.project import data, pages, pipeline, tests

__all__ = ["OWN", "files"]

OWN = ("README.md", ".gitignore", ".github/workflows/pipeline.yml")  # one that is there already stays as it is


def files(name: str, schema: str) -> dict[str, str]:
    """Every file of a new project by its path below the project's folder."""
    return {
        "ldp.toml": pages.settings(name, schema),
        **pipeline.sources(),
        **data.files(),
        **tests.files(),
        "README.md": pages.readme(name),
        ".gitignore": pages.IGNORED,
        ".github/workflows/pipeline.yml": pages.WORKFLOW,
    }
