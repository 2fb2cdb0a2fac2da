//! Files in pieces that threads share.

use std::fs;
use std::io::{self, Read};

use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::object_store::path::Path;
use memchr::{memchr_iter, memchr2};

use super::{Compression, File, Format};

/// A piece has at least so many bytes: where records begin is found by reading all that is before.
const PIECE_NBYTES_MIN: u64 = 8 << 20;
/// Bytes that are looked at at a time.
const BUFFER_NBYTES: usize = 1 << 20;

/// The file as pieces. Only CSV is cut here: where a record begins only its quotes tell, while the other formats are cut by
/// their own readers.
pub(super) fn of(file: &File, format: Format, n_pieces_max: usize) -> PlanResult<Vec<PartitionedFile>> {
    let location = Path::from_absolute_path(&file.path)
        .map_err(|error| DataFusionError::Execution(format!("`{}` is no path: {error}", file.path)))?;
    let whole = || {
        let mut whole = PartitionedFile::new("", file.nbytes);
        whole.object_meta.location = location.clone();
        whole
    };
    let n_pieces = (file.nbytes / PIECE_NBYTES_MIN).min(n_pieces_max as u64);
    let Format::Csv(dialect) = format else { return Ok(vec![whole()]) };
    if file.compression != Compression::None || n_pieces < 2 {
        return Ok(vec![whole()]);
    }
    let wanted: Vec<u64> = (1..n_pieces).map(|n| file.nbytes / n_pieces * n).collect();
    let mut ends = fs::File::open(&file.path)
        .and_then(|file| record_starts(file, dialect.quote, &wanted))
        .map_err(|error| DataFusionError::Execution(format!("cannot read `{}`: {error}", file.path)))?;
    ends.retain(|&end| end < file.nbytes);
    ends.push(file.nbytes);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    Ok(starts.zip(&ends).map(|(start, &end)| whole().with_range(start as i64, end as i64)).collect())
}

/// Where the first record begins at or after each of these places, in order and without repetition.
fn record_starts(mut file: impl Read, quote: u8, wanted: &[u64]) -> io::Result<Vec<u64>> {
    let mut starts: Vec<u64> = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().copied().peekable();
    let mut buffer = vec![0; BUFFER_NBYTES];
    let (mut offset, mut is_quoted) = (0_u64, false);
    'read: while wanted.peek().is_some() {
        let n_read = file.read(&mut buffer)?;
        let Some(mut rest) = buffer.get(..n_read).filter(|read| !read.is_empty()) else { break };
        while let Some(&place) = wanted.peek() {
            // The bytes before the place only tell whether it is inside of quotes.
            let n_before = usize::try_from(place.saturating_sub(offset)).unwrap_or(usize::MAX);
            let (before, after) = rest.split_at(n_before.min(rest.len()));
            is_quoted ^= memchr_iter(quote, before).count() % 2 == 1;
            offset += before.len() as u64;
            rest = after;
            // A place that is the first byte of a record, too, gives the next one: nobody minds.
            loop {
                let Some(at) = memchr2(quote, b'\n', rest) else {
                    offset += rest.len() as u64;
                    continue 'read;
                };
                let is_end = rest.get(at) == Some(&b'\n') && !is_quoted;
                is_quoted ^= rest.get(at) == Some(&quote);
                offset += at as u64 + 1;
                rest = rest.get(at + 1..).unwrap_or_default();
                if is_end {
                    break;
                }
            }
            starts.push(offset);
            while wanted.next_if(|&place| place <= offset).is_some() {}
        }
    }
    starts.dedup();
    Ok(starts)
}

/// Neighbours together, so that each group has about as many bytes.
pub(super) fn grouped(files: Vec<PartitionedFile>, n_groups: usize) -> Vec<Vec<PartitionedFile>> {
    let total: u64 = files.iter().map(PartitionedFile::effective_size).sum();
    let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new()];
    let mut before = 0;
    for file in files {
        let nbytes = file.effective_size();
        // Where its middle falls is where it goes.
        let group = (before + nbytes / 2) * n_groups as u64 / total.max(1);
        let is_next = group >= groups.len() as u64 && groups.last().is_some_and(|last| !last.is_empty());
        if is_next && groups.len() < n_groups {
            groups.push(Vec::new());
        }
        before += nbytes;
        groups.last_mut().into_iter().for_each(|last| last.push(file.clone()));
    }
    groups.retain(|group| !group.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is quoted, pieces begin where a reader of the whole sees a record begin.
        #[test]
        fn pieces_begin_with_records(
            text in "([a\"\n,]{0,3}|\"[a\n]{0,3}\"|a|\n){0,60}",
            places in proptest::collection::btree_set(0u64..80, 0..6),
        ) {
            let (mut is_quoted, mut begins) = (false, std::collections::BTreeSet::new());
            for (at, byte) in (1u64..).zip(text.bytes()) {
                is_quoted ^= byte == b'"';
                if byte == b'\n' && !is_quoted {
                    begins.insert(at);
                }
            }
            let places: Vec<u64> = places.into_iter().collect();
            let found = record_starts(text.as_bytes(), b'"', &places).unwrap();
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(found.iter().all(|start| begins.contains(start)), "{found:?} of {begins:?}");
            for place in places.iter().filter(|&&place| begins.range(place + 1..).next().is_some()) {
                prop_assert!(found.iter().any(|start| start >= place));
            }
        }
    }

    #[test]
    fn groups_have_about_as_many_bytes() {
        let files =
            |sizes: &[u64]| sizes.iter().map(|&size| PartitionedFile::new("x", size)).collect::<Vec<_>>();
        let sizes = |sizes: &[u64], n| {
            let groups = grouped(files(sizes), n);
            groups
                .iter()
                .map(|group| group.iter().map(|file| file.object_meta.size).sum())
                .collect::<Vec<u64>>()
        };
        assert_eq!(sizes(&[1, 1, 1, 1, 4], 2), [4, 4]);
        assert_eq!(sizes(&[10, 1, 1], 2), [10, 2]);
        assert_eq!(sizes(&[5], 4), [5]);
        assert_eq!(sizes(&[2; 8], 4), [4; 4]);
        assert!(sizes(&[], 3).is_empty());
    }
}
