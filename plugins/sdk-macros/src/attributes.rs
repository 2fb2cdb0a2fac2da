//! The helper attributes: found, read and removed, so that rustc never sees them.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token};

/// Takes the attribute called `name` out of `attrs`.
pub(crate) fn take(attrs: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let idx = attrs.iter().position(|attr| attr.path().is_ident(name))?;
    Some(attrs.remove(idx))
}

/// The doc comment, one line for each line.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text(&pair.value),
        _ => None,
    });
    let lines: Vec<_> =
        lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// The columns of `#[columns("hour: int64")]`, if there is one.
pub(crate) fn columns(attrs: &mut Vec<Attribute>) -> Result<Option<String>> {
    let columns = take(attrs, "columns").map(|attr| attr.parse_args::<LitStr>());
    Ok(columns.transpose()?.map(|columns| columns.value()))
}

/// The words of `#[traits(elementwise, ..)]`.
pub(crate) fn traits(attrs: &mut Vec<Attribute>) -> Result<Vec<Ident>> {
    let Some(attr) = take(attrs, "traits") else { return Ok(Vec::new()) };
    let words = attr.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)?;
    for word in &words {
        if !["elementwise", "commutative", "associative", "keeps_shape", "impure"]
            .contains(&word.to_string().as_str())
        {
            let message = "traits are elementwise, commutative, associative, keeps_shape and impure";
            return Err(Error::new_spanned(word, message));
        }
    }
    Ok(words.into_iter().collect())
}

/// The name and the extensions of `#[reader(name = "x-csv", extensions = ["csv"])]`.
pub(crate) fn reader(attr: &Attribute, default_name: &str) -> Result<(String, Vec<String>)> {
    let (mut name, mut extensions) = (default_name.to_owned(), Vec::new());
    let wrong = |span: &dyn quote::ToTokens| {
        Error::new_spanned(span, "write #[reader(name = \"x-csv\", extensions = [\"csv\"])]")
    };
    for pair in attr.parse_args_with(Punctuated::<syn::MetaNameValue, Token![,]>::parse_terminated)? {
        match &pair.value {
            Expr::Array(list) if pair.path.is_ident("extensions") => {
                let items = list.elems.iter().map(|item| text(item).ok_or_else(|| wrong(item)));
                extensions = items.collect::<Result<_>>()?;
            }
            value if pair.path.is_ident("name") => name = text(value).ok_or_else(|| wrong(value))?,
            _ => return Err(wrong(&pair)),
        }
    }
    Ok((name, extensions))
}

/// Refuses arguments.
pub(crate) fn none(args: TokenStream) -> Result<()> {
    if args.is_empty() { Ok(()) } else { Err(Error::new_spanned(args, "#[plugin] takes no arguments")) }
}
