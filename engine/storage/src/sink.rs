//! Results written whole or not at all.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use gristmill_data::arrow::schema::ArrowError;
use gristmill_data::{Partition, Value};

use crate::Error;
use crate::temporary::Temporary;
use crate::text::{to_json, to_json_rows};

/// The extensions that [`write_value`] knows.
const FORMATS: [&str; 6] = ["json", "csv", "jsonl", "ndjson", "arrow", "ipc"];

/// Whether a result can be written at `path`, as far as that is known before there is one: the extension names a
/// format, the folder is there, and the path is no folder itself.
///
/// # Errors
/// [`Error::UnknownFormat`], [`Error::NoFolder`] or [`Error::NotAFile`].
pub fn check_sink(path: &Path) -> Result<(), Error> {
    let extension = extension(path);
    if !FORMATS.iter().any(|format| extension.as_deref() == Some(format)) {
        return Err(Error::UnknownFormat { path: path.to_owned() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            Err(Error::NoFolder { path: path.to_owned(), folder: folder.to_owned() })
        }
        _ if path.is_dir() => Err(Error::NotAFile { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Writes a result in the format that the file's extension names: `csv`, `jsonl` or `arrow` for tables, `json` for
/// anything. The file is there whole, or as it was before.
///
/// # Errors
/// [`Error::UnknownFormat`], [`Error::NotATable`], [`Error::Format`], [`Error::DiskFull`] or [`Error::Io`].
pub fn write_value(path: &Path, value: &Value) -> Result<(), Error> {
    let extension = extension(path);
    let table = |format: &str| match value {
        Value::Partition(partition) => Ok(partition),
        other => Err(Error::NotATable {
            path: path.to_owned(),
            format: format.to_owned(),
            given: other.type_of().to_string(),
        }),
    };
    match extension.as_deref() {
        Some("json") => write_atomic(path, format!("{:#}\n", to_json(value)).as_bytes()),
        Some("csv") => {
            let batch = table("csv")?.batch();
            write_with(path, |out| write_csv(out, batch))
        }
        Some("jsonl" | "ndjson") => {
            let partition = table("jsonl")?;
            write_with(path, |out| write_json_lines(out, partition))
        }
        Some("arrow" | "ipc") => {
            let batch = table("arrow")?.batch();
            write_with(path, |out| write_arrow(out, batch))
        }
        _ => Err(Error::UnknownFormat { path: path.to_owned() }),
    }
}

/// Writes the rows of a partition, in a format of text: `csv` or `jsonl`.
///
/// # Errors
/// When `out` takes no more, a column has no form there, or it is no such format.
pub fn write_rows(out: &mut impl Write, format: &str, rows: &Partition) -> std::io::Result<()> {
    let written = match format {
        "csv" => arrow_csv::Writer::new(out).write(rows.batch()).map_err(failure),
        "jsonl" => to_json_rows(rows).try_for_each(|row| writeln!(out, "{row}").map_err(Failure::Io)),
        _ => Err(Failure::Format(format!("rows are written as csv or jsonl, not as {format}"))),
    };
    written.map_err(|failure| match failure {
        Failure::Io(error) => error,
        Failure::Format(reason) => std::io::Error::other(reason),
    })
}

/// The extension, in small letters.
fn extension(path: &Path) -> Option<String> {
    path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase())
}

/// Writes a file so that it is there whole, or as it was before.
///
/// # Errors
/// [`Error::DiskFull`] or [`Error::Io`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |out| out.write_all(bytes).map_err(Failure::Io))
}

/// Lets `write` fill a file, which is there whole when that has gone well, or as it was before.
///
/// # Errors
/// That of `write`, or why the file cannot be written.
pub fn write_whole<T, E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> Result<T, E>,
) -> Result<T, E> {
    let temporary = Temporary::beside(path);
    let file = fs::File::create_new(temporary.path()).map_err(Error::io("write", path))?;
    let mut out = BufWriter::new(file);
    let outcome = write(&mut out)?;
    let flushed = out.flush();
    flushed.map_err(Error::write(path, written_nbytes(&out)))?;
    out.get_ref().sync_all().map_err(Error::write(path, written_nbytes(&out)))?;
    fs::rename(temporary.path(), path).map_err(Error::io("write", path))?;
    Ok(outcome)
}

fn written_nbytes(out: &BufWriter<fs::File>) -> u64 {
    out.get_ref().metadata().map_or(0, |meta| meta.len())
}

/// What stops a writer: the disk, or the data.
enum Failure {
    Io(std::io::Error),
    Format(String),
}

type Out = BufWriter<fs::File>;

/// Lets `write` fill a temporary file beside `path`, which then takes its place.
fn write_with(path: &Path, write: impl FnOnce(&mut Out) -> Result<(), Failure>) -> Result<(), Error> {
    write_whole(path, |out| {
        write(out).map_err(|failure| match failure {
            Failure::Io(source) => Error::write(path, written_nbytes(out))(source),
            Failure::Format(reason) => Error::Format { path: path.to_owned(), reason },
        })
    })
}

fn write_csv(out: &mut Out, batch: &RecordBatch) -> Result<(), Failure> {
    arrow_csv::Writer::new(out).write(batch).map_err(failure)
}

fn write_json_lines(out: &mut Out, partition: &Partition) -> Result<(), Failure> {
    to_json_rows(partition).try_for_each(|row| writeln!(out, "{row}").map_err(Failure::Io))
}

fn write_arrow(out: &mut Out, batch: &RecordBatch) -> Result<(), Failure> {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(out, batch.schema_ref()).map_err(failure)?;
    writer.write(batch).and_then(|()| writer.finish()).map_err(failure)
}

fn failure(error: ArrowError) -> Failure {
    match error {
        ArrowError::IoError(_, source) => Failure::Io(source),
        other => Failure::Format(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
