"""Functions of Python inside the engine, also those that live in modules of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HEAD = "import dlt\nimport pandas as pd\nfrom pyspark.sql import functions as F\nfrom pyspark.sql.types import *\nORE = 10\n"
UDFS = {
    "F.udf": "plus = F.udf(lambda x: x + ORE, IntegerType())\n@dlt.table\ndef t(): return spark.table('orders').select(plus('id'))",
    "decorator": "@F.udf('int')\ndef plus(x): return x + ORE\n@dlt.table\ndef t(): return spark.table('orders').select(plus('id'))",
    "bare decorator": "@F.udf\ndef plus(x): return str(x + ORE)\n@dlt.table\ndef t(): return spark.table('orders').select(plus('id').cast('int'))",
    "pandas_udf": "@F.pandas_udf('int')\ndef plus(x: pd.Series) -> pd.Series: return x + ORE\n@dlt.table\ndef t(): return spark.table('orders').select(plus('id'))",
    "registered": "spark.udf.register('plus', lambda x: x + ORE, 'int')\n@dlt.table\ndef t(): return spark.sql('SELECT plus(id) FROM orders')",
    "selectExpr": "spark.udf.register('plus', lambda x: x + ORE, 'int')\n@dlt.table\ndef t(): return spark.table('orders').selectExpr('plus(id)')",
    "mapInPandas": "def more(parts):\n  for part in parts: yield part[['id']] + ORE\n@dlt.table\ndef t(): return spark.table('orders').mapInPandas(more, 'id int')",
    "applyInPandas": "def more(part): return part[['id']] + ORE\n@dlt.table\ndef t(): return spark.table('orders').groupBy('id').applyInPandas(more, 'id int')",
    "a class of the file": "class Plus:\n  def __init__(self, n): self.n = n\n  def __call__(self, x): return x + self.n\nplus = F.udf(Plus(ORE), 'int')\n@dlt.table\ndef t(): return spark.table('orders').select(plus('id'))",
    "from a module": "from shop.plus import plus\n@dlt.table\ndef t(): return spark.table('orders').select(F.udf(plus, 'int')('id'))",
    "from a module, made there": "from shop.plus import plus_udf\n@dlt.table\ndef t(): return spark.table('orders').select(plus_udf('id'))",
    "from a module, called by a lambda": "import shop.plus as p\n@dlt.table\ndef t(): return spark.table('orders').select(F.udf(lambda x: p.plus(x), 'int')('id'))",
}


@pytest.mark.parametrize("text", UDFS.values(), ids=UDFS)
def test_functions_run_in_the_engine(bench: Any, tmp_path: Path, text: str):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "by.py").write_text("ORE = 10\n")
    (tmp_path / "shop" / "plus.py").write_text(
        "from pyspark.sql import functions as F\nfrom shop.by import ORE\ndef plus(x): return _add(x)\n"
        "def _add(x): return x + ORE\nplus_udf = F.udf(plus, 'int')\n"
    )
    assert bench.rows(HEAD + text) == [(11,), (12,), (13,)]
