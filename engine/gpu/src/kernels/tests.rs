//! Every shader is valid, on a machine without any driver: wgpu's own checks of shaders, pipelines, bindings and calls run
//! on a device that computes nothing.

use gristmill_data::{Chunk, ChunkRuns, DType, Span};
use gristmill_kernels::expr::{ExprBuilder, Op};
use gristmill_kernels::{Beyond, Depth, Distribution, Reduction};

use super::*;
use crate::adapter::noop;
use crate::array::DeviceArray;
use crate::testing::DTYPES;
use crate::wgsl::library;
use crate::{Device, DeviceOptions, Error};

fn device() -> Device {
    Device::open(&noop(), &DeviceOptions::default()).expect("a device that does nothing opens")
}

/// What a kernel says: that it has recorded its shaders, or that it has none for this.
fn valid<T>(what: &str, result: Result<T, Error>) -> bool {
    match result {
        Ok(_) => true,
        Err(Error::Unsupported { .. }) => false,
        Err(error) => panic!("{what}: {error}"),
    }
}

fn array(device: &Device, dtype: DType, shape: &[u64]) -> DeviceArray {
    device.array(dtype, shape, 0).unwrap()
}

#[test]
fn every_operation_of_programs_and_reductions() {
    let device = device();
    let mut n_valid = 0;
    for dtype in DTYPES {
        for &op in Op::ALL.iter().filter(|&&op| op != Op::Cast) {
            let mut builder = ExprBuilder::new();
            let dtypes =
                if op == Op::Where { vec![DType::Boolean, dtype, dtype] } else { vec![dtype; op.arity()] };
            let inputs: Vec<_> = dtypes.iter().map(|&dtype| builder.input(dtype).unwrap()).collect();
            let Ok(result) = builder.apply(op, &inputs) else { continue };
            let expr = builder.finish(result);
            let operands: Vec<Operand> =
                dtypes.iter().map(|&dtype| Operand::Array(array(&device, dtype, &[7, 9]))).collect();
            n_valid += u32::from(valid(&expr.to_string(), elementwise(&device, &expr, &operands, 0)));
        }
        for reduction in ["sum", "prod", "min", "max", "mean", "var:0", "nansum", "nanmax"] {
            let reduction: Reduction = reduction.parse().unwrap();
            let mut builder = ExprBuilder::new();
            let input = builder.input(dtype).unwrap();
            let (expr, operand) = (builder.finish(input), Operand::Array(array(&device, dtype, &[70, 90])));
            for axes in [&[0][..], &[1], &[0, 1]] {
                let result = reduce(&device, reduction, &expr, axes, std::slice::from_ref(&operand), 0);
                n_valid += u32::from(valid(&format!("{reduction} of {dtype}"), result));
            }
        }
    }
    assert!(n_valid > 500, "{n_valid} are too few");
}

#[test]
fn every_shader_by_name() {
    let device = device();
    for dtype in DTYPES {
        let block = array(&device, dtype, &[70, 90]);
        let what = |kernel: &str| format!("{kernel} of {dtype}");
        for kind in ["cumsum", "cumprod", "cummin", "cummax", "nancumsum"] {
            let kind = kind.parse().unwrap();
            for axis in 0..2 {
                valid(&what("scan"), scan(&device, kind, axis, &block, 0));
            }
        }
        assert!(valid(&what("transpose"), transpose(&device, &[1, 0], &block, 0)) || dtype.itemsize() < 4);
        for n in [50, 5000] {
            let row = array(&device, dtype, &[n]);
            valid(&what("sort"), sort(&device, 0, &row, 0));
            valid(&what("argsort"), argsort(&device, 0, &row, 0));
        }
        valid(&what("matmul"), matmul(&device, &block, &array(&device, dtype, &[90, 80]), None, 0));
        valid(&what("convolve"), convolve(&device, &block, &array(&device, dtype, &[3, 3]), 0));
        valid(&what("bincount"), bincount(&device, &array(&device, dtype, &[500]), 10, 0));
        let places = array(&device, DType::Int64, &[11]);
        valid(&what("take"), take(&device, 0, &places, &block, 0));
        let mask = array(&device, DType::Boolean, &[70]);
        valid(&what("compress"), compress(&device, Some(0), &mask, &block, 0));
        for distribution in [
            Distribution::Uniform { low: 0.0, high: 1.0 },
            Distribution::Normal { mean: 0.0, std: 1.0 },
            Distribution::Exponential { scale: 1.0 },
            Distribution::Bits {},
            Distribution::Integers { low: 0, high: 100 },
        ] {
            let draw = Draw {
                distribution: &distribution,
                dtype,
                seed: 1,
                stream: 0,
                array_shape: &[100, 100],
                start: &[10, 10],
                shape: &[30, 20],
            };
            valid(&what("random"), random(&device, &draw, 0));
        }
        let grid: ChunkRuns =
            ChunkRuns::from(&gristmill_data::ChunkGrid::new(vec![vec![70], vec![90]]).unwrap());
        let depths = [1, 2].map(|n| Depth { before: n, after: n, beyond: Beyond::Reflect });
        let reach = Reach { grid: &grid, index: 0, depths: &depths };
        valid(&what("overlap"), overlap(&device, dtype, reach, None, std::slice::from_ref(&block), 0));
    }
    let codes = array(&device, DType::UInt32, &[5000]);
    for dtype in [DType::Int64, DType::Float32, DType::Float64] {
        for n_groups in [10, 100_000] {
            let values = array(&device, dtype, &[5000]);
            for reduction in ["sum", "max", "mean", "count"] {
                let result = group_by(&device, reduction.parse().unwrap(), &codes, n_groups, &values, 0);
                assert!(valid(&format!("{reduction} of groups of {dtype}"), result));
            }
        }
    }
    let keys = array(&device, DType::Int64, &[500]);
    valid("join", join(&device, &keys, &keys, 0));
    let points = array(&device, DType::Float32, &[5000]);
    let edges = Chunk::from_vec(vec![0.0_f32, 0.5, 1.0], &[3]).unwrap();
    assert!(valid("histogram", histogram(&device, &edges, &points, 0)));
    let spans = [Span { chunk: 0, start: 0, length: 500 }];
    assert!(valid(
        "flatnonzero",
        flatnonzero(&device, &spans, &[500], &array(&device, DType::Boolean, &[500]), 0)
    ));
}

/// All functions that shaders share, in one module: none is left out because nothing has named it yet.
#[test]
fn every_shared_function() {
    let text = library::all();
    let module =
        naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::all());
    validator.validate(&module).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
}
