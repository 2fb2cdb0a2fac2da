//! A component with what it declares.

use std::sync::Arc;

use gristmill_data::Type;

use crate::Component;

/// A component with what it declares, as a client finds out: dataframes need its types before anything runs.
#[derive(Debug, Clone)]
pub struct Library {
    /// The component.
    pub component: Component,
    /// Its functions.
    pub functions: Vec<Declaration>,
    /// The formats that it reads, each with the ends of file names that it is known by.
    pub formats: Vec<(String, Vec<String>)>,
}

/// What one function declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its name.
    pub name: Arc<str>,
    /// Name and type of what it takes, and whether that may be left out.
    pub params: Vec<(Arc<str>, Type, bool)>,
    /// What it returns.
    pub returns: Type,
    /// Whether the result follows from the arguments alone.
    pub is_pure: bool,
    /// Whether the result has as many elements, or rows, as the first argument.
    pub keeps_rows: bool,
}
