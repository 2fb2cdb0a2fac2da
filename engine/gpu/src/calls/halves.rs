//! Calls done in halves, where a device has no room for all of it at once: results come back half by half.

use gristmill_data::{Chunk, Memory, Value, broadcast_shapes};
use gristmill_kernels::Args;
use gristmill_kernels::expr::Expr;

use crate::Error;
use crate::kernels;
use crate::session::Session;

/// A half that still has no room is halved again, so often.
const DEPTH_MAX: u32 = 6;

/// An element-wise program, cut along the first axis.
pub(super) fn elementwise(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let expr: Expr = args.parsed(0)?;
    // On the host: what is on the device would be in the way of the halves.
    let inputs = super::list(args, 1)?.iter().map(super::host_chunk).collect::<Result<Vec<_>, _>>()?;
    let halved = Halved { session, expr: &expr };
    halved.run(&inputs, 0).map(Value::Chunk)
}

struct Halved<'a> {
    session: &'a Session<'a>,
    expr: &'a Expr,
}

impl Halved<'_> {
    fn run(&self, inputs: &[Chunk], depth: u32) -> Result<Chunk, Error> {
        match if depth == 0 { None } else { Some(self.whole(inputs)) } {
            Some(Err(full @ Error::OutOfMemory { .. })) if depth >= DEPTH_MAX => return Err(full),
            None | Some(Err(Error::OutOfMemory { .. })) => {}
            Some(other) => return other,
        }
        let shapes: Vec<&[u64]> = inputs.iter().map(Chunk::shape).collect();
        let shape = broadcast_shapes(&shapes)?;
        let n_rows = shape.first().copied().unwrap_or(1);
        if n_rows < 2 {
            return Err(Error::unsupported("one row alone has no room"));
        }
        let mut data =
            Memory::new(gristmill_data::n_elements(&shape)? as usize * self.expr.dtype().itemsize());
        let mut rest = data.as_mut_slice();
        for (first, end) in [(0, n_rows / 2), (n_rows / 2, n_rows)] {
            let rows = |chunk: &Chunk| rows_of(chunk, shape.len(), n_rows, first, end);
            let half = self.run(&inputs.iter().map(rows).collect::<Result<Vec<_>, _>>()?, depth + 1)?;
            let (to, after) = rest
                .split_at_mut_checked(half.data().len())
                .ok_or_else(|| Error::unsupported("halves that are no halves"))?;
            to.copy_from_slice(half.data());
            rest = after;
        }
        Ok(Chunk::try_new(self.expr.dtype(), &shape, data.into_buffer(), None)?)
    }

    fn whole(&self, inputs: &[Chunk]) -> Result<Chunk, Error> {
        let values: Vec<Value> = inputs.iter().cloned().map(Value::Chunk).collect();
        let operands = self.session.operands(&values)?;
        let array = kernels::elementwise(self.session.device, self.expr, &operands, self.session.tenant)?;
        self.session.land(&array)
    }
}

/// These rows of an input that has the result's rows; all of one that is stretched along them.
fn rows_of(chunk: &Chunk, ndim: usize, n_rows: u64, first: u64, end: u64) -> Result<Chunk, Error> {
    match chunk.shape().split_first() {
        Some((&own, inner)) if chunk.ndim() == ndim && own == n_rows => {
            let row = inner.iter().product::<u64>();
            let shape: Vec<u64> = [end - first].into_iter().chain(inner.iter().copied()).collect();
            Ok(chunk.part((first * row) as usize, &shape)?)
        }
        _ => Ok(chunk.clone()),
    }
}
