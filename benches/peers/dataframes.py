"""The queries of our own bench of dataframes, by DataFusion alone, DuckDB, Polars and Dask.

    benches/peers/dataframes.py FOLDER N_THREADS RUNS

FOLDER has `csv/*.csv`; the tables of TPC-H at scale factor 1 are made in `sf1`, unless they are there. A query is timed
from its text to its rows; the best of the runs counts. Dask has no SQL: it is given four queries, written as its users do.
Prints one JSON object a line.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

FOLDER, N_THREADS, RUNS = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
# Before it is imported: it makes its threads then.
os.environ["POLARS_MAX_THREADS"] = str(N_THREADS)

import dask
import dask.dataframe as dd
import datafusion
import duckdb
import polars as pl

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]


def tell(peer, version, case, run):
    """Time a run, and print the best time."""
    best = float("inf")
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    line = {"case": case, "metric": "time", "value": best, "unit": "s", "peer": peer, "version": version}
    print(json.dumps(line), flush=True)


def queries():
    """Yield the number and the text of each query."""
    here = pathlib.Path(__file__).resolve().parent
    text = (here / "../../tests/data/tpch/queries.sql").read_text()
    for part in text.split("\n-- q")[1:]:
        number, sql = part.split("\n", 1)
        yield int(number), sql.strip().replace("$FRACTION", "0.0001000000")


def make_tables():
    """Make the tables of TPC-H."""
    tables = FOLDER / "sf1"
    if not (tables / "supplier.parquet").exists():
        tool = pathlib.Path(sys.executable).parent / "tpchgen-cli"
        subprocess.run([tool, "parquet", "-s", "1", f"--output-dir={tables}"], check=True, stdout=subprocess.DEVNULL)
    return tables


def csv_hours():
    """Mean of a folder of CSV by hour."""
    case, pattern = "csv folder, mean by hour", FOLDER / "csv"

    def by_datafusion():
        config = datafusion.SessionConfig().with_target_partitions(N_THREADS)
        ctx = datafusion.SessionContext(config)
        ctx.register_csv("t", str(pattern))
        sql = "SELECT date_part('hour', timestamp) AS hour, avg(value) FROM t GROUP BY 1"
        assert sum(batch.num_rows for batch in ctx.sql(sql).collect()) == 24

    def by_duckdb():
        con = duckdb.connect(config={"threads": N_THREADS})
        sql = f"SELECT hour(timestamp) AS hour, avg(value) FROM '{pattern}/*.csv' GROUP BY 1"
        assert len(con.execute(sql).fetchall()) == 24

    def by_polars():
        frame = pl.scan_csv(f"{pattern}/*.csv", try_parse_dates=True)
        hours = frame.group_by(pl.col("timestamp").dt.hour()).agg(pl.col("value").mean())
        assert hours.collect(engine="streaming").height == 24

    def by_dask():
        frame = dd.read_csv(f"{pattern}/*.csv", parse_dates=["timestamp"])
        hours = frame.groupby(frame.timestamp.dt.hour).value.mean()
        assert len(hours.compute(scheduler="threads", num_workers=N_THREADS)) == 24

    tell("DataFusion", datafusion.__version__, case, by_datafusion)
    tell("DuckDB", duckdb.__version__, case, by_duckdb)
    tell("Polars", pl.__version__, case, by_polars)
    tell("Dask", dask.__version__, case, by_dask)


def tpch(tables):
    """The queries of TPC-H."""
    for number, sql in queries():
        case = f"tpch sf1 q{number:02}"

        def by_datafusion():
            config = datafusion.SessionConfig().with_target_partitions(N_THREADS)
            ctx = datafusion.SessionContext(config)
            for table in TABLES:
                ctx.register_parquet(table, str(tables / f"{table}.parquet"))
            ctx.sql(sql).collect()

        def by_duckdb():
            con = duckdb.connect(config={"threads": N_THREADS})
            for table in TABLES:
                con.execute(f"CREATE VIEW {table} AS SELECT * FROM '{tables / table}.parquet'")
            con.execute(sql).fetchall()

        tell("DataFusion", datafusion.__version__, case, by_datafusion)
        tell("DuckDB", duckdb.__version__, case, by_duckdb)


def tpch_by_dask(tables):
    """Four of them, as users of Dask write them."""

    def read(table, columns):
        # Its means of decimals are slow objects; its users convert them first.
        frame = dd.read_parquet(tables / f"{table}.parquet", columns=columns, split_row_groups=8)
        money = [c for c in columns if c.endswith(("price", "discount", "tax", "quantity"))]
        return frame.astype({column: "float64" for column in money})

    def date(text):
        import datetime

        return datetime.date.fromisoformat(text)

    def q1():
        line = read("lineitem", ["l_returnflag", "l_linestatus", "l_quantity", "l_extendedprice", "l_discount",
                                 "l_tax", "l_shipdate"])
        line = line[line.l_shipdate <= date("1998-09-02")]
        line["disc"] = line.l_extendedprice * (1 - line.l_discount)
        line["charge"] = line.disc * (1 + line.l_tax)
        return line.groupby(["l_returnflag", "l_linestatus"]).agg(
            {"l_quantity": ["sum", "mean"], "l_extendedprice": ["sum", "mean"], "disc": "sum", "charge": "sum",
             "l_discount": "mean", "l_tax": "count"})

    def q3():
        customer = read("customer", ["c_custkey", "c_mktsegment"])
        orders = read("orders", ["o_orderkey", "o_custkey", "o_orderdate", "o_shippriority"])
        line = read("lineitem", ["l_orderkey", "l_extendedprice", "l_discount", "l_shipdate"])
        customer = customer[customer.c_mktsegment == "BUILDING"]
        orders = orders[orders.o_orderdate < date("1995-03-15")]
        line = line[line.l_shipdate > date("1995-03-15")]
        both = customer.merge(orders, left_on="c_custkey", right_on="o_custkey")
        both = both.merge(line, left_on="o_orderkey", right_on="l_orderkey")
        both["revenue"] = both.l_extendedprice * (1 - both.l_discount)
        return both.groupby(["l_orderkey", "o_orderdate", "o_shippriority"]).revenue.sum().nlargest(10)

    def q6():
        line = read("lineitem", ["l_quantity", "l_extendedprice", "l_discount", "l_shipdate"])
        line = line[(line.l_shipdate >= date("1994-01-01")) & (line.l_shipdate < date("1995-01-01"))
                    & (line.l_discount > 0.0499) & (line.l_discount < 0.0701) & (line.l_quantity < 24)]
        return (line.l_extendedprice * line.l_discount).sum()

    def q12():
        orders = read("orders", ["o_orderkey", "o_orderpriority"])
        line = read("lineitem", ["l_orderkey", "l_shipmode", "l_commitdate", "l_receiptdate", "l_shipdate"])
        line = line[line.l_shipmode.isin(["MAIL", "SHIP"]) & (line.l_commitdate < line.l_receiptdate)
                    & (line.l_shipdate < line.l_commitdate) & (line.l_receiptdate >= date("1994-01-01"))
                    & (line.l_receiptdate < date("1995-01-01"))]
        both = orders.merge(line, left_on="o_orderkey", right_on="l_orderkey")
        both["high"] = both.o_orderpriority.isin(["1-URGENT", "2-HIGH"]).astype("int64")
        return both.groupby("l_shipmode").high.agg(["sum", "count"])

    for number, query in [(1, q1), (3, q3), (6, q6), (12, q12)]:
        def run(query=query):
            query().compute(scheduler="threads", num_workers=N_THREADS)

        try:
            tell("Dask", dask.__version__, f"tpch sf1 q{number:02}", run)
        except Exception as error:  # one that it cannot do is no reason to lose the others
            print(f"Dask, q{number}: {error}", file=sys.stderr)


def main():
    tables = make_tables()
    csv_hours()
    tpch(tables)
    tpch_by_dask(tables)


if __name__ == "__main__":
    main()
