"""Write the answers to the TPC-H queries that DuckDB gives.

    pip install duckdb==2.0.1 tpchgen-cli==4.0.0
    python oracle.py FOLDER 0.01 0.1 1

Makes the tables as Parquet in FOLDER with tpchgen-cli, which has the generator that the tests have, unless they are
there, and writes `expected.json` beside this script: for each scale factor and query how many rows there are, and of
each column the sum of its numbers, or the SHA-256 of its sorted texts.
Money is DECIMAL here, and double precision in the tests: sums agree to some 1e-12.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

import duckdb

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]


def queries():
    """Yield the name and the text of each query."""
    text = (pathlib.Path(__file__).parent / "queries.sql").read_text()
    for part in text.split("\n-- q")[1:]:
        number, sql = part.split("\n", 1)
        yield "q" + number.strip(), sql.strip()


def summary(rows, columns):
    """Say what the test compares."""
    told = {"rows": len(rows), "columns": {}}
    for position, name in enumerate(columns):
        values = [row[position] for row in rows if row[position] is not None]
        if all(isinstance(value, (int, float)) or type(value).__name__ == "Decimal" for value in values):
            told["columns"][name] = float(sum(values))
        else:
            texts = "\n".join(sorted(str(value) for value in values))
            told["columns"][name] = hashlib.sha256(texts.encode()).hexdigest()
    return told


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    answers = {}
    for scale in sys.argv[2:]:
        folder = pathlib.Path(sys.argv[1]) / f"sf{scale}"
        if not (folder / "lineitem.parquet").exists():
            subprocess.run(["tpchgen-cli", "parquet", "-s", scale, f"--output-dir={folder}"], check=True)
        con = duckdb.connect()
        for table in TABLES:
            con.execute(f"CREATE VIEW {table} AS SELECT * FROM '{folder / table}.parquet'")
        answers[scale] = {}
        for name, sql in queries():
            result = con.execute(sql.replace("$FRACTION", f"{0.0001 / float(scale):.10f}"))
            columns = [column[0] for column in result.description]
            answers[scale][name] = summary(result.fetchall(), columns)
    path = pathlib.Path(__file__).parent / "expected.json"
    path.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
