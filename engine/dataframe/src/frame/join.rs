//! Two frames side by side, and several one below the other.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, Union};
use datafusion::prelude::Expr;

use super::{DataFrame, known, plain};
use crate::expr::coalesce;
use crate::{Error, col};

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Those that match.
    Inner,
    /// All of the left frame.
    Left,
    /// All of the right frame.
    Right,
    /// All of both.
    Full,
    /// Those of the left frame that match, once each, and its columns alone.
    Semi,
    /// Those of the left frame that do not match, and its columns alone.
    Anti,
}

impl DataFrame {
    /// Side by side with the rows of another frame that have the same values in the columns `on`, which are there once. A name
    /// that both have otherwise gets `_right` behind it for the right one. Nulls match nothing.
    pub fn join(&self, right: &Self, on: &[&str], how: Join) -> Self {
        self.join_on(right, on, on, how)
    }

    /// The same where the columns are called otherwise on the right; the left names are kept.
    pub fn join_on(&self, right: &Self, left_on: &[&str], right_on: &[&str], how: Join) -> Self {
        let right = match right.plan() {
            Ok(plan) => plan.clone(),
            Err(error) => return Self::of(Err(error)),
        };
        self.try_then(|left| {
            check_keys(left_on, right_on)?;
            known(left.schema(), left_on)?;
            known(right.schema(), right_on)?;
            let own: Vec<(String, Expr)> = plain(left.schema());
            let names: Vec<&str> = own.iter().map(|(name, _)| name.as_str()).collect();
            // Keys of the right side go under names that nobody has.
            let key_name = |at: usize| format!("__key_{at}");
            let others: Vec<(String, String, Expr)> = plain(right.schema())
                .into_iter()
                .map(|(name, column)| {
                    let new = match right_on.iter().position(|key| *key == name) {
                        Some(at) => key_name(at),
                        None if names.contains(&name.as_str()) => format!("{name}_right"),
                        None => name.clone(),
                    };
                    (name, new.clone(), column.unalias().alias(new))
                })
                .collect();
            let right = LogicalPlanBuilder::from(right)
                .project(others.iter().map(|(_, _, column)| column.clone()))?
                .build()?;
            let (state, left) = left.into_parts();
            let left =
                LogicalPlanBuilder::from(left).project(own.iter().map(|(_, column)| column.clone()))?;
            let kind = match how {
                Join::Inner => JoinType::Inner,
                Join::Left => JoinType::Left,
                Join::Right => JoinType::Right,
                Join::Full => JoinType::Full,
                Join::Semi => JoinType::LeftSemi,
                Join::Anti => JoinType::LeftAnti,
            };
            let column = |name: &str| datafusion::common::Column::new_unqualified(name);
            let left_keys: Vec<_> = left_on.iter().map(|name| column(name)).collect();
            let right_keys: Vec<_> = (0..right_on.len()).map(|at| column(&key_name(at))).collect();
            let joined = left.join(right, kind, (left_keys, right_keys), None)?.build()?;
            let frame = datafusion::dataframe::DataFrame::new(state, joined);
            if matches!(how, Join::Semi | Join::Anti) {
                return Ok(frame);
            }
            let of_left = own.iter().map(|(name, _)| match left_on.iter().position(|key| key == name) {
                Some(at) if how == Join::Right => col(key_name(at)).alias(name),
                Some(at) if how == Join::Full => {
                    coalesce([col(name.as_str()), col(key_name(at))]).alias(name)
                }
                _ => col(name.as_str()),
            });
            let is_other = |name: &String| !right_on.contains(&name.as_str());
            let of_right =
                others.iter().filter(|(name, ..)| is_other(name)).map(|(_, new, _)| col(new.as_str()));
            let columns: Vec<Expr> = of_left.chain(of_right).collect();
            Ok(frame.select(columns)?)
        })
    }

    /// Each row with each row of another frame.
    pub fn cross_join(&self, right: &Self) -> Self {
        let right = match right.plan() {
            Ok(plan) => plan.clone(),
            Err(error) => return Self::of(Err(error)),
        };
        self.try_then(|left| {
            let names: Vec<String> =
                left.schema().fields().iter().map(|field| field.name().clone()).collect();
            let columns =
                plain(right.schema()).into_iter().map(|(name, column)| match names.contains(&name) {
                    true => column.unalias().alias(format!("{name}_right")),
                    false => column,
                });
            let right = LogicalPlanBuilder::from(right.clone()).project(columns)?.build()?;
            let own = plain(left.schema()).into_iter().map(|(_, column)| column);
            let own: Vec<Expr> = own.collect();
            let (state, left) = left.select(own)?.into_parts();
            let joined = LogicalPlanBuilder::from(left).cross_join(right)?.build()?;
            Ok(datafusion::dataframe::DataFrame::new(state, joined))
        })
    }

    /// The rows of all of these frames. Columns go by name; where a frame lacks one, it has nulls.
    pub fn concat(frames: &[Self]) -> Self {
        let plans =
            frames.iter().map(|frame| Ok(Arc::new(frame.plan()?.clone()))).collect::<Result<Vec<_>, Error>>();
        Self::of(plans.and_then(|mut plans| match plans.len() {
            0 => {
                let reason = "there is nothing to put together".to_owned();
                Err(Error::Argument { name: "concat", reason })
            }
            1 => Ok(Arc::unwrap_or_clone(plans.swap_remove(0))),
            _ => Ok(LogicalPlan::Union(Union::try_new_by_name(plans)?)),
        }))
    }
}

/// Whether these can be the columns of a join.
fn check_keys(left_on: &[&str], right_on: &[&str]) -> Result<(), Error> {
    let refused = |reason| Err(Error::Argument { name: "join", reason });
    let (n_left, n_right) = (left_on.len(), right_on.len());
    if n_left != n_right || n_left == 0 {
        return refused(format!(
            "{n_left} columns on the left and {n_right} on the right; name as many, and at least one"
        ));
    }
    let mut pairs = right_on.iter().enumerate();
    match pairs.find(|(at, key)| right_on.iter().take(*at).any(|before| before == *key)) {
        Some((_, twice)) => refused(format!("`{twice}` is named twice on the right")),
        None => Ok(()),
    }
}
