//! Rust text with everything that is not code blanked out.
//!
//! Comments, strings and character literals become spaces; line breaks stay, so a position in the mask is a
//! position in the source. It is not a parser: it knows just enough of the lexer to tell a quote from a lifetime.

/// Blanks out comments, strings (plain, raw, byte, C) and character literals.
pub(super) fn mask(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut masked: Vec<char> = chars.clone();
    let mut at = 0;
    while at < chars.len() {
        let end = end_of_non_code(&chars, at);
        for char in &mut masked[at..end] {
            if *char != '\n' {
                *char = ' ';
            }
        }
        at = end.max(at + 1);
    }
    masked.into_iter().collect()
}

/// Where the comment or literal that starts at `at` ends; `at` itself when code starts there.
fn end_of_non_code(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1);
    match chars[at] {
        '/' if next == Some(&'/') => find(chars, at, |rest| rest[0] == '\n'),
        '/' if next == Some(&'*') => end_of_block_comment(chars, at),
        '"' => end_of_string(chars, at),
        '\'' => end_of_char(chars, at),
        'r' if !follows_word(chars, at) => end_of_raw_string(chars, at),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, found: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|&at| found(&chars[at..])).unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn end_of_string(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// A character literal, or `start` when the quote opens a lifetime or a label.
fn end_of_char(chars: &[char], start: usize) -> usize {
    match chars[start + 1..] {
        ['\\', ..] => (find(chars, start + 3, |rest| rest[0] == '\'') + 1).min(chars.len()),
        [_, '\'', ..] => start + 3,
        _ => start,
    }
}

/// `r"..."` and `r#"..."#`, or `start` when this is a word such as `r#type`.
fn end_of_raw_string(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|char| **char == '#').count();
    let body = start + 1 + hashes;
    if chars.get(body) != Some(&'"') {
        return start;
    }
    let closes = |rest: &[char]| {
        rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|char| *char == '#')
    };
    (find(chars, body + 1, closes) + 1 + hashes).min(chars.len())
}

/// Whether the `r` belongs to the word before it (`br"` and `cr"` do not count as words).
fn follows_word(chars: &[char], at: usize) -> bool {
    let is_word = |at: Option<usize>| at.is_some_and(|at| chars[at].is_alphanumeric() || chars[at] == '_');
    let before = at.checked_sub(1);
    let prefixed = before.is_some_and(|at| matches!(chars[at], 'b' | 'c')) && !is_word(at.checked_sub(2));
    is_word(before) && !prefixed
}

/// The lines of masked source that name `word` as a whole word, counted from 1.
pub(super) fn lines_with_word<'a>(masked: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let names = move |line: &str| {
        line.match_indices(word)
            .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
    };
    masked.lines().enumerate().filter(move |(_, line)| names(line)).map(|(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `_` in `expect` stands for a blank.
    #[track_caller]
    fn check(source: &str, expect: &str) {
        assert_eq!(mask(source).replace(' ', "_"), expect.replace(' ', "_"), "mask of {source}");
    }

    #[test]
    fn comments_go() {
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check("a / b /* open", "a / b        ");
        check("//! doc", "       ");
    }

    #[test]
    fn strings_go() {
        check(r#"f("{") + 1"#, "f(   ) + 1");
        check(r#"f("\"{") + 1"#, "f(     ) + 1");
        check(r#"f("\\") { }"#, "f(    ) { }");
        check("f(\"a\n}\") ;", "f(  \n  ) ;");
        check(r##"f(r"\") + r#"a"}"# {"##, "f(    ) +          {");
        check(r##"b"x" br#"{"# c"y" cr"z""##, "b    b       c    c    ");
        check("\"open {", "       ");
    }

    #[test]
    fn characters_go_and_lifetimes_stay() {
        check("'{' 'a: loop", "    'a: loop");
        check(r"'\'' '\\' '\u{7b}' x", "                   x");
        check("b'}' <'a, 'static>", "b    <'a, 'static>");
        check("r#type for_r r", "r#type for_r r");
        check("'é' x", "    x");
    }

    #[test]
    fn words_are_whole() {
        let masked = mask("unsafe_code\nunsafe {}\n// unsafe\n#[unsafe(no_mangle)]\nmake_unsafe");
        assert_eq!(lines_with_word(&masked, "unsafe").collect::<Vec<_>>(), [2, 4]);
    }
}
