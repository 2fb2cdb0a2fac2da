//! How elements lie in a buffer, and what shaders compute with them in.

use gristmill_data::DType;

use crate::Error;
use crate::adapter::AdapterFacts;

/// How elements of a dtype lie in a buffer: native numbers, or several in a word of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repr {
    /// `f32`, `i32`, `u32`.
    Word(&'static str),
    /// `f64`, `i64`, `u64`.
    Double(&'static str),
    /// Two halves of a word: signed, unsigned.
    Half(&'static str),
    /// Two floats of half precision.
    Float16,
    /// Four bytes of a word.
    Byte(&'static str),
    /// Four booleans.
    Boolean,
}

impl Repr {
    /// Of a dtype on this adapter.
    ///
    /// # Errors
    /// [`Error::Unsupported`] of a dtype that it lacks.
    pub(crate) fn of(dtype: DType, facts: &AdapterFacts) -> Result<Self, Error> {
        let repr = match dtype {
            DType::Float32 => Self::Word("f32"),
            DType::Int32 => Self::Word("i32"),
            DType::UInt32 => Self::Word("u32"),
            DType::Float64 => Self::Double("f64"),
            DType::Int64 => Self::Double("i64"),
            DType::UInt64 => Self::Double("u64"),
            DType::Int16 => Self::Half("i32"),
            DType::UInt16 => Self::Half("u32"),
            DType::Float16 => Self::Float16,
            DType::Int8 => Self::Byte("i32"),
            DType::UInt8 => Self::Byte("u32"),
            DType::Boolean => Self::Boolean,
            _ => return Err(Error::unsupported(format!("{dtype} has no shaders"))),
        };
        match facts.has(dtype) {
            true => Ok(repr),
            false => Err(Error::unsupported(format!("`{}` has no {dtype}", facts.name))),
        }
    }

    /// The type that it is computed in.
    pub(crate) fn register(self) -> &'static str {
        match self {
            Self::Word(ty) | Self::Double(ty) | Self::Half(ty) | Self::Byte(ty) => ty,
            Self::Float16 => "f32",
            Self::Boolean => "bool",
        }
    }

    /// The type of what its binding is an array of, when elements are reached one by one.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Word(ty) | Self::Double(ty) => ty,
            _ => "u32",
        }
    }

    /// The type of what its binding is an array of, when four elements that lie together are reached at once.
    pub(crate) fn group(self) -> String {
        match self {
            Self::Word(ty) => format!("vec4<{ty}>"),
            // Two of these make a group: wider vectors are not everywhere.
            Self::Double(ty) => format!("vec2<{ty}>"),
            Self::Half(_) | Self::Float16 => "vec2<u32>".to_owned(),
            Self::Byte(_) | Self::Boolean => "u32".to_owned(),
        }
    }

    /// The element at an index of a binding of [units](Repr::unit).
    pub(crate) fn load(self, binding: &str, at: &str) -> String {
        match self {
            Self::Word(_) | Self::Double(_) => format!("{binding}[{at}]"),
            Self::Half(_) | Self::Float16 => {
                self.unpacked(&format!("{binding}[({at}) >> 1u]"), &format!("16u * (({at}) & 1u)"))
            }
            Self::Byte(_) | Self::Boolean => {
                self.unpacked(&format!("{binding}[({at}) >> 2u]"), &format!("8u * (({at}) & 3u)"))
            }
        }
    }

    /// Statements that load group `at` of a binding of groups into `name`, and its four elements.
    pub(crate) fn load_group(self, binding: &str, at: &str, name: &str) -> (String, [String; 4]) {
        let lanes = ["x", "y", "z", "w"];
        match self {
            Self::Word(_) => {
                (format!("let {name} = {binding}[{at}];\n"), lanes.map(|lane| format!("{name}.{lane}")))
            }
            Self::Double(_) => (
                format!(
                    "let {name}a = {binding}[2u * ({at})];\nlet {name}b = {binding}[2u * ({at}) + 1u];\n"
                ),
                [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
                    .map(|(half, lane)| format!("{name}{half}.{lane}")),
            ),
            Self::Half(_) | Self::Float16 => (
                format!("let {name} = {binding}[{at}];\n"),
                [("x", 0), ("x", 16), ("y", 0), ("y", 16)]
                    .map(|(lane, shift)| self.unpacked(&format!("{name}.{lane}"), &format!("{shift}u"))),
            ),
            Self::Byte(_) | Self::Boolean => (
                format!("let {name} = {binding}[{at}];\n"),
                [0, 8, 16, 24].map(|shift| self.unpacked(name, &format!("{shift}u"))),
            ),
        }
    }

    /// The element whose lowest bit is at `shift` of a word.
    fn unpacked(self, word: &str, shift: &str) -> String {
        match self {
            Self::Half("i32") => format!("(bitcast<i32>(({word}) << (16u - ({shift}))) >> 16u)"),
            Self::Half(_) => format!("((({word}) >> ({shift})) & 0xffffu)"),
            Self::Float16 => format!("np_from_half((({word}) >> ({shift})) & 0xffffu)"),
            Self::Byte("i32") => format!("(bitcast<i32>(({word}) << (24u - ({shift}))) >> 24u)"),
            Self::Byte(_) => format!("((({word}) >> ({shift})) & 0xffu)"),
            _ => format!("((({word}) >> ({shift}) & 1u) != 0u)"),
        }
    }

    /// A statement that stores four elements as group `at` of a binding of groups.
    pub(crate) fn store_group(self, binding: &str, at: &str, elements: &[String; 4]) -> String {
        let [a, b, c, d] = elements;
        let [ua, ub, uc, ud] = elements.each_ref().map(|element| self.bits(element));
        match self {
            Self::Word(ty) => format!("{binding}[{at}] = vec4<{ty}>({a}, {b}, {c}, {d});\n"),
            Self::Double(ty) => format!(
                "{binding}[2u * ({at})] = vec2<{ty}>({a}, {b});\n{binding}[2u * ({at}) + 1u] = vec2<{ty}>({c}, {d});\n"
            ),
            Self::Half(_) | Self::Float16 => {
                format!("{binding}[{at}] = vec2<u32>({ua} | ({ub} << 16u), {uc} | ({ud} << 16u));\n")
            }
            Self::Byte(_) | Self::Boolean => {
                format!("{binding}[{at}] = {ua} | ({ub} << 8u) | ({uc} << 16u) | ({ud} << 24u);\n")
            }
        }
    }

    /// A packed element in the low bits of a word.
    fn bits(self, element: &str) -> String {
        match self {
            Self::Half(_) => format!("(u32({element}) & 0xffffu)"),
            Self::Float16 => format!("np_to_half({element})"),
            Self::Byte(_) => format!("(u32({element}) & 0xffu)"),
            _ => format!("select(0u, 1u, {element})"),
        }
    }
}
