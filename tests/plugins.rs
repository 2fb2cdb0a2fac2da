//! How an author lives: a new plugin from its template, built, tested in the sandbox, inspected and pushed; and the
//! example plugins in Python and JavaScript, whose components are too large to be checked in.

use std::path::Path;
use std::process::Command;

use crate::support::{failure, gristmill, root};

/// Copies a plugin's own files, so that building it leaves nothing in the checkout.
fn copy_plugin(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join(name);
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(root().join("plugins").join(name)).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    folder
}

/// Builds the plugin in `folder/name` and runs its cases. Only a tool that does not answer is a reason to skip: what
/// else goes wrong is a failure, whatever it says.
fn check_plugin(folder: &Path, name: &str, tool: &[&str], row: &str) {
    let here = Command::new(tool[0]).args(&tool[1..]).output().is_ok_and(|output| output.status.success());
    let findings = gristmill(&folder.join(name), &["doctor", "--json"]).stdout;
    let findings: serde_json::Value = serde_json::from_slice(&findings).unwrap();
    let finding = findings.as_array().unwrap().iter().find(|finding| finding["name"] == row).unwrap();
    assert_eq!(finding["good"], here, "{tool:?}: {finding}");
    let output = gristmill(folder, &["plugin", "test", name]);
    let text = String::from_utf8_lossy(&output.stderr);
    if !here {
        println!("skipped: {name}, {} does not answer", tool.join(" "));
        assert!(failure(&output).contains("not installed here"), "{text}");
        return;
    }
    assert!(output.status.success(), "{name}: {text}\n{}", String::from_utf8_lossy(&output.stdout));
    assert!(folder.join(name).join(format!("{name}.wasm")).is_file());
}

const ZIG: [&str; 4] = ["python3", "-m", "ziglang", "version"];

#[test]
fn a_python_plugin_passes_its_cases() {
    let tool = ["componentize-py", "--version"];
    check_plugin(copy_plugin("textstats").path(), "textstats", &tool, "python plugins");
}

#[test]
fn a_javascript_plugin_passes_its_cases() {
    check_plugin(copy_plugin("slug").path(), "slug", &["jco", "--version"], "js plugins");
}

#[test]
fn a_new_c_plugin_passes_its_cases() {
    let folder = tempfile::tempdir().unwrap();
    let made = gristmill(folder.path(), &["plugin", "new", "--lang", "c", "mill"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    check_plugin(folder.path(), "mill", &ZIG, "c plugins");
}

/// A failed build used to end with advice to install the tool, though the tool was there and the source was wrong.
#[test]
fn a_build_that_fails_gives_no_advice_to_install_what_is_there() {
    if !Command::new(ZIG[0]).args(&ZIG[1..]).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: {} does not answer", ZIG.join(" "));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("mill")).unwrap();
    std::fs::write(folder.path().join("mill/plugin.c"), "this is not C\n").unwrap();
    let text = failure(&gristmill(folder.path(), &["plugin", "build", "mill"]));
    assert!(text.contains("`ziglang` could not build the plugin"), "{text}");
    assert!(!text.contains("pip install"), "{text}");
}

#[test]
fn every_template_is_a_whole_plugin() {
    let folder = tempfile::tempdir().unwrap();
    for (lang, source) in
        [("rust", "src/lib.rs"), ("c", "plugin.c"), ("python", "plugin.py"), ("js", "plugin.js")]
    {
        let sdk = root().join("plugins/sdk");
        let args = ["plugin", "new", "--lang", lang, lang, "--sdk", sdk.to_str().unwrap()];
        let args = if lang == "rust" { &args[..] } else { &args[..5] };
        let made = gristmill(folder.path(), args);
        assert!(made.status.success(), "{lang}: {}", String::from_utf8_lossy(&made.stderr));
        for file in [source, "cases.toml", "README.md"] {
            assert!(folder.path().join(lang).join(file).is_file(), "{lang} lacks {file}");
        }
        let again = failure(&gristmill(folder.path(), args));
        assert!(again.contains(lang), "{again}");
    }
}

#[test]
fn a_component_is_pushed_under_its_digest_once() {
    let folder = tempfile::tempdir().unwrap();
    let component = root().join("plugins/prebuilt/stats.wasm");
    let push = || {
        let output = gristmill(folder.path(), &["plugin", "push", component.to_str().unwrap(), "registry"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::create_dir(folder.path().join("registry")).unwrap();
    push();
    let files: Vec<_> = std::fs::read_dir(folder.path().join("registry")).unwrap().flatten().collect();
    let digest = gristmill::graph::Digest::of(&std::fs::read(&component).unwrap());
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file_name().to_str().unwrap(), format!("blake3-{digest}.wasm"));
    assert!(push().contains("already"), "the second push should find the first");
    let refused = failure(&gristmill(folder.path(), &["plugin", "push", "nothing.wasm", "registry"]));
    assert!(refused.contains("nothing.wasm"), "{refused}");
}
