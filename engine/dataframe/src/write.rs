//! Rows written to files.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::csv;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::ipc::writer::FileWriter;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::parquet::arrow::ArrowWriter;
use gristmill_data::Value;
use gristmill_storage::write_whole;

use crate::Error;
use crate::engine::Rows;
use crate::files::NULL_PART;
use crate::task::Target;

/// Folders of one write that are open at a time.
const OPEN_MAX: usize = 256;
/// Bytes that they may hold together before they go to their files.
const OPEN_NBYTES_MAX: usize = 128 << 20;

/// How rows are written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Json,
    Arrow,
    Parquet,
}

fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(Kind::Csv),
        "json" | "jsonl" | "ndjson" => Some(Kind::Json),
        "arrow" | "ipc" | "feather" => Some(Kind::Arrow),
        "parquet" => Some(Kind::Parquet),
        _ => None,
    }
}

/// Whether rows can be written there, as far as that is known before.
///
/// # Errors
/// Why not.
pub(crate) fn check(target: &Target) -> Result<(), Error> {
    let path = Path::new(&target.path);
    let refused = |reason: String| Err(Error::Argument { name: "write", reason });
    let is_file = kind(path).is_some() && target.partition_by.is_empty();
    if !is_file && let Some(extension) = path.extension() {
        return refused(match kind(path) {
            Some(_) => format!("`{}` is one file; columns become folders of a folder", target.path),
            None => format!(
                "`.{}` names no format: a file ends in csv, jsonl, arrow or parquet, and a folder has no such end",
                extension.display()
            ),
        });
    }
    if is_file && path.is_dir() {
        return refused(format!("`{}` is a folder", target.path));
    }
    if !is_file && path.exists() && !target.overwrite {
        return refused(format!("`{}` is there already; ask for `overwrite` to replace it", target.path));
    }
    match path.parent() {
        Some(folder) if !folder.is_dir() => refused(format!("there is no folder `{}`", folder.display())),
        _ => Ok(()),
    }
}

/// Writes all rows, and says how many they were.
pub(crate) fn write(rows: &Rows<'_>, target: &Target) -> PlanResult<Value> {
    check(target)?;
    let path = Path::new(&target.path);
    let n_rows = match kind(path) {
        Some(kind) => {
            let written = write_whole(path, |out| write_file(rows, kind, out).map_err(Failure::Query));
            written.map_err(|failure| match failure {
                Failure::Query(error) => error,
                Failure::Storage(error) => DataFusionError::External(Box::new(Error::from(error))),
            })?
        }
        None => write_folder(rows, path, target)?,
    };
    Ok(Value::UInt(n_rows))
}

/// What a file is written with.
enum Writer<W: std::io::Write + Send> {
    Csv(csv::Writer<W>),
    Json(LineDelimitedWriter<W>),
    Arrow(FileWriter<W>),
    Parquet(ArrowWriter<W>),
}

impl<W: std::io::Write + Send> Writer<W> {
    fn new(kind: Kind, out: W, schema: &SchemaRef) -> PlanResult<Self> {
        Ok(match kind {
            Kind::Csv => {
                let mut writer = csv::Writer::new(out);
                // Without rows there are names all the same.
                writer.write(&RecordBatch::new_empty(schema.clone()))?;
                Self::Csv(writer)
            }
            Kind::Json => Self::Json(LineDelimitedWriter::new(out)),
            Kind::Arrow => Self::Arrow(FileWriter::try_new(out, schema)?),
            Kind::Parquet => Self::Parquet(ArrowWriter::try_new(out, schema.clone(), None)?),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> PlanResult<()> {
        match self {
            Self::Csv(writer) => writer.write(batch)?,
            Self::Json(writer) => writer.write(batch)?,
            Self::Arrow(writer) => writer.write(batch)?,
            Self::Parquet(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    /// What it holds until it goes to the file.
    fn nbytes(&self) -> usize {
        match self {
            Self::Parquet(writer) => writer.memory_size(),
            _ => 0,
        }
    }

    fn finish(self) -> PlanResult<()> {
        match self {
            Self::Csv(_) => {}
            Self::Json(mut writer) => writer.finish()?,
            Self::Arrow(mut writer) => writer.finish()?,
            Self::Parquet(writer) => drop(writer.close()?),
        }
        Ok(())
    }
}

/// Why a file is not there.
enum Failure {
    Query(DataFusionError),
    Storage(gristmill_storage::Error),
}

impl From<gristmill_storage::Error> for Failure {
    fn from(error: gristmill_storage::Error) -> Self {
        Self::Storage(error)
    }
}

fn write_file(rows: &Rows<'_>, kind: Kind, out: &mut BufWriter<File>) -> PlanResult<u64> {
    let mut writer = Writer::new(kind, out, &rows.schema())?;
    let mut n_rows = 0;
    rows.for_each(|batch| {
        n_rows += batch.num_rows() as u64;
        writer.write(&batch)
    })?;
    writer.finish()?;
    Ok(n_rows)
}

/// A folder of Parquet files, made under another name beside it and renamed when it is whole.
fn write_folder(rows: &Rows<'_>, path: &Path, target: &Target) -> PlanResult<u64> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let io = |error: std::io::Error| DataFusionError::IoError(error);
    // A name that no other writer has, in this process or another: a number drawn for each.
    let drawn = RandomState::new().hash_one(std::process::id());
    let beside = |end: &str| parent.join(format!(".{name}.{drawn:016x}.{end}"));
    std::fs::create_dir(beside("part")).map_err(io)?;
    let making = Scratch(beside("part"));
    let mut folder =
        Folder { root: making.0.clone(), by: target.partition_by.clone(), open: Vec::new(), n_files: 0 };
    let mut n_rows = 0;
    rows.for_each(|batch| {
        n_rows += batch.num_rows() as u64;
        folder.write(&batch)
    })?;
    if folder.n_files == 0 {
        // A table without rows has columns all the same.
        let bare = folder.split(&RecordBatch::new_empty(rows.schema()))?.0;
        folder.write_to("", &bare)?;
    }
    folder.finish()?;
    let old = (target.overwrite && path.exists()).then(|| beside("old"));
    if let Some(old) = &old {
        std::fs::rename(path, old).map_err(io)?;
    }
    if let Err(error) = std::fs::rename(&making.0, path) {
        // What was there comes back.
        if let Some(old) = &old {
            std::fs::rename(old, path).map_err(io)?;
        }
        return Err(io(error));
    }
    drop(old.map(Scratch));
    Ok(n_rows)
}

/// A folder that goes with this.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed has a name that readers leave out.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Files below a folder, by what their columns say.
struct Folder {
    root: PathBuf,
    by: Vec<String>,
    /// Those used last at the end.
    open: Vec<(String, Writer<BufWriter<File>>)>,
    n_files: usize,
}

impl Folder {
    fn write(&mut self, batch: &RecordBatch) -> PlanResult<()> {
        let (rest, keys) = self.split(batch)?;
        if keys.is_empty() {
            return self.write_to("", &rest);
        }
        let mut rows_of: std::collections::BTreeMap<String, Vec<u32>> = std::collections::BTreeMap::new();
        for row in 0..batch.num_rows() {
            let parts = self.by.iter().zip(&keys).map(|(name, key)| {
                let texts = key.as_string::<i32>();
                let value = if texts.is_null(row) { NULL_PART } else { texts.value(row) };
                format!("{}={}", escaped(name), escaped(value))
            });
            rows_of.entry(parts.collect::<Vec<_>>().join("/")).or_default().push(row as u32);
        }
        for (place, rows) in rows_of {
            let rows = UInt32Array::from(rows);
            let columns = rest.columns().iter().map(|column| take(column, &rows, None));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            self.write_to(&place, &RecordBatch::try_new(rest.schema(), columns)?)?;
        }
        Ok(())
    }

    /// The columns that stay in files, and those that become folders, as texts.
    fn split(&self, batch: &RecordBatch) -> PlanResult<(RecordBatch, Vec<ArrayRef>)> {
        let schema = batch.schema();
        let of_folders = self.by.iter().map(|name| {
            let column = batch.column_by_name(name);
            let column =
                column.ok_or_else(|| DataFusionError::Plan(format!("there is no column `{name}`")))?;
            Ok(cast(column, &DataType::Utf8)?)
        });
        let of_folders = of_folders.collect::<PlanResult<Vec<_>>>()?;
        let kept: Vec<usize> =
            (0..schema.fields().len()).filter(|&at| !self.by.contains(schema.field(at).name())).collect();
        Ok((batch.project(&kept)?, of_folders))
    }

    fn write_to(&mut self, place: &str, batch: &RecordBatch) -> PlanResult<()> {
        let at = self.open.iter().position(|(known, _)| known == place);
        let (place, mut writer) = match at {
            Some(at) => self.open.remove(at),
            None => {
                if self.open.len() >= OPEN_MAX {
                    self.open.remove(0).1.finish()?;
                }
                let folder = self.root.join(place);
                std::fs::create_dir_all(&folder)?;
                // A place that was closed for want of room goes on in another file.
                let out = File::create_new(folder.join(format!("part-{:05}.parquet", self.n_files)))?;
                self.n_files += 1;
                (place.to_owned(), Writer::new(Kind::Parquet, BufWriter::new(out), &batch.schema())?)
            }
        };
        writer.write(batch)?;
        self.open.push((place, writer));
        // Those used longest ago go first; their places go on in other files.
        while self.open.len() > 1
            && self.open.iter().map(|(_, writer)| writer.nbytes()).sum::<usize>() > OPEN_NBYTES_MAX
        {
            self.open.remove(0).1.finish()?;
        }
        Ok(())
    }

    fn finish(self) -> PlanResult<()> {
        self.open.into_iter().try_for_each(|(_, writer)| writer.finish())
    }
}

/// A text as part of a path.
fn escaped(text: &str) -> String {
    let plain = |char: char| char.is_alphanumeric() || " -_.,:+@()".contains(char);
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match plain(char) {
            true => out.push(char),
            false => {
                char.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")))
            }
        }
    }
    out
}
