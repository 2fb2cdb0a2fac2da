//! Functions of plugins in queries: `plugin.function(column, ..)` in SQL and in expressions.

mod aggregate;
mod form;
mod rows;
mod sample;
mod scalar;
mod table;

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{AggregateUDF, LogicalPlan, ScalarUDF};
use datafusion::prelude::Expr;
use gristmill_collections::{Component, Declaration, Library};
use gristmill_graph::Digest;
use serde::{Deserialize, Serialize};

use crate::{DataFrame, Error};

pub(crate) use aggregate::PluginAggregate;
pub(crate) use sample::{SAMPLED, sampled};
pub(crate) use scalar::PluginScalar;
pub(crate) use table::PluginTable;

/// The parts of a reduction, as the last part of its functions' names.
const PARTS: [&str; 3] = ["chunk", "combine", "aggregate"];

/// Whether the functions of plugins in a plan are called with what they take, as far as its expressions tell.
///
/// # Errors
/// When a column is given where one takes a constant.
pub(crate) fn check_calls(plan: &LogicalPlan) -> Result<(), Error> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(call) = expr
                    && let Some(own) = call.func.inner().downcast_ref::<PluginScalar>()
                {
                    own.check_constants(&call.args)?;
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// A function as it travels in a plan: which it is, and what it declares.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Portable {
    /// What people call it: `plugin.function`.
    pub(crate) name: String,
    pub(crate) digest: Digest,
    /// Its name in the component.
    pub(crate) export: String,
    /// What it takes.
    pub(crate) params: Vec<Parameter>,
    /// What it returns, in the type grammar.
    pub(crate) returns: String,
    pub(crate) is_pure: bool,
    /// Whether the result has a value for each row.
    pub(crate) keeps_rows: bool,
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// In the type grammar.
    pub(crate) ty: String,
    pub(crate) optional: bool,
}

impl Portable {
    fn of(library: &Library, export: &str, declared: &Declaration) -> Self {
        let params = declared.params.iter().map(|(name, ty, optional)| Parameter {
            name: name.to_string(),
            ty: ty.to_string(),
            optional: *optional,
        });
        Self {
            name: format!("{}.{export}", library.component.name()),
            digest: library.component.digest(),
            export: export.to_owned(),
            params: params.collect(),
            returns: declared.returns.to_string(),
            is_pure: declared.is_pure,
            keeps_rows: declared.keeps_rows,
        }
    }

    /// The declaration, for people.
    fn declaration(&self) -> String {
        let params: Vec<String> = self
            .params
            .iter()
            .map(|param| format!("{}{}: {}", param.name, if param.optional { "?" } else { "" }, param.ty))
            .collect();
        format!("{}({}) -> {}", self.name, params.join(", "), self.returns)
    }

    fn refused(&self, reason: impl Into<String>) -> Error {
        Error::Function { function: self.name.clone(), reason: reason.into() }
    }
}

/// The functions of a component for queries.
///
/// A function is one of these:
/// - of chunks, element-wise: `scale(chunk: ndarray<float64>, by: float) -> ndarray<float64>` takes columns where it declares
///   chunks, and constants elsewhere. Where an argument is null, so is the result.
/// - of partitions, row by row: `score(flights: table{delay: int64, carrier: utf8}) -> table{score: float64}` takes a column for
///   each declared one, in their order, and may see nulls; it returns one column.
/// - of single values: `add(a: float, b: float) -> float`, called for each row; slower.
/// - of constants, returning a table: `make(n: int) -> table{k: int64}` is read from, as `SELECT * FROM "plugin.make"(10)` or with
///   [`Functions::table`]; its call is a task.
/// - a reduction: `mean.chunk`, `mean.combine` and `mean.aggregate` are the aggregate function `mean`; rows with nulls are left
///   out where it takes chunks.
#[derive(Debug, Clone)]
pub struct Functions {
    pub(crate) scalars: Vec<Arc<ScalarUDF>>,
    pub(crate) aggregates: Vec<Arc<AggregateUDF>>,
    pub(crate) tables: Vec<PluginTable>,
    /// Those that no expression can call, and why.
    refused: Vec<Error>,
    component: Component,
}

impl Functions {
    /// Those that a component declares; the name of the component is the first part of theirs.
    #[must_use]
    pub fn of(library: &Library) -> Self {
        let component = library.component.clone();
        let mut own = Self {
            scalars: Vec::new(),
            aggregates: Vec::new(),
            tables: Vec::new(),
            refused: Vec::new(),
            component: component.clone(),
        };
        for declared in &library.functions {
            if let Some(table) = PluginTable::new(&component, declared) {
                own.tables.push(table);
                continue;
            }
            let made = match declared.name.rsplit_once('.') {
                Some((name, "chunk")) => aggregate::declared(library, name)
                    .and_then(|portable| PluginAggregate::new(portable, Some(component.clone()), None))
                    .map(|function| own.aggregates.push(Arc::new(AggregateUDF::new_from_impl(function)))),
                Some((_, part)) if PARTS.contains(&part) => Ok(()),
                _ => PluginScalar::new(
                    Portable::of(library, &declared.name, declared),
                    Some(component.clone()),
                    None,
                )
                .map(|function| own.scalars.push(Arc::new(ScalarUDF::new_from_impl(function)))),
            };
            own.refused.extend(made.err());
        }
        own
    }

    /// A call of one of them: `flights.call("score", [col("dep_delay"), col("carrier")])`.
    ///
    /// # Errors
    /// [`Error::Function`] when there is none of this name, or no expression can call it.
    pub fn call(&self, function: &str, args: impl IntoIterator<Item = Expr>) -> Result<Expr, Error> {
        let name = format!("{}.{function}", self.component.name());
        let args: Vec<Expr> = args.into_iter().collect();
        if let Some(scalar) = self.scalars.iter().find(|scalar| scalar.name() == name) {
            return Ok(scalar.call(args));
        }
        if let Some(aggregate) = self.aggregates.iter().find(|aggregate| aggregate.name() == name) {
            return Ok(aggregate.call(args));
        }
        let refused = self.refused.iter().find(|error| match error {
            Error::Function { function, .. } => *function == name,
            _ => false,
        });
        Err(refused.cloned().unwrap_or_else(|| {
            let known: Vec<&str> = self.names().collect();
            let reason = format!("the plugin has no such function for queries; it has {}", known.join(", "));
            Error::Function { function: name, reason }
        }))
    }

    /// The table that one of them returns for these constants: `generator.table("make", [lit(10)])`. A mistake is kept in the
    /// frame.
    pub fn table(&self, function: &str, args: impl IntoIterator<Item = Expr>) -> DataFrame {
        let name = format!("{}.{function}", self.component.name());
        let args: Vec<Expr> = args.into_iter().collect();
        match self.tables.iter().find(|table| table.name() == name).map(|table| table.called(&args)) {
            Some(Ok(parts)) => DataFrame::of_parts(parts),
            Some(Err(error)) => DataFrame::of(Err(error)),
            None => {
                let known: Vec<String> = self.tables.iter().map(PluginTable::name).collect();
                let reason = format!(
                    "the plugin has no such function that returns a table; it has {}",
                    known.join(", ")
                );
                DataFrame::of(Err(Error::Function { function: name, reason }))
            }
        }
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let scalars = self.scalars.iter().map(|scalar| scalar.name());
        scalars.chain(self.aggregates.iter().map(|aggregate| aggregate.name()))
    }
}
