//! Files: sources by glob with identity, granted prefixes, spill files, sinks for results, object stores.
//!
//! # Layout
//! - [`Source`]: files that a pattern names, each with what identifies its content
//! - [`Grants`], [`Blob`]: the files that one task may read, and nothing else
//! - [`SpillDir`], [`SpillFile`]: values that memory has no room for
//! - [`write_value`], [`write_atomic`], [`write_whole`]: results written whole or not at all; [`check_sink`] asks beforehand
//! - [`RemoteFile`]: files that an address names; [`put_once`]: a file sent to an object store or a web server
//! - [`ArrayFile`], [`ArrayWriter`]: n-d arrays on disk and elsewhere, region by region
//! - [`to_json`], [`to_text_rows`]: values for people and other programs

mod array;
mod disk;
mod error;
mod grants;
mod remote;
mod results;
mod sink;
mod source;
mod spill;
mod temporary;
mod text;

pub use array::{
    Along, ArrayFile, ArrayFormat, ArrayWriter, Compression, IDENTITY_FILES_MAX, REGION_NBYTES_MAX,
    RawLayout, ReadOptions, RegionWriter, WriteOptions,
};
pub use disk::{available_nbytes, read_at_most};
pub use error::Error;
pub use grants::{Blob, Entry, Grants, LIST_MAX, READ_NBYTES_MAX};
pub use remote::{RemoteFile, is_remote, put_once};
pub use results::{CallNote, ResultCache, ResultNote, Written};
pub use sink::{check_sink, write_atomic, write_rows, write_value, write_whole};
pub use source::Source;
pub use spill::{SpillDir, SpillFile};
pub use text::{to_json, to_text_rows};
