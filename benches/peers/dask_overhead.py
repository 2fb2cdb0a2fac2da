"""Dask's overhead per task, on the graphs that our own bench of the overhead runs.

    $(benches/peers/venv.sh) benches/peers/dask_overhead.py [--independent N] [--chain N] [--repeat N]

Two graphs of functions that do nothing: N independent tasks, and a chain in which each task needs the one
before it. Each scheduler is warmed up, then given the raw graph; nothing is fused or optimised, and the time from
the submit to the last result is divided by the number of tasks. The best of the repeats counts.
Results of the distributed scheduler stay on its workers: bringing them back is not what is measured.
Prints one JSON object a line.
"""

import argparse
import json
import logging
import os
import sys
import time
import warnings

import dask
import dask.threaded
import distributed

N_THREADS = 2
N_WARM_UP = 1_000


def independent_noop(_):
    return None


def chain_noop(before):
    return before


def independent_graph(n_tasks, prefix="noop"):
    graph = {(prefix, i): (independent_noop, i) for i in range(n_tasks)}
    return graph, list(graph)


def chain_graph(n_tasks):
    graph = {("chain", 0): (chain_noop, 0)}
    graph.update({("chain", i): (chain_noop, ("chain", i - 1)) for i in range(1, n_tasks)})
    return graph, [("chain", n_tasks - 1)]


def run_threaded(graph, keys):
    dask.threaded.get(graph, keys, num_workers=N_THREADS)


def run_distributed(client):
    def run(graph, keys):
        futures = client.get(graph, keys, sync=False)
        distributed.wait(futures)

    return run


def measure(peer, run, cases, repeat):
    """Run every case and print its best time."""
    run(*independent_graph(N_WARM_UP, "warm-up"))
    for case, (graph, keys) in cases.items():
        seconds = []
        for _ in range(repeat):
            started = time.perf_counter()
            run(graph, keys)
            seconds.append(time.perf_counter() - started)
        figure = {
            "bench": "overhead",
            "case": case,
            "metric": "overhead a task",
            "value": round(min(seconds) / len(graph) * 1e6, 2),
            "unit": "us",
            "peer": peer,
            "version": distributed.__version__ if "distributed" in peer else dask.__version__,
        }
        print(json.dumps(figure), flush=True)


def measure_cluster(peer, settings, cases, repeat):
    with distributed.LocalCluster(dashboard_address=None, **settings) as cluster:
        with distributed.Client(cluster) as client:
            measure(peer, run_distributed(client), cases, repeat)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--independent", type=int, default=100_000, metavar="N")
    parser.add_argument("--chain", type=int, default=10_000, metavar="N")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    return parser.parse_args()


def main():
    options = parse()
    # Large raw graphs are the point here; the dashboard and its port are not.
    warnings.filterwarnings("ignore", message="Sending large graph")
    logging.getLogger("distributed").setLevel(logging.ERROR)
    cases = {
        f"independent, {N_THREADS} threads": independent_graph(options.independent),
        f"chain, {N_THREADS} threads": chain_graph(options.chain),
    }
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores", file=sys.stderr)
    measure("dask threaded", run_threaded, cases, options.repeat)
    in_process = dict(processes=False, n_workers=1, threads_per_worker=N_THREADS)
    measure_cluster("dask distributed, in process", in_process, cases, options.repeat)
    measure_cluster("dask distributed, LocalCluster", {}, cases, options.repeat)


if __name__ == "__main__":
    main()
