//! Errors in words, for the standard error.

/// Prints an error.
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {}", in_words(error));
}

/// The error and its causes, each said once.
///
/// Our typed errors hold their causes' words (engine/STYLE.md), those of other crates may not; so a cause is added
/// only where it says something new.
pub(crate) fn in_words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        if words.contains(&said) {
            continue;
        }
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&said);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn every_cause_is_said_once() {
        let missing = std::fs::read("nowhere").map_err(anyhow::Error::from);
        let said = missing.as_ref().unwrap_err().to_string();
        let of_system = in_words(&missing.context("cannot read x").unwrap_err());
        assert_eq!(of_system, format!("cannot read x: {said}"));
        let typed = gristmill::collections::Component::open("nowhere.wasm").context("plugin").unwrap_err();
        assert!(format!("{typed:#}").matches(&said).count() == 2, "this test shows nothing any more");
        assert_eq!(in_words(&typed).matches(&said).count(), 1);
        assert!(in_words(&typed).starts_with("plugin: cannot read component `nowhere.wasm`"));
    }
}
