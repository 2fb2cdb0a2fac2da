//! What people see of a guest's text.

use super::{clean, clean_lines, hint};

#[test]
fn control_characters_are_shown_not_obeyed() {
    assert_eq!(clean("\u{1b}[2Jgone\r\n", 80), "\\u{1b}[2Jgone\\r\\n");
    assert_eq!(clean("a\u{202e}b", 80), "a\\u{202e}b");
    assert_eq!(clean("tab\tstays, ü too", 80), "tab\tstays, ü too");
}

#[test]
fn long_text_is_cut() {
    assert_eq!(clean("abcdef", 3), "abc…");
    assert_eq!(clean_lines("ab\ncd\nef", 5), "ab\ncd");
}

#[test]
fn a_hint_names_the_nearest_or_lists_what_there_is() {
    let names = ["mean", "total", "quantile"];
    assert_eq!(hint("meen", names.into_iter(), "functions"), "did you mean `mean`?");
    assert_eq!(
        hint("zzzzzzzz", names.into_iter(), "functions"),
        "its functions are `mean`, `quantile`, `total`"
    );
    assert_eq!(hint("x", [].into_iter(), "formats"), "it has no formats at all");
}
