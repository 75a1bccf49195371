//! What a linker knows of its items beside wasmtime: whose they are, and which are host functions.

use std::collections::HashMap;
use std::sync::Arc;

use crate::errors::guest_text::Name;
use crate::host::definition::HostDefinition;
use crate::limits::shared_size::shared_memory;
use crate::linking::import_error::missing;
use crate::stores::store::StoreId;
use crate::{Result, Store, WasmtimeError};

/// One item.
#[derive(Clone, Default)]
pub(super) struct Definition {
    /// The store that it belongs to; none is every store.
    owner: Option<StoreId>,
    host: Option<Arc<HostDefinition>>,
    /// The host functions that instances need which it makes when it is called.
    needed: Vec<Arc<HostDefinition>>,
    /// How large it may grow, in bytes, if it is a shared memory.
    shared: Option<u64>,
    /// Whether it is a function of WASI.
    is_wasi: bool,
}

impl Definition {
    pub(super) fn of_store(store: &Store, item: &wasmtime::Extern) -> Self {
        Self { owner: Some(store.id()), shared: shared_memory(item), ..Self::default() }
    }

    pub(super) fn of_wasi() -> Self {
        Self { is_wasi: true, ..Self::default() }
    }

    pub(super) fn of_host(host: &Arc<HostDefinition>) -> Self {
        Self { host: Some(Arc::clone(host)), ..Self::default() }
    }

    pub(super) fn of_command(store: &Store, needed: Vec<Arc<HostDefinition>>) -> Self {
        Self { owner: Some(store.id()), needed, ..Self::default() }
    }

    fn hosts(&self) -> impl Iterator<Item = &Arc<HostDefinition>> {
        self.host.iter().chain(&self.needed)
    }
}

/// All items, by module and name.
#[derive(Clone, Default)]
pub(super) struct Definitions {
    items: HashMap<String, HashMap<String, Definition>>,
    pub(super) shadowing: bool,
}

impl Definitions {
    fn get(&self, module: &str, name: &str) -> Option<&Definition> {
        self.items.get(module)?.get(name)
    }

    pub(super) fn is_wasi(&self, module: &str, name: &str) -> bool {
        self.get(module, name).is_some_and(|item| item.is_wasi)
    }

    fn knows(&self, module: &str, name: &str) -> bool {
        self.get(module, name).is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn belongs_to_a_store(&self, module: &str, name: &str) -> bool {
        self.get(module, name).is_some_and(|item| item.owner.is_some())
    }

    /// Whether an item may be looked at in that store.
    pub(super) fn is_for(&self, store: &Store, module: &str, name: &str) -> bool {
        self.get(module, name).is_some_and(|item| item.owner.is_none_or(|owner| owner == store.id()))
    }

    /// Fails with `Link` where the name is taken.
    pub(super) fn check(&self, module: &str, name: &str) -> Result<()> {
        if self.shadowing || !self.knows(module, name) {
            return Ok(());
        }
        let (shown_module, shown_name) = (Name(module), Name(name));
        let reason = format!("`{shown_module}` `{shown_name}` is defined already: allow shadowing to replace it");
        Err(WasmtimeError::Link { reason, module: module.to_owned(), name: name.to_owned() })
    }

    /// Adds an item, and returns the one that had its name before. To drop that may run anything: nobody may hold a lock then.
    pub(super) fn add(&mut self, module: &str, name: &str, definition: Definition) -> Result<Option<Definition>> {
        self.check(module, name)?;
        Ok(self.items.entry(module.to_owned()).or_default().insert(name.to_owned(), definition))
    }

    /// Fails with `NotFound`, and with `WrongStore` for an item of another store than this one.
    pub(super) fn find(&self, store: &Store, module: &str, name: &str) -> Result<()> {
        let Some(item) = self.get(module, name) else {
            let reason = format!("`{}` `{}` is not defined in the linker", Name(module), Name(name));
            return Err(WasmtimeError::NotFound { name: name.to_owned(), reason });
        };
        match item.owner {
            Some(owner) => store.check_owner(owner, "item of the linker"),
            None => store.check_open(),
        }
    }

    /// The name of the default function of the module, or the empty one. Fails with `NotFound` where nothing of the module
    /// is defined, and as `find` does.
    pub(super) fn check_default(&self, store: &Store, module: &str) -> Result<&'static str> {
        let Some(items) = self.items.get(module) else {
            let reason = format!("nothing is defined in the linker for the module `{}`", Name(module));
            return Err(WasmtimeError::NotFound { name: module.to_owned(), reason });
        };
        let default = ["", "_start"].into_iter().find(|name| items.contains_key(*name));
        let Some(name) = default else { return Ok("") };
        self.find(store, module, name)?;
        Ok(name)
    }

    /// Fails with `Link`, which names the first imports of the module that are not defined and says how many more there are,
    /// and with `WrongStore`.
    pub(super) fn check_imports(&self, module: &wasmtime::Module, store: Option<&Store>) -> Result<()> {
        let unknown: Vec<_> = module.imports().filter(|import| !self.knows(import.module(), import.name())).collect();
        if !unknown.is_empty() {
            return Err(missing(&unknown, "not defined in the linker"));
        }
        let Some(store) = store else { return Ok(()) };
        module.imports().try_for_each(|import| self.find(store, import.module(), import.name()))
    }

    /// The names of the module's imports that are not defined and whose type is asked for, each once.
    pub(super) fn unknown(
        &self,
        module: &wasmtime::Module,
        wanted: impl Fn(&wasmtime::ExternType) -> bool,
    ) -> Vec<(String, String)> {
        let mut names: Vec<_> = module
            .imports()
            .filter(|import| !self.knows(import.module(), import.name()) && wanted(&import.ty()))
            .map(|import| (import.module().to_owned(), import.name().to_owned()))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whose the items are that a module imports.
    pub(super) fn owners(&self, module: &wasmtime::Module) -> Vec<StoreId> {
        let items = module.imports().filter_map(|import| self.get(import.module(), import.name())?.owner);
        let mut owners: Vec<_> = items.collect();
        owners.dedup();
        owners
    }

    /// How large the shared memories that a module imports may grow, in bytes; 0 where it imports none.
    pub(super) fn shared(&self, module: &wasmtime::Module) -> u64 {
        let items = module.imports().filter_map(|import| self.get(import.module(), import.name())?.shared);
        items.max().unwrap_or(0)
    }

    /// The host functions that a module imports, or all.
    pub(super) fn hosts(&self, module: Option<&wasmtime::Module>) -> Vec<Arc<HostDefinition>> {
        let mut hosts: Vec<_> = match module {
            Some(module) => module
                .imports()
                .filter_map(|import| self.get(import.module(), import.name()))
                .flat_map(Definition::hosts)
                .map(Arc::clone)
                .collect(),
            None => self.items.values().flat_map(HashMap::values).flat_map(Definition::hosts).map(Arc::clone).collect(),
        };
        hosts.sort_by_key(|host| host.number());
        hosts.dedup_by_key(|host| host.number());
        hosts
    }

    /// The host functions that one item needs; none where there is no such item.
    pub(super) fn hosts_of(&self, module: &str, name: &str) -> Vec<Arc<HostDefinition>> {
        self.get(module, name).into_iter().flat_map(Definition::hosts).map(Arc::clone).collect()
    }

    pub(super) fn host(&self, number: u64) -> Result<Arc<HostDefinition>> {
        let all = self.items.values().flat_map(HashMap::values).flat_map(Definition::hosts);
        all.into_iter()
            .find(|host| host.number() == number)
            .map(Arc::clone)
            .ok_or_else(|| HostDefinition::unknown(number))
    }
}
