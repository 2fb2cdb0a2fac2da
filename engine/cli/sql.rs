//! `gristmill sql`: a query over files.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use gristmill::client::{Client, Compute};
use gristmill::cluster::{Connect, ConnectOptions, Token};
use gristmill::collections::Component;
use gristmill::data::{Partition, Value};
use gristmill::dataframe::{DataFrame, Functions, Session};

use super::options::ClusterOptions;
use super::table;

#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// The query, in SQL.
    query: String,
    /// A table: files of one format, named by a path, a folder or a pattern such as `'data/*.csv.gz'`, and the name that the
    /// query has for them; without one, that of the file, or of its folder where there are many.
    #[arg(value_name = "[NAME=]FILES")]
    tables: Vec<String>,
    /// A plugin, whose functions the query calls as `plugin.function`, and whose formats may be read.
    #[arg(long, value_name = "[NAME=]FILE")]
    plugin: Vec<String>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write the rows to this file instead, in the format that its extension names: csv, jsonl, arrow or parquet; or to a
    /// folder of Parquet files.
    #[arg(long, short, value_name = "PATH", conflicts_with = "format")]
    output: Option<PathBuf>,
    /// Columns that become folders such as `site=A` in the folder that is written.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', requires = "output")]
    partition_by: Vec<String>,
    /// Show what would be read and how the query would be run, and run nothing.
    #[arg(long)]
    explain: bool,
    /// Compute on the cluster whose scheduler is at host:port, rather than in this process.
    #[arg(long, value_name = "ADDRESS")]
    cluster: Option<String>,
    /// The file of a client's token, where that cluster asks for one.
    #[arg(long, value_name = "FILE", requires = "cluster")]
    token: Option<PathBuf>,
    #[command(flatten)]
    local: ClusterOptions,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// Comma-separated, the names first.
    Csv,
    /// A JSON object a line.
    Json,
}

pub(crate) fn run(args: &SqlArgs) -> anyhow::Result<()> {
    if let Some(address) = &args.cluster {
        let mut options = ConnectOptions::default();
        if let Some(path) = &args.token {
            options = options.token(Token::read(path)?);
        }
        return query(args, &Client::connect_with(address, options)?);
    }
    let cluster = args.local.start()?;
    query(args, &cluster.client())?;
    cluster.shutdown();
    Ok(())
}

fn query(args: &SqlArgs, client: &Client) -> anyhow::Result<()> {
    let mut session = Session::new();
    let mut components = Vec::new();
    for plugin in &args.plugin {
        let (name, path) =
            plugin.split_once('=').map_or((None, plugin.as_str()), |(name, path)| (Some(name), path));
        let component = Component::open(path)?;
        let component = name.map_or(component.clone(), |name| component.named(name));
        session.register_functions(&Functions::of(&client.describe(&component)?));
        components.push(component);
    }
    for given in &args.tables {
        let (name, pattern) = named(given)?;
        let frame = table_of(client, &components, pattern)?;
        session.register(&name, &frame).with_context(|| format!("table `{name}`"))?;
    }
    let frame = session.sql(&args.query);
    if args.explain {
        say!("{}", frame.explain()?.trim_end());
        return Ok(());
    }
    match &args.output {
        None => print(&frame.compute(client)?, args.format),
        Some(path) => {
            let by: Vec<&str> = args.partition_by.iter().map(String::as_str).collect();
            frame.write(&path.to_string_lossy()).partition_by(&by).compute(client)?;
            Ok(())
        }
    }
}

/// The table of a pattern: read by a plugin where one knows the files by their names.
fn table_of(client: &Client, plugins: &[Component], pattern: &str) -> anyhow::Result<DataFrame> {
    for component in plugins {
        let library = client.describe(component)?;
        let knows = |(_, extensions): &&(String, Vec<String>)| {
            extensions.iter().any(|extension| pattern.ends_with(&format!(".{extension}")))
        };
        if let Some((format, _)) = library.formats.iter().find(knows) {
            let (plan, pieces) = client.planned(component, format, pattern, &[])?;
            return Ok(DataFrame::from_delayed(pieces, &plan.ty.to_string()));
        }
    }
    Ok(DataFrame::read(pattern))
}

fn print(rows: &Partition, format: Format) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match format {
        Format::Table => out.write_all(table::render(&Value::Partition(rows.clone())).as_bytes())?,
        Format::Csv => gristmill::storage::write_rows(&mut out, "csv", rows)?,
        Format::Json => gristmill::storage::write_rows(&mut out, "jsonl", rows)?,
    }
    Ok(out.flush()?)
}

/// Name and pattern of a table.
fn named(table: &str) -> anyhow::Result<(String, &str)> {
    // A part of a path may have such a sign, too, as in `site=A`.
    if let Some((name, pattern)) = table.split_once('=')
        && !name.contains('/')
    {
        return Ok((name.to_owned(), pattern));
    }
    let path = Path::new(table);
    let is_pattern = |name: &str| name.contains(['*', '?', '[']);
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = match is_pattern(&file) {
        true => path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()),
        false => file.split('.').next().map(str::to_owned),
    };
    let name = name.filter(|name| !name.is_empty() && !is_pattern(name));
    let name = name.with_context(|| format!("`{table}` names no table; say NAME={table}"))?;
    Ok((name, table))
}
