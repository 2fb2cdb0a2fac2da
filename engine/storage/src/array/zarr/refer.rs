//! A Zarr array as chunks that others can refer to: its files, or the chunks in its shards.

use std::collections::HashSet;

use super::super::references::export::{self, REFERENCES_MAX, Referable, Target};
use super::super::region;
use super::metadata::{Content, Metadata};
use super::shard::Shard;
use super::{Codecs, Zarr};
use crate::Error;

impl Zarr {
    /// Those of its chunks that are there.
    pub(in super::super) fn referable(&self) -> Result<Referable, Error> {
        let path = self.folder.path();
        let Metadata { dtype, shape, file_shape, content, keys, fill, has_fill, .. } = &self.metadata;
        if self.folder.is_reference() {
            return Err(export::cannot(path, "it is read by references already"));
        }
        let n_blocks = shape.iter().zip(file_shape).map(|(length, chunk)| length.div_ceil(*chunk));
        let n_blocks = n_blocks.fold(1, u64::saturating_mul);
        if n_blocks > REFERENCES_MAX {
            let reason =
                format!("it has {n_blocks} chunks, and at most {REFERENCES_MAX} references are made");
            return Err(export::cannot(path, reason));
        }
        // Which of many files are there is asked at once.
        let listed = self.folder.list(usize::try_from(REFERENCES_MAX).unwrap_or(usize::MAX))?;
        let listed: HashSet<String> = listed.into_iter().collect();
        let origin = vec![0; shape.len()];
        let (codecs, chunks) = match content {
            Content::Chunk(codecs) => (codecs, file_shape.clone()),
            Content::Shard(sharding) => (&sharding.codecs, sharding.chunk_shape.clone()),
        };
        let mut blocks = Vec::new();
        for overlap in region::overlaps(&origin, shape, file_shape) {
            let name = keys.name(&overlap.block);
            if !listed.contains(&name) {
                continue;
            }
            let location = self.folder.join(&name);
            let file = export::name_of(&location)?;
            match content {
                Content::Chunk(_) => blocks.push((overlap.block, Target::Whole(file))),
                Content::Shard(sharding) => {
                    let Some(shard) = Shard::open(sharding, &location)? else { continue };
                    let first = overlap.block.iter().zip(file_shape).zip(&chunks);
                    let first: Vec<u64> = first.map(|((block, file), chunk)| block * file / chunk).collect();
                    for inner in region::overlaps(&origin, &overlap.shape, &chunks) {
                        let Some((offset, nbytes)) = shard.place(&inner.block)? else { continue };
                        let along = first.iter().zip(&inner.block);
                        let block = along.map(|(first, within)| first + within).collect();
                        blocks.push((block, Target::Part { file: file.clone(), offset, nbytes }));
                    }
                }
            }
        }
        Ok(Referable {
            dtype: *dtype,
            big_endian: codecs.big_endian,
            fortran_order: fortran_order(codecs, shape.len()).ok_or_else(|| {
                export::cannot(path, "its axes are stored in an order that is neither C nor Fortran")
            })?,
            shape: shape.clone(),
            chunks,
            packings: codecs.packings.clone(),
            fill: has_fill.then(|| fill.clone()),
            blocks,
        })
    }
}

/// `None` for an order that version 2 has no name for.
fn fortran_order(codecs: &Codecs, ndim: usize) -> Option<bool> {
    match &codecs.order {
        None => Some(false),
        Some(order) if order.iter().copied().eq(0..ndim) => Some(false),
        Some(order) if order.iter().copied().eq((0..ndim).rev()) => Some(true),
        Some(_) => None,
    }
}
