//! A dataset as chunks that others can refer to.

use super::super::references::export::{self, Referable, Target};
use super::chunks::{Stored, StoredChunk};
use super::{Hdf5, failed, region};
use crate::Error;

impl Hdf5 {
    /// The dataset's own chunks, or its bytes as one.
    pub(in super::super) fn referable(&self) -> Result<Referable, Error> {
        let path = &self.path;
        let corrupt = |error| failed(path, &format!("`{}`", self.dataset.name()), error);
        let packings = self.packings().map_err(corrupt)?.map_err(|number| {
            export::cannot(
                path,
                format!("its chunks are packed with the filter {number}, which only HDF5 has"),
            )
        })?;
        let shape = self.dataset.shape().to_vec();
        let file = export::name_of_file(&self.file)?;
        let mut chunks: Vec<u64> = shape.iter().map(|length| (*length).max(1)).collect();
        let only = vec![0; shape.len()];
        let nbytes = region::nbytes(self.dtype, &shape).unwrap_or(u64::MAX);
        let blocks = match self.stored().map_err(corrupt)? {
            _ if shape.contains(&0) => Vec::new(),
            Stored::Elsewhere => return Err(export::cannot(path, "its elements are in other files")),
            Stored::Within(bytes) => vec![(only, Target::Inline(bytes))],
            Stored::Piece(None) => Vec::new(),
            Stored::Piece(Some(offset)) => vec![(only, Target::Part { file, offset, nbytes })],
            Stored::Chunks(stored) => {
                let lengths = self.dataset.chunks().unwrap_or_default();
                chunks = lengths.into_iter().map(|length| u64::from(length).max(1)).collect();
                let block = |chunk: StoredChunk| match chunk.is_partly_packed {
                    true => {
                        let block = region::tuple(&chunk.block);
                        Err(export::cannot(
                            path,
                            format!("the chunk at {block} is not packed as the others are"),
                        ))
                    }
                    false => {
                        let (offset, nbytes) = (chunk.offset, chunk.nbytes);
                        Ok((chunk.block, Target::Part { file: file.clone(), offset, nbytes }))
                    }
                };
                stored.into_iter().map(block).collect::<Result<_, _>>()?
            }
        };
        let fill = self.info().fill_value.map(|fill| fill.data().to_vec());
        // Zeros need no fill value, and other readers would take them for numbers that stand for nothing.
        let fill = fill.filter(|fill| fill.iter().any(|byte| *byte != 0));
        let (dtype, big_endian) = (self.dtype, self.big_endian);
        Ok(Referable { dtype, big_endian, fortran_order: false, shape, chunks, packings, fill, blocks })
    }
}
