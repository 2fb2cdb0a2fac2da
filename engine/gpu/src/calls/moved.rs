//! Elements in other places: other orders of axes, slices, blocks cut anew, parts of neighbours.

use gristmill_data::{ChunkRuns, DType, Value};
use gristmill_kernels::{
    Args, Moves, overlap_depths, overlap_moves, overlap_strip, select_moves, transpose_moves,
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

pub(super) fn select_work(args: Args<'_>) -> Result<Work, Error> {
    let (of, grid): (ChunkRuns, ChunkRuns) = (args.text(1)?.parse()?, args.text(4)?.parse()?);
    let block = grid.block(args.size(5)?).ok_or_else(|| Error::unsupported("no such block"))?;
    let shapes = shapes(list(args, 6)?)?;
    Ok(moved(args, args.dtype(0)?, &select_moves(&of, &args.ints(2)?, &args.ints(3)?, &block, &shapes)?))
}

pub(super) fn run_select(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (of, grid): (ChunkRuns, ChunkRuns) = (args.text(1)?.parse()?, args.text(4)?.parse()?);
    let block = grid.block(args.size(5)?).ok_or_else(|| Error::unsupported("no such block"))?;
    let selection = Selection { grid: &of, starts: &args.ints(2)?, steps: &args.ints(3)?, block: &block };
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
