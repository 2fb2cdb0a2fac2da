//! How the rows of files are written, by their names.

use std::sync::Arc;

use datafusion::common::parsers::CompressionTypeVariant;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::arrow::ArrowFormat;
use datafusion::datasource::file_format::avro::AvroFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::Error;

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    /// Records with a character between their fields.
    Csv(Dialect),
    /// A JSON object a line.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// Apache Avro.
    Avro,
}

/// How records of CSV are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    pub(crate) has_header: bool,
    /// Whether words such as `NA` stand for absent values, as an empty field does.
    pub(crate) has_null_words: bool,
}

/// The words that pandas takes for absent values.
/// <https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html>
pub(crate) const NULL_WORDS: [&str; 18] = [
    " ", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan",
];

impl Dialect {
    /// The fields that are absent values, where these are others than the empty one.
    pub(crate) fn null_regex(self) -> Option<Regex> {
        let words = NULL_WORDS.map(regex::escape).join("|");
        self.has_null_words.then(|| Regex::new(&format!("^({words}|null)?$")).ok()).flatten()
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: b'"', has_header: true, has_null_words: false }
    }
}

/// How a whole file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Compression {
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Compression {
    /// What the end of a name says, and the name without it.
    pub(crate) fn of(path: &str) -> (Self, &str) {
        let ends = [(".gz", Self::Gzip), (".bz2", Self::Bzip2), (".xz", Self::Xz), (".zst", Self::Zstd)];
        let split = |end: &str| {
            let at = path.len().checked_sub(end.len())?;
            path.get(at..)?.eq_ignore_ascii_case(end).then(|| path.get(..at)).flatten()
        };
        ends.into_iter().find_map(|(end, kind)| Some((kind, split(end)?))).unwrap_or((Self::None, path))
    }

    pub(crate) fn file_type(self) -> FileCompressionType {
        FileCompressionType::from(match self {
            Self::None => CompressionTypeVariant::UNCOMPRESSED,
            Self::Gzip => CompressionTypeVariant::GZIP,
            Self::Bzip2 => CompressionTypeVariant::BZIP2,
            Self::Xz => CompressionTypeVariant::XZ,
            Self::Zstd => CompressionTypeVariant::ZSTD,
        })
    }
}

impl Format {
    /// What the end of a name says.
    pub(crate) fn of(path: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownFormat { path: path.to_owned() };
        let (compression, bare) = Compression::of(path);
        let name = bare.rsplit(['/', '\\']).next().unwrap_or(bare);
        let (_, end) = name.rsplit_once('.').ok_or_else(unknown)?;
        let format = match end.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv(Dialect::default()),
            "tsv" => Self::Csv(Dialect { delimiter: b'\t', ..Dialect::default() }),
            "json" | "jsonl" | "ndjson" => Self::Json,
            "parquet" => Self::Parquet,
            "arrow" | "ipc" | "feather" => Self::Arrow,
            "avro" => Self::Avro,
            _ => return Err(unknown()),
        };
        if compression != Compression::None && !format.is_text() { Err(unknown()) } else { Ok(format) }
    }

    /// Whether it may be packed as a whole.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Csv(_) | Self::Json)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv(_) => "CSV",
            Self::Json => "JSON lines",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow IPC",
            Self::Avro => "Avro",
        }
    }

    /// DataFusion's reader; `infer_rows` are looked at to find the types of columns.
    pub(crate) fn reader(self, compression: Compression, infer_rows: usize) -> Arc<dyn FileFormat> {
        match self {
            Self::Csv(dialect) => Arc::new(
                CsvFormat::default()
                    .with_delimiter(dialect.delimiter)
                    .with_quote(dialect.quote)
                    .with_has_header(dialect.has_header)
                    .with_newlines_in_values(true)
                    .with_file_compression_type(compression.file_type()),
            ),
            Self::Json => Arc::new(
                JsonFormat::default()
                    .with_schema_infer_max_rec(infer_rows)
                    .with_file_compression_type(compression.file_type()),
            ),
            Self::Parquet => Arc::new(ParquetFormat::default()),
            Self::Arrow => Arc::new(ArrowFormat),
            Self::Avro => Arc::new(AvroFormat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_a_file_is() {
        assert_eq!(Format::of("a.b/2013-01.csv.GZ").unwrap(), Format::Csv(Dialect::default()));
        assert_eq!(Compression::of("a.b/2013-01.csv.GZ"), (Compression::Gzip, "a.b/2013-01.csv"));
        assert_eq!(Format::of("X.NDJSON").unwrap(), Format::Json);
        assert_eq!(Format::of("x.parquet").unwrap(), Format::Parquet);
        for path in ["x.parquet.gz", "x.txt", "csv", "x.csv/y", "x.gz", ""] {
            assert!(Format::of(path).is_err(), "{path}");
        }
    }
}
