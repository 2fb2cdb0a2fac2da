//! Components that mean harm, or go wrong, through the binary: exit code 1 and one message that says what it was.

use std::fs;

use crate::guest::{Guest, Raw};
use crate::support::{failure, gristmill, pipeline};

/// Runs a pipeline whose one task calls `f` of the component; every word must be in the error.
fn check(component: &[u8], options: &[&str], words: &[&str]) {
    let (folder, path) =
        pipeline("[plugins]\nbad = \"bad.wasm\"\n[task.answer]\ncall = \"bad.f\"\nargs = []\n");
    fs::write(folder.path().join("bad.wasm"), component).unwrap();
    let args = [&["run", path.to_str().unwrap(), "--report", "none"], options].concat();
    let output = gristmill(folder.path(), &args);
    let text = failure(&output);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
}

fn component(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

#[test]
fn components_that_ask_for_too_much_or_offer_too_little() {
    let wasi = component("(component (import \"wasi:cli/environment@0.2.0\" (instance)))");
    check(&wasi, &[], &["component `bad` is refused", "wasi:cli/environment@0.2.0", "without WASI"]);
    check(&component("(component)"), &[], &["component `bad` is refused", "does not export", "world `task`"]);
}

/// Machine code that the engine has not compiled itself is never loaded: it would run outside the sandbox.
#[test]
fn machine_code_from_elsewhere() {
    // The head of a .cwasm file: 64 bits, little-endian, wasmtime's number in the place of the system's, and the
    // flag of a compiled component.
    let mut elf = b"\x7fELF\x02\x01\x01\xc8".to_vec();
    elf.resize(64, 0);
    elf[20] = 1;
    elf[48] = 2;
    elf.resize(4096, 0);
    check(&elf, &[], &["component `bad` is refused", "compiled machine code"]);
}

/// A component with one function of `nbytes`, by hand: text of that length would take the test a minute.
fn one_function(nbytes: usize) -> Vec<u8> {
    let sized = |id: u8, content: Vec<u8>| {
        let len = content.len();
        let leb = (0..5).map(|n| (len >> (7 * n)) as u8 & 0x7f | if n < 4 { 0x80 } else { 0 });
        [vec![id], leb.collect(), content].concat()
    };
    // No locals, nothing many times, and its end.
    let body = [&[0][..], &vec![1; nbytes], &[0x0b]].concat();
    let code = [vec![1], sized(0, body).split_off(1)].concat();
    let module =
        [b"\0asm\x01\0\0\0".to_vec(), sized(1, vec![1, 0x60, 0, 0]), sized(3, vec![1, 0]), sized(10, code)]
            .concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), sized(1, module)].concat()
}

#[test]
fn a_bomb_for_the_compiler() {
    check(&one_function(9 << 20), &[], &["component `bad` is refused", "bytes in one function", "8388608"]);
    // A smaller one gets further: nothing else about it is wrong but that it is no plugin.
    check(&one_function(1 << 10), &[], &["component `bad` is refused", "does not export"]);
}

#[test]
fn guests_that_fail_while_they_run() {
    let entry = "task `answer: bad.f`";
    check(&Guest::new().call("unreachable").build(), &[], &[entry, "trap", "unreachable"]);
    let spin = Guest::new().call("(loop $l (br $l)) unreachable").build();
    check(&spin, &["--task-timeout", "200ms"], &[entry, "deadline exceeded", "200ms"]);
    // Nothing but the attempt: pages that nobody touches cost the machine nothing.
    let grow = "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable";
    check(&Guest::new().call(grow).build(), &[], &[entry, "memory limit", "1024 MiB"]);
    let far = Guest::new().returns(&[Raw::Far(7, 0x7000_0000, 16)]);
    check(&far.build(), &[], &[entry, "bad result"]);
}
