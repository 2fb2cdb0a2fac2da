"""Writes promotion.txt beside this script: `np.promote_types` of every pair of dtypes that the engine has.

Run with NumPy 2 (`pip install numpy`); the tests compare `DType::promote` with every line.
"""

import pathlib

import numpy as np

NAMES = """bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64
complex64 complex128 datetime64[ns] timedelta64[ns]""".split()


def promote(left: str, right: str) -> str:
    try:
        return np.promote_types(left, right).name
    except np.exceptions.DTypePromotionError:
        return "-"


def main() -> None:
    assert np.__version__.startswith("2."), np.__version__
    lines = [f"# NumPy {np.__version__}: left right promoted (- where NumPy refuses)"]
    lines += [f"{left} {right} {promote(left, right)}" for left in NAMES for right in NAMES]
    pathlib.Path(__file__).with_name("promotion.txt").write_text("\n".join(lines) + "\n")


main()
