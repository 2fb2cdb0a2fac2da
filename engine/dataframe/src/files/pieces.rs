//! Files in pieces that threads share.

use std::fs;
use std::io::{self, Read};

use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::datasource::listing::PartitionedFile;
use gristmill_storage::is_remote;

use super::place::located;
use super::records::Scan;
use super::{Compression, File, Format};

/// A piece has at least so many bytes: where records begin is found by reading all that is before.
const PIECE_NBYTES_MIN: u64 = 8 << 20;
/// Bytes that are looked at at a time.
const BUFFER_NBYTES: usize = 1 << 20;

/// The file as pieces. Only CSV is cut here: where a record begins only its quotes tell, while the other formats are cut by
/// their own readers.
pub(super) fn of(file: &File, format: Format, n_pieces_max: usize) -> PlanResult<Vec<PartitionedFile>> {
    let whole = located(file)?;
    let n_pieces = (file.nbytes / PIECE_NBYTES_MIN).min(n_pieces_max as u64);
    let Format::Csv(_) = format else { return Ok(vec![whole]) };
    if file.compression != Compression::None || n_pieces < 2 || is_remote(&file.path) {
        return Ok(vec![whole]);
    }
    let wanted: Vec<u64> = (1..n_pieces).map(|n| file.nbytes / n_pieces * n).collect();
    let mut ends = fs::File::open(&file.path)
        .and_then(|file| record_starts(file, format, &wanted))
        .map_err(|error| DataFusionError::Execution(format!("cannot read `{}`: {error}", file.path)))?;
    ends.retain(|&end| end < file.nbytes);
    ends.push(file.nbytes);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    Ok(starts.zip(&ends).map(|(start, &end)| whole.clone().with_range(start as i64, end as i64)).collect())
}

/// Where the first record begins after each of these places, in order and without repetition.
fn record_starts(mut file: impl Read, format: Format, wanted: &[u64]) -> io::Result<Vec<u64>> {
    let mut starts: Vec<u64> = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().copied().peekable();
    let mut buffer = vec![0; BUFFER_NBYTES];
    let (mut offset, mut scan) = (0_u64, Scan::of(format));
    'read: while wanted.peek().is_some() {
        let n_read = file.read(&mut buffer)?;
        let Some(mut rest) = buffer.get(..n_read).filter(|read| !read.is_empty()) else { break };
        while let Some(&place) = wanted.peek() {
            // The bytes before the place only tell whether it is inside of quotes.
            let n_before = usize::try_from(place.saturating_sub(offset)).unwrap_or(usize::MAX);
            let (before, after) = rest.split_at(n_before.min(rest.len()));
            scan.skip(before);
            offset += before.len() as u64;
            rest = after;
            let Some(end) = rest.iter().position(|&byte| scan.ends_record(byte)) else {
                offset += rest.len() as u64;
                continue 'read;
            };
            offset += end as u64 + 1;
            rest = rest.get(end + 1..).unwrap_or_default();
            starts.push(offset);
            while wanted.next_if(|&place| place <= offset).is_some() {}
        }
    }
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

    use super::super::Dialect;
    use super::*;

    proptest! {
        /// Whatever is quoted, pieces begin where a reader of the whole sees a record begin.
        #[test]
        fn pieces_begin_with_records(
            text in "([a\"\n,]{0,3}|\"[a\n]{0,3}\"|a|\n){0,60}",
            places in proptest::collection::btree_set(0u64..80, 0..6),
        ) {
            let format = Format::Csv(Dialect { has_header: false, ..Dialect::default() });
            // The reader that tells: how many records there are after the first bytes, as it reads them alone.
            let n_records = |text: &str| {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
                reader.records().count()
            };
            let places: Vec<u64> = places.into_iter().collect();
            let found = record_starts(text.as_bytes(), format, &places).unwrap();
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            for &start in &found {
                let (before, after) = text.split_at(start as usize);
                prop_assert_eq!(n_records(before) + n_records(after), n_records(&text), "cut at {}", start);
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
