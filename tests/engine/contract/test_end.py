"""A program that has asked a place ends when it is done."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ldp_magic.engine.place import Place

pytestmark = pytest.mark.xdist_group("spark")

PROGRAM = """
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import engine_at
engine = engine_at(Place({kind!r}, {address!r}))
for n in range(3):
    with engine.session() as session:
        print(session.call(lambda: session.spark.sql(f"SELECT {{n}} AS n").collect())[0].n)
"""


def test_a_program_ends(place: Place):
    program = PROGRAM.format(kind=place.kind, address=place.address)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, ["0", "1", "2"]), done.stderr
