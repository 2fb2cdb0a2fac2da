//! The functions that shaders share, and those of them that a shader needs.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::IMMEDIATES_MAX;
use crate::Error;

/// What is there, by name, with what it names itself.
static LIBRARY: LazyLock<HashMap<String, Item>> = LazyLock::new(|| {
    let named = [
        include_str!("../../../../shaders/shared/key.wgsl"),
        include_str!("../../../../shaders/shared/philox.wgsl"),
        include_str!("../../../../shaders/shared/random.wgsl"),
        include_str!("../../../../shaders/shared/normal.wgsl"),
        include_str!("../../../../shaders/shared/strided.wgsl"),
    ];
    let named = named.into_iter().flat_map(items);
    functions().iter().flat_map(|text| items(text)).chain(named).collect()
});

/// What programs may name: it needs nothing from the host. The others belong to shaders that put more in front.
fn functions() -> Vec<String> {
    let float = include_str!("../../../../shaders/shared/float.wgsl");
    let integer = include_str!("../../../../shaders/shared/integer.wgsl");
    let mut texts = vec![
        include_str!("../../../../shaders/shared/bits.wgsl").to_owned(),
        include_str!("../../../../shaders/shared/bits_f64.wgsl").to_owned(),
        include_str!("../../../../shaders/shared/cast.wgsl").to_owned(),
        gristmill_kernels::shader_constants(),
        include_str!("../../../../shaders/shared/math.wgsl").to_owned(),
        include_str!("../../../../shaders/shared/math_f64_constants.wgsl").to_owned(),
        include_str!("../../../../shaders/shared/math_f64.wgsl").to_owned(),
        float.replace("NP", "np").replace("FLOAT", "f32"),
        float.replace("NP", "np64").replace("FLOAT", "f64"),
    ];
    texts.extend(["i32", "u32", "i64", "u64"].map(|integers| integer.replace("INT", integers)));
    texts
}

struct Item {
    text: String,
    names: Vec<String>,
}

/// The functions, constants and structs of a file: each starts at the first column, with the comment before it left out.
fn items(text: &str) -> Vec<(String, Item)> {
    let mut items: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let starts = ["fn ", "const ", "struct "].iter().find_map(|start| line.strip_prefix(start));
        if let Some(rest) = starts {
            let name = words(rest).next().unwrap_or_default();
            items.push((name.to_owned(), format!("{line}\n")));
        } else if let Some((_, item)) = items.last_mut().filter(|_| !line.starts_with("//")) {
            item.push_str(line);
            item.push('\n');
        }
    }
    let described = items.into_iter().map(|(name, text)| {
        let names = library_names(&text).filter(|other| *other != name).map(str::to_owned).collect();
        (name, Item { text: text.trim_end().to_owned() + "\n", names })
    });
    described.collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Names of the library: they start with `np_`, `np64_` or, of constants and structs, `NP` and `Np`.
fn library_names(text: &str) -> impl Iterator<Item = &str> {
    words(text).filter(|word| ["np_", "np64_", "NP", "Np"].iter().any(|start| word.starts_with(start)))
}

/// A whole shader: the immediates, where `zero()` is 0, which no compiler knows; all that the text names of the library, and
/// the text.
///
/// # Errors
/// As [`closure`].
pub(crate) fn whole(text: &str) -> Result<String, Error> {
    Ok(immediates() + &closure(text)? + text)
}

fn immediates() -> String {
    format!(
        "struct Immediates {{ words: array<u32, {IMMEDIATES_MAX}> }}\nvar<immediate> imm: Immediates;\n\
         fn zero() -> u32 {{ return imm.words[0]; }}\n"
    )
}

/// All that this source names of the library, and what that names in turn, to stand before it.
///
/// # Errors
/// [`Error::Unsupported`] when there is no such function.
fn closure(source: &str) -> Result<String, Error> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = library_names(source).collect();
    while let Some(name) = open.pop() {
        let Some((name, item)) = LIBRARY.get_key_value(name) else {
            return Err(Error::unsupported(format!("there is no `{name}` for shaders")));
        };
        if found.insert(name) {
            open.extend(item.names.iter().map(String::as_str));
        }
    }
    Ok(found.iter().filter_map(|name| LIBRARY.get(*name)).map(|item| item.text.as_str()).collect())
}

/// A shader of all that programs may name.
#[cfg(test)]
pub(crate) fn all() -> String {
    immediates() + &functions().join("\n") + "@compute @workgroup_size(1)\nfn main() {}\n"
}
