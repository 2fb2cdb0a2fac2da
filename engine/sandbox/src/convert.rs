//! Values across the boundary: flat lists of nodes, because WIT has no recursive types.
//!
//! On the way in a chunk's bytes are borrowed, so that wasmtime copies them once, into the guest. On the way out nothing
//! the guest says is believed: every index, length and offset is checked before a value is made of it.

mod lift;
mod lower;
mod owned;
mod table;

pub(crate) use lift::{Budget, lift};
pub(crate) use lower::Flat;
pub(crate) use owned::owned;

use gristmill_data::{ColumnType, DType};

use crate::bindings::gristmill::plugin::types::{ColumnDtype, Dtype};

/// Two functions that translate between an enum of ours and its twin in WIT.
macro_rules! twins {
    ($ours:ident, $theirs:ident, $to:ident, $from:ident, [$($our:ident = $their:ident),* $(,)?]) => {
        pub(crate) fn $to(ours: $ours) -> $theirs {
            match ours {
                $($ours::$our => $theirs::$their),*
            }
        }

        pub(crate) fn $from(theirs: $theirs) -> $ours {
            match theirs {
                $($theirs::$their => $ours::$our),*
            }
        }
    };
}

twins!(
    DType,
    Dtype,
    dtype_to_wit,
    dtype_from_wit,
    [
        Boolean = Boolean,
        Int8 = Int8,
        Int16 = Int16,
        Int32 = Int32,
        Int64 = Int64,
        UInt8 = Uint8,
        UInt16 = Uint16,
        UInt32 = Uint32,
        UInt64 = Uint64,
        Float16 = Float16,
        Float32 = Float32,
        Float64 = Float64,
        Complex64 = Complex64,
        Complex128 = Complex128,
        Datetime64Ns = Datetime64ns,
        Timedelta64Ns = Timedelta64ns,
    ]
);

twins!(
    ColumnType,
    ColumnDtype,
    column_to_wit,
    column_from_wit,
    [
        Boolean = Boolean,
        Int8 = Int8,
        Int16 = Int16,
        Int32 = Int32,
        Int64 = Int64,
        UInt8 = Uint8,
        UInt16 = Uint16,
        UInt32 = Uint32,
        UInt64 = Uint64,
        Float32 = Float32,
        Float64 = Float64,
        Date32 = Date32,
        Datetime64Ns = Datetime64ns,
        Timedelta64Ns = Timedelta64ns,
        Utf8 = Utf8,
        Binary = Binary,
    ]
);
