//! `gristmill plugin test`: builds a plugin and runs its cases in the sandbox.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use gristmill::cluster::LocalCluster;
use gristmill::collections::Argument;
use gristmill::prelude::*;
use gristmill::sandbox::{CallContext, Plugin};
use gristmill::storage::to_json;

use super::build::{BuildArgs, build};
use super::cases::{Case, Expected, agrees, read_cases, to_value};
use crate::cli::complaint::in_words;

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    build: BuildArgs,
    /// Test this component instead of building one; the cases are still those of the plugin's folder.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Run only cases of functions whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// How one case went; an empty complaint means well.
struct Outcome {
    function: String,
    took: Duration,
    complaint: String,
}

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<()> {
    let cases = read_cases(&args.build.dir)?;
    let component = match &args.component {
        Some(path) => path.clone(),
        None => build(&args.build)?.0,
    };
    let (component_itself, plugin) = super::load(&component)?;
    let tested = Tested {
        // Tasks that start tasks need a cluster.
        cluster: plugin.bytes().map(|_| Cluster::local().start()).transpose()?,
        component: component_itself,
        plugin,
    };
    let wanted = |case: &&Case| args.only.as_ref().is_none_or(|only| case.function.contains(only));
    let outcomes: Vec<_> = cases.iter().filter(wanted).map(|case| try_case(&tested, case)).collect();
    print!("{}", table(&component, &outcomes));
    let untested =
        tested.plugin.info().functions.iter().filter(|f| cases.iter().all(|case| *case.function != *f.name));
    let untested: Vec<_> = untested.map(|function| &*function.name).collect();
    if !untested.is_empty() {
        say!("  without a case: {}", untested.join(", "));
    }
    match outcomes.iter().filter(|outcome| !outcome.complaint.is_empty()).count() {
        0 => Ok(()),
        n => bail!("{n} of {} cases failed", outcomes.len()),
    }
}

/// What is tested.
struct Tested {
    component: Component,
    plugin: Arc<Plugin>,
    cluster: Option<LocalCluster>,
}

impl Tested {
    fn call(&self, function: &str, args: Vec<Value>) -> Result<Value, String> {
        match &self.cluster {
            Some(cluster) => {
                let args = args.into_iter().map(Argument::from).collect();
                let call = delayed(self.component.function(function), args).may_submit();
                call.compute(&cluster.client()).map_err(|error| error.to_string())
            }
            None => {
                let called = self.plugin.call(function, &args, &CallContext::new());
                called.map_err(|error| error.to_string())
            }
        }
    }
}

fn try_case(tested: &Tested, case: &Case) -> Outcome {
    let started = Instant::now();
    let complaint = match call(tested, case) {
        Ok(complaint) => complaint,
        Err(error) => in_words(&error),
    };
    Outcome { function: case.function.clone(), took: started.elapsed(), complaint }
}

/// Calls the function and says how the result differs; empty if it does not.
fn call(tested: &Tested, case: &Case) -> anyhow::Result<String> {
    let signature = tested.plugin.signature(&case.function).context("the plugin has no such function")?;
    let mut args = Vec::with_capacity(case.args.len());
    for (idx, given) in case.args.iter().enumerate() {
        let param =
            signature.params.get(idx).with_context(|| format!("there is no parameter {}", idx + 1))?;
        args.push(to_value(given, &param.ty).with_context(|| format!("argument `{}`", param.name))?);
    }
    Ok(match (tested.call(&case.function, args), &case.expected) {
        (Ok(value), Expected::Value(expected)) => {
            let given = to_json(&value);
            if agrees(&given, expected, case.tolerance) {
                String::new()
            } else {
                format!("expected {expected}\n     got {given}")
            }
        }
        (Ok(value), Expected::Error(text)) => {
            format!("expected an error with `{text}`\n     got {}", to_json(&value))
        }
        (Err(error), Expected::Error(text)) if error.contains(text.as_str()) => String::new(),
        (Err(error), Expected::Error(text)) => format!("expected an error with `{text}`\n     got {error}"),
        (Err(error), Expected::Value(_)) => error,
    })
}

fn table(component: &Path, outcomes: &[Outcome]) -> String {
    let width = outcomes.iter().map(|outcome| outcome.function.len()).max().unwrap_or(0);
    let mut text = format!("{}: {} cases\n", component.display(), outcomes.len());
    for outcome in outcomes {
        let mark = if outcome.complaint.is_empty() { "ok  " } else { "FAIL" };
        let took_us = outcome.took.as_secs_f64() * 1e6;
        text += &format!("  {mark}  {:<width$}  {took_us:>10.1} us\n", outcome.function);
        text.extend(outcome.complaint.lines().map(|line| format!("        {line}\n")));
    }
    text
}
