//! Plans as bytes: what a query's task is given, and what its key is made of.
//!
//! DataFusion encodes the plan; tables and plugins' functions are ours. Partitions are not in it: the task has them as inputs,
//! and the plan says which of these are whose.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::common::{DataFusionError, Result as PlanResult, TableReference, not_impl_err, plan_err};
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::{MemTable, source_as_provider};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF, Volatility};
use datafusion::prelude::Expr;
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use gristmill_collections::{Argument, Component};
use gristmill_data::Value;
use serde::{Deserialize, Serialize};

use crate::engine::Surroundings;
use crate::files::{Files, Lenient, changed};
use crate::functions::{PluginAggregate, PluginScalar, Portable, check_calls};
use crate::guard::guarded;
use crate::parts::{Parts, aligned};
use crate::task::Arguments;
use crate::{Error, planner};

/// Bytes of a plan, tables apart: what is longer may be deeper than stacks are.
const PLAN_NBYTES_MAX: usize = 256 << 10;
/// Levels of an expression.
const EXPR_DEPTH_MAX: usize = 1_000;
/// Levels of a plan that can be encoded: its encoding has two messages for each, and readers take a hundred.
const PLAN_DEPTH_MAX: usize = 40;
/// Functions that make lists of any length of two numbers.
const UNBOUNDED: [&str; 3] = ["range", "generate_series", "array_repeat"];

/// A plan as a task takes it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// Its tables, which it names by their numbers.
    pub(crate) tables: Vec<String>,
    /// The partitions of all its tables.
    pub(crate) inputs: Vec<Argument>,
    /// The components that its functions are of.
    pub(crate) components: Vec<Component>,
    /// Whether it may give other rows each time, as with `random()` and `now()`.
    pub(crate) is_volatile: bool,
}

/// A table in a plan.
#[derive(Serialize, Deserialize)]
enum Table {
    Files(Files),
    /// Files with lines that may be damaged: those that are, or the others.
    Lenient(Lenient),
    /// Inputs of the task, from one on.
    Inputs {
        first: usize,
        n: usize,
    },
}

/// The plan as bytes, and what goes beside them.
///
/// # Errors
/// When something in it cannot leave this process.
pub(crate) fn encode(plan: &LogicalPlan) -> Result<Encoded, Error> {
    let codec = Encoder::default();
    let bytes = planner::with_deep_stack(|| {
        check_calls(plan)?;
        let plan = &guarded(plan.clone())?;
        // Joins are made of subqueries, and neighbours among projections one.
        let must_change = has_subqueries(plan)? || depth(plan) > PLAN_DEPTH_MAX;
        let changed = must_change.then(|| planner::for_encoding().optimize(plan)).transpose()?;
        let plan = changed.as_ref().unwrap_or(plan);
        if depth(plan) > PLAN_DEPTH_MAX {
            let reason = format!(
                "{} operations follow each other, and {PLAN_DEPTH_MAX} can be one query; make a query of the first ones, and go \
                 on with `from_delayed`",
                depth(plan)
            );
            return Err(Error::Argument { name: "compute", reason });
        }
        let bytes = logical_plan_to_bytes_with_extension_codec(plan, &codec)?;
        if bytes.len() > PLAN_NBYTES_MAX {
            let reason =
                format!("the plan has {} bytes, and at most {PLAN_NBYTES_MAX} are taken", bytes.len());
            return Err(Error::Argument { name: "compute", reason });
        }
        Ok::<_, Error>(bytes.to_vec())
    })??;
    let Beside { tables, inputs, components, .. } =
        codec.beside.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Encoded { bytes, tables, inputs, components, is_volatile: is_volatile(plan)? })
}

/// Whether a function of the plan's is none of its arguments alone. Plugins' are, whatever they say: there is no chance and no
/// clock in a sandbox.
fn is_volatile(plan: &LogicalPlan) -> PlanResult<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(call) = expr {
                    let is_own = call.func.inner().downcast_ref::<PluginScalar>().is_some();
                    found |= !is_own && call.func.signature().volatility != Volatility::Immutable;
                }
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    Ok(found)
}

/// Lets a plan through that has nothing but what reads tables and computes: it comes from whoever may submit, and DataFusion
/// decodes tables that this task may not open, and statements that write.
fn check_nodes(plan: &LogicalPlan) -> PlanResult<()> {
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) => {
                let table = source_as_provider(&scan.source)?;
                let is_ours = table.downcast_ref::<Files>().is_some()
                    || table.downcast_ref::<Lenient>().is_some()
                    || table.downcast_ref::<MemTable>().is_some()
                    || table.downcast_ref::<CteWorkTable>().is_some();
                if !is_ours {
                    return plan_err!(
                        "a query may not read table `{}`, which is of no known kind",
                        scan.table_name
                    );
                }
            }
            LogicalPlan::Values(values) if values.values.iter().any(Vec::is_empty) => {
                return plan_err!("a query may not have rows without columns");
            }
            LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Window(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::EmptyRelation(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::RecursiveQuery(_) => {}
            other => return plan_err!("a query may not hold `{}`", other.display()),
        }
        node.apply_expressions(|expr| {
            let mut depth = DepthOf(0);
            expr.visit(&mut depth)?;
            expr.apply(|expr| match expr {
                // Nothing bounds what they make.
                Expr::ScalarFunction(call) if UNBOUNDED.contains(&call.name()) => {
                    plan_err!("a query may not call `{}`", call.name())
                }
                _ => Ok(TreeNodeRecursion::Continue),
            })
        })
    })?;
    Ok(())
}

/// How deep an expression is that is being walked.
struct DepthOf(usize);

impl TreeNodeVisitor<'_> for DepthOf {
    type Node = Expr;

    fn f_down(&mut self, _: &Expr) -> PlanResult<TreeNodeRecursion> {
        self.0 += 1;
        match self.0 > EXPR_DEPTH_MAX {
            true => plan_err!("an expression is more than {EXPR_DEPTH_MAX} levels deep"),
            false => Ok(TreeNodeRecursion::Continue),
        }
    }

    fn f_up(&mut self, _: &Expr) -> PlanResult<TreeNodeRecursion> {
        self.0 -= 1;
        Ok(TreeNodeRecursion::Continue)
    }
}

/// How many operators stand above each other.
fn depth(plan: &LogicalPlan) -> usize {
    1 + plan.inputs().into_iter().map(depth).max().unwrap_or(0)
}

/// Whether expressions of the plan have plans in them, which cannot be encoded before the optimiser has made joins of them.
fn has_subqueries(plan: &LogicalPlan) -> PlanResult<bool> {
    let mut found = false;
    plan.apply(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found |= matches!(
                    expr,
                    Expr::ScalarSubquery(_)
                        | Expr::Exists(_)
                        | Expr::InSubquery(_)
                        | Expr::OuterReferenceColumn(..)
                );
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    Ok(found)
}

/// The plan that these arguments hold, whose tables are files and these inputs.
///
/// # Errors
/// When it is none, a file is not what it was or may not be opened, an input is no partition, or something in it is not let
/// through.
pub(crate) fn decode(
    task: &Arguments<'_>,
    context: &TaskContext,
    surroundings: &Arc<dyn Surroundings>,
) -> PlanResult<LogicalPlan> {
    if task.plan.len() > PLAN_NBYTES_MAX {
        return plan_err!("the plan has {} bytes, and at most {PLAN_NBYTES_MAX} are taken", task.plan.len());
    }
    let codec = Decoder {
        tables: task.tables.to_vec(),
        inputs: task.inputs.clone(),
        surroundings: surroundings.clone(),
    };
    let plan = logical_plan_from_bytes_with_extension_codec(task.plan, context, &codec)?;
    check_nodes(&plan)?;
    check_files(&plan)?;
    Ok(plan)
}

/// Whether the files of a plan are what they were when it was made.
///
/// # Errors
/// The first that is not.
pub(crate) fn check_files(plan: &LogicalPlan) -> PlanResult<()> {
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let table = source_as_provider(&scan.source)?;
            let own = table.downcast_ref::<Files>();
            let files = own.or_else(|| table.downcast_ref::<Lenient>().map(Lenient::files));
            if let Some(file) = files.and_then(|files| changed(&files.files)) {
                let what = "is not what it was when the query was planned; plan it anew";
                return Err(DataFusionError::Execution(format!("`{}` {what}", file.path)));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// What goes beside a plan's bytes.
#[derive(Default)]
struct Beside {
    tables: Vec<String>,
    inputs: Vec<Argument>,
    /// Where the partitions of a table begin, by its number: it may stand in a plan twice.
    first: HashMap<u64, usize>,
    components: Vec<Component>,
}

#[derive(Default)]
struct Encoder {
    beside: Mutex<Beside>,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoder")
    }
}

impl Encoder {
    fn beside(&self) -> std::sync::MutexGuard<'_, Beside> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a table beside the plan, which has its number.
    fn table(&self, table: &Table, out: &mut Vec<u8>) -> PlanResult<()> {
        let mut text = Vec::new();
        to_json(table, &mut text)?;
        let mut beside = self.beside();
        out.extend((beside.tables.len() as u32).to_le_bytes());
        beside.tables.push(String::from_utf8_lossy(&text).into_owned());
        Ok(())
    }

    fn function(
        &self,
        component: Option<&Component>,
        portable: &Portable,
        out: &mut Vec<u8>,
    ) -> PlanResult<()> {
        let mut beside = self.beside();
        if let Some(component) = component
            && beside.components.iter().all(|known| known.digest() != component.digest())
        {
            beside.components.push(component.clone());
        }
        to_json(portable, out)
    }
}

fn to_json(value: &impl Serialize, out: &mut Vec<u8>) -> PlanResult<()> {
    serde_json::to_writer(out, value).map_err(|error| DataFusionError::Internal(error.to_string()))
}

fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> PlanResult<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| DataFusionError::Plan(format!("the plan is damaged: {error}")))
}

impl LogicalExtensionCodec for Encoder {
    fn try_decode(&self, _: &[u8], _: &[LogicalPlan], _: &TaskContext) -> PlanResult<Extension> {
        not_impl_err!("this codec encodes")
    }

    fn try_encode(&self, node: &Extension, _: &mut Vec<u8>) -> PlanResult<()> {
        not_impl_err!("`{}` cannot be part of a query here", node.node.name())
    }

    fn try_decode_table_provider(
        &self,
        _: &[u8],
        _: &TableReference,
        _: SchemaRef,
        _: &TaskContext,
    ) -> PlanResult<Arc<dyn TableProvider>> {
        not_impl_err!("this codec encodes")
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        out: &mut Vec<u8>,
    ) -> PlanResult<()> {
        if let Some(files) = table.downcast_ref::<Files>() {
            return self.table(&Table::Files(files.clone()), out);
        }
        if let Some(lenient) = table.downcast_ref::<Lenient>() {
            return self.table(&Table::Lenient(lenient.clone()), out);
        }
        if let Some(parts) = table.downcast_ref::<Parts>() {
            let first = {
                let mut beside = self.beside();
                let end = beside.inputs.len();
                let first = *beside.first.entry(parts.id).or_insert(end);
                if first == end {
                    beside.inputs.extend(parts.parts.iter().cloned());
                }
                first
            };
            return self.table(&Table::Inputs { first, n: parts.parts.len() }, out);
        }
        not_impl_err!("table `{name}` cannot leave this process")
    }

    fn try_encode_udf(&self, function: &ScalarUDF, out: &mut Vec<u8>) -> PlanResult<()> {
        match function.inner().downcast_ref::<PluginScalar>() {
            Some(own) => self.function(own.component(), own.portable(), out),
            None => Ok(()),
        }
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, out: &mut Vec<u8>) -> PlanResult<()> {
        match function.inner().downcast_ref::<PluginAggregate>() {
            Some(own) => self.function(own.component(), own.portable(), out),
            None => Ok(()),
        }
    }
}

struct Decoder {
    tables: Vec<Value>,
    inputs: Vec<Value>,
    surroundings: Arc<dyn Surroundings>,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoder")
    }
}

impl Decoder {
    /// Files as they were, which this task may open.
    fn files(&self, files: &Files) -> PlanResult<()> {
        for file in &files.files {
            let allowed = self.surroundings.check_may_open(std::path::Path::new(&file.path));
            allowed.map_err(|error| DataFusionError::External(error.into()))?;
        }
        Ok(())
    }

    fn partitions(&self, schema: &SchemaRef, first: usize, n: usize) -> PlanResult<Arc<dyn TableProvider>> {
        let given = first.checked_add(n).and_then(|end| self.inputs.get(first..end));
        let given = given.ok_or_else(|| DataFusionError::Plan("a partition is missing".into()))?;
        let batches = given.iter().map(|value| match value {
            Value::Partition(partition) => Ok(vec![aligned(partition, schema)?]),
            other => {
                let ty = other.type_of();
                Err(DataFusionError::Execution(format!("a partition is expected, and a call returned {ty}")))
            }
        });
        let mut batches = batches.collect::<PlanResult<Vec<_>>>()?;
        if batches.is_empty() {
            batches.push(vec![RecordBatch::new_empty(schema.clone())]);
        }
        Ok(Arc::new(MemTable::try_new(schema.clone(), batches)?))
    }
}

impl LogicalExtensionCodec for Decoder {
    fn try_decode(&self, _: &[u8], _: &[LogicalPlan], _: &TaskContext) -> PlanResult<Extension> {
        not_impl_err!("no such operator")
    }

    fn try_encode(&self, _: &Extension, _: &mut Vec<u8>) -> PlanResult<()> {
        not_impl_err!("this codec decodes")
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _: &TableReference,
        schema: SchemaRef,
        _: &TaskContext,
    ) -> PlanResult<Arc<dyn TableProvider>> {
        let number =
            bytes.try_into().map(u32::from_le_bytes).ok().and_then(|number| usize::try_from(number).ok());
        let text = number.and_then(|number| self.tables.get(number)).map(Value::as_text);
        let Some(Ok(text)) = text else {
            return plan_err!("the plan is damaged: it names a table that is not there");
        };
        match from_json(text.as_bytes())? {
            Table::Files(files) => {
                self.files(&files)?;
                Ok(Arc::new(files.with_schema(schema)))
            }
            Table::Lenient(lenient) => {
                self.files(lenient.files())?;
                Ok(Arc::new(lenient.with_schema(schema)))
            }
            Table::Inputs { first, n } => self.partitions(&schema, first, n),
        }
    }

    fn try_encode_table_provider(
        &self,
        _: &TableReference,
        _: Arc<dyn TableProvider>,
        _: &mut Vec<u8>,
    ) -> PlanResult<()> {
        not_impl_err!("this codec decodes")
    }

    fn try_decode_udf(&self, _: &str, bytes: &[u8]) -> PlanResult<Arc<ScalarUDF>> {
        let portable: Portable = from_json(bytes)?;
        let own = PluginScalar::new(portable, None, Some(self.surroundings.clone()))?;
        Ok(Arc::new(ScalarUDF::new_from_impl(own)))
    }

    fn try_decode_udaf(&self, _: &str, bytes: &[u8]) -> PlanResult<Arc<AggregateUDF>> {
        let portable: Portable = from_json(bytes)?;
        let own = PluginAggregate::new(portable, None, Some(self.surroundings.clone()))?;
        Ok(Arc::new(AggregateUDF::new_from_impl(own)))
    }
}
