//! The types of resources.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use wasmtime::component::ResourceType;

use crate::{Result, WasmtimeError};

/// The type of a resource: of the host's own, or of one instance of a component (`wasmtime::component::ResourceType`).
#[derive(uniffi::Object)]
pub struct ComponentResourceType {
    ty: ResourceType,
    /// The number of a type of the host's.
    number: Option<u32>,
}

#[uniffi::export]
impl ComponentResourceType {
    /// Makes a new type of the host's, which is equal to no other. A linker defines it under a name; guests then have handles of
    /// the host's objects.
    #[uniffi::constructor]
    pub fn host() -> Result<Arc<Self>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1));
        let number =
            next.map_err(|_| WasmtimeError::limit("the process has made 2^32 types of resources: there are no more"))?;
        Ok(Arc::new(Self { ty: ResourceType::host_dynamic(number), number: Some(number) }))
    }

    /// Whether both are the same type.
    pub fn same(&self, other: &ComponentResourceType) -> Result<bool> {
        Ok(self.ty == other.ty)
    }

    /// Whether it is a type of the host's.
    pub fn is_host(&self) -> Result<bool> {
        Ok(self.number.is_some())
    }
}

impl ComponentResourceType {
    pub(super) fn from_wasmtime(ty: ResourceType, hosts: &[u32]) -> Arc<Self> {
        Arc::new(Self { ty, number: number_of(ty, hosts) })
    }

    /// The number of a type of the host's.
    pub(super) fn number(&self) -> Option<u32> {
        self.number
    }
}

/// The number of a type of the host's, if it is one of these.
pub(super) fn number_of(ty: ResourceType, hosts: &[u32]) -> Option<u32> {
    hosts.iter().copied().find(|number| ResourceType::host_dynamic(*number) == ty)
}
