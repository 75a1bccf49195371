//! The words that sentences about linking have for names and items.

use wasmtime::component::types::ComponentItem;

use crate::errors::guest_text::Name;

/// The names of a path.
pub(super) fn path<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| format!("`{}`", Name(name.as_ref()))).collect::<Vec<_>>().join(" ")
}

/// What kind of item it is.
pub(super) fn kind(item: &ComponentItem) -> &'static str {
    match item {
        ComponentItem::ComponentFunc(_) | ComponentItem::CoreFunc(_) => "a function",
        ComponentItem::Module(_) => "a module",
        ComponentItem::Component(_) => "a component",
        ComponentItem::ComponentInstance(_) => "an instance",
        ComponentItem::Type(_) => "a type",
        ComponentItem::Resource(_) => "a resource",
    }
}
