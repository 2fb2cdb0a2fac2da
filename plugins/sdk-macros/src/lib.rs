//! The `#[plugin]` attribute of gristmill-plugin, which re-exports and documents it.

mod attributes;
mod emit;
mod module;

use proc_macro::TokenStream;
use syn::{ItemMod, parse_macro_input};

/// Makes every `pub fn` of a module a task function.
///
/// The name, the doc comment and the Rust types are the declaration. Other functions of the module stay helpers.
///
/// | inside the module | means |
/// |---|---|
/// | `pub fn f(x: f64, table: &Table) -> Result<Table>` | a task function |
/// | `#[map_blocks] pub fn` | one chunk in, one of the same shape out |
/// | `#[map_partitions] pub fn` | one table in, one of the same length out |
/// | `#[record_map]`, `#[record_filter]`, `#[record_fold] pub fn` | one record in; a record, a boolean, the accumulator out |
/// | `#[reduction] pub mod mean { pub fn chunk, combine, aggregate }` | three functions that reduce a collection |
/// | `#[reader(name = "x-csv", extensions = ["csv"])] pub mod x { pub fn plan, read }` | a file format |
/// | `#[columns("hour: int64")]` on a parameter or function | the columns its tables must have, or will have |
/// | `#[traits(elementwise, commutative, associative, keeps_shape, impure)]` | what the engine may rely on |
#[proc_macro_attribute]
pub fn plugin(args: TokenStream, item: TokenStream) -> TokenStream {
    let module = parse_macro_input!(item as ItemMod);
    let expanded =
        attributes::none(args.into()).and_then(|()| module::take(module)).map(|plugin| emit::plugin(&plugin));
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}
