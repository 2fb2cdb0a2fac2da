//! How an author lives: a new plugin from its template, built, tested in the sandbox, inspected and pushed; and the
//! example plugins in Python and JavaScript, whose components are too large to be checked in.

use std::path::Path;

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

/// Builds the plugin in `folder/name` and runs its cases; says so when the toolchain is not here.
fn check_plugin(folder: &Path, name: &str) {
    let output = gristmill(folder, &["plugin", "test", name]);
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && (text.contains("pip install") || text.contains("npm install")) {
        println!("skipped: {name}, its toolchain is not installed: {text}");
        return;
    }
    assert!(output.status.success(), "{name}: {text}\n{}", String::from_utf8_lossy(&output.stdout));
    assert!(folder.join(name).join(format!("{name}.wasm")).is_file());
}

#[test]
fn a_python_plugin_passes_its_cases() {
    check_plugin(copy_plugin("textstats").path(), "textstats");
}

#[test]
fn a_javascript_plugin_passes_its_cases() {
    check_plugin(copy_plugin("slug").path(), "slug");
}

#[test]
fn a_new_c_plugin_passes_its_cases() {
    let folder = tempfile::tempdir().unwrap();
    let made = gristmill(folder.path(), &["plugin", "new", "--lang", "c", "mill"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    check_plugin(folder.path(), "mill");
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
