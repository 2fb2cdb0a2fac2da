//! Plans as bytes: what a query's task is given, and what its key is made of.
//!
//! DataFusion encodes the plan; tables and plugins' functions are ours. Partitions are not in it: the task has them as inputs,
//! and the plan says which of these are whose.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result as PlanResult, TableReference, not_impl_err};
use datafusion::datasource::MemTable;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF};
use datafusion::prelude::Expr;
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use gristmill_collections::{Argument, Component};
use gristmill_data::Value;
use serde::{Deserialize, Serialize};

use crate::engine::Surroundings;
use crate::files::Files;
use crate::functions::{PluginAggregate, PluginScalar, Portable, check_calls};
use crate::parts::{Parts, aligned};
use crate::{Error, planner};

/// A plan as a task takes it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// The partitions of all its tables.
    pub(crate) inputs: Vec<Argument>,
    /// The components that its functions are of.
    pub(crate) components: Vec<Component>,
}

/// A table in a plan.
#[derive(Serialize, Deserialize)]
enum Table {
    Files(Files),
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
        let bytes = match has_subqueries(plan)? {
            true => logical_plan_to_bytes_with_extension_codec(&planner::state().optimize(plan)?, &codec)?,
            false => logical_plan_to_bytes_with_extension_codec(plan, &codec)?,
        };
        Ok::<_, Error>(bytes.to_vec())
    })??;
    let Beside { inputs, components, .. } = codec.beside.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Encoded { bytes, inputs, components })
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

/// The plan of these bytes, whose tables are files and these inputs.
///
/// # Errors
/// When the bytes are no plan, a file is not what it was or may not be opened, or an input is no partition.
pub(crate) fn decode(
    bytes: &[u8],
    inputs: &[Value],
    context: &TaskContext,
    surroundings: &Arc<dyn Surroundings>,
) -> PlanResult<LogicalPlan> {
    let codec = Decoder { inputs: inputs.to_vec(), surroundings: surroundings.clone() };
    logical_plan_from_bytes_with_extension_codec(bytes, context, &codec)
}

/// What goes beside a plan's bytes.
#[derive(Default)]
struct Beside {
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
            return to_json(&Table::Files(files.clone()), out);
        }
        if let Some(parts) = table.downcast_ref::<Parts>() {
            let mut beside = self.beside();
            let end = beside.inputs.len();
            let first = *beside.first.entry(parts.id).or_insert(end);
            if first == end {
                beside.inputs.extend(parts.parts.iter().cloned());
            }
            return to_json(&Table::Inputs { first, n: parts.parts.len() }, out);
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
            let path = std::path::Path::new(&file.path);
            self.surroundings
                .check_may_open(path)
                .map_err(|error| DataFusionError::External(error.into()))?;
            let now = gristmill_storage::Source::open(path).map(|source| source.identity());
            // Names differ where the pattern was a relative one; size and time come first.
            let is_same = now.is_ok_and(|now| now.get(..24) == file.identity.get(..24));
            if !is_same {
                let what = "is not what it was when the query was planned; plan it anew";
                return Err(DataFusionError::Execution(format!("`{}` {what}", file.path)));
            }
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
        Ok(Arc::new(MemTable::try_new(schema.clone(), batches.collect::<PlanResult<Vec<_>>>()?)?))
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
        match from_json(bytes)? {
            Table::Files(files) => {
                self.files(&files)?;
                Ok(Arc::new(files.with_schema(schema)))
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
