//! Positions of extremes on a device and on the CPU.

use gristmill_data::DType;
use gristmill_kernels::{Place, arg_reduce as on_cpu};

use super::arg_reduce;
use crate::testing::{self, numbers, ordinary};

#[test]
fn the_first_of_equal_elements_and_nan_before_all() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Int8, DType::UInt16, DType::Int32, DType::Int64, DType::Float32, DType::Float64] {
        for of in ["argmax", "argmin", "nanargmax"] {
            for block in [numbers(dtype, &[7, 40, 3], 1), ordinary(dtype, &[3000], 2)] {
                let ndim = block.ndim();
                let (starts, whole) =
                    (vec![5; ndim], block.shape().iter().map(|n| n + 9).collect::<Vec<_>>());
                let place = Place { starts: &starts, array_shape: &whole };
                for axis in (0..ndim).map(Some).chain([None]) {
                    let of = of.parse().unwrap();
                    let expected = on_cpu(of, axis, place, &block).unwrap();
                    let array = device.copy_in(&block, 0).unwrap();
                    let got = arg_reduce(&device, of, axis, place, &array, 0).unwrap();
                    assert_eq!(got.positions, expected.positions, "{of} of {dtype} along {axis:?}");
                    assert_eq!(got.values.shape(), expected.values.shape());
                    testing::close(&got.values, &expected.values, 0.0).unwrap_or_else(|error| {
                        // Of two zeros either may be found first by the extreme, and the position tells which it is.
                        assert!(error.contains("0.0 and not"), "{of} of {dtype}: {error}");
                    });
                }
            }
        }
    }
}
