"""Dask's overhead per task, on the graphs that our own bench of the overhead runs.

    benches/peers/dask_overhead.py [--repeat N] [--threads N] --case NAME SHAPE N_TASKS [--case ...]

Shapes of functions that do nothing: `independent` tasks, a `chain` in which each task needs the one before it and
all results are wanted, and `chain-fused`, of which only the last is wanted and which Dask's own optimisation fuses.
Each scheduler is warmed up, then given the raw graph, and the time from the submit to the last result, with what
fusing takes, is divided by the number of tasks. The best of the repeats counts.
Results of the distributed scheduler stay on its workers: bringing them back is not what is measured. It is given
no graph that would take it minutes: see DISTRIBUTED_MAX.
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
from dask._task_spec import convert_legacy_graph, fuse_linear_task_spec

N_WARM_UP = 1_000
# Tasks of the largest graph of each shape that the distributed schedulers are given.
DISTRIBUTED_MAX = {"independent": 10_000, "chain": 1_000, "chain-fused": 10_000}


def independent_noop(_):
    return None


def chain_noop(before):
    return before


def independent(n_tasks, prefix="noop"):
    graph = {(prefix, i): (independent_noop, i) for i in range(n_tasks)}
    return graph, list(graph)


def chain(n_tasks):
    graph = {("chain", 0): (chain_noop, 0)}
    graph.update({("chain", i): (chain_noop, ("chain", i - 1)) for i in range(1, n_tasks)})
    return graph, list(graph)


def chain_fused(n_tasks):
    graph, keys = chain(n_tasks)
    return graph, keys[-1:]


SHAPES = {"independent": independent, "chain": chain, "chain-fused": chain_fused}


def run_threaded(n_threads):
    def run(graph, keys):
        dask.threaded.get(graph, keys, num_workers=n_threads)

    return run


def run_distributed(client):
    def run(graph, keys):
        futures = client.get(graph, keys, sync=False)
        distributed.wait(futures)

    return run


def fused(run):
    def run_fused(graph, keys):
        run(fuse_linear_task_spec(convert_legacy_graph(graph), keys), keys)

    return run_fused


def measure(peer, run, cases, repeat):
    """Run every case and print its best time."""
    run(*independent(N_WARM_UP, "warm-up"))
    for name, shape, n_tasks in cases:
        graph, keys = SHAPES[shape](n_tasks)
        run_case = fused(run) if shape == "chain-fused" else run
        seconds = []
        for _ in range(repeat):
            started = time.perf_counter()
            run_case(graph, keys)
            seconds.append(time.perf_counter() - started)
        figure = {
            "case": name,
            "metric": "overhead a task",
            "value": round(min(seconds) / n_tasks * 1e6, 2),
            "unit": "us",
            "peer": peer,
            "version": distributed.__version__ if "distributed" in peer else dask.__version__,
        }
        print(json.dumps(figure), flush=True)


def measure_cluster(peer, settings, cases, repeat):
    cases = [case for case in cases if case[2] <= DISTRIBUTED_MAX[case[1]]]
    with distributed.LocalCluster(dashboard_address=None, **settings) as cluster:
        with distributed.Client(cluster) as client:
            measure(peer, run_distributed(client), cases, repeat)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--case", nargs=3, action="append", required=True, metavar=("NAME", "SHAPE", "N_TASKS"))
    options = parser.parse_args()
    options.case = [(name, shape, int(n_tasks)) for name, shape, n_tasks in options.case]
    for _, shape, _ in options.case:
        if shape not in SHAPES:
            parser.error(f"no shape is called {shape}; there are {', '.join(SHAPES)}")
    return options


def main():
    options = parse()
    # Large raw graphs are the point here; the dashboard and its port are not.
    warnings.filterwarnings("ignore", message="Sending large graph")
    logging.getLogger("distributed").setLevel(logging.ERROR)
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores", file=sys.stderr)
    n_threads = options.threads
    measure("dask threaded", run_threaded(n_threads), options.case, options.repeat)
    in_process = dict(processes=False, n_workers=1, threads_per_worker=n_threads)
    measure_cluster("dask distributed, in process", in_process, options.case, options.repeat)
    processes = dict(processes=True, n_workers=n_threads, threads_per_worker=1)
    measure_cluster("dask distributed, in processes", processes, options.case, options.repeat)


if __name__ == "__main__":
    main()
