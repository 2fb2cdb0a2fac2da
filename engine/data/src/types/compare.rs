//! What is expected against what is given.

use std::fmt;

use super::{Field, Type};

/// How many differences are listed; the rest is counted.
const DIFFERENCES_SHOWN_MAX: usize = 8;

/// Every place where a given type is not what was expected; printed as a readable diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The whole type that was expected.
    pub expected: Type,
    /// The whole type that was given.
    pub given: Type,
    /// Where they differ; never empty.
    pub differences: Vec<Difference>,
}

/// One place where a given type is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `item`, `column delay`, `item, column delay`; empty for the whole.
    pub path: String,
    /// What was expected there.
    pub expected: String,
    /// What was given there.
    pub given: String,
}

impl Type {
    /// Whether a value of the type `given` can be passed where this type is expected.
    ///
    /// Integers widen to floats and real numbers to complex ones, and signed and unsigned integers stand for each
    /// other (whether the number fits is seen when it is there). What `given` leaves open (`any`, an array of any
    /// dtype, a table of unknown columns) is accepted too: the call itself checks it. A table may have more columns.
    ///
    /// # Errors
    /// [`Mismatch`] with every difference.
    pub fn accepts(&self, given: &Self) -> Result<(), Mismatch> {
        let mut differences = Vec::new();
        compare(self, given, "", &mut differences);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Mismatch { expected: self.clone(), given: given.clone(), differences })
    }
}

fn compare(expected: &Type, given: &Type, path: &str, found: &mut Vec<Difference>) {
    match (expected, given) {
        (Type::Any, _) | (_, Type::Any) => {}
        (Type::Option(_), Type::Null) => {}
        (Type::Option(expected), Type::Option(given)) => compare(expected, given, path, found),
        (Type::Option(expected), given) => compare(expected, given, path, found),
        (Type::List(expected), Type::List(given)) | (Type::Map(expected), Type::Map(given)) => {
            compare(expected, given, &join(path, "item"), found);
        }
        (Type::Table(expected), Type::Table(given)) if !given.is_empty() => {
            compare_columns(expected, given, path, found);
        }
        (Type::Table(_), Type::Table(_)) => {}
        (
            Type::NdArray { dtype: expected_dtype, ndim: expected_ndim },
            Type::NdArray { dtype: given_dtype, ndim: given_ndim },
        ) if open_or_equal(expected_dtype, given_dtype) && open_or_equal(expected_ndim, given_ndim) => {}
        (expected, given) if expected == given || widens(given, expected) => {}
        (expected, given) => {
            found.push(Difference {
                path: path.to_owned(),
                expected: expected.to_string(),
                given: given.to_string(),
            });
        }
    }
}

fn open_or_equal<T: PartialEq>(expected: &Option<T>, given: &Option<T>) -> bool {
    expected.is_none() || given.is_none() || expected == given
}

fn widens(given: &Type, expected: &Type) -> bool {
    match expected {
        Type::Int | Type::UInt => matches!(given, Type::Int | Type::UInt),
        Type::Float => matches!(given, Type::Int | Type::UInt),
        Type::Complex => matches!(given, Type::Int | Type::UInt | Type::Float),
        _ => false,
    }
}

fn compare_columns(expected: &[Field], given: &[Field], path: &str, found: &mut Vec<Difference>) {
    for field in expected {
        let given = given.iter().find(|given| given.name == field.name).map(|given| given.ty);
        if given != Some(field.ty) {
            found.push(Difference {
                path: join(path, &format!("column `{}`", field.name)),
                expected: field.ty.to_string(),
                given: given.map_or("no such column".to_owned(), |ty| ty.to_string()),
            });
        }
    }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}, {step}") }
}

impl fmt::Display for Mismatch {
    /// One line when the whole differs, else the two types and a line for each difference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, given {}", self.expected, self.given)?;
        let parts: Vec<_> =
            self.differences.iter().filter(|difference| !difference.path.is_empty()).collect();
        for Difference { path, expected, given } in parts.iter().take(DIFFERENCES_SHOWN_MAX) {
            write!(f, "\n  {path}: expected {expected}, given {given}")?;
        }
        if let Some(n_hidden @ 1..) = parts.len().checked_sub(DIFFERENCES_SHOWN_MAX) {
            write!(f, "\n  and {n_hidden} more")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}
