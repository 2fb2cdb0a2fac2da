//! Elements in other places: other orders of axes, slices, blocks cut anew, parts of neighbours.

use gristmill_data::{ChunkRuns, DType, Span, Value};
use gristmill_kernels::{
    Args, Moves, grid_and_block, overlap_depths, overlap_moves, overlap_strip, select_moves, transpose_moves,
    trim_overlap_moves,
};

use super::{Unit, Work, described, list};
use crate::Error;
use crate::array::DeviceArray;
use crate::kernels::{Reach, Selection, overlap, select, transpose, trim_overlap};
use crate::session::Session;

/// Whatever is moved is read once and written once.
fn moved(args: Args<'_>, dtype: DType, moves: &Moves) -> Work {
    let work = Work::new(args.values).also(Unit::Move, &moves.shape).result(dtype, &moves.shape);
    Work { n_dispatches: moves.moves.len() as u32, ..work }
}

fn shapes(blocks: &[Value]) -> Result<Vec<&[u64]>, Error> {
    blocks.iter().map(|block| described(block).map(|(_, shape)| shape)).collect()
}

fn arrays(session: &Session<'_>, blocks: &[Value]) -> Result<Vec<DeviceArray>, Error> {
    blocks.iter().map(|block| session.array(block)).collect()
}

pub(super) fn transpose_work(args: Args<'_>) -> Result<Work, Error> {
    let (dtype, shape) = described(args.value(1))?;
    Ok(moved(args, dtype, &transpose_moves(&args.ints(0)?, shape)?))
}

pub(super) fn run_transpose(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let array = session.array(args.value(1))?;
    session.give(transpose(session.device, &args.ints(0)?, &array, session.tenant)?)
}

/// A slice: how its array is cut, where it begins and what its steps are, and its block that is wanted.
struct Slice {
    of: ChunkRuns,
    starts: Vec<i64>,
    steps: Vec<i64>,
    block: Vec<Span>,
}

fn slice(args: Args<'_>) -> Result<Slice, Error> {
    let (_, block) = grid_and_block(args, 4, 5)?;
    Ok(Slice { of: args.text(1)?.parse()?, starts: args.ints(2)?, steps: args.ints(3)?, block })
}

pub(super) fn select_work(args: Args<'_>) -> Result<Work, Error> {
    let Slice { of, starts, steps, block } = slice(args)?;
    let shapes = shapes(list(args, 6)?)?;
    Ok(moved(args, args.dtype(0)?, &select_moves(&of, &starts, &steps, &block, &shapes)?))
}

pub(super) fn run_select(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let Slice { of, starts, steps, block } = slice(args)?;
    let selection = Selection { grid: &of, starts: &starts, steps: &steps, block: &block };
    let blocks = arrays(session, list(args, 6)?)?;
    session.give(select(session.device, args.dtype(0)?, selection, &blocks, session.tenant)?)
}

pub(super) fn overlap_work(args: Args<'_>) -> Result<Work, Error> {
    let (dtype, grid): (DType, ChunkRuns) = (args.dtype(0)?, args.text(1)?.parse()?);
    let (depths, strip) = (overlap_depths(args, 3, dtype)?, overlap_strip(args, 5)?);
    let shapes = shapes(list(args, 6)?)?;
    Ok(moved(args, dtype, &overlap_moves(&grid, args.size(2)?, &depths, strip, &shapes)?))
}

pub(super) fn run_overlap(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (dtype, grid): (DType, ChunkRuns) = (args.dtype(0)?, args.text(1)?.parse()?);
    let (depths, strip) = (overlap_depths(args, 3, dtype)?, overlap_strip(args, 5)?);
    let reach = Reach { grid: &grid, index: args.size(2)?, depths: &depths };
    let blocks = arrays(session, list(args, 6)?)?;
    session.give(overlap(session.device, dtype, reach, strip, &blocks, session.tenant)?)
}

pub(super) fn trim_work(args: Args<'_>) -> Result<Work, Error> {
    let (grid, (dtype, shape)): (ChunkRuns, _) = (args.text(0)?.parse()?, described(args.value(4))?);
    let depths = overlap_depths(args, 2, dtype)?;
    Ok(moved(args, dtype, &trim_overlap_moves(&grid, args.size(1)?, &depths, shape)?))
}

pub(super) fn run_trim(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (grid, block): (ChunkRuns, _) = (args.text(0)?.parse()?, session.array(args.value(4))?);
    let depths = overlap_depths(args, 2, block.dtype)?;
    let reach = Reach { grid: &grid, index: args.size(1)?, depths: &depths };
    session.give(trim_overlap(session.device, reach, &block, session.tenant)?)
}
