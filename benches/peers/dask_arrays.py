"""The same arrays with Dask on its threaded scheduler, and with NumPy, numexpr and numba where they can do it.

    benches/peers/dask_arrays.py write FOLDER
    benches/peers/dask_arrays.py run FOLDER [--repeat N] --case KEY NAME [--case ...]

`write` makes the files that the cases read: x.h5 and x.zarr. KEY is one of CASES, NAME what our bench calls it. The best
of the repeats counts. Prints one JSON object a line for each peer.
"""

import argparse
import json
import os
import time
from pathlib import Path

THREADS = "2"
for name in ("OPENBLAS_NUM_THREADS", "NUMEXPR_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = THREADS

import dask  # noqa: E402
import dask.array as da  # noqa: E402
import h5py  # noqa: E402
import numba  # noqa: E402
import numexpr  # noqa: E402
import numpy as np  # noqa: E402
import zarr  # noqa: E402

ROWS, COLUMNS, ROWS_OF_CHUNK = 1_000_000, 100, 50_000


def write(folder):
    """x[i, j] = i * COLUMNS + j, whose anomaly has a closed form."""
    with h5py.File(folder / "x.h5", "w") as file:
        chunks = (ROWS_OF_CHUNK // 10, COLUMNS)
        x = file.create_dataset("x", (ROWS, COLUMNS), "f8", chunks=chunks, compression="gzip", compression_opts=1, shuffle=True)
        stored = zarr.create_array(folder / "x.zarr", shape=(ROWS, COLUMNS), chunks=(ROWS_OF_CHUNK, COLUMNS), dtype="f8")
        for start in range(0, ROWS, ROWS_OF_CHUNK):
            rows = np.arange(start * COLUMNS, (start + ROWS_OF_CHUNK) * COLUMNS, dtype="f8").reshape(-1, COLUMNS)
            x[start : start + ROWS_OF_CHUNK] = rows
            stored[start : start + ROWS_OF_CHUNK] = rows


def of_dask(make):
    """A case of Dask alone: `make(folder)` gives what makes the n-th array."""

    def cases(folder):
        run = make(folder)
        yield "dask threaded", dask.__version__, lambda n: run(n).compute()

    return cases


@of_dask
def normals(_):
    return lambda n: da.random.default_rng(n).normal(0, 1, size=200_000_000, chunks=1_000_000).mean()


def anomaly(x):
    return x[::10] - x.mean(axis=0)


@of_dask
def anomaly_hdf5(folder):
    return lambda _: anomaly(da.from_array(h5py.File(folder / "x.h5")["x"], chunks=(ROWS_OF_CHUNK, COLUMNS)))


@of_dask
def anomaly_zarr(folder):
    return lambda _: anomaly(da.from_zarr(str(folder / "x.zarr")))


@of_dask
def large(folder):
    def run(n):
        return anomaly(da.from_zarr(str(folder / "large.zarr"))).to_zarr(str(folder / f"anomaly-{n}.zarr"), compute=False)

    return run


def chain(_):
    def make(modulus):
        return (np.arange(1 << 26) % modulus).astype("float32") / np.float32(7)

    a, b, c, d = (make(modulus) for modulus in (1001, 997, 1003, 991))

    cut = [da.from_array(x, chunks=1 << 20).persist() for x in (a, b, c, d)]

    def by_dask(n):
        a, b, c, d = cut
        return (a * b + da.sqrt(abs(c)) * np.float32(n) - d).sum().compute()

    yield "dask threaded", dask.__version__, by_dask
    numexpr.set_num_threads(int(THREADS))
    # numexpr adds floats up in doubles.
    yield "numexpr", numexpr.__version__, lambda n: numexpr.evaluate(
        "sum(a * b + sqrt(abs(c)) * k - d)", {"a": a, "b": b, "c": c, "d": d, "k": np.float32(n)}
    )

    @numba.njit(parallel=True, fastmath=True)
    def fused(a, b, c, d, k):
        total = 0.0
        for i in numba.prange(a.size):
            total += a[i] * b[i] + np.sqrt(abs(c[i])) * k - d[i]
        return total

    fused(a[:10], b[:10], c[:10], d[:10], np.float32(1))
    yield "numba", numba.__version__, lambda n: fused(a, b, c, d, np.float32(n))


@of_dask
def rechunk(_):
    x = da.random.default_rng(0).random(size=(8_000, 8_000), chunks=(500, 8_000)).persist()
    return lambda _: x.rechunk((8_000, 500)).map_blocks(lambda block: block).max()


@of_dask
def symmetric(_):
    x = da.random.default_rng(0).random(size=(8_000, 8_000), chunks=(1_000, 1_000)).persist()
    return lambda n: (x + x.T * n).sum()


@of_dask
def overlap(_):
    x = da.random.default_rng(0).random(size=(8_000, 8_000), chunks=(1_000, 1_000)).persist()
    return lambda n: x.map_overlap(lambda block: block * n, depth=4, boundary="reflect").sum()


def product(_):
    x, y = (np.random.default_rng(n).random((4_000, 4_000)) for n in (0, 1))
    yield "numpy", np.__version__, lambda _: x @ y
    x, y = (da.from_array(part, chunks=(1_000, 1_000)).persist() for part in (x, y))
    yield "dask threaded", dask.__version__, lambda n: (x @ (y * n)).compute()


def sort(_):
    x = np.random.default_rng(0).random((4_000, 4_000))
    yield "numpy", np.__version__, lambda _: np.sort(x, axis=1)[:, 0].sum()
    cut = da.from_array(x, chunks=(500, 4_000)).persist()
    yield "dask threaded", dask.__version__, lambda n: (
        (cut * n).map_blocks(np.sort, axis=1)[:, 0].sum().compute()
    )


@of_dask
def svd(_):
    x = da.random.default_rng(0).random(size=(1_000_000, 50), chunks=(50_000, 50)).persist()

    def parts(n):
        u, s, _ = da.linalg.svd(x * n)
        return u.sum() + s.sum()

    return parts


@of_dask
def compressed(_):
    x = da.random.default_rng(0).random(size=(8_000, 8_000), chunks=(1_000, 1_000)).persist()
    return lambda n: da.linalg.svd_compressed(x * n, 10, iterator="power", n_power_iter=1, seed=0)[1]


def solve(_):
    x = np.random.default_rng(0).random((4_000, 4_000))
    yield "numpy", np.__version__, lambda _: np.linalg.solve(x, x[:, 0])
    cut = da.from_array(x, chunks=(1_000, 1_000)).persist()
    yield "dask threaded", dask.__version__, lambda n: da.linalg.solve(cut * n, cut[:, 0]).compute()


def fft(_):
    x = np.random.default_rng(0).random((1_024, 32_768))
    yield "numpy", np.__version__, lambda n: np.abs(np.fft.fft(x * n)).sum()
    cut = da.from_array(x, chunks=(64, 32_768)).persist()
    yield "dask threaded", dask.__version__, lambda n: abs(da.fft.fft(cut * n)).sum().compute()


CASES = {
    "normals": normals,
    "anomaly_hdf5": anomaly_hdf5,
    "anomaly_zarr": anomaly_zarr,
    "large": large,
    "chain": chain,
    "rechunk": rechunk,
    "symmetric": symmetric,
    "overlap": overlap,
    "product": product,
    "sort": sort,
    "svd": svd,
    "compressed": compressed,
    "solve": solve,
    "fft": fft,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("write", "run"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--case", nargs=2, action="append", default=[], metavar=("KEY", "NAME"))
    options = parser.parse_args()
    if options.what == "write":
        return write(options.folder)
    dask.config.set(scheduler="threads", num_workers=int(THREADS))
    for key, name in options.case:
        for peer, version, run in CASES[key](options.folder):
            seconds = []
            for n in range(1 if key == "large" else options.repeat):
                started = time.perf_counter()
                run(n + 1)
                seconds.append(time.perf_counter() - started)
            figure = {"case": name, "metric": "time", "value": min(seconds), "unit": "s", "peer": peer, "version": version}
            print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
