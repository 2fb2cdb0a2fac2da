//! Rules for every text file: links lead somewhere, nothing depends on one machine.

use super::finding::{File, Finding, assert_none, files, root};

/// Endings of the text files that are judged.
const TEXTS: [&str; 14] = [
    ".rs", ".toml", ".md", ".py", ".sh", ".json", ".wit", ".wgsl", ".c", ".h", ".js", ".html", ".yml",
    ".ci/run",
];

/// Paths that exist on one machine only. In halves, so that this file is not a breach of its own rule.
const MACHINE_PATHS: [(&str, &str); 4] =
    [("/wo", "rk/"), ("/ro", "ot/"), ("/home/", "runner"), ("/Us", "ers/")];
/// Settings that point a package manager away from where everyone gets packages.
const PRIVATE_SOURCES: [(&str, &str); 4] =
    [("index-", "url"), ("replace-", "with"), ("npm_config_", "registry"), ("GOP", "ROXY")];

fn lines_of(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

/// Whether the line holds the path at the start of a word: `/x/` but not `a/x/`.
fn holds_path(line: &str, path: &str) -> bool {
    let inside = |char: char| char.is_alphanumeric() || "._-}".contains(char);
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(inside))
}

#[test]
fn nothing_depends_on_one_machine() {
    let judge = |file: &File| {
        let mut found = Vec::new();
        for (at, line) in lines_of(file) {
            let path = MACHINE_PATHS.iter().find(|(a, b)| holds_path(line, &format!("{a}{b}")));
            found.extend(path.map(|_| file.finding(at, "machine path", line.trim())));
            let source = PRIVATE_SOURCES.iter().find(|(a, b)| line.contains(&format!("{a}{b}")));
            found.extend(source.map(|_| file.finding(at, "private registry", line.trim())));
        }
        found
    };
    assert_none(&files(&TEXTS).iter().flat_map(judge).collect::<Vec<_>>());
}

#[test]
fn a_machine_path_is_found_at_the_start_of_a_word() {
    let path = ["/wo", "rk/"].concat();
    assert!(holds_path(&format!("cd {path}x"), &path));
    assert!(holds_path(&format!("\"{path}x\""), &path));
    assert!(!holds_path(&format!("frame{path}x"), &path));
}

/// Targets of `[text](target)` on the line.
fn link_targets(line: &str) -> Vec<&str> {
    let starts = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
    starts.filter_map(|rest| rest.split([')', ' ']).next()).collect()
}

/// The links of a Markdown file that lead to no file.
fn dead_links(file: &File) -> Vec<Finding> {
    let folder = root().join(&file.path).parent().unwrap().to_path_buf();
    let mut in_code = false;
    let mut found = Vec::new();
    for (at, line) in lines_of(file) {
        in_code ^= line.trim_start().starts_with("```");
        for target in link_targets(line).into_iter().filter(|_| !in_code) {
            let path = target.split('#').next().unwrap();
            let elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !elsewhere && !folder.join(path).exists() {
                found.push(file.finding(at, "dead link", format!("`{target}` leads to no file")));
            }
        }
    }
    found
}

#[test]
fn links_lead_to_files() {
    assert_none(&files(&[".md"]).iter().flat_map(dead_links).collect::<Vec<_>>());
}

#[test]
fn a_dead_link_is_found() {
    let text =
        "[a](README.md) [b](nowhere.md#x) [c](https://example.org/y)\n```\n[d](code.md)\n```\n[e](#here)";
    let file = File { path: "tests/data/flights/x.md".to_owned(), text: text.to_owned() };
    let found: Vec<String> = dead_links(&file).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["tests/data/flights/x.md:1: dead link: `nowhere.md#x` leads to no file"]);
}
