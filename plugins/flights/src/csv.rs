//! Flight files: inflated, cut into lines and fields, and parsed into columns, one piece in memory at a time.
//!
//! A field may be quoted; a quoted field may hold commas and doubled quotes, but no line break.

use std::borrow::Cow;
use std::ops::Range;

use gristmill_plugin::{Context, Result, Table, TaskError, TextColumn, log, progress};
use memchr::memchr;

use crate::decimal;
use crate::gzip::GzipReader;
use crate::schema::{self, Kind};

/// The longest line that is read.
const LINE_NBYTES_MAX: usize = 64 << 10;

/// The column names of the file at `path`.
pub(crate) fn header(path: &str) -> Result<Vec<String>> {
    let mut lines = Lines::open(path)?;
    lines.next(|line| Ok(names(line)))?.ok_or_else(|| TaskError::data_corrupt(format!("{path} is empty")))
}

fn names(line: &[u8]) -> Vec<String> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    Fields(Some(line)).map(|field| String::from_utf8_lossy(&field).into_owned()).collect()
}

/// The rows of the file at `path`, whose header must be `expected`; all columns, or those that are wanted.
pub(crate) fn read(path: &str, expected: &str, wanted: Option<&[String]>) -> Result<Table> {
    let mut lines = Lines::open(path)?;
    let header = lines.next(|line| Ok(names(line)))?.unwrap_or_default();
    if !expected.is_empty() && header.join(",") != expected {
        let message =
            format!("{path}: the header is `{}`, the first file's is `{expected}`", header.join(","));
        return Err(TaskError::data_corrupt(message));
    }
    schema::of(&header).context(|| format!("while reading {path}"))?;
    let mut columns = Vec::with_capacity(header.len());
    for name in &header {
        let is_wanted = wanted.is_none_or(|wanted| wanted.contains(name));
        columns.push(if is_wanted { Some(Items::new(schema::kind(name)?)) } else { None });
    }
    while lines.next(|line| row(&header, &mut columns, line))?.is_some() {}
    log!("{path}: {} rows", lines.n_lines.saturating_sub(1));
    let named = header.iter().zip(columns).filter_map(|(name, items)| Some((name, items?)));
    let table = named.fold(Table::builder(), |table, (name, items)| match items {
        Items::Int(items) => table.column(name, items),
        Items::Float(items) => table.column(name, items),
        Items::Text(items) => table.column(name, items),
    });
    let table = table.finish()?;
    match wanted {
        Some(names) => table.select(names),
        None => Ok(table),
    }
}

/// The items of one column so far.
enum Items {
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Text(TextColumn),
}

impl Items {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Int => Self::Int(Vec::new()),
            Kind::Float => Self::Float(Vec::new()),
            Kind::Text => Self::Text(TextColumn::default()),
        }
    }

    /// Whether `field` could be parsed.
    fn push(&mut self, field: &[u8]) -> bool {
        let field = if field == b"NA" { b"" } else { field };
        let Ok(text) = std::str::from_utf8(field) else { return false };
        match self {
            Self::Int(items) => push(items, text, |text| text.parse().ok()),
            Self::Float(items) => push(items, text, decimal::parse),
            Self::Text(items) => {
                items.push((!text.is_empty()).then_some(text));
                true
            }
        }
    }
}

fn push<T>(items: &mut Vec<Option<T>>, text: &str, parse: impl Fn(&str) -> Option<T>) -> bool {
    let item = if text.is_empty() { None } else { parse(text) };
    let is_good = text.is_empty() || item.is_some();
    items.push(item);
    is_good
}

/// Parses one line into the columns.
fn row(header: &[String], columns: &mut [Option<Items>], line: &[u8]) -> Result<()> {
    let mut fields = Fields(Some(line));
    for (name, items) in header.iter().zip(columns) {
        let Some(field) = fields.next() else {
            return Err(TaskError::data_corrupt(format!("the line ends before `{name}`")));
        };
        if let Some(items) = items
            && !items.push(&field)
        {
            return Err(TaskError::data_corrupt(format!("`{}` is no `{name}`", field.escape_ascii())));
        }
    }
    if fields.0.is_some() {
        Err(TaskError::data_corrupt("the line has more fields than the header"))
    } else {
        Ok(())
    }
}

/// The fields of one line; what is left of it.
struct Fields<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Fields<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0?;
        if let Some(quoted) = rest.strip_prefix(b"\"") {
            return Some(self.quoted(quoted));
        }
        let (field, rest) = split_once(rest, b',');
        self.0 = rest;
        Some(Cow::Borrowed(field))
    }
}

impl<'a> Fields<'a> {
    /// A field whose opening quote is gone; a doubled quote stands for one.
    fn quoted(&mut self, mut rest: &'a [u8]) -> Cow<'a, [u8]> {
        let mut field = Cow::Borrowed(&[][..]);
        loop {
            let (part, after) = split_once(rest, b'"');
            if field.is_empty() {
                field = Cow::Borrowed(part)
            } else {
                field.to_mut().extend_from_slice(part)
            }
            match after {
                Some(after) if after.first() == Some(&b'"') => {
                    field.to_mut().push(b'"');
                    rest = after.get(1..).unwrap_or_default();
                }
                after => {
                    self.0 = after.and_then(|after| split_once(after, b',').1);
                    return field;
                }
            }
        }
    }
}

fn split_once(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match memchr(at, bytes) {
        Some(idx) => (bytes.get(..idx).unwrap_or_default(), bytes.get(idx + 1..)),
        None => (bytes, None),
    }
}

/// The lines of a gzipped file.
struct Lines {
    path: String,
    gzip: GzipReader,
    /// Inflated bytes, of which the first `used` have been handed out.
    text: Vec<u8>,
    used: usize,
    n_lines: usize,
}

impl Lines {
    fn open(path: &str) -> Result<Self> {
        let gzip = GzipReader::open(path)?;
        Ok(Self { path: path.to_owned(), gzip, text: Vec::new(), used: 0, n_lines: 0 })
    }

    /// What `parse` makes of the next line that is not empty; none at the end.
    fn next<T>(&mut self, mut parse: impl FnMut(&[u8]) -> Result<T>) -> Result<Option<T>> {
        while let Some(line) = self.next_range()? {
            self.n_lines += 1;
            let line = self.text.get(line).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                let parsed = parse(line);
                if parsed.is_err() {
                    // A damaged file inflates to nonsense before its checksum tells: then the damage is the error.
                    self.gzip.check_rest()?;
                }
                let place = || format!("line {} of {}", self.n_lines, self.path);
                return parsed.map(Some).context(place);
            }
        }
        Ok(None)
    }

    /// Where in `text` the next line is.
    fn next_range(&mut self) -> Result<Option<Range<usize>>> {
        loop {
            let start = self.used;
            let rest = self.text.get(start..).unwrap_or_default();
            if let Some(n) = memchr(b'\n', rest) {
                self.used = start + n + 1;
                return Ok(Some(start..start + n));
            }
            if rest.len() > LINE_NBYTES_MAX {
                let message =
                    format!("{}: line {} has more than {LINE_NBYTES_MAX} bytes", self.path, self.n_lines + 1);
                return Err(TaskError::data_corrupt(message));
            }
            self.text.drain(..start);
            self.used = 0;
            if !self.gzip.read_more(&mut self.text)? {
                self.used = self.text.len();
                return Ok(if self.used == 0 { None } else { Some(0..self.used) });
            }
            progress(self.gzip.fraction());
        }
    }
}
