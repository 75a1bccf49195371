//! What a store keeps alive for the host, and the values of the host that it holds.

use std::any::Any;
use std::sync::Arc;

use wasmtime::{AnyRef, ExnRef, ExternRef, I31, OwnedRooted};

/// What keeps a value alive for the host.
#[derive(Clone)]
pub(crate) enum Root {
    Extern(OwnedRooted<ExternRef>),
    Any(OwnedRooted<AnyRef>),
    /// It is all in its bits. Wasmtime would keep a root for it until the store is closed, if that has no heap to sweep.
    I31(I31),
    Exn(OwnedRooted<ExnRef>),
}

/// A value of the host, as a guest holds it. It is dropped when neither the guest nor the host refers to it any more
/// and the store has collected its garbage, or the store is closed.
pub type HostObject = Arc<dyn Any + Send + Sync>;
