//! `gristmill plugin inspect`: what a component offers and what it needs.

use std::path::PathBuf;

use clap::Args;
use gristmill::sandbox::{Plugin, Signature};
use serde_json::{Value as Json, json};

use crate::cli::quantity::format_nbytes;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The component.
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let (component, plugin) = super::load(&args.file)?;
    let nbytes = component.bytes().len();
    if args.json {
        say!("{:#}", as_json(&plugin, nbytes));
    } else {
        print!("{}", as_text(&plugin, nbytes));
    }
    Ok(())
}

fn as_text(plugin: &Plugin, nbytes: usize) -> String {
    let info = plugin.info();
    let mut text = format!(
        "{} {} ({})\n  digest   blake3-{}\n  size     {}\n",
        info.name,
        info.version,
        info.license,
        plugin.digest(),
        format_nbytes(nbytes as u64)
    );
    for import in plugin.imports() {
        text += &format!("  imports  {import}\n");
    }
    for function in &info.functions {
        text += &format!("\n{function}\n");
        let mut words = words(function);
        words.extend(plugin.shader(&function.name).map(|source| format!("GPU kernel of {} B", source.len())));
        if !words.is_empty() {
            text += &format!("    [{}]\n", words.join(", "));
        }
        text += &indented(&function.doc);
        for param in function.params.iter().filter(|param| !param.doc.is_empty()) {
            text += &indented(&format!("{}: {}", param.name, param.doc));
        }
    }
    for format in &info.formats {
        let endings: Vec<_> = format.extensions.iter().map(|extension| format!("*.{extension}")).collect();
        text += &format!("\nreads {} ({})\n{}", format.name, endings.join(", "), indented(&format.doc));
    }
    text
}

fn indented(doc: &str) -> String {
    doc.lines().map(|line| format!("    {line}\n")).collect()
}

/// The kind, unless it is a plain task, and the traits.
fn words(function: &Signature) -> Vec<String> {
    let traits = function.traits;
    let kind = kind_name(function);
    let kind = (kind != "task").then_some(kind);
    let flags = [
        ("pure", traits.pure),
        ("elementwise", traits.elementwise),
        ("commutative", traits.commutative),
        ("associative", traits.associative),
        ("keeps shape", traits.keeps_shape),
    ];
    kind.into_iter().chain(flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned())).collect()
}

/// `MapBlocks` as `map blocks`.
fn kind_name(function: &Signature) -> String {
    let mut name = String::new();
    for letter in format!("{:?}", function.kind).chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push(' ');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

fn as_json(plugin: &Plugin, nbytes: usize) -> Json {
    let info = plugin.info();
    let functions = info.functions.iter().map(|function| {
        let params = function.params.iter().map(|param| {
            json!({ "name": param.name, "type": param.ty.to_string(), "optional": param.optional, "doc": param.doc })
        });
        json!({
            "name": &*function.name,
            "kind": kind_name(function),
            "params": params.collect::<Vec<_>>(),
            "returns": function.returns.to_string(),
            "wgsl_nbytes": plugin.shader(&function.name).map(|source| source.len()),
            "traits": words(function).split_off(usize::from(kind_name(function) != "task")),
            "doc": function.doc,
        })
    });
    let formats = info
        .formats
        .iter()
        .map(|format| json!({ "name": format.name, "extensions": format.extensions, "doc": format.doc }));
    json!({
        "name": info.name,
        "version": info.version,
        "license": info.license,
        "digest": plugin.digest().to_string(),
        "nbytes": nbytes,
        "imports": plugin.imports(),
        "functions": functions.collect::<Vec<_>>(),
        "formats": formats.collect::<Vec<_>>(),
    })
}
