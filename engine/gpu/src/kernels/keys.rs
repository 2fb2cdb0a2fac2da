//! Elements as keys: unsigned integers of one or two words, in the order of the elements.

use gristmill_data::DType;

use crate::Error;

/// How elements of a dtype are as keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    dtype: DType,
    kind: KeyKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    /// Keys that can be made elements again.
    Whole,
    /// Keys that are equal where elements are, as `argsort` has it.
    Order,
    /// Whole numbers of which 32 bits are enough.
    Code,
}

impl Keys {
    /// That can be made elements again.
    pub(super) fn whole(dtype: DType) -> Result<Self, Error> {
        Self { dtype, kind: KeyKind::Whole }.checked()
    }

    /// That are equal where elements are: zeros of both signs, and all NaN.
    pub(super) fn order(dtype: DType) -> Result<Self, Error> {
        Self { dtype, kind: KeyKind::Order }.checked()
    }

    /// Whole numbers below 2^32.
    pub(super) fn codes(dtype: DType) -> Result<Self, Error> {
        match dtype.is_integer() {
            true => Ok(Self { dtype, kind: KeyKind::Code }),
            false => Err(Error::unsupported(format!("{dtype} as whole numbers"))),
        }
    }

    fn checked(self) -> Result<Self, Error> {
        match self.dtype.is_complex() {
            true => Err(Error::unsupported(format!("{} in order", self.dtype))),
            false => Ok(self),
        }
    }

    pub(super) fn is_wide(self) -> bool {
        self.dtype.itemsize() == 8 && self.kind != KeyKind::Code
    }

    /// The type of keys.
    pub(super) fn key(self) -> &'static str {
        if self.is_wide() { "vec2<u32>" } else { "u32" }
    }

    pub(super) fn n_bits(self) -> u32 {
        8 * self.dtype.itemsize() as u32
    }

    /// How many elements share a word.
    pub(super) fn per_word(self) -> u32 {
        (4 / self.dtype.itemsize() as u32).max(1)
    }

    /// `Key`, `LAST_KEY`, `less(a, b)`, and `digit(key, shift)`, of 8 bits.
    pub(super) fn types(self) -> &'static str {
        match self.is_wide() {
            true => {
                "alias Key = vec2<u32>;\n\
                 const LAST_KEY = vec2<u32>(0xffffffffu, 0xffffffffu);\n\
                 fn less(a: Key, b: Key) -> bool { return np_key_less(a, b); }\n\
                 fn digit(key: Key, shift: u32) -> u32 { return (select(key.x, key.y, shift >= 32u) >> (shift & 31u)) & 255u; }\n"
            }
            false => {
                "alias Key = u32;\n\
                 const LAST_KEY = 0xffffffffu;\n\
                 fn less(a: Key, b: Key) -> bool { return a < b; }\n\
                 fn digit(key: Key, shift: u32) -> u32 { return (key >> shift) & 255u; }\n"
            }
        }
    }

    /// The type of what a binding of elements is an array of.
    pub(super) fn unit(self) -> &'static str {
        if self.dtype.itemsize() == 8 { "vec2<u32>" } else { "u32" }
    }

    /// The bits of the element at an index of a binding.
    pub(super) fn bits(self, binding: &str, at: &str) -> String {
        match self.dtype.itemsize() {
            1 => format!("(({binding}[({at}) >> 2u] >> (8u * (({at}) & 3u))) & 0xffu)"),
            2 => format!("(({binding}[({at}) >> 1u] >> (16u * (({at}) & 1u))) & 0xffffu)"),
            _ => format!("{binding}[{at}]"),
        }
    }

    /// The key of the element at an index of a binding.
    pub(super) fn load(self, binding: &str, at: &str) -> String {
        let bits = self.bits(binding, at);
        let order = if self.kind == KeyKind::Order { "_order" } else { "" };
        match (self.dtype, self.float()) {
            (dtype, _) if self.kind == KeyKind::Code => bits + if dtype.itemsize() == 8 { ".x" } else { "" },
            (DType::Float64, _) => format!("np_key{order}_float64({bits})"),
            (_, Some(float)) => format!("np_key{order}_float({bits}, {float})"),
            (DType::Int64, _) => format!("np_key_int64({bits})"),
            (DType::Datetime64Ns | DType::Timedelta64Ns, _) => format!("np_key_time({bits})"),
            _ if self.sign() > 0 => format!("{bits} ^ {:#x}u", self.sign()),
            _ => bits,
        }
    }

    /// Whether a key that is equal where elements are is that of NaN, or of no time at all.
    pub(super) fn is_nan(self, key: &str) -> String {
        match self.dtype {
            DType::Float16 => format!("{key} == 0xffffu"),
            DType::Float32 => format!("{key} == 0xffffffffu"),
            dtype if dtype == DType::Float64 || dtype.is_time() => {
                format!("all({key} == vec2<u32>(0xffffffffu, 0xffffffffu))")
            }
            _ => "false".to_owned(),
        }
    }

    /// The element of a key.
    pub(super) fn element(self, key: &str) -> String {
        match (self.dtype, self.float()) {
            (DType::Float64, _) => format!("np_key_to_float64({key})"),
            (_, Some(float)) => format!("np_key_to_float({key}, {float})"),
            (DType::Int64, _) => format!("np_key_int64({key})"),
            (DType::Datetime64Ns | DType::Timedelta64Ns, _) => format!("np_key_to_time({key})"),
            _ if self.sign() > 0 => format!("({key}) ^ {:#x}u", self.sign()),
            _ => key.to_owned(),
        }
    }

    /// What is turned around of a signed integer of up to 32 bits.
    fn sign(self) -> u32 {
        match self.dtype {
            DType::Int8 | DType::Int16 | DType::Int32 => 1 << (self.n_bits() - 1),
            _ => 0,
        }
    }

    /// The sign and infinity of a float of up to 32 bits.
    fn float(self) -> Option<&'static str> {
        match self.dtype {
            DType::Float16 => Some("0x8000u, 0x7c00u"),
            DType::Float32 => Some("0x80000000u, 0x7f800000u"),
            _ => None,
        }
    }
}
