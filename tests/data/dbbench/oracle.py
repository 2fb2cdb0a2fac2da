"""Write the answers to the questions of the db-benchmark that DuckDB gives.

    pip install duckdb==2.0.1
    python oracle.py            # writes expected.json beside this script

The tables are made of one sequence of numbers, in the same way by the test (tests/dbbench.rs). For each question it is
written how many rows there are, and of each column the sum of its numbers, NaN apart, or the SHA-256 of its sorted texts.
"""

import csv
import hashlib
import json
import pathlib
import tempfile

import duckdb

HERE = pathlib.Path(__file__).parent
ROWS, KEYS = 100_000, 100


class Numbers:
    """Knuth's MMIX generator; the upper 31 bits count."""

    def __init__(self):
        self.state = 1

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def tables():
    """Yield name, columns and rows of each table."""
    draw = Numbers().below

    def row():
        return [f"id{1 + draw(KEYS):03}", f"id{1 + draw(KEYS):03}", f"id{1 + draw(ROWS // KEYS):010}", 1 + draw(KEYS),
                1 + draw(KEYS), 1 + draw(ROWS // KEYS), 1 + draw(5), 1 + draw(15), f"{draw(10**8) / 10**6:.6f}"]

    yield "t", ["id1", "id2", "id3", "id4", "id5", "id6", "v1", "v2", "v3"], [row() for _ in range(ROWS)]

    def wide():
        one, two, three = 1 + draw(11), 1 + draw(1_100), 1 + draw(110_000)
        return [one, two, three, f"id{one}", f"id{two}", f"id{three}", f"{draw(10**8) / 10**6:.6f}"]

    yield "x", ["id1", "id2", "id3", "id4", "id5", "id6", "v1"], [wide() for _ in range(ROWS)]
    for name, number, text, n in [("small", "id1", "id4", 10), ("medium", "id2", "id5", 1_000), ("big", "id3", "id6", 100_000)]:
        yield name, [number, text, "v2"], [[k, f"id{k}", f"{draw(10**8) / 10**6:.6f}"] for k in range(1, n + 1)]


def summary(rows, columns):
    """Say what the test compares."""
    told = {"rows": len(rows), "columns": {}}
    for position, name in enumerate(columns):
        values = [row[position] for row in rows if row[position] is not None and row[position] == row[position]]
        if all(isinstance(value, (int, float)) for value in values):
            told["columns"][name] = float(sum(values))
        else:
            texts = "\n".join(sorted(values))
            told["columns"][name] = hashlib.sha256(texts.encode()).hexdigest()
    return told


def main():
    con, answers = duckdb.connect(), {}
    with tempfile.TemporaryDirectory() as folder:
        for name, columns, rows in tables():
            path = pathlib.Path(folder) / f"{name}.csv"
            with path.open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([columns, *rows])
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM '{path}'")
    for part in (HERE / "queries.sql").read_text().split("\n-- ")[2:]:
        title, sql = part.split("\n", 1)
        result = con.execute(sql)
        columns = [column[0] for column in result.description]
        answers[title.split()[0]] = summary(result.fetchall(), columns)
    (HERE / "expected.json").write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
