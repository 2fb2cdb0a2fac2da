//! The functions of a Rust file and how long they are, from masked source.

use super::mask::mask;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name as written.
    pub(super) name: String,
    /// The line of its `fn`, counted from 1.
    pub(super) line: usize,
    /// Lines from its `fn` to its closing brace, both counted.
    pub(super) n_lines: usize,
}

/// Finds every function with a body, nested ones too, in order of their closing braces.
pub(super) fn functions(source: &str) -> Vec<Function> {
    let mut finder = Finder::default();
    for (index, line) in mask(source).lines().enumerate() {
        finder.line = index + 1;
        words(line).for_each(|word| finder.take(word));
    }
    finder.found
}

/// A function whose closing brace has not been seen.
struct Open {
    name: String,
    line: usize,
    /// Braces that were open before its body; unknown until the body starts.
    braces: Option<usize>,
    /// Round and square brackets that were open at its `fn`: a `;` deeper than this is an array type's.
    brackets: usize,
}

#[derive(Default)]
struct Finder {
    line: usize,
    braces: usize,
    brackets: usize,
    after_fn: bool,
    open: Vec<Open>,
    found: Vec<Function>,
}

impl Finder {
    fn take(&mut self, word: &str) {
        let named =
            self.after_fn && word.starts_with(|char: char| char.is_alphabetic() || "_$".contains(char));
        if named {
            let (line, brackets) = (self.line, self.brackets);
            self.open.push(Open { name: word.to_owned(), line, braces: None, brackets });
        }
        self.after_fn = word == "fn";
        match word {
            "(" | "[" => self.brackets += 1,
            ")" | "]" => self.brackets = self.brackets.saturating_sub(1),
            "{" => self.open_brace(),
            "}" => self.close_brace(),
            ";" => self.end_declaration(),
            _ => {}
        }
    }

    fn open_brace(&mut self) {
        if let Some(open) = self.open.last_mut()
            && open.braces.is_none()
            && open.brackets == self.brackets
        {
            open.braces = Some(self.braces);
        }
        self.braces += 1;
    }

    fn close_brace(&mut self) {
        self.braces = self.braces.saturating_sub(1);
        if let Some(open) = self.open.pop_if(|open| open.braces == Some(self.braces)) {
            let n_lines = self.line + 1 - open.line;
            self.found.push(Function { name: open.name, line: open.line, n_lines });
        }
    }

    /// `fn name();` in a trait has no body.
    fn end_declaration(&mut self) {
        self.open.pop_if(|open| open.braces.is_none() && open.brackets == self.brackets);
    }
}

/// Splits masked source into words and single characters of punctuation.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_' || char == '$';
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = if is_word(first) { rest.find(|char| !is_word(char)) } else { Some(first.len_utf8()) };
        let (word, tail) = rest.split_at(end.unwrap_or(rest.len()));
        rest = tail;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expect: &[(&str, usize, usize)]) {
        let found: Vec<_> = functions(source).into_iter().map(|f| (f.name, f.line, f.n_lines)).collect();
        let expect: Vec<_> = expect.iter().map(|(name, at, n)| ((*name).to_owned(), *at, *n)).collect();
        assert_eq!(found, expect, "functions of\n{source}");
    }

    #[test]
    fn counts_from_fn_to_brace() {
        check("fn a() {}\n\npub fn b(\n    x: u8,\n) -> u8 {\n    x\n}\n", &[("a", 1, 1), ("b", 3, 5)]);
    }

    #[test]
    fn braces_in_literals_and_comments_do_not_count() {
        check("fn a() {\n  '{'; \"{\"; r#\"{\"#; // {\n  /* { */\n}\nfn b() {}", &[("a", 1, 4), ("b", 5, 1)]);
    }

    #[test]
    fn declarations_types_and_closures_are_not_functions() {
        check("trait T {\n  fn a(&self) -> [u8; 4];\n  fn b(&self) {\n  }\n}", &[("b", 3, 2)]);
        check("type F = fn(u8) -> u8;\nstruct S { f: fn() }\nfn a(f: fn([u8; 2])) {\n}", &[("a", 3, 2)]);
        check("fn a() -> [u8; { 1 + 1 }] {\n  || { 1 };\n}", &[("a", 1, 3)]);
    }

    #[test]
    fn nested_functions_both_count() {
        check("fn a() {\n  fn b() {\n  }\n  if x { y }\n}", &[("b", 2, 2), ("a", 1, 5)]);
    }

    #[test]
    fn functions_of_macros_count() {
        check("macro_rules! m { ($n:ident) => {\n  fn $n() {\n  }\n} }", &[("$n", 2, 2)]);
    }
}
