//! The names of the exports that the copy of a module has and its file has not: by them an instance is read.

use std::collections::HashSet;
use std::sync::Arc;

/// What all their names begin with. A number follows, which makes them differ from those of the module.
const BASE: &str = "trimaran snapshots ";

/// What the names of one module's hidden exports begin with, and no name of its own.
#[derive(Debug, Clone)]
pub(crate) struct Hidden(Arc<str>);

/// What is read by a hidden export, with its index in the module.
#[derive(Clone, Copy)]
pub(crate) enum Item {
    Func(u32),
    Table(u32),
    Memory(u32),
    Global(u32),
}

impl Hidden {
    /// For a module that exports these names.
    pub(super) fn beside<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let taken: HashSet<_> =
            names.filter_map(|name| name.strip_prefix(BASE)).filter_map(|rest| rest.split(' ').next()).collect();
        let free = (0_u64..).map(|number| number.to_string()).find(|number| !taken.contains(number.as_str()));
        Self(format!("{BASE}{} ", free.unwrap_or_default()).into())
    }

    /// Whether it may be the name of such an export, of any module.
    pub(super) fn may_have(name: &str) -> bool {
        name.starts_with(BASE)
    }

    /// Whether it is the name of one of these.
    pub(super) fn has(&self, name: &str) -> bool {
        name.starts_with(&*self.0)
    }

    /// The name of the export for an item.
    pub(crate) fn name(&self, item: Item) -> String {
        let (kind, index) = match item {
            Item::Func(index) => ('f', index),
            Item::Table(index) => ('t', index),
            Item::Memory(index) => ('m', index),
            Item::Global(index) => ('g', index),
        };
        format!("{}{kind}{index}", self.0)
    }
}
