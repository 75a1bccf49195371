//! The types of resources.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use wasmtime::component::ResourceType;

use crate::stores::host_objects::{HostDrop, HostResource};
use crate::{Result, WasmtimeError};

/// The type of a resource: of the host's own, or of one instance of a component (`wasmtime::component::ResourceType`).
#[derive(uniffi::Object)]
pub struct ComponentResourceType {
    ty: ResourceType,
    /// What it is as a type of the host's.
    host: Option<HostResource>,
}

#[uniffi::export]
impl ComponentResourceType {
    /// Makes a new type of the host's, which is equal to no other. A linker defines it under a name; guests then have handles of
    /// the host's objects.
    #[uniffi::constructor]
    pub fn host() -> Result<Arc<Self>> {
        Self::of_host(None)
    }

    /// Whether both are the same type.
    pub fn same(&self, other: &ComponentResourceType) -> Result<bool> {
        Ok(self.ty == other.ty)
    }

    /// Whether it is a type of the host's.
    pub fn is_host(&self) -> Result<bool> {
        Ok(self.host.is_some())
    }
}

impl ComponentResourceType {
    /// The same as `host`. When a guest drops an object of this type that it owns, the host does something with it: `drop` runs once for each
    /// time that one was given away and did not come back, for those that guests still own when their store is closed or gone.
    pub fn host_with(drop: Arc<dyn HostDrop>) -> Result<Arc<Self>> {
        Self::of_host(Some(drop))
    }

    fn of_host(drop: Option<Arc<dyn HostDrop>>) -> Result<Arc<Self>> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1));
        let number =
            next.map_err(|_| WasmtimeError::limit("the process has made 2^32 types of resources: there are no more"))?;
        Ok(Arc::new(Self { ty: ResourceType::host_dynamic(number), host: Some(HostResource { number, drop }) }))
    }

    pub(super) fn from_wasmtime(ty: ResourceType, hosts: &[HostResource]) -> Arc<Self> {
        Arc::new(Self { ty, host: host_of(ty, hosts).cloned() })
    }

    /// What the host does with an object of this type that a guest owned, if anything.
    pub fn host_drop(&self) -> Option<&Arc<dyn HostDrop>> {
        self.host.as_ref()?.drop.as_ref()
    }

    /// What it is as a type of the host's.
    pub(super) fn as_host(&self) -> Option<&HostResource> {
        self.host.as_ref()
    }
}

/// Which of these types of the host's it is, if it is one of them.
pub(super) fn host_of(ty: ResourceType, hosts: &[HostResource]) -> Option<&HostResource> {
    hosts.iter().find(|host| ResourceType::host_dynamic(host.number) == ty)
}
