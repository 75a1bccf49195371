//! One file of the core: its items, and what its macros declare.

use std::collections::HashMap;

use quote::ToTokens;
use syn::{Attribute, Fields, FnArg, Item, Pat, ReturnType};

use super::tokens::{default, derives, docs, export, marks, plain, said, shows, squeezed};
use super::{Error, Found, RawEnum, RawField, RawMethod, RawRecord, RawVariant, Result, at};
use crate::expand::Rule;
use crate::model::{Named, Pace, Place, Receiver};

/// Adds what the file declares.
pub fn read(name: String, source: &str, found: &mut Found) -> Result<()> {
    let parsed = syn::parse_file(source).map_err(|error| at(&name, 1, error.to_string()))?;
    let mut file = File { name, source, rules: HashMap::new(), line: None };
    file.items(parsed.items, found)
}

struct File<'a> {
    name: String,
    source: &'a str,
    rules: HashMap<String, Rule>,
    /// Of the invocation, for what a macro declares.
    line: Option<usize>,
}

impl File<'_> {
    /// Where `words` stand first, after `from`. `syn` knows it with the feature `span-locations` of `proc-macro2`, which
    /// would change the hash of every macro.
    fn place(&self, words: &str, from: usize) -> Place {
        let found = || {
            let after = self.source.lines().enumerate().skip(from.saturating_sub(1));
            after.filter(|(_, line)| !line.trim_start().starts_with("//")).find(|(_, line)| line.contains(words))
        };
        let line = self.line.unwrap_or_else(|| found().map_or(from.max(1), |(index, _)| index + 1));
        Place { file: self.name.clone(), line }
    }

    fn items(&mut self, items: Vec<Item>, found: &mut Found) -> Result<()> {
        for item in items {
            self.item(item, found)?;
        }
        Ok(())
    }

    fn item(&mut self, item: Item, found: &mut Found) -> Result<()> {
        match item {
            Item::Macro(item) => self.macro_item(item, found)?,
            Item::Struct(item) => self.structure(&item, found)?,
            Item::Enum(item) => self.choice(&item, found)?,
            Item::Fn(item) if export(&item.attrs).is_some() => {
                let line = self.place(&format!("fn {}(", item.sig.ident), 1).line;
                found.functions.push(self.method(&item.sig, &item.attrs, line, None)?);
            }
            Item::Trait(item) if export(&item.attrs).is_some() => self.foreign(&item, found)?,
            Item::Impl(item) if export(&item.attrs).is_some() => self.block(&item, found)?,
            _ => {}
        }
        Ok(())
    }

    fn structure(&self, item: &syn::ItemStruct, found: &mut Found) -> Result<()> {
        let named = || self.named(&item.ident, &item.attrs, &format!("struct {}", item.ident));
        if derives(&item.attrs, "Object") {
            found.objects.push(named());
        } else if derives(&item.attrs, "Record") {
            let named = named();
            let fields = self.fields(&item.fields, &named)?;
            found.records.push(RawRecord { named, fields, is_shown: shows(&item.attrs) });
        }
        Ok(())
    }

    fn choice(&self, item: &syn::ItemEnum, found: &mut Found) -> Result<()> {
        let is_error = derives(&item.attrs, "Error");
        if !is_error && !derives(&item.attrs, "Enum") {
            return Ok(());
        }
        let named = self.named(&item.ident, &item.attrs, &format!("enum {}", item.ident));
        let variant = |variant: &syn::Variant| {
            let fields = self.fields(&variant.fields, &named)?;
            Ok(RawVariant { name: variant.ident.to_string(), docs: docs(&variant.attrs), fields })
        };
        let variants = item.variants.iter().map(variant).collect::<Result<_>>()?;
        found.enums.push(RawEnum { named, variants, is_error, is_shown: shows(&item.attrs) });
        Ok(())
    }

    fn foreign(&self, item: &syn::ItemTrait, found: &mut Found) -> Result<()> {
        let named = self.named(&item.ident, &item.attrs, &format!("trait {}", item.ident));
        let wrong = |reason: &str| Error { place: named.place.clone(), reason: reason.to_owned() };
        if export(&item.attrs).as_deref() != Some("with_foreign") {
            return Err(wrong("only a trait with_foreign can be exported"));
        }
        let mut methods = Vec::new();
        for part in &item.items {
            let syn::TraitItem::Fn(part) = part else {
                return Err(wrong("an exported trait has methods only"));
            };
            methods.push(self.method(&part.sig, &part.attrs, named.place.line, None)?);
        }
        found.foreign.push((named, methods));
        Ok(())
    }

    fn block(&self, item: &syn::ItemImpl, found: &mut Found) -> Result<()> {
        let name = item.self_ty.to_token_stream().to_string();
        let line = self.exported_impl(&name);
        let wrong = |reason: String| at(&self.name, line, reason);
        if item.trait_.is_some() || !item.generics.params.is_empty() {
            return Err(wrong(format!("an exported impl of {name} is neither of a trait nor generic")));
        }
        let pace = marks(&item.attrs).map_err(|error| wrong(error.to_string()))?.pace;
        let mut methods = Vec::new();
        for part in &item.items {
            let syn::ImplItem::Fn(part) = part else {
                return Err(wrong(format!("an exported impl of {name} has functions only")));
            };
            methods.push(self.method(&part.sig, &part.attrs, line, pace)?);
        }
        found.blocks.push((name, methods));
        Ok(())
    }

    /// Where the exported impl of that name begins.
    fn exported_impl(&self, name: &str) -> usize {
        let mut was_export = false;
        for (index, line) in self.source.lines().enumerate() {
            if was_export && line.trim_start().starts_with(&format!("impl {name} ")) {
                return self.line.unwrap_or(index + 1);
            }
            was_export = line.contains("uniffi::export") || (was_export && line.trim_start().starts_with("#["));
        }
        self.line.unwrap_or(1)
    }

    fn macro_item(&mut self, item: syn::ItemMacro, found: &mut Found) -> Result<()> {
        let path = item.mac.path.to_token_stream().to_string();
        if let (Some(name), "macro_rules") = (&item.ident, path.as_str()) {
            // Others declare nothing that crosses.
            if item.mac.tokens.to_string().contains("uniffi ::") {
                let place = self.place(&format!("macro_rules! {name}"), 1);
                let rule = Rule::read(item.mac.tokens).map_err(|reason| Error { place, reason })?;
                self.rules.insert(name.to_string(), rule);
            }
            return Ok(());
        }
        let Some(rule) = self.rules.get(&path) else { return Ok(()) };
        let place = self.place(&format!("{path}! {{"), 1);
        let wrong = |reason: String| Error { place: place.clone(), reason: format!("in {path}!: {reason}") };
        let expanded = rule.expand(item.mac.tokens).map_err(wrong)?;
        let parsed: syn::File = syn::parse2(expanded).map_err(|error| wrong(error.to_string()))?;
        self.line = Some(place.line);
        let done = self.items(parsed.items, found);
        self.line = None;
        done
    }

    fn named(&self, ident: &syn::Ident, attributes: &[Attribute], words: &str) -> Named {
        let is_shown = export(attributes).is_some_and(|what| what.contains("Display"));
        Named { name: plain(ident), docs: docs(attributes), place: self.place(words, 1), is_shown }
    }

    fn fields(&self, fields: &Fields, owner: &Named) -> Result<Vec<RawField>> {
        let all = match fields {
            Fields::Unit => return Ok(Vec::new()),
            Fields::Named(fields) => &fields.named,
            Fields::Unnamed(_) => {
                let place = owner.place.clone();
                return Err(Error { place, reason: format!("the fields of {} need names", owner.name) });
            }
        };
        let field = |field: &syn::Field| {
            let name = field.ident.as_ref().map(plain).unwrap_or_default();
            let wrong = |error: syn::Error| Error {
                place: owner.place.clone(),
                reason: format!("{}.{name}: {error}", owner.name),
            };
            let also = marks(&field.attrs).map_err(wrong)?.also;
            Ok(RawField { docs: docs(&field.attrs), also, ty: field.ty.clone(), default: default(&field.attrs), name })
        };
        all.iter().map(field).collect()
    }

    fn method(
        &self,
        signature: &syn::Signature,
        attributes: &[Attribute],
        from: usize,
        usual: Option<Pace>,
    ) -> Result<RawMethod> {
        let place = self.place(&format!("fn {}(", signature.ident), from);
        let wrong = |reason: String| Error { place: place.clone(), reason: format!("{}: {reason}", signature.ident) };
        if signature.asyncness.is_some() || !signature.generics.params.is_empty() || signature.unsafety.is_some() {
            return Err(wrong("an export is neither async nor generic nor unsafe".into()));
        }
        let (mut receiver, mut params) = (Receiver::None, Vec::new());
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(this) if this.mutability.is_some() => {
                    return Err(wrong("`&mut self` cannot be shared".into()));
                }
                FnArg::Receiver(this) if this.reference.is_some() => receiver = Receiver::Reference,
                FnArg::Receiver(this) if squeezed(&this.ty) == "Arc<Self>" => receiver = Receiver::Shared,
                FnArg::Receiver(_) => return Err(wrong("expected `&self` or `self: Arc<Self>`".into())),
                FnArg::Typed(typed) => {
                    let Pat::Ident(name) = &*typed.pat else {
                        return Err(wrong("a parameter needs a plain name".into()));
                    };
                    params.push((plain(&name.ident), (*typed.ty).clone()));
                }
            }
        }
        let result = match &signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some((**ty).clone()),
        };
        let said = said(attributes).map_err(|error| wrong(error.to_string()))?;
        if let Some((name, _)) = said.defaults.iter().find(|(name, _)| !params.iter().any(|(other, _)| other == name)) {
            return Err(wrong(format!("the default of `{name}`, which is no parameter")));
        }
        let marks = marks(attributes).map_err(|error| wrong(error.to_string()))?;
        if let Some((name, _)) = marks.called.iter().find(|(name, _)| !params.iter().any(|(other, _)| other == name)) {
            return Err(wrong(format!("the words for `{name}`, which is no parameter")));
        }
        if !marks.also.is_empty() {
            return Err(wrong("only a field has words of one language".into()));
        }
        let name = said.name.unwrap_or_else(|| plain(&signature.ident));
        Ok(RawMethod {
            named: Named { name, docs: docs(attributes), place, is_shown: false },
            rust_name: signature.ident.to_string(),
            is_constructor: said.is_constructor,
            receiver,
            params,
            defaults: said.defaults,
            result,
            pace: marks.pace.or(usual).unwrap_or(Pace::Long),
            marks,
        })
    }
}
