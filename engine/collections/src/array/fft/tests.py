"""The table of `tests.rs`; see `numpy_table.py`. SciPy 1.16 has the transforms of more than one axis that NumPy lacks."""

import sys

import numpy as np
import scipy.fft

sys.path.append("..")
from numpy_table import sample, write  # noqa: E402

x = sample(6, 5) / 4
z = x + 1j * x[::-1]
c = sample(4, 3, 6)
write(
    {
        "fft": np.fft.fft(x, axis=0),
        "fft of complex": np.fft.fft(z),
        "fft of integers": np.fft.fft(c, axis=1),
        "fft of booleans": np.fft.fft(x > 0),
        "fft of single": np.fft.fft(z.astype("complex64")),
        "fft cut off": np.fft.fft(x, 3, axis=0),
        "fft continued": np.fft.fft(z, 8, axis=1, norm="ortho"),
        "ifft": np.fft.ifft(z, axis=0),
        "ifft forward": np.fft.ifft(z, 5, axis=0, norm="forward"),
        "rfft": np.fft.rfft(x, axis=0),
        "rfft odd": np.fft.rfft(x.astype("float32"), 7, norm="forward"),
        "irfft": np.fft.irfft(z, axis=0),
        "irfft odd": np.fft.irfft(z, 7),
        "irfft of single": np.fft.irfft(z.astype("complex64")),
        "hfft": np.fft.hfft(z, axis=0),
        "hfft odd": np.fft.hfft(z, 7, norm="ortho"),
        "ihfft": np.fft.ihfft(x, axis=0),
        "ihfft of integers": np.fft.ihfft(c, 4, axis=2),
        "fft2": np.fft.fft2(c),
        "ifft2": np.fft.ifft2(z),
        "rfft2": np.fft.rfft2(x),
        "irfft2": np.fft.irfft2(z),
        "fftn": np.fft.fftn(c),
        "fftn of two axes": np.fft.fftn(c, axes=(2, 0)),
        "fftn of lengths": np.fft.fftn(c, s=(3, 5), axes=(0, 1), norm="ortho"),
        "ifftn": np.fft.ifftn(c, axes=(0, 1)),
        "rfftn": np.fft.rfftn(c),
        "rfftn backwards": np.fft.rfftn(c, axes=(2, 0)),
        "rfftn of lengths": np.fft.rfftn(c, s=(7, 4), axes=(1, 0), norm="forward"),
        "irfftn": np.fft.irfftn(c),
        "irfftn of lengths": np.fft.irfftn(c, s=(5, 3), axes=(2, 1)),
        "hfft of two axes": scipy.fft.hfftn(z),
        "ihfft of two axes": scipy.fft.ihfftn(x),
        "there and back": np.fft.irfftn(np.fft.rfftn(x), s=x.shape, axes=(0, 1)),
        "fftshift": np.fft.fftshift(c),
        "fftshift of an axis": np.fft.fftshift(x, 1),
        "ifftshift": np.fft.ifftshift(x),
        "ifftshift of axes": np.fft.ifftshift(c, (1, 2)),
        "fftfreq": np.fft.fftfreq(10, 0.3),
        "fftfreq odd": np.fft.fftfreq(7),
        "fftfreq of one": np.fft.fftfreq(1, 2.0),
        "rfftfreq": np.fft.rfftfreq(10, 0.3),
        "rfftfreq odd": np.fft.rfftfreq(7),
    }
)
