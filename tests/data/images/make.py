"""Filters and wavelets of a stack of images, as SciPy and NumPy compute them: what `tests/images.rs` compares with.

    python make.py > images.json     (NumPy 2.4, SciPy 1.17)
"""

import json

import numpy as np
from scipy import ndimage

N_IMAGES, N_ROWS, N_COLUMNS = 6, 20, 24


def haar(x, axis):
    """Averages of pairs along an axis, and after them half of their differences."""
    first, second = (np.take(x, range(start, x.shape[axis], 2), axis) for start in (0, 1))
    return np.concatenate([(first + second) / 2, (first - second) / 2], axis)


idx = np.arange(N_IMAGES * N_ROWS * N_COLUMNS)
stack = ((idx * 7919 % 1009) / 16).astype("float32").reshape(N_IMAGES, N_ROWS, N_COLUMNS)
smooth = ndimage.gaussian_filter(stack, 1, axes=(1, 2), mode="reflect", truncate=4)
results = {
    "gaussian": smooth,
    "median": ndimage.median_filter(stack, size=(1, 3, 3), mode="reflect"),
    "threshold": np.where(smooth > 30, smooth, 0),
    "haar": haar(haar(haar(smooth.astype("float64"), 0), 1), 2),
}
print(json.dumps({name: result.astype("float64").ravel().tolist() for name, result in results.items()}))
