//! Room on the stack: guests run where there is enough of it, the host's functions on the thread's own.
//!
//! Wasmtime lets a guest use as much stack as it is configured to, whatever the thread has. See
//! `docs/adr/0008-guests-run-on-enough-stack.md`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::{Result, WasmtimeError};

std::thread_local! {
    /// The lowest address of the stack that this thread runs on; 0 where it has not been asked for.
    static BOTTOM: Cell<usize> = const { Cell::new(0) };
    /// Where the thread's own stack goes on, while it runs on another one.
    static OWN: Cell<Option<Part>> = const { Cell::new(None) };
}

/// What has to be left of the thread's own stack for a host function, in bytes. A JVM wants most of it for its zones.
pub(crate) const HOST_CALL: usize = 64 << 10;

/// The free part of a stack that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    bottom: usize,
    top: usize,
}

/// What lies between an address of the running function and the first that is free for another one, generously.
const MARGIN: usize = 4 << 10;

impl Part {
    /// What is free below the running function, if the bottom of its stack is known.
    fn here() -> Option<Self> {
        let (top, bottom) = (here().saturating_sub(MARGIN), BOTTOM.get());
        (bottom != 0).then_some(Self { bottom, top: top.max(bottom) })
    }

    fn has_room(self, needed: usize) -> bool {
        self.top - self.bottom >= needed
    }

    /// Runs `work` there.
    ///
    /// # Safety
    /// It is a part of a stack of this very thread that waits until `work` has returned.
    unsafe fn run<R>(self, work: impl FnOnce() -> R) -> R {
        const ALIGNED: usize = !0x3F;
        let bottom = (self.bottom + !ALIGNED) & ALIGNED;
        let size = (self.top & ALIGNED).saturating_sub(bottom);
        let _outer = Switched { bottom: BOTTOM.replace(self.bottom) };
        // A panic must not leave the other stack but by its own frame.
        // SAFETY: this function's contract says that nothing else uses that part; it is aligned, and `work` returns.
        unsafe { on_stack(bottom, size, || catch_unwind(AssertUnwindSafe(work))) }
            .unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Puts the bottom of the outer stack back, also where the work panics.
struct Switched {
    bottom: usize,
}

impl Drop for Switched {
    fn drop(&mut self) {
        BOTTOM.set(self.bottom);
    }
}

/// Puts back where the thread's own stack goes on.
struct Elsewhere {
    own: Option<Part>,
}

impl Elsewhere {
    fn now(own: Option<Part>) -> Self {
        Self { own: OWN.replace(own) }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        OWN.set(self.own);
    }
}

psm::psm_stack_manipulation! {
    yes {
        /// # Safety
        /// The pages from `bottom` on are free stack of this thread; `work` returns and does not unwind.
        unsafe fn on_stack<R>(bottom: usize, size: usize, work: impl FnOnce() -> R) -> R {
            // SAFETY: the pages are free stack of this thread and `work` does not unwind: the contract of this function.
            unsafe { psm::on_stack(std::ptr::with_exposed_provenance_mut(bottom), size, work) }
        }
    }
    no {
        unsafe fn on_stack<R>(_bottom: usize, _size: usize, work: impl FnOnce() -> R) -> R {
            work()
        }
    }
}

/// Whether `needed` bytes are left. Takes a nanosecond, but for the first time on a thread.
#[inline]
pub(crate) fn has_room(needed: usize) -> bool {
    let (here, bottom) = (here(), BOTTOM.get());
    if bottom != 0 {
        return here.checked_sub(bottom).is_some_and(|left| left >= needed);
    }
    look(needed)
}

#[cold]
fn look(needed: usize) -> bool {
    // Where the system does not say, there is nothing to go by.
    let Some(left) = stacker::remaining_stack() else { return true };
    BOTTOM.set(here().saturating_sub(left));
    left >= needed
}

/// Runs `work`, a guest's, on a stack of its own, of `size` bytes. Fails with `Limit`, and has done nothing, where the system has
/// no room for one.
#[cfg(unix)]
#[cold]
pub(crate) fn grow<R>(size: usize, work: impl FnOnce() -> R) -> Result<R> {
    let stack = Mapped::new(size)?;
    let _elsewhere = Elsewhere::now(Part::here());
    // SAFETY: the stack was made for this call, and is there until it has returned.
    Ok(unsafe { stack.part().run(work) })
}

#[cfg(not(unix))]
#[cold]
pub(crate) fn grow<R>(size: usize, work: impl FnOnce() -> R) -> Result<R> {
    let _elsewhere = Elsewhere::now(Part::here());
    let _outer = Switched { bottom: BOTTOM.replace(0) };
    Ok(stacker::grow(size, || {
        // Later on it is asked for every time that a host function goes back to the thread's own stack.
        look(0);
        work()
    }))
}

/// A stack from the system, between two pages that cannot be touched.
#[cfg(unix)]
struct Mapped {
    base: *mut libc::c_void,
    page: usize,
    size: usize,
}

#[cfg(unix)]
impl Mapped {
    fn new(size: usize) -> Result<Self> {
        let no_room = || {
            let error = std::io::Error::last_os_error();
            WasmtimeError::limit(format!("there is no room for a stack of {size} bytes: {error}"))
        };
        // SAFETY: it asks for a number.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4 << 10);
        let all = size.checked_next_multiple_of(page).and_then(|size| size.checked_add(2 * page));
        let all = all.ok_or_else(no_room)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new mapping, wherever the system likes.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), all, libc::PROT_NONE, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(no_room());
        }
        let stack = Self { base, page, size: all };
        // SAFETY: inside of the mapping, which nothing uses yet.
        let done = unsafe { libc::mprotect(base.byte_add(page), all - 2 * page, libc::PROT_READ | libc::PROT_WRITE) };
        if done == 0 { Ok(stack) } else { Err(no_room()) }
    }

    fn part(&self) -> Part {
        let base = self.base.expose_provenance();
        Part { bottom: base + self.page, top: base + self.size - self.page }
    }
}

#[cfg(unix)]
impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: this very mapping, which nothing runs on any more.
        unsafe { libc::munmap(self.base, self.size) };
    }
}

/// Runs `work`, the host's, on the thread's own stack: languages look at where they are. Tells it where the guest's stack
/// goes on, if that is another one. Gives nothing, and has done nothing, where `needed` bytes are not left.
#[inline]
pub(crate) fn on_own<R>(needed: usize, work: impl FnOnce(Option<Part>) -> R) -> Option<R> {
    match OWN.get() {
        None => has_room(needed).then(|| work(None)),
        Some(own) => own.has_room(needed).then(|| back(own, work)),
    }
}

#[cold]
fn back<R>(own: Part, work: impl FnOnce(Option<Part>) -> R) -> R {
    let guest = Part::here();
    let _elsewhere = Elsewhere::now(None);
    // SAFETY: `grow` or `on` left that part on this thread's own stack, and waits until this has returned.
    unsafe { own.run(|| work(guest)) }
}

/// Runs `work`, a guest's, where an outer guest's stack goes on, that `on_own` told.
///
/// # Safety
/// The host function that was told has not returned, and runs on this thread.
#[cold]
pub(crate) unsafe fn on<R>(guest: Part, work: impl FnOnce() -> R) -> R {
    let _elsewhere = Elsewhere::now(Part::here());
    // SAFETY: the caller says that the host function has not returned, so the guest's stack still waits. Nothing further in uses
    // this part: a later host function is told another one.
    unsafe { guest.run(work) }
}

/// About where the stack is now.
#[inline]
fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}
