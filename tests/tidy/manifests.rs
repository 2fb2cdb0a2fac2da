//! Rules for the manifests and lock files: floors, descriptions, lints, where packages come from.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::finding::{File, Finding, assert_none, files};
use super::sources::CONFINED;

/// The one registry that a lock file may name.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// One of our packages, as its manifest describes it.
struct Package {
    file: File,
    manifest: Table,
    name: String,
}

impl Package {
    fn read(file: File) -> Option<Package> {
        let manifest: Table = file.text.parse().unwrap_or_else(|why| panic!("{}: {why}", file.path));
        let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
        Some(Package { file, manifest, name })
    }

    /// The folder that holds the manifest, relative to the root; empty for the façade.
    fn folder(&self) -> &str {
        self.file.path.strip_suffix("Cargo.toml").unwrap().trim_end_matches('/')
    }

    fn is_plugin(&self) -> bool {
        self.file.is_in("plugins")
    }

    fn value(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.manifest.get(*first)?, |value, part| value.get(part))
    }

    fn floor(&self) -> Option<i64> {
        self.value(&["package", "metadata", "floor"])?.as_integer()
    }

    /// Names of what is linked into the product, for any platform; dev-dependencies are not.
    fn dependencies(&self) -> Vec<String> {
        let for_targets = self.manifest.get("target").and_then(Value::as_table);
        let for_targets = for_targets.into_iter().flatten().filter_map(|(_, table)| table.as_table());
        let sections = std::iter::once(&self.manifest).chain(for_targets);
        let kinds = sections.flat_map(|table| [table.get("dependencies"), table.get("build-dependencies")]);
        let names = kinds.flatten().filter_map(Value::as_table).flat_map(Table::iter);
        names
            .map(|(name, given)| given.get("package").and_then(Value::as_str).unwrap_or(name).to_owned())
            .collect()
    }

    /// A finding at the line that sets or quotes `word`.
    fn finding(&self, word: &str, rule: &'static str, text: impl Into<String>) -> Finding {
        let quoted = format!("\"{word}\"");
        let stands = |line: &str| line.starts_with(word) || line.contains(&quoted);
        let line = self.file.text.lines().position(stands).unwrap_or(0) + 1;
        self.file.finding(line, rule, text)
    }
}

fn packages() -> Vec<Package> {
    files(&["Cargo.toml"]).into_iter().filter_map(Package::read).collect()
}

fn engine_packages() -> Vec<Package> {
    packages().into_iter().filter(|package| !package.is_plugin()).collect()
}

fn breaches(packages: &[Package], judge: impl Fn(&Package) -> Vec<Finding>) -> Vec<Finding> {
    packages.iter().flat_map(judge).collect()
}

/// Dependencies that do not lie strictly below the package that names them.
fn floor_breaches(packages: &[Package]) -> Vec<Finding> {
    let floors: BTreeMap<&str, Option<i64>> =
        packages.iter().map(|package| (package.name.as_str(), package.floor())).collect();
    breaches(packages, |package| {
        let Some(floor) = package.floor() else {
            let text = "no `floor` under `[package.metadata]`: see the floors in engine/ARCHITECTURE.md";
            return vec![package.finding("[package]", "floor", text)];
        };
        let below =
            package.dependencies().into_iter().filter_map(|name| Some((floors.get(name.as_str())?, name)));
        let wrong = below.filter(|(of_dependency, _)| of_dependency.is_some_and(|below| below >= floor));
        wrong
            .map(|(of_dependency, name)| {
                let text = format!("floor {floor} imports `{name}` of floor {}", of_dependency.unwrap());
                package.finding(&name, "floor", format!("{text}: only strictly lower floors are allowed"))
            })
            .collect()
    })
}

#[test]
fn imports_point_down() {
    assert_none(&floor_breaches(&engine_packages()));
}

#[test]
fn an_import_of_the_same_floor_is_found() {
    let package = |name: &str, floor: u8, rest: &str| {
        let head = format!("[package]\nname = \"{name}\"\n[package.metadata]\nfloor = {floor}\n");
        Package::read(File { path: format!("engine/{name}/Cargo.toml"), text: head + rest }).unwrap()
    };
    let fine = package("b", 1, "[dependencies]\na.workspace = true\n[dev-dependencies]\nd = \"1\"\n");
    let renamed = package("c", 1, "[dependencies]\nx = { package = \"b\" }\n");
    let target = package("d", 0, "[target.'cfg(unix)'.dependencies]\na.workspace = true\n");
    let found = floor_breaches(&[package("a", 0, ""), fine, renamed, target]);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "engine/c/Cargo.toml:6: floor: floor 1 imports `b` of floor 1: only strictly lower floors are allowed",
            "engine/d/Cargo.toml:6: floor: floor 0 imports `a` of floor 0: only strictly lower floors are allowed",
        ]
    );
}

/// The confined crate that this dependency is, or belongs to: `datafusion` for `datafusion-distributed`.
fn confined(dependency: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    let name = dependency.replace('-', "_");
    CONFINED.iter().find(|(of, _)| name == *of || name.starts_with(&format!("{of}_")))
}

#[test]
fn heavy_crates_are_linked_where_they_entered() {
    assert_none(&breaches(&engine_packages(), |package| {
        let names = package.dependencies();
        let heavy = names.iter().filter_map(|name| Some((name, confined(name)?.1)));
        let wrong = heavy.filter(|(_, folders)| !folders.contains(&package.folder()));
        wrong
            .map(|(name, folders)| {
                let text = format!("`{name}` is linked outside {}", folders.join(", "));
                package.finding(name, "confined crate", text)
            })
            .collect()
    }));
}

#[test]
fn members_of_a_confined_family_are_recognised() {
    assert_eq!(confined("datafusion-distributed").map(|found| found.0), Some("datafusion"));
    assert_eq!(confined("wasmtime").map(|found| found.0), Some("wasmtime"));
    assert!(confined("wasmparser").is_none());
}

#[test]
fn every_crate_is_described_and_linted() {
    assert_none(&breaches(&packages(), |package| {
        let mut found = Vec::new();
        if package.value(&["package", "description"]).and_then(Value::as_str).is_none_or(str::is_empty) {
            found.push(package.finding(
                "[package]",
                "description",
                "say in one sentence what the crate is for",
            ));
        }
        if package.value(&["lints", "workspace"]).and_then(Value::as_bool) != Some(true) {
            found.push(package.finding("[lints]", "lints", "add `[lints] workspace = true`"));
        }
        found
    }));
}

#[test]
fn every_member_is_a_folder_and_every_crate_a_member() {
    let root: Table =
        files(&["Cargo.toml"]).iter().find(|file| file.path == "Cargo.toml").unwrap().text.parse().unwrap();
    let members: Vec<&str> = root["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap())
        .collect();
    assert_none(&breaches(&engine_packages(), |package| {
        let known = package.folder().is_empty() || members.contains(&package.folder());
        let text = "not a member of the workspace: add it to the root manifest";
        (!known).then(|| package.finding("[package]", "member", text)).into_iter().collect()
    }));
}

#[test]
fn versions_stand_in_one_place() {
    assert_none(&breaches(&engine_packages(), |package| {
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        let tables = sections.iter().filter_map(|name| package.manifest.get(*name)?.as_table());
        let own = tables.flat_map(Table::iter).filter(|(_, given)| given.get("workspace").is_none());
        let text = "write `workspace = true` and keep the version in the root manifest";
        own.map(|(name, _)| package.finding(name, "version", format!("`{name}`: {text}"))).collect()
    }));
}

#[test]
fn lock_files_name_one_registry() {
    let locks = files(&["Cargo.lock"]);
    assert!(!locks.is_empty(), "Cargo.lock is not checked in");
    let foreign = |file: &File| {
        let lines = file.text.lines().enumerate();
        let sources = lines.filter(|(_, line)| line.starts_with("source = ") && !line.contains(REGISTRY));
        let found = sources.map(|(at, line)| file.finding(at + 1, "registry", line.to_owned()));
        found.collect::<Vec<_>>()
    };
    assert_none(&locks.iter().flat_map(foreign).collect::<Vec<_>>());
}
