//! What is done with objects of the host that guests have dropped: a C function with a context.

use std::ffi::c_void;
use std::sync::Arc;

use trimaran::adapter::HostDrop;
use trimaran::{ComponentResourceType, HostObject, Result};

use super::host::{Context, Release};
use super::{Bytes, entry, status};

/// Does something with an object, which is lent.
type DropObject = unsafe extern "C" fn(context: *mut c_void, object: *mut c_void);

struct Dropped {
    drop: DropObject,
    context: Context,
}

impl Dropped {
    fn run(&self, object: &HostObject) {
        if let Some(object) = object.downcast_ref::<Context>() {
            // SAFETY: the header says that it may be called on any thread; the function came with this context, which is still there, and
            // the object is held until this returns.
            unsafe { (self.drop)(self.context.pointer, object.pointer) }
        }
    }
}

impl HostDrop for Dropped {
    fn dropped(&self, object: &HostObject) -> Result<()> {
        self.run(object);
        Ok(())
    }

    fn left(&self, object: &HostObject) {
        self.run(object);
    }
}

/// Makes a new type of the host's, with what is done with objects that guests have dropped. The context is let go of when nothing has the type
/// any more, or at once where this fails.
///
/// # Safety
/// `drop` and `release` may be called with `context` on any thread; the pointers for a type and for an error may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_component_resource_type_host_with(
    drop: DropObject,
    release: Release,
    context: *mut c_void,
    ty: *mut *const ComponentResourceType,
    error: *mut Bytes,
) -> i32 {
    let dropped = Arc::new(Dropped { drop, context: Context { pointer: context, release } });
    let work = || {
        let made = ComponentResourceType::host_with(dropped)?;
        // SAFETY: the contract says that the pointer for the result may be written to.
        unsafe { ty.write(Arc::into_raw(made)) };
        Ok(())
    };
    // SAFETY: the contract says that the pointer for the error may be written to.
    unsafe { status(entry(work), error) }
}
