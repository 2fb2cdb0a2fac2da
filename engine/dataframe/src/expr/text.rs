//! Functions of texts.

use datafusion::functions::expr_fn as f;
use datafusion::functions_nested::expr_fn as nested;
use datafusion::logical_expr::lit;
use datafusion::prelude::Expr;

use super::output_name;

/// `col("name").str()`: what can be done to texts. Positions count characters, from 0.
#[derive(Debug, Clone)]
pub struct TextExt(pub(super) Expr);

impl TextExt {
    fn apply(self, function: impl FnOnce(Expr) -> Expr) -> Expr {
        let name = output_name(&self.0);
        function(self.0.unalias()).alias(name)
    }

    /// How many characters.
    pub fn len(self) -> Expr {
        self.apply(f::character_length)
    }

    /// How many bytes.
    pub fn len_bytes(self) -> Expr {
        self.apply(f::octet_length)
    }

    /// In capitals.
    pub fn upper(self) -> Expr {
        self.apply(f::upper)
    }

    /// In small letters.
    pub fn lower(self) -> Expr {
        self.apply(f::lower)
    }

    /// Each word with a capital at its start.
    pub fn title(self) -> Expr {
        self.apply(f::initcap)
    }

    /// Without spaces at both ends.
    pub fn strip(self) -> Expr {
        self.apply(|text| f::btrim(vec![text]))
    }

    /// Without spaces at the start.
    pub fn lstrip(self) -> Expr {
        self.apply(|text| f::ltrim(vec![text]))
    }

    /// Without spaces at the end.
    pub fn rstrip(self) -> Expr {
        self.apply(|text| f::rtrim(vec![text]))
    }

    /// Whether it holds this text.
    pub fn contains(self, part: &str) -> Expr {
        self.apply(|text| f::contains(text, lit(part)))
    }

    /// Whether it holds a match of this regular expression.
    pub fn matches(self, pattern: &str) -> Expr {
        self.apply(|text| f::regexp_like(text, lit(pattern), None))
    }

    /// Whether it begins so.
    pub fn starts_with(self, start: &str) -> Expr {
        self.apply(|text| f::starts_with(text, lit(start)))
    }

    /// Whether it ends so.
    pub fn ends_with(self, end: &str) -> Expr {
        self.apply(|text| f::ends_with(text, lit(end)))
    }

    /// Where this text begins in it; -1 where it does not.
    pub fn find(self, part: &str) -> Expr {
        self.apply(|text| f::strpos(text, lit(part)) - lit(1))
    }

    /// How often a regular expression matches.
    pub fn count_matches(self, pattern: &str) -> Expr {
        self.apply(|text| f::regexp_count(text, lit(pattern), None, None))
    }

    /// With another text in the place of each of these.
    pub fn replace(self, part: &str, by: &str) -> Expr {
        self.apply(|text| f::replace(text, lit(part), lit(by)))
    }

    /// With another text in the place of each match of a regular expression; `\1` is its first group.
    pub fn replace_matches(self, pattern: &str, by: &str) -> Expr {
        self.apply(|text| f::regexp_replace(text, lit(pattern), lit(by), Some(lit("g"))))
    }

    /// The first group of the first match of a regular expression, or the match if it has none; null where there is no match.
    pub fn extract(self, pattern: &str) -> Expr {
        self.apply(|text| nested::array_element(f::regexp_match(text, lit(pattern), None), lit(1)))
    }

    /// `n` characters from a place on.
    pub fn slice(self, start: i64, n: i64) -> Expr {
        self.apply(|text| f::substring(text, lit(start + 1), lit(n)))
    }

    /// The first `n` characters.
    pub fn head(self, n: i64) -> Expr {
        self.apply(|text| f::left(text, lit(n)))
    }

    /// The last `n` characters.
    pub fn tail(self, n: i64) -> Expr {
        self.apply(|text| f::right(text, lit(n)))
    }

    /// Its parts between these separators, as a list.
    pub fn split(self, separator: &str) -> Expr {
        self.apply(|text| {
            nested::string_to_array(text, lit(separator), lit(datafusion::scalar::ScalarValue::Utf8(None)))
        })
    }

    /// One of its parts between separators, from 0; empty where there are fewer.
    pub fn part(self, separator: &str, n: i64) -> Expr {
        self.apply(|text| f::split_part(text, lit(separator), lit(n + 1)))
    }

    /// Filled up to `n` characters at the start; longer ones are cut.
    pub fn lpad(self, n: i64, fill: &str) -> Expr {
        self.apply(|text| f::lpad(vec![text, lit(n), lit(fill)]))
    }

    /// Filled up to `n` characters at the end; longer ones are cut.
    pub fn rpad(self, n: i64, fill: &str) -> Expr {
        self.apply(|text| f::rpad(vec![text, lit(n), lit(fill)]))
    }

    /// So often one after the other.
    pub fn repeat(self, n: i64) -> Expr {
        self.apply(|text| f::repeat(text, lit(n)))
    }

    /// From its end to its start.
    pub fn reverse(self) -> Expr {
        self.apply(f::reverse)
    }

    /// With others behind it; nulls count as empty.
    pub fn cat(self, others: impl IntoIterator<Item = Expr>) -> Expr {
        self.apply(|text| f::concat(std::iter::once(text).chain(others).collect()))
    }
}
