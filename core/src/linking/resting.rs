//! Imports of WASI whose guests rest while they wait, in stores whose guests run on fibers.
//!
//! Wasmtime has every guest run on a fiber whose store has such a function. So a linker has those that wait on the guest's thread, and
//! these take their place where a store's guests run on fibers anyway.

use std::sync::Arc;

use wasmtime::{Extern, StoreContextMut};

use crate::linking::definitions::Definitions;
use crate::stores::store::StoreData;

type Linker = wasmtime::Linker<StoreData>;

/// What a module imports, some of it from WASI's functions that have guests rest.
#[derive(Clone)]
pub(crate) struct Resting {
    linker: Arc<Linker>,
    resting: Arc<Linker>,
    /// For each import, in their order, whether it is one of those.
    rests: Arc<[bool]>,
}

impl Resting {
    /// None where the module imports no such function.
    pub(super) fn of(
        module: &wasmtime::Module,
        linker: &Arc<Linker>,
        resting: Option<&Arc<Linker>>,
        definitions: &Definitions,
        names: &[&str],
    ) -> Option<Self> {
        let rests = |import: wasmtime::ImportType<'_>| {
            names.contains(&import.name()) && definitions.is_wasi(import.module(), import.name())
        };
        let rests: Arc<[bool]> = module.imports().map(rests).collect();
        let resting = resting.filter(|_| rests.contains(&true))?;
        Some(Self { linker: Arc::clone(linker), resting: Arc::clone(resting), rests })
    }

    /// The module's imports, as they are in a store.
    pub(super) fn imports(
        &self,
        module: &wasmtime::Module,
        context: &mut StoreContextMut<'_, StoreData>,
    ) -> wasmtime::Result<Vec<Extern>> {
        let linker = |rests: bool| if rests { &self.resting } else { &self.linker };
        let each = module.imports().zip(&*self.rests);
        each.map(|(import, rests)| {
            let found = linker(*rests).try_get_by_import(&mut *context, &import)?;
            found.ok_or_else(|| wasmtime::Error::msg("an import that was there is not"))
        })
        .collect()
    }
}
