//! The code that `#[plugin]` adds: the description, the dispatch, and the exports.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::module::{Function, Param, PluginModule, Reader};

/// The module itself, and the component's exports.
pub(crate) fn plugin(plugin: &PluginModule) -> TokenStream {
    let PluginModule { item, functions, readers } = plugin;
    let signatures = functions.iter().map(signature);
    let formats = readers.iter().map(format);
    let calls = functions.iter().map(call);
    let names: Vec<_> = functions.iter().map(|function| &function.name).collect();
    let format_exports = (!readers.is_empty()).then(|| format_reader(readers));
    quote! {
        #item

        /// This plugin as a type; on the host its functions are called by name through [`gristmill_plugin::Plugin`].
        #[derive(Debug)]
        pub struct Component;

        const _: () = {
            use ::gristmill_plugin::describe;

            impl ::gristmill_plugin::Plugin for Component {
                fn info() -> describe::PluginInfo {
                    describe::PluginInfo {
                        name: env!("CARGO_PKG_NAME").to_owned(),
                        version: env!("CARGO_PKG_VERSION").to_owned(),
                        license: env!("CARGO_PKG_LICENSE").to_owned(),
                        functions: ::std::vec![#(#signatures),*],
                        formats: ::std::vec![#(#formats),*],
                    }
                }

                fn dispatch(
                    function: &str,
                    mut args: ::gristmill_plugin::Arguments,
                ) -> ::gristmill_plugin::Result<::gristmill_plugin::Value> {
                    match function {
                        #(#calls)*
                        other => Err(::gristmill_plugin::no_such("function", other, &[#(#names),*])),
                    }
                }
            }

            #[cfg(target_family = "wasm")]
            ::gristmill_plugin::bindings::task::export_task!(Component);
            #format_exports
        };
    }
}

fn typed(ty: &TokenStream, columns: Option<&String>) -> TokenStream {
    match columns {
        Some(columns) => quote!(describe::with_columns(&#ty, #columns)),
        None => quote!(#ty),
    }
}

fn signature(function: &Function) -> TokenStream {
    let Function { name, kind, returns, doc, .. } = function;
    let params = function.params.iter().map(param);
    let returns = typed(&quote!(<#returns as ::gristmill_plugin::Outcome>::ty()), function.columns.as_ref());
    let impure = function.traits.iter().any(|word| word == "impure");
    let pure = (!impure).then(|| quote!(| describe::Traits::PURE));
    let words = function.traits.iter().filter(|word| *word != "impure");
    let flags = words.map(|word| format_ident!("{}", word.to_string().to_uppercase()));
    quote! {
        describe::Signature {
            name: #name.to_owned(),
            kind: describe::Kind::#kind,
            params: ::std::vec![#(#params),*],
            returns: #returns,
            traits: describe::Traits::empty() #pure #(| describe::Traits::#flags)*,
            doc: #doc.to_owned(),
        }
    }
}

fn param(param: &Param) -> TokenStream {
    let Param { name, ty, columns, doc, .. } = param;
    let name = name.to_string();
    let ty_name = typed(&quote!(<#ty as ::gristmill_plugin::Typed>::ty()), columns.as_ref());
    quote! {
        describe::Param {
            name: #name.to_owned(),
            ty: #ty_name,
            optional: <#ty as ::gristmill_plugin::Typed>::OPTIONAL,
            doc: #doc.to_owned(),
        }
    }
}

fn call(function: &Function) -> TokenStream {
    let Function { name, path, .. } = function;
    let idents: Vec<Ident> = (0..function.params.len()).map(|idx| format_ident!("arg{idx}")).collect();
    let takes = function.params.iter().zip(&idents).map(|(param, ident)| {
        let (name, ty) = (param.name.to_string(), &param.ty);
        quote!(let #ident: #ty = args.take(#name)?;)
    });
    let passes = function
        .params
        .iter()
        .zip(&idents)
        .map(|(param, ident)| if param.by_ref { quote!(&#ident) } else { quote!(#ident) });
    quote! {
        #name => {
            #(#takes)*
            args.finish()?;
            ::gristmill_plugin::Outcome::into_outcome(#path(#(#passes),*))
        }
    }
}

fn format(reader: &Reader) -> TokenStream {
    let Reader { name, extensions, doc, .. } = reader;
    quote! {
        describe::Format {
            name: #name.to_owned(),
            extensions: ::std::vec![#(#extensions.to_owned()),*],
            doc: #doc.to_owned(),
        }
    }
}

fn format_reader(readers: &[Reader]) -> TokenStream {
    let names: Vec<_> = readers.iter().map(|reader| &reader.name).collect();
    let paths: Vec<_> = readers.iter().map(|reader| &reader.path).collect();
    quote! {
        impl ::gristmill_plugin::FormatReader for Component {
            fn plan(
                format: &str,
                paths: ::std::vec::Vec<::std::string::String>,
                options: ::gristmill_plugin::reader::Options,
                target_nbytes: u64,
            ) -> ::gristmill_plugin::Result<::gristmill_plugin::reader::ReadPlan> {
                match format {
                    #(#names => #paths::plan(paths, options, target_nbytes).map_err(Into::into),)*
                    other => Err(::gristmill_plugin::no_such("format", other, &[#(#names),*])),
                }
            }

            fn read(
                format: &str,
                part: ::gristmill_plugin::reader::Partition,
                columns: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
                options: ::gristmill_plugin::reader::Options,
            ) -> ::gristmill_plugin::Result<::gristmill_plugin::Value> {
                match format {
                    #(#names => ::gristmill_plugin::Outcome::into_outcome(#paths::read(part, columns, options)),)*
                    other => Err(::gristmill_plugin::no_such("format", other, &[#(#names),*])),
                }
            }
        }

        #[cfg(target_family = "wasm")]
        ::gristmill_plugin::bindings::format::export_format!(Component);
    }
}
