"""Compute the answers of the flights pipeline with pandas, for the tests to compare with.

    pip install pandas
    python oracle.py            # writes expected.json beside this script

The pipeline, month by month (README.md says it in words):

    a[m]      model_a(flights[m])              per hour:    n, mean_delay
    b[m]      model_b(flights[m])              per carrier: n, score
    rolled[m] roll(a[m-1], a[m], a[m+1])       per hour:    n, mean_delay
    row[m]    compare(rolled[m], b[m], m)      one row
    summary   all rows, by month

and of the whole year, for the dataframe part of the demo:

    hours         per hour: n, the flights that left, and their mean delay
    destinations  the five airports with 1,000 flights or more that arrived whose mean arrival delay is largest, by name
"""

import json
import pathlib

import pandas as pd

FOLDER = pathlib.Path(__file__).parent
LATE_MINUTES = 15
MIN_FLIGHTS = 100


def model_a(flights):
    """Mean departure delay of each scheduled hour, over the flights that left."""
    delays = flights.groupby("hour")["dep_delay"].agg(n="count", mean_delay="mean")
    return delays.reset_index().sort_values("hour")


def model_b(flights):
    """Share of each carrier's departed flights that left over a quarter of an hour late."""
    departed = flights.assign(late=(flights["dep_delay"] > LATE_MINUTES).where(flights["dep_delay"].notna()))
    departed["late"] = departed["late"].astype("float64")
    scores = departed.groupby("carrier")["late"].agg(n="count", score="mean")
    return scores.reset_index().sort_values("carrier")


def roll(months):
    """Mean of the months' hourly means, weighted by their counts."""
    hours = pd.concat(months)
    hours["total"] = (hours["n"] * hours["mean_delay"]).fillna(0.0)
    sums = hours.groupby("hour")[["n", "total"]].sum().reset_index()
    sums["mean_delay"] = (sums["total"] / sums["n"]).where(sums["n"] > 0)
    return sums[["hour", "n", "mean_delay"]].sort_values("hour")


def compare(rolled, carriers, month):
    """The worst hour and the best carrier of one month."""
    hours = rolled[rolled["n"] >= 1].sort_values(["mean_delay", "hour"], ascending=[False, True])
    ranked = carriers[carriers["n"] >= MIN_FLIGHTS].sort_values(["score", "carrier"])
    return {
        "month": month,
        "worst_hour": int(hours["hour"].iloc[0]),
        "worst_hour_delay": float(hours["mean_delay"].iloc[0]),
        "best_carrier": str(ranked["carrier"].iloc[0]),
        "best_carrier_score": float(ranked["score"].iloc[0]),
        "n": int(carriers["n"].sum()),
    }


def hours(flights):
    """Flights that left and their mean delay, by hour."""
    known = flights.dropna(subset=["dep_delay"])
    return known.groupby("hour")["dep_delay"].agg(n="count", mean_delay="mean").reset_index()


def destinations(flights):
    """The airports that are reached latest."""
    airports = pd.read_csv(FOLDER / "airports.csv")
    known = flights.dropna(subset=["arr_delay"]).merge(airports, left_on="dest", right_on="code")
    latest = known.groupby("name")["arr_delay"].agg(n="count", mean_delay="mean").reset_index()
    return latest[latest["n"] >= 1000].sort_values(["mean_delay", "name"], ascending=[False, True]).head(5)


def rows(table):
    """The table as a list of objects, missing values as null."""
    return json.loads(table.to_json(orient="records", double_precision=15))


def main():
    months = range(1, 13)
    flights = {m: pd.read_csv(FOLDER / f"2013-{m:02}.csv.gz") for m in months}
    a = {m: model_a(flights[m]) for m in months}
    b = {m: model_b(flights[m]) for m in months}
    rolled = {m: roll([a[k] for k in (m - 1, m, m + 1) if k in a]) for m in months}
    expected = {
        "made_with": f"oracle.py, pandas {pd.__version__}",
        "n_flights": sum(len(table) for table in flights.values()),
        "a_month_1": rows(a[1]),
        "b_month_1": rows(b[1]),
        "rolled_month_6": rows(rolled[6]),
        "hours": rows(hours(pd.concat(flights.values()))),
        "destinations": rows(destinations(pd.concat(flights.values()))),
        "summary": [compare(rolled[m], b[m], m) for m in months],
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(pd.DataFrame(expected["summary"]).to_string(index=False))


if __name__ == "__main__":
    main()
