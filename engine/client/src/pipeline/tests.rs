//! Pipeline files: what they become, and how they are refused.

use std::path::Path;

use super::build::build;
use super::file::PipelineFile;
use super::*;
use crate::{Backend, Error, ReadRequest, Status};

/// A cluster that no one may ask for anything: pipelines without sources are built without one.
struct NoCluster;

impl Backend for NoCluster {
    fn explain_devices(&self, _: &gristmill_collections::Program) -> String {
        String::new()
    }

    fn submit(&self, _: gristmill_collections::Program) -> Result<Vec<gristmill_graph::Key>, Error> {
        unreachable!("building a pipeline submits nothing")
    }
    fn memory_nbytes(&self) -> u64 {
        0
    }
    fn scatter(&self, _: Vec<gristmill_data::Value>) -> Result<Vec<gristmill_graph::Key>, Error> {
        unreachable!("building a pipeline scatters nothing")
    }
    fn notify(&self, _: &[gristmill_graph::Key], _: usize, _: &std::sync::Arc<dyn crate::Listener>) {}
    fn status(&self, _: &gristmill_graph::Key) -> Status {
        Status::Unknown
    }
    fn result(
        &self,
        _: &gristmill_graph::Key,
    ) -> Option<Result<gristmill_data::Value, gristmill_data::TaskError>> {
        None
    }
    fn release(&self, _: &[gristmill_graph::Key]) {}
    fn cancel(&self, _: &[gristmill_graph::Key]) {}
    fn retry(&self, _: &[gristmill_graph::Key]) {}
    fn describe(
        &self,
        _: &gristmill_collections::Component,
    ) -> Result<gristmill_collections::Library, Error> {
        Err(Error::Unavailable("there is no cluster".into()))
    }
    fn plan_read(&self, _: ReadRequest<'_>) -> Result<gristmill_collections::ReadPlan, Error> {
        Err(Error::Unavailable("there is no cluster".into()))
    }
}

fn open(text: &str) -> Result<Pipeline, PipelineError> {
    let file: PipelineFile = toml::from_str(text).unwrap();
    build(Path::new("test.toml"), &file, &Client::new(std::sync::Arc::new(NoCluster)))
}

fn check_refused(text: &str, words: &[&str]) {
    let error = open(text).unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
}

#[test]
fn outputs_are_what_nobody_uses() {
    let pipeline = open(
        "[task.a]\ncall = \"inc\"\nargs = [1]\n[task.b]\ncall = \"inc\"\nargs = [\"$a\"]\n\
         [task.c]\ncall = \"sum\"\nargs = [[\"$a\", 5, { x = \"$b\" }]]\n[task.d]\ncall = \"inc\"\nargs = [2]\n",
    )
    .unwrap();
    let names: Vec<&str> = pipeline.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["c", "d"]);
    assert_eq!(pipeline.title, "test");
}

#[test]
fn windows_are_cut_at_the_ends() {
    let items: Vec<Delayed> = (0..4i64)
        .map(|i| {
            let inc = gristmill_collections::kernel("inc").unwrap();
            gristmill_collections::delayed(inc, gristmill_collections::args![i])
        })
        .collect();
    let n_items = |idx, window| match build::item_of(&items, idx, Some(window)) {
        gristmill_collections::Argument::List(items) => items.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!([n_items(0, [1, 1]), n_items(1, [1, 1]), n_items(3, [1, 1])], [2, 3, 2]);
    assert_eq!(n_items(2, [usize::MAX, usize::MAX]), 4);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    check_refused("[task.a]\ncall = \"inc\"\nargs = [\"$a\"]\n", &["a -> a"]);
    check_refused(
        "[task.a]\ncall = \"inc\"\nargs = [{ x = [\"$b\"] }]\n[task.b]\nreduce = \"p.mean\"\nof = \"c\"\n\
         [task.c]\ncall = \"inc\"\neach = \"a\"\n",
        &["a -> b -> c -> a"],
    );
    check_refused("[task.a]\ncall = \"inc\"\nargs = [\"$b\"]\n", &["task.a", "`b`"]);
    check_refused("[task.a]\ncall = \"inc\"\nargs = [\"$index\"]\n", &["task.a", "each"]);
    check_refused("[task.a]\ncall = \"inc\"\nargs = [2013-01-01]\n", &["task.a", "dates"]);
    check_refused("[plugins]\np = 5\n", &["plugins.p"]);
    check_refused(
        "[source.s]\nread = \"csv\"\nglob = \"*\"\n[output]\nshow = [\"s\"]\n",
        &["source.s", "plugin.format"],
    );
    check_refused("[sink.x]\npath = \"x.csv\"\n", &["sink.x"]);
}

/// Names used to be resolved by recursion, which overflowed a thread's stack in builds with large frames.
#[test]
fn a_chain_of_many_entries_is_built() {
    const N: usize = 5000;
    let mut text = format!("[task.t{N:05}]\ncall = \"inc\"\nargs = [1]\n");
    for i in (0..N).rev() {
        text.push_str(&format!("[task.t{i:05}]\ncall = \"inc\"\nargs = [\"$t{:05}\"]\n", i + 1));
    }
    let pipeline = open(&text).unwrap();
    assert_eq!(pipeline.outputs.len(), 1);
    assert_eq!(pipeline.outputs[0].name, "t00000");

    let cycle = text.replace("args = [1]", "args = [\"$t00000\"]");
    check_refused(&cycle, &["t00000 -> t00001", "t05000 -> t00000"]);
}

/// A missing folder or an unknown extension used to show only when everything had been computed.
#[test]
fn a_sink_that_cannot_be_written_is_refused_before_anything_runs() {
    let sink = |path: &str| format!("[task.a]\ncall = \"inc\"\nargs = [1]\n[sink.a]\npath = \"{path}\"\n");
    check_refused(&sink("nowhere/a.csv"), &["sink.a", "nowhere", "folder"]);
    check_refused(&sink("a.xls"), &["sink.a", "a.xls", "csv, jsonl, arrow"]);
    check_refused(&sink("src"), &["sink.a", "csv, jsonl, arrow"]);
    assert_eq!(open(&sink("a.json")).unwrap().sinks.len(), 1);
}

/// Two entries that call one function used to fail with the same words, so nobody knew which of them it was.
#[test]
fn calls_are_named_after_their_entries() {
    let text = "[task.a]\ncall = \"inc\"\nargs = [1]\n[task.b]\ncall = \"inc\"\nargs = [2]\n\
                [task.c]\ncall = \"inc\"\neach = \"b\"\nargs = [\"$b\"]\n[output]\nshow = [\"a\", \"b\", \"c\"]\n";
    let pipeline = open(text).unwrap();
    let names: Vec<&str> = pipeline.outputs.iter().map(|output| output.values[0].name()).collect();
    assert_eq!(names, ["a: inc", "b: inc", "c: inc"]);
}

/// Fields that a task of this kind does not have used to be ignored without a word.
#[test]
fn fields_that_do_not_belong_together_are_refused() {
    let check = |fields: &str, words: &[&str]| {
        let text = format!("[task.s]\ncall = \"list\"\nargs = [1, 2]\n[task.a]\n{fields}\n");
        check_refused(&text, &[&["[task.a]"], words].concat());
    };
    check("", &["call", "reduce"]);
    check("call = \"inc\"\nreduce = \"p.mean\"", &["both"]);
    check("call = \"inc\"\nargs = [1]\nof = \"s\"", &["`of`", "reduce"]);
    check("call = \"inc\"\nargs = [1]\nfan_in = 4", &["`fan_in`", "reduce"]);
    check("call = \"inc\"\nargs = [1]\nwindow = [1, 1]", &["`window`", "each"]);
    check("call = \"inc\"\nargs = [1]\ncount_from = 0", &["`count_from`", "each"]);
    check("call = \"inc\"\nargs = [1]\neach = []", &["`each`", "nothing"]);
    let reduce = "reduce = \"p.mean\"\n";
    for field in ["args = []", "each = \"s\"", "window = [0, 1]", "count_from = 1"] {
        let name = field.split(' ').next().unwrap();
        check(&format!("{reduce}of = \"s\"\n{field}"), &[&format!("`{name}`"), "call"]);
    }
    check(reduce, &["`reduce` needs `of`"]);
    for fan_in in [0, 1] {
        check(&format!("{reduce}of = \"s\"\nfan_in = {fan_in}"), &["`fan_in`", "at least 2"]);
    }
    check(&format!("{reduce}of = \"s\"\nfan_in = 2"), &["plugin `p`"]);
}
