//! The type grammar, read from text.
//!
//! ```text
//! type   = plain | "ndarray" [ "<" dtype-or-any [ "," number ] ">" ] | "table" [ "{" [ field { "," field } ] "}" ]
//!        | ( "list" | "map" | "option" ) "<" type ">"
//! field  = ( word | quoted ) ":" column-type
//! ```

use std::str::FromStr;

use super::{Field, Type};
use crate::{COLUMNS_MAX, Error, NDIM_MAX};

/// How deep types may nest in text.
pub const TYPE_DEPTH_MAX: usize = 32;

/// How much of a bad text an error shows, in bytes.
const SHOWN_NBYTES_MAX: usize = 200;

impl FromStr for Type {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parser = Parser { text, at: 0 };
        let ty = parser.ty(0)?;
        if parser.peek().is_some() {
            return Err(parser.error("expected the end"));
        }
        Ok(ty)
    }
}

/// Whether a column's name can be written without quotes.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_word_char)
}

/// The characters of words; dtypes such as `datetime64[ns]` are words as well.
fn is_word_char(char: char) -> bool {
    char.is_alphanumeric() || "_-.[]".contains(char)
}

struct Parser<'a> {
    text: &'a str,
    /// Bytes read so far, always at the start of a character.
    at: usize,
}

impl<'a> Parser<'a> {
    fn ty(&mut self, depth: usize) -> Result<Type, Error> {
        if depth >= TYPE_DEPTH_MAX {
            return Err(self.error(format!("types may nest {TYPE_DEPTH_MAX} deep, expected no more")));
        }
        let before = self.at;
        let name = self.word("a type")?;
        if let Some((_, plain)) = Type::PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Ok(plain.clone());
        }
        match name {
            "ndarray" => self.ndarray(),
            "table" => Ok(Type::Table(self.fields()?)),
            "list" => Ok(Type::List(Box::new(self.item(depth)?))),
            "map" => Ok(Type::Map(Box::new(self.item(depth)?))),
            "option" => Ok(Type::Option(Box::new(self.item(depth)?))),
            _ => {
                self.at = before;
                let plain: Vec<_> = Type::PLAIN.iter().map(|(plain, _)| *plain).collect();
                Err(self.error(format!(
                    "expected one of {}, ndarray, table, list<...>, map<...>, option<...>",
                    plain.join(", ")
                )))
            }
        }
    }

    fn item(&mut self, depth: usize) -> Result<Type, Error> {
        self.expect('<')?;
        let item = self.ty(depth + 1)?;
        self.expect('>')?;
        Ok(item)
    }

    fn ndarray(&mut self) -> Result<Type, Error> {
        if !self.take('<') {
            return Ok(Type::ANY_ARRAY);
        }
        self.skip_space();
        let before = self.at;
        let dtype = match self.word("a dtype")? {
            "any" => None,
            name => Some(name.parse().map_err(|error: Error| {
                self.at = before;
                self.error(error.to_string())
            })?),
        };
        let ndim = if self.take(',') { Some(self.ndim()?) } else { None };
        self.expect('>')?;
        Ok(Type::NdArray { dtype, ndim })
    }

    fn ndim(&mut self) -> Result<usize, Error> {
        self.skip_space();
        let before = self.at;
        let ndim = self.word("a number of axes")?.parse().ok().filter(|&ndim| ndim <= NDIM_MAX);
        ndim.ok_or_else(|| {
            self.at = before;
            self.error(format!("expected a number of axes, at most {NDIM_MAX}"))
        })
    }

    fn fields(&mut self) -> Result<Vec<Field>, Error> {
        let mut fields: Vec<Field> = Vec::new();
        if !self.take('{') || self.take('}') {
            return Ok(fields);
        }
        loop {
            self.skip_space();
            let before = self.at;
            let name = if self.peek() == Some('"') {
                self.quoted()?
            } else {
                self.word("a column's name")?.to_owned()
            };
            if fields.iter().any(|field| *field.name == *name) {
                self.at = before;
                return Err(self.error(format!("column `{name}` is there twice, expected another name")));
            }
            if fields.len() >= COLUMNS_MAX {
                return Err(self.error(format!("expected at most {COLUMNS_MAX} columns")));
            }
            self.expect(':')?;
            self.skip_space();
            let before = self.at;
            let ty = self.word("a column's type")?.parse().map_err(|()| {
                self.at = before;
                self.error("expected a column's type (bool, int8 to uint64, float32, float64, date32, datetime64[ns], timedelta64[ns], utf8, binary)")
            })?;
            fields.push(Field { name: name.into(), ty });
            if !self.take(',') {
                self.expect('}')?;
                return Ok(fields);
            }
        }
    }

    /// A name in double quotes; a backslash stands before a quote or a backslash.
    fn quoted(&mut self) -> Result<String, Error> {
        self.expect('"')?;
        let mut name = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(name),
                Some('\\') => name.extend(self.next()),
                Some(char) => name.push(char),
                None => return Err(self.error("expected a closing quote")),
            }
        }
    }

    fn word(&mut self, what: &str) -> Result<&'a str, Error> {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|char| !is_word_char(char)).unwrap_or(rest.len());
        match rest.get(..end) {
            Some(word) if !word.is_empty() => {
                self.at += end;
                Ok(word)
            }
            _ => Err(self.error(format!("expected {what}"))),
        }
    }

    fn expect(&mut self, char: char) -> Result<(), Error> {
        if self.take(char) { Ok(()) } else { Err(self.error(format!("expected `{char}`"))) }
    }

    fn take(&mut self, char: char) -> bool {
        let found = self.peek() == Some(char);
        if found {
            self.at += char.len_utf8();
        }
        found
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest().chars().next()
    }

    /// The next character, whatever it is.
    fn next(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, reason: impl Into<String>) -> Error {
        let end = self.text.floor_char_boundary(SHOWN_NBYTES_MAX);
        let shown = self.text.get(..end).unwrap_or_default();
        Error::TypeSyntax { text: shown.to_owned(), at: self.at, reason: reason.into() }
    }
}
