//! What is told of events: C functions with a context.

use std::ffi::c_void;
use std::ptr::null;
use std::sync::Arc;

use trimaran::{Event, EventListener, UniFfiTag};
use uniffi::Lower;

use super::host::{Context, Release};

/// A text, in UTF-8; without bytes there is none.
#[repr(C)]
pub struct Text {
    bytes: *const u8,
    length: usize,
}

impl Text {
    fn of(text: Option<&str>) -> Self {
        text.map_or(Self { bytes: null(), length: 0 }, |text| Self { bytes: text.as_ptr(), length: text.len() })
    }
}

/// An event, lent for the call.
#[repr(C)]
pub struct Told {
    kind: u8,
    has_size: bool,
    nanoseconds: u64,
    size: u64,
    name: Text,
    error: Text,
    text: Text,
}

/// Takes an event.
type OnEvent = unsafe extern "C" fn(context: *mut c_void, event: *const Told);

struct Listener {
    on_event: OnEvent,
    context: Context,
}

impl EventListener for Listener {
    fn on_event(&self, event: Event) {
        let told = Told {
            kind: event.kind as u8,
            has_size: event.bytes.is_some(),
            nanoseconds: event.nanoseconds,
            size: event.bytes.unwrap_or_default(),
            name: Text::of(event.name.as_deref()),
            error: Text::of(event.error.as_deref()),
            text: Text::of(Some(&event.text)),
        };
        // SAFETY: the function came with this context, which is still there. The event is borrowed for the call, and so are its texts.
        unsafe { (self.on_event)(self.context.pointer, &raw const told) };
    }
}

/// A handle of a listener that calls `on_event` with `context`. The last reference to the listener releases `context`. One record takes
/// ownership of the handle.
///
/// # Safety
/// `on_event` and `release` may be called with `context` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn trimaran_event_listener_new(on_event: OnEvent, release: Release, context: *mut c_void) -> u64 {
    let made: Arc<dyn EventListener> = Arc::new(Listener { on_event, context: Context { pointer: context, release } });
    <Arc<dyn EventListener> as Lower<UniFfiTag>>::lower(made).as_raw()
}
