//! What a linker of components defines: functions, modules and types of resources by name, in instances that lie in each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmparser::names::ComponentName;

use crate::component::host::ComponentHostFunction;
use crate::component::versions;
use crate::errors::guest_text::Name;
use crate::stores::host_objects::HostResource;
use crate::{Result, WasmtimeError};

/// One item.
#[derive(Clone)]
pub(super) enum Item {
    Instance(Arc<Items>),
    Func(Arc<dyn ComponentHostFunction>),
    Module(wasmtime::Module),
    /// A type of resources of the host's.
    Resource(HostResource),
    /// A function that ends the guest which calls it.
    Trap,
}

impl Item {
    /// What kind of item it is, in words.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Instance(_) => "an instance",
            Self::Func(_) | Self::Trap => "a function",
            Self::Module(_) => "a module",
            Self::Resource(_) => "a resource",
        }
    }
}

/// The items of an instance, or of the linker itself.
#[derive(Clone, Default)]
pub(super) struct Items {
    items: BTreeMap<String, Item>,
    /// Whether WASI has an instance of this name, whose items are behind these.
    pub(super) is_of_wasi: bool,
}

impl Items {
    /// What serves a name, and its own name: versions that are compatible do.
    pub(super) fn find(&self, name: &str) -> Option<(&str, &Item)> {
        let found = match self.items.get_key_value(name) {
            Some(found) => found,
            None => self.items.get_key_value(versions::find(name, self.items.keys().map(String::as_str))?)?,
        };
        Some((found.0, found.1))
    }

    /// Whether all that this has is WASI's.
    pub(super) fn is_just_wasi(&self) -> bool {
        self.is_of_wasi && self.items.is_empty()
    }

    /// Whether WASI was defined.
    pub(super) fn has_wasi(&self) -> bool {
        self.items.values().any(|item| matches!(item, Item::Instance(items) if items.is_of_wasi))
    }

    /// All types of resources.
    pub(super) fn resources(&self) -> Vec<HostResource> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found.sort_unstable_by_key(|host| host.number);
        found.dedup_by_key(|host| host.number);
        found
    }

    fn collect(&self, found: &mut Vec<HostResource>) {
        for item in self.items.values() {
            match item {
                Item::Instance(items) => items.collect(found),
                Item::Resource(host) => found.push(host.clone()),
                Item::Func(_) | Item::Module(_) | Item::Trap => {}
            }
        }
    }

    /// Defines an item in the instance of that path, which is made where it is not there. Fails with `Link` where a name is taken, or is none
    /// that a component can import.
    pub(super) fn define(&mut self, path: &[String], name: &str, item: Item, shadowing: bool) -> Result<()> {
        let Some((first, rest)) = path.split_first() else {
            check_name(name)?;
            if !shadowing && let Some(before) = self.items.get(name) {
                return Err(taken(name, before));
            }
            self.items.insert(name.to_owned(), item);
            return Ok(());
        };
        let inner = self.instance(first, shadowing)?;
        inner.define(rest, name, item, shadowing)
    }

    /// The instance of that name in this one.
    fn instance(&mut self, name: &str, shadowing: bool) -> Result<&mut Self> {
        check_name(name)?;
        let empty = || Item::Instance(Arc::default());
        let found = self.items.entry(name.to_owned()).or_insert_with(empty);
        if shadowing && !matches!(found, Item::Instance(_)) {
            *found = empty();
        }
        match found {
            Item::Instance(items) if items.is_of_wasi && !shadowing => {
                let reason =
                    format!("`{}` is defined already, by WASI: allow shadowing to replace items of it", Name(name));
                Err(WasmtimeError::Link { reason, module: name.to_owned(), name: String::new() })
            }
            Item::Instance(items) => Ok(Arc::make_mut(items)),
            other => Err(taken(name, other)),
        }
    }

    /// Makes the instance of that path, if it is not there. Fails with `Link` where a name is taken by something else.
    pub(super) fn define_instance(&mut self, path: &[String], shadowing: bool) -> Result<()> {
        match path.split_first() {
            Some((first, rest)) => self.instance(first, shadowing)?.define_instance(rest, shadowing),
            None => Ok(()),
        }
    }

    /// Notes that WASI has an instance of that name. Fails with `Link` where the name is taken.
    pub(super) fn define_wasi(&mut self, name: &str, shadowing: bool) -> Result<()> {
        match self.items.get(name) {
            Some(before) if !shadowing => return Err(taken(name, before)),
            _ => {}
        }
        self.items.insert(name.to_owned(), Item::Instance(Arc::new(Self { items: BTreeMap::new(), is_of_wasi: true })));
        Ok(())
    }
}

/// Fails with `Link` for a name that no component can import: what is defined by it would never be found.
fn check_name(name: &str) -> Result<()> {
    if ComponentName::new(name, 0).is_ok() {
        return Ok(());
    }
    let reason = format!(
        "`{}` is a name that no component can import: expected words with `-` between them, such as `get-value`, or an interface, \
         such as `ns:package/interface@1.0.0`",
        Name(name)
    );
    Err(WasmtimeError::Link { reason, module: String::new(), name: name.to_owned() })
}

#[cold]
fn taken(name: &str, before: &Item) -> WasmtimeError {
    let reason = format!("`{}` is defined already, as {}: allow shadowing to replace it", Name(name), before.word());
    WasmtimeError::Link { reason, module: String::new(), name: name.to_owned() }
}
