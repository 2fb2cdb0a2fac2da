//! Where a file is not what it should be.

use std::fs;
use std::io::{BufReader, Read};

use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::json::ReaderBuilder as JsonReaderBuilder;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use gristmill_storage::is_remote;

use super::place::plain;
use super::records::Scan;
use super::{Dialect, File, Files, Format};

/// Records after which it is asked whether to go on.
const CHECK_EVERY: usize = 4_096;

impl Files {
    /// What is wrong with the first file with which anything is: the file, and the line where there are lines. Reads all of
    /// them, one by one: nobody waits for anything else when this is asked.
    pub(crate) fn fault(&self, may_go_on: &dyn Fn() -> bool) -> Option<String> {
        self.files.iter().take_while(|_| may_go_on()).find_map(|file| match self.format {
            Format::Csv(dialect) => self.csv_fault(dialect, file, may_go_on),
            Format::Json => self.json_fault(file, may_go_on),
            Format::Parquet if !is_remote(&file.path) => {
                Some(format!("`{}`: {}", file.path, parquet_fault(file, may_go_on)?))
            }
            Format::Parquet | Format::Arrow | Format::Avro => None,
        })
    }

    fn csv_fault(&self, dialect: Dialect, file: &File, may_go_on: &dyn Fn() -> bool) -> Option<String> {
        // A record at a time, so that the first fault is the one that is told.
        let mut reader = ReaderBuilder::new(self.typed_schema())
            .with_header(dialect.has_header)
            .with_delimiter(dialect.delimiter)
            .with_quote(dialect.quote)
            .with_batch_size(1);
        if let Some(regex) = dialect.null_regex() {
            reader = reader.with_null_regex(regex);
        }
        let rows = plain(file).and_then(|text| reader.build(text).map_err(|error| error.to_string()));
        let (n_fine, error) = match rows {
            Err(reason) => return Some(format!("`{}`: {reason}", file.path)),
            Ok(rows) => first_fault(rows, may_go_on)?,
        };
        let line = line_of(file, self.format, n_fine + usize::from(dialect.has_header));
        Some(told(file, line, &self.with_column_named(&error)))
    }

    fn json_fault(&self, file: &File, may_go_on: &dyn Fn() -> bool) -> Option<String> {
        let reader = JsonReaderBuilder::new(self.file_schema()).with_batch_size(1);
        let text = plain(file).map(BufReader::new);
        let rows = text.and_then(|text| reader.build(text).map_err(|error| error.to_string()));
        match rows {
            Err(reason) => Some(format!("`{}`: {reason}", file.path)),
            Ok(rows) => {
                let (n_fine, error) = first_fault(rows, may_go_on)?;
                Some(told(file, line_of(file, self.format, n_fine), &error))
            }
        }
    }

    /// A parser's message, which has a column's number and a line's, with the column's name alone.
    fn with_column_named(&self, error: &str) -> String {
        let named = || {
            let (before, rest) = error.split_once(" for column ")?;
            let (number, rest) = rest.split_once(" at line ")?;
            let name = self.file_schema().fields().get(number.parse::<usize>().ok()?)?.name().clone();
            let after = rest.split_once(". ").map_or("", |(_, after)| after);
            Some(format!("{before} for column `{name}`. {after}"))
        };
        named().unwrap_or_else(|| error.to_owned())
    }
}

fn told(file: &File, line: Option<u64>, error: &str) -> String {
    let error = error.trim_start_matches("Parser error: ").trim_start_matches("Csv error: ");
    match line {
        Some(line) => format!("`{}`, line {line}: {error}", file.path),
        None => format!("`{}`: {error}", file.path),
    }
}

fn parquet_fault(file: &File, may_go_on: &dyn Fn() -> bool) -> Option<String> {
    let opened = fs::File::open(&file.path).map_err(|error| error.to_string());
    let rows = opened.and_then(|file| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file);
        builder.and_then(ParquetRecordBatchReaderBuilder::build).map_err(|error| error.to_string())
    });
    match rows {
        Err(reason) => Some(reason),
        Ok(rows) => first_fault(rows, may_go_on).map(|(_, error)| error),
    }
}

/// The line, from 1, in which a record begins, from 0; empty lines are no records.
fn line_of(file: &File, format: Format, record: usize) -> Option<u64> {
    let (mut line, mut n_before, mut is_empty, mut scan) = (1, 0, true, Scan::of(format));
    for byte in BufReader::with_capacity(1 << 20, plain(file).ok()?).bytes() {
        let byte = byte.ok()?;
        let ends = scan.ends_record(byte);
        if !matches!(byte, b'\n' | b'\r') && is_empty {
            if n_before == record {
                return Some(line);
            }
            n_before += 1;
            is_empty = false;
        }
        line += u64::from(byte == b'\n');
        is_empty |= ends;
    }
    None
}

/// How many were fine, and what is wrong with the next; nothing if it may not go on so long.
fn first_fault<T, E: ToString>(
    items: impl Iterator<Item = Result<T, E>>,
    may_go_on: &dyn Fn() -> bool,
) -> Option<(usize, String)> {
    let mut items = items.enumerate();
    let found = items.find(|(n, item)| item.is_err() || n % CHECK_EVERY == 0 && !may_go_on());
    found.and_then(|(n, item)| Some((n, item.err()?.to_string())))
}
