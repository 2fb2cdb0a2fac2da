//! How two values become one, in shaders.

use gristmill_data::DType;
use gristmill_kernels::ScanKind;
use gristmill_kernels::expr::{Constant, Number};

use crate::Error;
use crate::adapter::AdapterFacts;
use crate::wgsl::number::literal;
use crate::wgsl::ops::cast;
use crate::wgsl::repr::Repr;

/// Elements of one dtype, which are merged as another one, and stored as a third.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) kind: ScanKind,
    /// Whether NaN changes nothing.
    pub(super) skip_nan: bool,
    pub(super) of: DType,
    pub(super) total: DType,
    pub(super) result: DType,
}

/// What a shader is made of that merges.
pub(super) struct Parts {
    /// The type of totals, and of what the binding of results is an array of.
    pub(super) total: &'static str,
    pub(super) unit: &'static str,
    /// What merges to the other.
    pub(super) nothing: String,
    /// `a` and `b` merged, and a result of `total`.
    pub(super) merged: String,
    pub(super) lowered: String,
    /// `element(at)` of binding 0.
    pub(super) element: String,
}

impl Running {
    /// What totals of this kind are merged to.
    pub(super) fn of_totals(self) -> Self {
        Self { of: self.total, result: self.total, skip_nan: self.skip_nan && self.is_extreme(), ..self }
    }

    fn is_extreme(self) -> bool {
        matches!(self.kind, ScanKind::Min | ScanKind::Max)
    }

    /// `Total`, `nothing()` and `merge(a, b)`; `element(at)` of binding 0 and `store(at, total)` to binding 1.
    pub(super) fn text(self, facts: &AdapterFacts) -> Result<String, Error> {
        let parts = self.parts(facts)?;
        Ok(format!(
            "alias Total = {};\n\
             @group(0) @binding(1) var<storage, read_write> results: array<{}>;\n\
             fn nothing() -> Total {{ return {}; }}\n\
             fn merge(a: Total, b: Total) -> Total {{ return {}; }}\n{}\
             fn store(at: u32, total: Total) {{ results[at] = {}; }}\n",
            parts.total, parts.unit, parts.nothing, parts.merged, parts.element, parts.lowered,
        ))
    }

    /// What a shader is made of that merges so.
    pub(super) fn parts(self, facts: &AdapterFacts) -> Result<Parts, Error> {
        let [of, total, to] =
            [Repr::of(self.of, facts)?, Repr::of(self.total, facts)?, Repr::of(self.result, facts)?];
        if !matches!(to, Repr::Word(_) | Repr::Double(_)) {
            return Err(Error::unsupported(format!("results of {} one by one", self.result)));
        }
        let converted = |from, to, what| {
            cast(from, to, what).ok_or_else(|| Error::unsupported(format!("no {to} of {from} for shaders")))
        };
        let nothing = literal(Constant::new(self.total, self.nothing())?, total)?;
        let element = format!(
            "@group(0) @binding(0) var<storage, read> elements: array<{}>;\n\
             fn element(at: u32) -> {} {{\n    let x = {};\n    if {} {{ return {nothing}; }}\n    return {};\n}}\n",
            of.unit(),
            total.register(),
            of.load("elements", "at"),
            self.is_skipped("x"),
            converted(self.of, self.total, "x")?,
        );
        let lowered = converted(self.total, self.result, "total")?;
        let (total, unit, merged) = (total.register(), to.unit(), self.merged());
        Ok(Parts { total, unit, nothing, merged, element, lowered })
    }

    /// Whether an element changes nothing.
    pub(super) fn is_skipped(self, element: &str) -> String {
        let np = if self.of == DType::Float64 { "np64" } else { "np" };
        match self.skip_nan && self.of.is_float() {
            true => format!("{np}_isnan({element})"),
            false => "false".to_owned(),
        }
    }

    /// What merges to the other.
    fn nothing(self) -> Number {
        let is_least = match self.kind {
            ScanKind::Sum => return Number::from(0),
            ScanKind::Prod => return Number::from(1),
            ScanKind::Max => true,
            _ => false,
        };
        let (least, greatest): (i128, i128) = match self.total {
            DType::Float32 | DType::Float64 if self.skip_nan => return Number::Float(f64::NAN),
            DType::Float32 | DType::Float64 if is_least => return Number::Float(f64::NEG_INFINITY),
            DType::Float32 | DType::Float64 => return Number::Float(f64::INFINITY),
            DType::Int32 => (i32::MIN.into(), i32::MAX.into()),
            DType::UInt32 => (0, u32::MAX.into()),
            DType::UInt64 => (0, u64::MAX.into()),
            _ => (i64::MIN.into(), i64::MAX.into()),
        };
        Number::Int(if is_least { least } else { greatest })
    }

    fn merged(self) -> String {
        let np = if self.total == DType::Float64 { "np64" } else { "np" };
        let (is_max, is_float) = (self.kind == ScanKind::Max, self.total.is_float());
        match (self.kind, is_float, self.skip_nan) {
            (ScanKind::Sum, ..) => "a + b".to_owned(),
            (ScanKind::Prod, ..) => "a * b".to_owned(),
            (_, true, true) => format!("{np}_{}(a, b)", if is_max { "fmax" } else { "fmin" }),
            (_, true, false) => format!("{np}_{}(a, b)", if is_max { "maximum" } else { "minimum" }),
            _ => format!("select(b, a, a {} b)", if is_max { ">" } else { "<" }),
        }
    }
}
