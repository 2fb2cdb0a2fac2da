"""Dask's distributed scheduler and Ray with two worker processes, on what our own bench of the cluster runs.

    benches/peers/cluster.py --tasks N --hops N --trips N

Functions that do nothing; results stay where they are, but for the round trips. Each library is warmed up first, and the
best of three runs counts. Ray is measured if it is installed. Prints one JSON object a line.
"""

import argparse
import json
import logging
import statistics
import time

N_WORKERS, RUNS = 2, 3
# Neither is given more, as they would take minutes.
TASKS_MAX, HOPS_MAX = 10_000, 1_000


def echo(x):
    return x


def best(run):
    def timed():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return min(timed() for _ in range(RUNS))


def tell(peer, version, case, metric, value, unit):
    figure = {"case": case, "metric": metric, "value": value, "unit": unit, "peer": peer, "version": version}
    print(json.dumps(figure), flush=True)


def trips_of(run, n):
    def once(i):
        start = time.perf_counter()
        run(i)
        return (time.perf_counter() - start) * 1e3

    return statistics.median(once(i) for i in range(n))


def measure(peer, version, options, independent, chain, trip):
    n_tasks, n_hops = min(options.tasks, TASKS_MAX), min(options.hops, HOPS_MAX)
    independent(1_000)
    tell(peer, version, "independent, component", "a task", best(lambda: independent(n_tasks)) / n_tasks * 1e6, "us")
    tell(peer, version, "chain, component", "a hop", best(lambda: chain(n_hops)) / n_hops * 1e6, "us")
    tell(peer, version, "submit and result of one", "median", trips_of(trip, options.trips), "ms")


def dask(options):
    import distributed

    settings = {"n_workers": N_WORKERS, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(silence_logs=logging.ERROR, **settings) as cluster, distributed.Client(cluster) as client:

        def independent(n):
            distributed.wait(client.map(echo, range(n), pure=False))

        def chain(n):
            futures = [client.submit(echo, 0, pure=False)]
            for _ in range(n - 1):
                futures.append(client.submit(echo, futures[-1], pure=False))
            distributed.wait(futures)

        def trip(i):
            client.submit(echo, i, pure=False).result()

        measure("Dask", distributed.__version__, options, independent, chain, trip)


def with_ray(options):
    try:
        import ray
    except ImportError:
        return
    ray.init(num_cpus=N_WORKERS, log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    remote = ray.remote(echo)

    def independent(n):
        refs = [remote.remote(i) for i in range(n)]
        ray.wait(refs, num_returns=n, fetch_local=False)

    def chain(n):
        refs = [remote.remote(0)]
        for _ in range(n - 1):
            refs.append(remote.remote(refs[-1]))
        ray.wait(refs, num_returns=n, fetch_local=False)

    measure("Ray", ray.__version__, options, independent, chain, lambda i: ray.get(remote.remote(i)))
    ray.shutdown()


def main():
    parser = argparse.ArgumentParser()
    for name in ("--tasks", "--hops", "--trips"):
        parser.add_argument(name, type=int, required=True)
    options = parser.parse_args()
    dask(options)
    with_ray(options)


if __name__ == "__main__":
    main()
