"""The texts around the pipeline of a new project: settings, README, what git leaves out, and the check for CI."""

from __future__ import annotations

import json
import re

VOLUME = "/Volumes/main/{schema}/landing"

IGNORED = """\
# tables, events and caches of local runs
.ldp/
report.html
__pycache__/
.ipynb_checkpoints/
"""

WORKFLOW = """\
name: pipeline
on:
  push:
    branches: [main]
  pull_request:

jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "ldp-magic[local]"
      - run: ldp lint --format github
      - run: ldp test --junit tests.xml
      - run: ldp run
      - run: ldp report --out report.html
        if: always()
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: report
          path: report.html
"""

_SETTINGS = """\
# `ldp settings` shows every key, and `ldp settings --env prod` what they come to there
catalog = "main"
schema = "{schema}"

[parameters]
landing = "{volume}"

# the files here that stand in for what lies elsewhere; `ldp sample` adds lines
[local]
"{volume}" = "data"

[pipelines.{name}]
sources = ["transformations/**", "*.ipynb"]

[env.dev]
schema = "{schema}_dev"

[env.prod]
schema = "{schema}"
"""

_README = """\
# {name}

A declarative pipeline of four tables, with data to run it on this machine.

| table | what | where |
|---|---|---|
| `orders` | each order once, as it arrives; broken rows are dropped and counted | `transformations/orders.sql` |
| `customers` | the customers of the shop | `transformations/customers.sql` |
| `sales` | orders with the country of their customer | `daily_revenue.ipynb` |
| `daily_revenue` | orders and revenue of each country and day | `daily_revenue.ipynb` |

```sh
pip install "ldp-magic[local]"
ldp lint                          # what would fail or surprise
ldp test                          # the tests in tests/: rows that arrive, and rows that have to be there
ldp run                           # bring the tables up to date, in .ldp/lake
ldp preview daily_revenue         # their rows
ldp expectations orders --rows    # which rows were dropped, and why
ldp graph                         # what reads what
ldp report                        # the update as one HTML file
```

Put another file into `data/orders` and run it again: only the new rows are read. `data` stands in for the volume that
the parameter `landing` names (`[local]` in `ldp.toml`). For a source of your own,
`ldp sample main.raw.orders --place databricks` takes some rows from the workspace, and `--fake` makes some.

`.github/workflows/pipeline.yml` checks every push; it has to lie in the folder at the top of the repository.
"""


def settings(name: str, schema: str) -> str:
    """The settings file."""
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
    return _SETTINGS.format(name=key, schema=schema, volume=VOLUME.format(schema=schema))


def readme(name: str) -> str:
    """What a reader of the project sees first."""
    return _README.format(name=name)
