"""The table of `tests.rs`; see `numpy_table.py`."""

import sys
import warnings

import numpy as np
from scipy import stats

sys.path.append("..")
from numpy_table import write  # noqa: E402

warnings.simplefilter("ignore")
idx = np.arange(120)
y = ((idx * 11) % 17 / 4).reshape(24, 5)
other = ((idx * 7) % 19 / 5 + 0.3).reshape(24, 5)
third = ((idx * 5) % 13 / 3).reshape(24, 5)
counts = ((idx * 37) % 23 + 20).reshape(24, 5)
cases = {}


def add(name, result):
    cases[f"{name} statistic"] = result.statistic
    cases[f"{name} pvalue"] = np.asarray(result.pvalue, "float64")


for axis in [None, 0, 1]:
    add(f"ttest_1samp {axis}", stats.ttest_1samp(y, 1.7, axis=axis))
    add(f"ttest_ind {axis}", stats.ttest_ind(y, other, axis=axis))
    add(f"ttest_ind unequal {axis}", stats.ttest_ind(y, other, axis=axis, equal_var=False))
    add(f"ttest_rel {axis}", stats.ttest_rel(y, other, axis=axis))
    add(f"chisquare {axis}", stats.chisquare(counts, axis=axis))
    add(f"f_oneway {axis}", stats.f_oneway(y, other, third, axis=axis))
add("ttest_ind of lengths", stats.ttest_ind(y, other[:9], axis=0))
add("chisquare expected", stats.chisquare(counts, counts[::-1], 1, axis=0))
for axis in [None, 0]:
    add(f"normaltest {axis}", stats.normaltest(y, axis=axis))
cases["normaltest of few"] = np.full(24, np.nan)
write(cases)
