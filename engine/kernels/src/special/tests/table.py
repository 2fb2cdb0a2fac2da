"""Tails of distributions with many digits, as a table that the tests read.

    python table.py > table.txt     (mpmath 1.3; SciPy's have fewer digits)
"""

import sys
from pathlib import Path

import mpmath
import numpy as np

sys.path.append(str(Path(__file__).parents[2]))
from calls import line

mpmath.mp.dps = 40


@np.vectorize
def f_survival(x, d1, d2):
    if np.isinf(x) or np.isnan(x):
        return 0.0 if np.isinf(x) else np.nan
    x, d1, d2 = (mpmath.mpf(float(number)) for number in (x, d1, d2))
    return float(mpmath.betainc(d2 / 2, d1 / 2, 0, d2 / (d2 + d1 * x), regularized=True))


@np.vectorize
def chi2_survival(x, k):
    if np.isinf(x) or np.isnan(x):
        return 0.0 if np.isinf(x) else np.nan
    return float(mpmath.gammainc(mpmath.mpf(float(k)) / 2, mpmath.mpf(float(x)) / 2, regularized=True))


def main():
    x = np.array([0.0, 1e-9, 1e-3, 0.2, 0.7, 1.0, 1.1, 2.0, 4.0, 30.0, np.inf, np.nan])
    for d1 in [1.0, 2.0, 3.0, 7.5, 40.0]:
        for d2 in [1.0, 2.0, 5.0, 19.0, 300.0, 1e5]:
            line("f_survival", [d1, d2, x], f_survival(x, d1, d2))
    squares = np.array([1e-10, 0.25, 0.98, 1.02, 4.0, 25.0, 400.0])
    for degrees in [1e4, 1e6, 1e9, 1e12]:
        line("f_survival", [1.0, degrees, squares], f_survival(squares, 1, degrees))
    for k in [1.0, 2.0, 3.0, 9.5, 20.0, 21.0, 500.0, 1e5]:
        line("chi2_survival", [k, x * k], chi2_survival(x * k, k))
    line("chi2_survival", [np.array([1.0, 2.0]), np.array([3.0, 4.0])], chi2_survival([3, 4], [1, 2]))
    gaps = np.ma.array([1.0, 2.0], mask=[1, 0])
    line("chi2_survival", [2, gaps], np.ma.array(chi2_survival([1, 2], 2), mask=[1, 0]))
    line("chi2_survival", [0.0, np.array([1.0])], np.array([np.nan]))
    line("chi2_survival", [np.array([1.0, 2.0]), np.array([3.0])], None)
    line("f_survival", [-1.0, 2.0, np.array([1.0])], np.array([np.nan]))
    line("f_survival", [1.0, 2.0, np.array([1j])], None)


if __name__ == "__main__":
    main()
