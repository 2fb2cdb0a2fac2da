//! A module with task functions in it, and what was found there.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Error, FnArg, Ident, Item, ItemFn, ItemMod, Pat, Result, ReturnType, Type, Visibility};

use crate::attributes;

/// Everything that `#[plugin]` needs to know.
pub(crate) struct PluginModule {
    /// The module without helper attributes.
    pub(crate) item: ItemMod,
    pub(crate) functions: Vec<Function>,
    pub(crate) readers: Vec<Reader>,
}

/// One function of `describe`.
pub(crate) struct Function {
    /// `mean.chunk`
    pub(crate) name: String,
    /// `functions::mean::chunk`
    pub(crate) path: TokenStream,
    /// A case of the contract's `kind`.
    pub(crate) kind: Ident,
    pub(crate) params: Vec<Param>,
    pub(crate) returns: Type,
    /// The columns of the returned tables.
    pub(crate) columns: Option<String>,
    pub(crate) traits: Vec<Ident>,
    pub(crate) doc: String,
}

/// One parameter.
pub(crate) struct Param {
    pub(crate) name: Ident,
    /// The owned type that the argument is converted to.
    pub(crate) ty: Type,
    /// Whether the function takes a reference to it.
    pub(crate) by_ref: bool,
    pub(crate) columns: Option<String>,
    pub(crate) doc: String,
}

/// One format reader.
pub(crate) struct Reader {
    pub(crate) name: String,
    pub(crate) path: TokenStream,
    pub(crate) extensions: Vec<String>,
    pub(crate) doc: String,
}

const KINDS: [(&str, &str); 5] = [
    ("map_blocks", "MapBlocks"),
    ("map_partitions", "MapPartitions"),
    ("record_map", "RecordMap"),
    ("record_filter", "RecordFilter"),
    ("record_fold", "RecordFold"),
];

/// Finds the functions and readers of `module`, and takes the helper attributes out.
pub(crate) fn take(mut module: ItemMod) -> Result<PluginModule> {
    let (mut functions, mut readers) = (Vec::new(), Vec::new());
    let root = module.ident.to_token_stream();
    let Some((_, items)) = &mut module.content else {
        return Err(Error::new_spanned(&module, "#[plugin] needs the module's body here: mod name { .. }"));
    };
    for item in items {
        match item {
            Item::Fn(function) if is_public(&function.vis) => {
                let name = function.sig.ident.to_string();
                let kind = kind(function);
                functions.push(take_function(function, name, &root, kind)?);
            }
            Item::Mod(inner) => {
                if attributes::take(&mut inner.attrs, "reduction").is_some() {
                    functions.extend(take_reduction(inner, &root)?);
                } else if let Some(attr) = attributes::take(&mut inner.attrs, "reader") {
                    let (name, extensions) = attributes::reader(&attr, &inner.ident.to_string())?;
                    let ident = &inner.ident;
                    let (path, doc) = (quote!(#root::#ident), attributes::doc(&inner.attrs));
                    readers.push(Reader { name, path, extensions, doc });
                }
            }
            _ => {}
        }
    }
    Ok(PluginModule { item: module, functions, readers })
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn kind(function: &mut ItemFn) -> Ident {
    let found = KINDS.iter().find(|(attr, _)| attributes::take(&mut function.attrs, attr).is_some());
    Ident::new(found.map_or("Task", |(_, kind)| kind), Span::call_site())
}

fn take_reduction(module: &mut ItemMod, root: &TokenStream) -> Result<Vec<Function>> {
    let ident = module.ident.clone();
    let (path, doc) = (quote!(#root::#ident), attributes::doc(&module.attrs));
    let missing =
        Error::new_spanned(&ident, "a reduction has pub fn chunk, pub fn combine and pub fn aggregate");
    let Some((_, items)) = &mut module.content else { return Err(missing) };
    let mut functions = Vec::new();
    for item in items {
        let Item::Fn(function) = item else { continue };
        let name = function.sig.ident.to_string();
        if is_public(&function.vis) && ["chunk", "combine", "aggregate"].contains(&name.as_str()) {
            let kind = Ident::new("Reduction", Span::call_site());
            let mut function = take_function(function, format!("{ident}.{name}"), &path, kind)?;
            if function.doc.is_empty() {
                function.doc.clone_from(&doc);
            }
            functions.push(function);
        }
    }
    if functions.len() == 3 { Ok(functions) } else { Err(missing) }
}

fn take_function(function: &mut ItemFn, name: String, root: &TokenStream, kind: Ident) -> Result<Function> {
    if !function.sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&function.sig.generics, "a task function has no generic parameters"));
    }
    let ident = &function.sig.ident;
    let path = quote!(#root::#ident);
    let params = function.sig.inputs.iter_mut().map(take_param).collect::<Result<_>>()?;
    let returns = match &function.sig.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    let columns = attributes::columns(&mut function.attrs)?;
    let traits = attributes::traits(&mut function.attrs)?;
    let doc = attributes::doc(&function.attrs);
    Ok(Function { name, path, kind, params, returns, columns, traits, doc })
}

fn take_param(arg: &mut FnArg) -> Result<Param> {
    let FnArg::Typed(typed) = arg else {
        return Err(Error::new_spanned(arg, "a task function has no self"));
    };
    let Pat::Ident(pattern) = &*typed.pat else {
        return Err(Error::new_spanned(&typed.pat, "a parameter of a task function is a plain name"));
    };
    let name = pattern.ident.clone();
    let columns = attributes::columns(&mut typed.attrs)?;
    let doc = attributes::doc(&typed.attrs);
    typed.attrs.retain(|attr| !attr.path().is_ident("doc"));
    let (ty, by_ref) = match &*typed.ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            return Err(Error::new_spanned(
                reference,
                "a task function cannot change its arguments: take them by value",
            ));
        }
        Type::Reference(reference) => (owned(&reference.elem), true),
        ty => (ty.clone(), false),
    };
    Ok(Param { name, ty, by_ref, columns, doc })
}

/// The owned type behind a reference: `String` for `str`, `Vec<T>` for `[T]`.
fn owned(ty: &Type) -> Type {
    match ty {
        Type::Slice(slice) => {
            let item = &slice.elem;
            syn::parse_quote!(::std::vec::Vec<#item>)
        }
        Type::Path(path) if path.path.is_ident("str") => syn::parse_quote!(::std::string::String),
        ty => ty.clone(),
    }
}
