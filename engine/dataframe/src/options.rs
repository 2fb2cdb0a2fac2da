//! How files are read.

use gristmill_data::ColumnType;

use crate::files::Dialect;

/// How files are read; what is not said is found by looking into them.
///
/// ```
/// use gristmill_dataframe::ReadOptions;
/// use gristmill_data::ColumnType;
/// let options = ReadOptions::new().delimiter(b';').dtype("delay", ColumnType::Float64).parse_dates(&["left_at"]);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub(crate) dialect: Option<Dialect>,
    pub(crate) dtypes: Vec<(String, ColumnType)>,
}

impl ReadOptions {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The character between the fields of CSV, instead of a comma.
    #[must_use]
    pub fn delimiter(self, delimiter: u8) -> Self {
        self.dialect(|dialect| dialect.delimiter = delimiter)
    }

    /// The character around fields of CSV that hold delimiters or newlines, instead of `"`.
    #[must_use]
    pub fn quote(self, quote: u8) -> Self {
        self.dialect(|dialect| dialect.quote = quote)
    }

    /// The first line of CSV is a record as well; columns are called `column_1` and so on.
    #[must_use]
    pub fn no_header(self) -> Self {
        self.dialect(|dialect| dialect.has_header = false)
    }

    /// The type of a column.
    #[must_use]
    pub fn dtype(mut self, column: impl Into<String>, dtype: ColumnType) -> Self {
        self.dtypes.push((column.into(), dtype));
        self
    }

    /// These columns are moments: `2016-01-31T07:00:00`, also with a space, fractions of a second or an offset, or a date alone.
    #[must_use]
    pub fn parse_dates(self, columns: &[&str]) -> Self {
        columns.iter().fold(self, |options, column| options.dtype(*column, ColumnType::Datetime64Ns))
    }

    fn dialect(mut self, change: impl FnOnce(&mut Dialect)) -> Self {
        change(self.dialect.get_or_insert_default());
        self
    }
}
