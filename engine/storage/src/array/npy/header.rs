//! The header of an npy file: a Python dict literal after a magic number, a version and a length.

use std::path::Path;

use gristmill_data::{DType, NDIM_MAX};

use crate::Error;

/// How every npy file begins.
pub(in super::super) const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy leaves room in the header for the longest axis to grow to so many digits.
const GROWTH_DIGITS: usize = 21;
/// The data starts at a multiple of this.
const ALIGNMENT: usize = 64;

/// What the header says, and where the data starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Header {
    pub(in super::super) dtype: DType,
    pub(in super::super) big_endian: bool,
    pub(in super::super) fortran_order: bool,
    pub(in super::super) shape: Vec<u64>,
    pub(in super::super) data_offset: u64,
}

impl Header {
    /// Reads the header from the first bytes of a file.
    pub(super) fn parse(path: &Path, start: &[u8]) -> Result<Self, Error> {
        let corrupt = |reason: String| Error::corrupt(path, "the npy header", reason);
        let cut = || corrupt("it ends early".to_owned());
        let rest =
            start.strip_prefix(MAGIC).ok_or_else(|| corrupt("the magic number is wrong".to_owned()))?;
        let (&[major, _minor], rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (length, rest) = match major {
            1 => rest.split_first_chunk().map(|(length, rest)| (u16::from_le_bytes(*length).into(), rest)),
            2 | 3 => rest.split_first_chunk().map(|(length, rest)| (u32::from_le_bytes(*length), rest)),
            other => return Err(corrupt(format!("there is no version {other} of the format"))),
        }
        .ok_or_else(cut)?;
        let text = usize::try_from(length).ok().and_then(|length| rest.get(..length)).ok_or_else(cut)?;
        let text = std::str::from_utf8(text).map_err(|_| corrupt("it is no text".to_owned()))?;
        let data_offset = (start.len() - rest.len()) as u64 + u64::from(length);
        let fields = Fields::parse(text).map_err(corrupt)?;
        let (dtype, big_endian) = parse_descr(path, fields.descr)?;
        let Fields { fortran_order, shape, .. } = fields;
        Ok(Self { dtype, big_endian, fortran_order, shape, data_offset })
    }

    /// What stands for the header of a file that holds nothing but elements in C order, little-endian.
    pub(in super::super) fn raw(dtype: DType, shape: &[u64]) -> Self {
        Self { dtype, big_endian: false, fortran_order: false, shape: shape.to_vec(), data_offset: 0 }
    }

    /// The header of a C-ordered, little-endian array, byte for byte as NumPy writes it.
    pub(super) fn write(dtype: DType, shape: &[u64]) -> (Self, Vec<u8>) {
        let lengths = super::super::region::tuple(shape);
        let descr = descr(dtype);
        let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {lengths}, }}");
        if let Some(first) = shape.first() {
            let n_spaces = GROWTH_DIGITS.saturating_sub(first.to_string().len());
            text.push_str(&" ".repeat(n_spaces));
        }
        let before = MAGIC.len() + 4;
        let n_spaces = ALIGNMENT - (before + text.len() + 1) % ALIGNMENT;
        text.push_str(&" ".repeat(n_spaces));
        text.push('\n');
        // At most 64 axes of 20 digits: far below 64 KiB.
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let bytes = [MAGIC, &[1, 0], &length.to_le_bytes(), text.as_bytes()].concat();
        let data_offset = bytes.len() as u64;
        (Self { data_offset, ..Self::raw(dtype, shape) }, bytes)
    }
}

/// NumPy's short name of a dtype, little-endian.
pub(in super::super) fn descr(dtype: DType) -> String {
    let kind = match dtype {
        DType::Boolean => return "|b1".to_owned(),
        DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => 'i',
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => 'u',
        DType::Float16 | DType::Float32 | DType::Float64 => 'f',
        DType::Complex64 | DType::Complex128 => 'c',
        DType::Datetime64Ns => return "<M8[ns]".to_owned(),
        DType::Timedelta64Ns => return "<m8[ns]".to_owned(),
    };
    let order = if dtype.itemsize() == 1 { '|' } else { '<' };
    format!("{order}{kind}{}", dtype.itemsize())
}

/// The dtype of NumPy's short name, and whether it is big-endian.
pub(in super::super) fn parse_descr(path: &Path, given: &str) -> Result<(DType, bool), Error> {
    let (big_endian, name) = match given.split_at_checked(1) {
        Some((">", name)) => (true, name),
        Some(("<" | "|" | "=", name)) => (false, name),
        _ => (false, given),
    };
    let is_meant = |dtype: &DType| descr(*dtype).get(1..) == Some(name);
    let dtype = DType::ALL.into_iter().find(is_meant).ok_or_else(|| Error::UnsupportedArray {
        path: path.to_owned(),
        what: format!("the dtype `{given}`"),
        hint: "convert it with NumPy to a boolean, integer, float, complex, datetime64[ns] or timedelta64[ns]",
    })?;
    Ok((dtype, big_endian && dtype.itemsize() > 1))
}

/// The entries of the dict.
struct Fields<'a> {
    descr: &'a str,
    fortran_order: bool,
    shape: Vec<u64>,
}

impl<'a> Fields<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let mut cursor = Cursor(text);
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        cursor.expect('{')?;
        while !cursor.take('}') {
            let key = cursor.text()?;
            cursor.expect(':')?;
            match key {
                "descr" => descr = Some(cursor.descr()?),
                "fortran_order" => fortran_order = Some(cursor.boolean()?),
                "shape" => shape = Some(cursor.shape()?),
                other => return Err(format!("it has an unknown entry `{other}`")),
            }
            if !cursor.take(',') {
                cursor.expect('}')?;
                break;
            }
        }
        let missing = |name: &str| format!("it has no entry `{name}`");
        Ok(Self {
            descr: descr.ok_or_else(|| missing("descr"))?,
            fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
        })
    }
}

/// What is left of the dict's text.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn take(&mut self, wanted: char) -> bool {
        self.0 = self.0.trim_start();
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        let found = |cursor: &Self| cursor.0.chars().take(12).collect::<String>();
        if self.take(wanted) { Ok(()) } else { Err(format!("`{wanted}` was expected at `{}`", found(self))) }
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let quote = if self.take('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.expect('\'')?;
        }
        let (text, rest) = self.0.split_once(quote).ok_or("a text does not end")?;
        self.0 = rest;
        Ok(text)
    }

    /// A dtype's short name, or the list of a record's fields as it stands.
    fn descr(&mut self) -> Result<&'a str, String> {
        let list = self.0.trim_start();
        if !list.starts_with('[') {
            return self.text();
        }
        let mut depth = 0_i32;
        let end = list.find(|char| {
            depth += i32::from(char == '[') - i32::from(char == ']');
            depth == 0
        });
        let (list, rest) = list.split_at(end.ok_or("a list does not end")?);
        self.0 = rest.strip_prefix(']').unwrap_or(rest);
        Ok(list)
    }

    fn boolean(&mut self) -> Result<bool, String> {
        let text = self.0.trim_start();
        let rest = text.strip_prefix("True").or_else(|| text.strip_prefix("False"));
        self.0 = rest.ok_or("`fortran_order` is neither True nor False")?;
        Ok(text.starts_with("True"))
    }

    fn shape(&mut self) -> Result<Vec<u64>, String> {
        let mut shape = Vec::new();
        self.expect('(')?;
        while !self.take(')') {
            let text = self.0.trim_start();
            let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
            let (digits, rest) = text.split_at(end);
            shape.push(digits.parse().map_err(|_| format!("`{digits}` is no length of an axis"))?);
            // Python 2 wrote long integers with an `L`.
            self.0 = rest.strip_prefix('L').unwrap_or(rest);
            if shape.len() > NDIM_MAX {
                return Err(format!("it has more than {NDIM_MAX} axes"));
            }
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }
}
