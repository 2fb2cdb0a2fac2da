//! A plugin's function as a table: `SELECT * FROM "plugin.function"(10, 'x')`.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result as PlanResult, plan_err};
use datafusion::prelude::Expr;
use gristmill_collections::{Argument, Component, Declaration, delayed};
use gristmill_data::{Type, Value};

use super::rows;
use crate::Error;
use crate::parts::Parts;

/// A function that returns a table, called with constants: its call is a task of its own.
#[derive(Debug, Clone)]
pub(crate) struct PluginTable {
    component: Component,
    function: Declaration,
}

impl PluginTable {
    /// The function, if it returns a table with declared columns and takes none.
    pub(super) fn new(component: &Component, function: &Declaration) -> Option<Self> {
        let returns_table = matches!(&function.returns, Type::Table(fields) if !fields.is_empty());
        let is_bulk =
            |ty: &Type| matches!(ty, Type::Table(_) | Type::NdArray { .. } | Type::List(_) | Type::Map(_));
        let takes_plain = function.params.iter().all(|(_, ty, _)| !is_bulk(ty));
        (returns_table && takes_plain)
            .then(|| Self { component: component.clone(), function: function.clone() })
    }

    /// `plugin.function`.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.component.name(), self.function.name)
    }

    /// The table that a call with these constants returns.
    pub(super) fn called(&self, args: &[Expr]) -> Result<Parts, Error> {
        let refused = |reason: String| Error::Function { function: self.name(), reason };
        let n_min = self.function.params.iter().filter(|(_, _, optional)| !optional).count();
        if !(n_min..=self.function.params.len()).contains(&args.len()) {
            let params: Vec<String> =
                self.function.params.iter().map(|(name, ty, _)| format!("{name}: {ty}")).collect();
            return Err(refused(format!(
                "{} arguments are given, and it takes ({})",
                args.len(),
                params.join(", ")
            )));
        }
        let value = |(arg, (name, ty, _)): (&Expr, &(Arc<str>, Type, bool))| {
            let Expr::Literal(literal, _) = arg else {
                return Err(refused(format!("`{name}` must be a constant, and {arg} is given")));
            };
            let plain = super::form::plain(ty).ok_or_else(|| refused(format!("no constant is a `{ty}`")))?;
            let literal = literal.cast_to(&plain).map_err(Error::from)?;
            Ok(rows::constant(&literal)?)
        };
        let values =
            args.iter().zip(&self.function.params).map(value).collect::<Result<Vec<Value>, Error>>()?;
        let call = delayed(
            self.component.function(&self.function.name),
            values.into_iter().map(Argument::from).collect(),
        );
        Parts::of_type(&self.function.returns, vec![call.into()])
    }
}

impl TableFunctionImpl for PluginTable {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> PlanResult<Arc<dyn TableProvider>> {
        match self.called(args.exprs()) {
            Ok(parts) => Ok(Arc::new(parts)),
            Err(error) => plan_err!("{error}"),
        }
    }
}
