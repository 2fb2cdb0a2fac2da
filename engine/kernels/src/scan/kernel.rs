//! The kernels `scan`, `scan_total`, `scan_totals` and `scan_apply`, with values for arguments.

use gristmill_data::{Type, Value};

use super::{scan, scan_apply, scan_total, scan_totals};
use crate::Error;
use crate::blocks::{Args, array_kernel};
use crate::registry::{Kernel, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let (kind, axis) = (|| param("scan", Type::Text), || param("axis", Type::Int));
    let chunk = |name| param(name, Type::ANY_ARRAY);
    let totals = vec![kind(), param("totals", Type::list_of(Type::ANY_ARRAY))];
    vec![
        array_kernel(
            "scan",
            "A block with running values along an axis in place of its elements.",
            vec![kind(), axis(), chunk("of")],
            scan_value,
        ),
        array_kernel(
            "scan_total",
            "The total of a scanned block, of length 1 along the axis.",
            vec![kind(), axis(), chunk("scanned")],
            scan_total_value,
        ),
        array_kernel(
            "scan_totals",
            "The total of several blocks in a row, of theirs.",
            totals,
            scan_totals_value,
        ),
        array_kernel(
            "scan_apply",
            "A scanned block with the total of all blocks before it merged in.",
            vec![kind(), axis(), chunk("before"), chunk("scanned")],
            scan_apply_value,
        ),
    ]
}

fn scan_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("scan", args);
    scan(args.parsed(0)?, args.axis(1)?, args.chunk(2)?).map(Value::Chunk)
}

fn scan_total_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("scan_total", args);
    scan_total(args.parsed(0)?, args.axis(1)?, args.chunk(2)?).map(Value::Chunk)
}

fn scan_totals_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("scan_totals", args);
    scan_totals(args.parsed(0)?, &args.chunks(1)?).map(Value::Chunk)
}

fn scan_apply_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("scan_apply", args);
    scan_apply(args.parsed(0)?, args.axis(1)?, args.chunk(2)?, args.chunk(3)?).map(Value::Chunk)
}
