"""What other libraries achieve on the first GPU, with the cases and sizes of `gristmill bench gpu`.

    benches/peers/gpu.py [--array NBYTES] [--rows N] [--keys N] [--runs N] [--cpu]

Each of torch, cupy and jax that is installed is measured: torch runs every case, compiled where it says so, the others
those where they are the ones to beat. Times are of several runs in a row with one wait at the end, the best of three.
Prints one JSON object a line, with the fields of ours and `peer` and `version`. `--cpu` runs torch and jax without a GPU,
to see that the script works.
"""

import argparse
import importlib
import json
import math
import time

TIMES = 3


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--array", type=int, default=1 << 30, help="bytes of an array that is read or written once")
    parser.add_argument("--rows", type=int, default=4096, help="rows of matrices")
    parser.add_argument("--keys", type=int, default=1 << 27, help="keys to sort")
    parser.add_argument("--runs", type=int, default=10, help="runs in a row")
    parser.add_argument("--cpu", action="store_true")
    return parser.parse_args()


class Peer:
    """One library: how it waits for the device, and what it is called."""

    def __init__(self, options, module, adapter, wait):
        self.options, self.adapter, self.wait = options, adapter, wait
        self.name, self.version = module.__name__, module.__version__

    def case(self, case, n_elements, unit, amount, run):
        """One line; `amount` is the bytes, operations or keys of one run."""
        fields = {"bench": "gpu", "peer": self.name, "version": self.version, "adapter": self.adapter, "case": case}
        try:
            seconds = self.seconds(run)
        except Exception as error:  # whatever a library lacks is no case of its own
            print(json.dumps(fields | {"skipped": str(error).splitlines()[0]}), flush=True)
            return
        achieved = {"n_elements": n_elements, "seconds": seconds, "achieved": amount / seconds / 1e9, "unit": unit}
        print(json.dumps(fields | achieved), flush=True)

    def seconds(self, run):
        def timed(n):
            start = time.perf_counter()
            for _ in range(n):
                result = run()
            self.wait(result)
            return time.perf_counter() - start

        timed(2)
        return min(timed(self.options.runs) for _ in range(TIMES)) / self.options.runs


def squares(n):
    """The rows and columns of the matrices that our bench makes of n elements."""
    rows = 1 << (max(n, 2).bit_length() - 1) // 2
    return rows, n // rows


def measure_torch(options):
    torch = importlib.import_module("torch")
    if options.cpu:
        device, adapter, wait = "cpu", "CPU", lambda _: None
    elif torch.cuda.is_available():
        device, adapter, wait = "cuda", torch.cuda.get_device_name(), lambda _: torch.cuda.synchronize()
    else:
        raise RuntimeError("torch finds no GPU")
    # Products in single precision, not in TF32.
    torch.backends.cuda.matmul.allow_tf32 = False
    peer = Peer(options, torch, adapter, wait)
    n = options.array // 4
    rows, columns = squares(n)
    a, b, c = (torch.rand(n, device=device) for _ in range(3))
    matrix = a[: rows * columns].view(rows, columns)
    peer.case("copy of a buffer", n, "GB/s", 8 * n, lambda out=torch.empty_like(a): out.copy_(a))
    peer.case("-a", n, "GB/s", 8 * n, lambda: -a)
    fused = torch.compile(lambda a, b, c: a * b + c)
    peer.case("a * b + c", n, "GB/s", 16 * n, lambda: fused(a, b, c))
    for function in ("exp", "log", "sin", "tanh"):
        peer.case(f"{function}(a)", n, "GB/s", 8 * n, lambda function=getattr(torch, function): function(a))
    peer.case("a.sum()", n, "GB/s", 4 * n, lambda: a.sum())
    peer.case("a.max()", n, "GB/s", 4 * n, lambda: a.max())
    peer.case("a.sum(0)", n, "GB/s", 4 * n, lambda: matrix.sum(0))
    peer.case("a.sum(1)", n, "GB/s", 4 * n, lambda: matrix.sum(1))
    peer.case("a.sum(1), rows of 64", n, "GB/s", 4 * n, lambda: a[: n // 64 * 64].view(-1, 64).sum(1))
    chain = torch.compile(lambda a, b, c: (a * b + c).exp().sum(0))
    matrices = [x[: rows * columns].view(rows, columns) for x in (a, b, c)]
    peer.case("((a * b + c).exp()).sum(0)", n, "GB/s", 12 * n, lambda: chain(*matrices))
    peer.case("a.cumsum()", n, "GB/s", 8 * n, lambda: a.cumsum(0))
    peer.case("a.T", n, "GB/s", 8 * n, lambda: matrix.T.contiguous())
    mask = a > 0.5
    peer.case("a[a > 0.5]", n, "GB/s", 7 * n, lambda: a[mask])
    places = torch.arange(n, device=device) * 7919 % n
    peer.case("take at random", n, "GB/s", 16 * n, lambda: a[places])
    del places, mask
    codes8 = torch.randint(256, (n,), device=device, dtype=torch.uint8)
    peer.case("bincount of uint8", n, "GB/s", n, lambda: torch.bincount(codes8, minlength=256))
    peer.case("histogram of 100 bins", n, "GB/s", 4 * n, lambda: torch.histc(a, 100, 0.0, 1.0))
    del codes8
    for groups in (100, 1000, 1 << 20):
        codes = torch.randint(groups, (n,), device=device)
        grouped = lambda codes=codes, groups=groups: torch.zeros(groups, device=device).index_add_(0, codes, a)  # noqa: E731
        peer.case(f"sums of {groups} groups", n, "GB/s", 8 * n, grouped)
        del codes, grouped
    side = math.isqrt(n)
    image, weights = a[: side * side].view(1, 1, side, side), torch.rand(1, 1, 3, 3, device=device)
    convolved = lambda: torch.nn.functional.conv2d(image, weights, padding=1)  # noqa: E731
    peer.case("stencil 3 x 3", side * side, "GB/s", 8 * side * side, convolved)
    peer.case("uniform", n, "GB/s", 4 * n, lambda: torch.rand(n, device=device))
    peer.case("normal", n, "GB/s", 4 * n, lambda: torch.randn(n, device=device))
    del a, b, c, matrix, matrices, image
    for dtype in ("float32", "float64"):
        left, right = (torch.rand(options.rows, options.rows, device=device, dtype=getattr(torch, dtype)) for _ in range(2))
        product = lambda left=left, right=right: left @ right  # noqa: E731
        peer.case(f"matmul of {dtype}", options.rows**2, "GFLOP/s", 2 * options.rows**3, product)
    floats = torch.rand(options.keys, device=device)
    peer.case("sort of float32", options.keys, "Gkey/s", options.keys, lambda: floats.sort()[0])
    peer.case("argsort of float32", options.keys, "Gkey/s", options.keys, lambda: floats.argsort())
    longs = torch.randint(-(1 << 63), (1 << 63) - 1, (options.keys,), device=device)
    peer.case("sort of int64", options.keys, "Gkey/s", options.keys, lambda: longs.sort()[0])


def measure_cupy(options):
    cupy = importlib.import_module("cupy")
    if options.cpu:
        raise RuntimeError("cupy needs a GPU")
    adapter = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    peer = Peer(options, cupy, adapter, lambda _: cupy.cuda.Device().synchronize())
    n = options.array // 4
    rows, columns = squares(n)
    a = cupy.random.random(n, dtype="f4")
    peer.case("a.sum()", n, "GB/s", 4 * n, lambda: a.sum())
    peer.case("a.sum(0)", n, "GB/s", 4 * n, lambda: a[: rows * columns].reshape(rows, columns).sum(0))
    peer.case("a.cumsum()", n, "GB/s", 8 * n, lambda: a.cumsum())
    peer.case("histogram of 100 bins", n, "GB/s", 4 * n, lambda: cupy.histogram(a, 100, (0.0, 1.0))[0])
    codes = cupy.random.randint(0, 256, n, dtype="u1")
    peer.case("bincount of uint8", n, "GB/s", n, lambda: cupy.bincount(codes, minlength=256))
    peer.case("uniform", n, "GB/s", 4 * n, lambda: cupy.random.random(n, dtype="f4"))
    peer.case("normal", n, "GB/s", 4 * n, lambda: cupy.random.standard_normal(n, dtype="f4"))
    for dtype in ("uint32", "float32", "int64"):
        keys = cupy.random.randint(0, 1 << 31, options.keys).astype(dtype)
        peer.case(f"sort of {dtype}", options.keys, "Gkey/s", options.keys, lambda keys=keys: cupy.sort(keys))


def measure_jax(options):
    jax = importlib.import_module("jax")
    platforms = {device.platform for device in jax.devices()}
    if not options.cpu and platforms == {"cpu"}:
        raise RuntimeError("jax finds no GPU")
    jax.config.update("jax_default_matmul_precision", "highest")
    peer = Peer(options, jax, jax.devices()[0].device_kind, lambda result: result.block_until_ready())
    n = options.array // 4
    rows, columns = squares(n)
    a, b, c = (jax.random.uniform(jax.random.key(seed), (rows, columns)) for seed in range(3))
    cases = {
        "a * b + c": (16 * n, lambda a, b, c: a * b + c),
        "a.sum(0)": (4 * n, lambda a, b, c: a.sum(0)),
        "((a * b + c).exp()).sum(0)": (12 * n, lambda a, b, c: jax.numpy.exp(a * b + c).sum(0)),
        "a.cumsum()": (8 * n, lambda a, b, c: a.reshape(-1).cumsum()),
    }
    for case, (nbytes, function) in cases.items():
        compiled = jax.jit(function)
        peer.case(case, n, "GB/s", nbytes, lambda compiled=compiled: compiled(a, b, c))
    drawn = jax.jit(lambda key: jax.random.normal(key, (n,)))
    peer.case("normal", n, "GB/s", 4 * n, lambda: drawn(jax.random.key(1)))
    square = jax.random.uniform(jax.random.key(3), (options.rows, options.rows))
    product = jax.jit(lambda square: square @ square)
    peer.case("matmul of float32", options.rows**2, "GFLOP/s", 2 * options.rows**3, lambda: product(square))


def main():
    options = arguments()
    for name, measure in (("torch", measure_torch), ("cupy", measure_cupy), ("jax", measure_jax)):
        try:
            measure(options)
        except (ImportError, RuntimeError) as error:
            print(json.dumps({"bench": "gpu", "peer": name, "skipped": str(error)}), flush=True)


if __name__ == "__main__":
    main()
