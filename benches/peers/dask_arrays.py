"""The same arrays with Dask and NumPy, on Dask's threaded scheduler.

    benches/peers/dask_arrays.py --npy PATH [--repeat N] [--threads N] --case KEY NAME [--case ...]

KEY is one of CASES, NAME what our bench calls it. The best of the repeats counts. Prints one JSON object a line.
"""

import argparse
import json
import time

import dask
import dask.array as da
import numpy as np


def normals(_):
    def run(n):
        return da.random.default_rng(n).normal(0, 1, size=200_000_000, chunks=1_000_000).mean()

    return run


def anomaly(npy):
    def run(_):
        x = da.from_array(np.load(npy, mmap_mode="r"), chunks=(50_000, 100))
        return x[::10] - x.mean(axis=0)

    return run


def chain(_):
    def operand(modulus):
        return ((da.arange(1 << 26, chunks=1 << 20) % modulus).astype("float32") / np.float32(7)).persist()

    a, b, c, d = (operand(modulus) for modulus in (1001, 997, 1003, 991))
    return lambda n: (a * b + da.sqrt(abs(c)) * np.float32(n) - d).sum()


def rechunk(_):
    x = da.random.default_rng(0).random(size=(8_000, 8_000), chunks=(500, 8_000)).persist()
    return lambda _: x.rechunk((8_000, 500)).map_blocks(lambda block: block).max()


CASES = {"normals": normals, "anomaly": anomaly, "chain": chain, "rechunk": rechunk}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npy", required=True)
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--case", nargs=2, action="append", default=[], metavar=("KEY", "NAME"))
    options = parser.parse_args()
    dask.config.set(scheduler="threads", num_workers=options.threads)
    for key, name in options.case:
        run = CASES[key](options.npy)
        seconds = []
        for n in range(options.repeat):
            array = run(n + 1)
            started = time.perf_counter()
            array.compute()
            seconds.append(time.perf_counter() - started)
        figure = {
            "case": name,
            "metric": "time",
            "value": min(seconds),
            "unit": "s",
            "peer": "dask threaded",
            "version": dask.__version__,
        }
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
