//! What attributes, types and names say.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};

use crate::model::Pace;

/// The name and the arguments of a generic type.
pub fn generic(ty: &syn::Type) -> Option<(String, Vec<syn::Type>)> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let inner = arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    Some((last.ident.to_string(), inner.collect()))
}

/// A name without the `r#` of one that is a keyword.
pub fn plain(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

/// Tokens as they are written.
pub fn squeezed(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "").replace("dyn", "dyn ")
}

/// The lines of the documentation.
pub fn docs(attributes: &[Attribute]) -> Vec<String> {
    let doc = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => {
                let text = text.value();
                Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
            }
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(doc).collect()
}

/// Whether it has `uniffi::export`, and with what in parentheses.
pub fn export(attributes: &[Attribute]) -> Option<String> {
    let found = attributes.iter().find(|attribute| squeezed(attribute.path()) == "uniffi::export")?;
    Some(match &found.meta {
        Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    })
}

/// Whether it exports `Display`.
pub fn shows(attributes: &[Attribute]) -> bool {
    export(attributes).is_some_and(|what| what.split(',').any(|name| name.trim() == "Display"))
}

/// Whether it derives `uniffi::` something.
pub fn derives(attributes: &[Attribute], what: &str) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("derive")
            && matches!(&attribute.meta, Meta::List(list)
                if list.tokens.to_string().replace(' ', "").split(',').any(|name| name == format!("uniffi::{what}")))
    })
}

/// The default of a field: the empty text where the attribute gives none.
pub fn default(attributes: &[Attribute]) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.path().is_ident("uniffi"))?;
    let Meta::List(list) = &found.meta else { return None };
    let text = list.tokens.to_string();
    let rest = text.strip_prefix("default")?;
    Some(rest.trim_start().strip_prefix('=').unwrap_or_default().trim().to_owned())
}

/// What `uniffi::constructor` or `uniffi::method` says of an export.
#[derive(Default)]
pub struct Said {
    pub is_constructor: bool,
    pub name: Option<String>,
    pub defaults: Vec<(String, String)>,
}

/// Reads `#[uniffi::constructor(name = "…")]` and `#[uniffi::method(default(name = value))]`.
pub fn said(attributes: &[Attribute]) -> syn::Result<Said> {
    let mut said = Said::default();
    for attribute in attributes {
        let path = squeezed(attribute.path());
        if path != "uniffi::constructor" && path != "uniffi::method" {
            continue;
        }
        said.is_constructor |= path == "uniffi::constructor";
        let Meta::List(list) = &attribute.meta else { continue };
        for part in list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)? {
            match &part {
                Meta::NameValue(pair) if pair.path.is_ident("name") => {
                    said.name = Some(pair.value.to_token_stream().to_string().trim_matches('"').to_owned());
                }
                Meta::List(list) if list.path.is_ident("default") => {
                    for pair in list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)? {
                        let value = match &pair {
                            Meta::NameValue(pair) => squeezed(&pair.value),
                            _ => String::new(),
                        };
                        said.defaults.push((squeezed(pair.path()), value));
                    }
                }
                other => {
                    let reason = format!("the generator does not know `{}` here", other.to_token_stream());
                    return Err(syn::Error::new_spanned(other, reason));
                }
            }
        }
    }
    Ok(said)
}

/// What stands beside an export in `#[cfg_attr(false, …)]`, which the compiler drops.
#[derive(Default)]
pub struct Marks {
    /// `brief` or `long`.
    pub pace: Option<Pace>,
    pub is_worded: bool,
    /// The languages of `by_hand(…)`.
    pub by_hand: Vec<String>,
    /// The parameters of `called(name = "…")`, and their words.
    pub called: Vec<(String, String)>,
    /// The languages of `also(language = "…")`, and what each adds to the documentation of a field.
    pub also: Vec<(String, String)>,
}

/// Reads the marks. One that the generator does not know is a mistake.
pub fn marks(attributes: &[Attribute]) -> syn::Result<Marks> {
    let mut marks = Marks::default();
    for attribute in attributes {
        let Meta::List(list) = &attribute.meta else { continue };
        if !list.path.is_ident("cfg_attr") || !list.tokens.to_string().starts_with("false") {
            continue;
        }
        let inner = |input: syn::parse::ParseStream<'_>| {
            input.parse::<syn::LitBool>()?;
            input.parse::<Token![,]>()?;
            input.parse::<Meta>()
        };
        let mark = list.parse_args_with(inner)?;
        match &mark {
            Meta::Path(path) if path.is_ident("brief") => marks.pace = Some(Pace::Brief),
            Meta::Path(path) if path.is_ident("long") => marks.pace = Some(Pace::Long),
            Meta::Path(path) if path.is_ident("worded") => marks.is_worded = true,
            Meta::List(list) if list.path.is_ident("by_hand") => {
                let languages = list.parse_args_with(Punctuated::<syn::Ident, Token![,]>::parse_terminated)?;
                marks.by_hand.extend(languages.iter().map(ToString::to_string));
            }
            Meta::List(list) if list.path.is_ident("called") => marks.called.extend(texts(list)?),
            Meta::List(list) if list.path.is_ident("also") => marks.also.extend(texts(list)?),
            other => {
                let reason = format!("the generator does not know the mark `{}`", other.to_token_stream());
                return Err(syn::Error::new_spanned(other, reason));
            }
        }
    }
    Ok(marks)
}

/// The names of a mark such as `called(name = "…")`, and their texts.
fn texts(list: &syn::MetaList) -> syn::Result<Vec<(String, String)>> {
    let pairs = list.parse_args_with(Punctuated::<syn::MetaNameValue, Token![,]>::parse_terminated)?;
    let text = |pair: &syn::MetaNameValue| {
        (squeezed(&pair.path), pair.value.to_token_stream().to_string().trim_matches('"').to_owned())
    };
    Ok(pairs.iter().map(text).collect())
}
