//! Fourier transforms of blocks, against NumPy and SciPy.

use gristmill_data::DType;
use gristmill_data::number::Complex64;

use super::*;
use crate::array::testing::{check, refused, sample};
use crate::s;

#[test]
fn transforms_are_those_of_numpy() {
    use Norm::{Backward, Forward, Ortho};
    use Transform::{Fft, Hfft, Ifft, Ihfft, Irfft, Rfft};
    check(include_str!("tests.json"), 1e-6, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks) / 4;
        let z = &x + x.flipud() * Complex64::new(0.0, 1.0);
        let c = sample(&[4, 3, 6], [chunks[0], 2, chunks[1]]);
        let single = z.astype(DType::Complex64);
        let cut = [chunks[0]];
        vec![
            ("fft", x.fft(0)),
            ("fft of complex", z.fft(-1)),
            ("fft of integers", c.fft(1)),
            ("fft of booleans", x.gt(0).fft(1)),
            ("fft of single", single.fft(1)),
            ("fft cut off", x.fourier(Fft, 0, Some(&[3]), Backward)),
            ("fft continued", z.fourier(Fft, 1, Some(&[8]), Ortho)),
            ("ifft", z.ifft(0)),
            ("ifft forward", z.fourier(Ifft, 0, Some(&[5]), Forward)),
            ("rfft", x.rfft(0)),
            ("rfft odd", x.astype(DType::Float32).fourier(Rfft, 1, Some(&[7]), Forward)),
            ("irfft", z.irfft(0)),
            ("irfft odd", z.fourier(Irfft, 1, Some(&[7]), Backward)),
            ("irfft of single", single.irfft(1)),
            ("hfft", z.hfft(0)),
            ("hfft odd", z.fourier(Hfft, 1, Some(&[7]), Ortho)),
            ("ihfft", x.ihfft(0)),
            ("ihfft of integers", c.fourier(Ihfft, 2, Some(&[4]), Backward)),
            ("fft2", c.fft2()),
            ("ifft2", z.ifft2()),
            ("rfft2", x.rfft2()),
            ("irfft2", z.irfft2()),
            ("fftn", c.fftn(())),
            ("fftn of two axes", c.fftn([2, 0])),
            ("fftn of lengths", c.fourier(Fft, [0, 1], Some(&[3, 5]), Ortho)),
            ("ifftn", c.ifftn([0, 1])),
            ("rfftn", c.rfftn(())),
            ("rfftn backwards", c.rfftn([2, 0])),
            ("rfftn of lengths", c.fourier(Rfft, [1, 0], Some(&[7, 4]), Forward)),
            ("irfftn", c.irfftn(())),
            ("irfftn of lengths", c.fourier(Irfft, [2, 1], Some(&[5, 3]), Backward)),
            ("hfft of two axes", z.fourier(Hfft, (), None, Backward)),
            ("ihfft of two axes", x.fourier(Ihfft, (), None, Backward)),
            ("there and back", x.rfftn(()).fourier(Irfft, (), Some(&[6, 5]), Backward)),
            ("fftshift", c.fftshift(())),
            ("fftshift of an axis", x.fftshift(1)),
            ("ifftshift", x.ifftshift(())),
            ("ifftshift of axes", c.ifftshift([1, 2])),
            ("fftfreq", Array::fftfreq(10, 0.3, cut)),
            ("fftfreq odd", Array::fftfreq(7, 1.0, cut)),
            ("fftfreq of one", Array::fftfreq(1, 2.0, cut)),
            ("rfftfreq", Array::rfftfreq(10, 0.3, cut)),
            ("rfftfreq odd", Array::rfftfreq(7, 1.0, cut)),
        ]
    });
}

#[test]
fn other_axes_stay_cut_as_they_are() {
    let x = sample(&[8, 12, 10], [2, 3, 5]);
    assert_eq!(x.fft(1).numblocks(), [4, 1, 2]);
    assert_eq!(x.rfft(2).grid().chunks(2), [6]);
    // Each axis hands its chunks on to the one before: no block is larger than along one axis.
    assert_eq!(x.fftn(()).numblocks(), [1, 4, 4]);
    assert_eq!(x.irfftn([0, 1]).numblocks(), [4, 1, 2]);
}

#[test]
fn what_cannot_be_transformed_is_refused() {
    let x = sample(&[6, 5], 4);
    let z = x.fft(0);
    refused(&x.fft(2), "no axis 2");
    refused(&x.slice(s![0]).fft2(), "no axis -2");
    refused(&x.fftn([0, -2]), "twice");
    refused(&x.sum(()).fftn(()), "no axis");
    refused(&x.slice(s![..0]).fft(0), "number of data points");
    refused(&x.slice(s![.., ..1]).irfft(1), "number of data points");
    refused(&x.fourier(Transform::Fft, [0, 1], Some(&[4, 0]), Norm::Ortho), "number of data points");
    refused(&x.fourier(Transform::Fft, (), Some(&[4]), Norm::Ortho), "lengths [4] are given for axes [0, 1]");
    refused(&z.rfft(1), "complex128");
    refused(&z.ihfft(1), "complex128");
    refused(&x.astype(DType::Timedelta64Ns).fft(0), "timedelta64");
    let some = x.compress(&x.slice(s![.., 0]).gt(0), 0);
    refused(&some.fft(0), "known only when it is computed");
    refused(&some.fftshift(()), "known only when it is computed");
    refused(&x.fftshift(2), "no axis 2");
    refused(&Array::fftfreq(0, 1.0, 4), "no frequencies");
    refused(&Array::rfftfreq(8, 0.0, 4), "no frequencies");
}
