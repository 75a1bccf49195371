//! Stack space: guests run on a stack that has enough of it, host functions on the thread's own stack.
//!
//! Wasmtime lets a guest use as much stack as it is configured to, whatever the thread has. See
//! `docs/adr/0008-guests-run-on-enough-stack.md`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::{Result, WasmtimeError};

std::thread_local! {
    /// The lowest address of the stack that this thread runs on; 0 where it has not been asked for.
    static BOTTOM: Cell<usize> = const { Cell::new(0) };
    /// The free part of the thread's own stack, while the thread runs on another stack.
    static OWN: Cell<Option<Part>> = const { Cell::new(None) };
}

/// How many bytes of the thread's own stack a host function needs. A JVM keeps most of them for its guard zones.
pub(crate) const HOST_CALL: usize = 64 << 10;

/// The free part of a stack whose frames wait while the thread runs on another stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    bottom: usize,
    top: usize,
}

/// How far below an address of the running function another function may use the stack: a generous estimate.
const MARGIN: usize = 4 << 10;

/// How far below an address of the running function wasmtime may use the stack until it has changed to that of a fiber: a
/// generous estimate.
const POLL: usize = 48 << 10;

impl Part {
    /// What is free below the running function, if the bottom of its stack is known.
    fn here() -> Option<Self> {
        Self::below(MARGIN)
    }

    /// The same, where it and what it calls use the stack so far.
    fn below(used: usize) -> Option<Self> {
        let (top, bottom) = (here().saturating_sub(used), BOTTOM.get());
        (bottom != 0).then_some(Self { bottom, top: top.max(bottom) })
    }

    fn has_space(self, needed: usize) -> bool {
        self.top - self.bottom >= needed
    }

    /// Runs `work` on this part.
    ///
    /// # Safety
    /// The part belongs to a stack of this thread, and nothing else uses it until `work` has returned.
    unsafe fn run<R>(self, work: impl FnOnce() -> R) -> R {
        const ALIGNED: usize = !0x3F;
        let bottom = (self.bottom + !ALIGNED) & ALIGNED;
        let size = (self.top & ALIGNED).saturating_sub(bottom);
        let _outer = Switched { bottom: BOTTOM.replace(self.bottom) };
        // A panic must not unwind across the switch of stacks.
        // SAFETY: this function's contract says that nothing else uses that part; it is aligned, and `work` returns.
        unsafe { on_stack(bottom, size, || catch_unwind(AssertUnwindSafe(work))) }
            .unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Restores the bottom of the outer stack when it is dropped, also after a panic.
struct Switched {
    bottom: usize,
}

impl Drop for Switched {
    fn drop(&mut self) {
        BOTTOM.set(self.bottom);
    }
}

/// Restores the free part of the thread's own stack when it is dropped.
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

/// Whether `needed` bytes of the stack are left. It takes a nanosecond, and longer for the first time on a thread.
#[inline]
pub(crate) fn has_space(needed: usize) -> bool {
    let (here, bottom) = (here(), BOTTOM.get());
    if bottom != 0 {
        return here.checked_sub(bottom).is_some_and(|left| left >= needed);
    }
    look(needed)
}

#[cold]
fn look(needed: usize) -> bool {
    // Some systems do not say. Then this assumes that there is enough.
    let Some(left) = stacker::remaining_stack() else { return true };
    BOTTOM.set(here().saturating_sub(left));
    left >= needed
}

/// Runs `work`, which runs a guest, on a new stack of `size` bytes. Fails with `Limit` where the system gives no such stack;
/// `work` has not run then.
#[cfg(unix)]
#[cold]
pub(crate) fn grow<R>(size: usize, work: impl FnOnce() -> R) -> Result<R> {
    let stack = Mapped::new(size)?;
    let _elsewhere = Elsewhere::now(Part::here());
    // SAFETY: `Part::run` wants a part that nothing else uses. This stack was made for this call, and is freed after it.
    Ok(unsafe { stack.part().run(work) })
}

#[cfg(not(unix))]
#[cold]
pub(crate) fn grow<R>(size: usize, work: impl FnOnce() -> R) -> Result<R> {
    let _elsewhere = Elsewhere::now(Part::here());
    let _outer = Switched { bottom: BOTTOM.replace(0) };
    Ok(stacker::grow(size, || {
        // Every host function that goes back to the thread's own stack asks for the bottom of this one.
        look(0);
        work()
    }))
}

/// Runs `work`, which runs guests on stacks of wasmtime's. Host functions that those call run on the stack of now.
pub(crate) fn on_fibers<R>(work: impl FnOnce() -> R) -> R {
    if BOTTOM.get() == 0 {
        look(0);
    }
    // Where this runs on another stack than the thread's own already, host functions go back to that one.
    let _elsewhere = Elsewhere::now(OWN.get().or_else(|| Part::below(POLL)));
    // What is free of such a stack is not known, and nothing else uses it.
    let _outer = Switched { bottom: BOTTOM.replace(0) };
    work()
}

/// A stack from the system, between two guard pages.
#[cfg(unix)]
struct Mapped {
    base: *mut libc::c_void,
    page: usize,
    size: usize,
}

#[cfg(unix)]
impl Mapped {
    fn new(size: usize) -> Result<Self> {
        let failed = || {
            let error = std::io::Error::last_os_error();
            WasmtimeError::limit(format!("there is no room for a stack of {size} bytes: {error}"))
        };
        // SAFETY: `sysconf` only returns a number.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4 << 10);
        let all = size.checked_next_multiple_of(page).and_then(|size| size.checked_add(2 * page));
        let all = all.ok_or_else(failed)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new anonymous mapping at an address that the system chooses replaces no other mapping.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), all, libc::PROT_NONE, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(failed());
        }
        let stack = Self { base, page, size: all };
        // SAFETY: the pages lie within the mapping that was made above, and nothing uses them yet.
        let done = unsafe { libc::mprotect(base.byte_add(page), all - 2 * page, libc::PROT_READ | libc::PROT_WRITE) };
        if done == 0 { Ok(stack) } else { Err(failed()) }
    }

    fn part(&self) -> Part {
        let base = self.base.expose_provenance();
        Part { bottom: base + self.page, top: base + self.size - self.page }
    }
}

#[cfg(unix)]
impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: `base` and `size` are those of the mapping that `new` made, and no code runs on it any more.
        unsafe { libc::munmap(self.base, self.size) };
    }
}

/// Runs `work`, which runs host code, on the thread's own stack, because languages check which stack they run on. `work` gets
/// the free part of the guest's stack if that is another stack. Returns `None` where fewer than `needed` bytes are left; `work`
/// has not run then.
#[inline]
pub(crate) fn on_own<R>(needed: usize, work: impl FnOnce(Option<Part>) -> R) -> Option<R> {
    match OWN.get() {
        None => has_space(needed).then(|| work(None)),
        Some(own) => own.has_space(needed).then(|| back(own, work)),
    }
}

/// Runs `work`, which runs host code, on the thread's own stack where the thread runs on another one, however much it has left.
pub(crate) fn on_own_if_any<R>(work: impl FnOnce() -> R) -> R {
    match OWN.get() {
        None => work(),
        Some(own) => back(own, |_| work()),
    }
}

#[cold]
fn back<R>(own: Part, work: impl FnOnce(Option<Part>) -> R) -> R {
    let guest = Part::here();
    let _elsewhere = Elsewhere::now(None);
    // SAFETY: `Part::run` wants a part that nothing else uses. `grow` or `on` noted this part of the thread's own stack, and
    // waits until this function has returned.
    unsafe { own.run(|| work(guest)) }
}

/// Runs `work`, which runs a guest, on the free part of an outer guest's stack, which `on_own` gave.
///
/// # Safety
/// The host function that got `guest` from `on_own` has not returned, and runs on this thread.
#[cold]
pub(crate) unsafe fn on<R>(guest: Part, work: impl FnOnce() -> R) -> R {
    let _elsewhere = Elsewhere::now(Part::here());
    // SAFETY: the contract of this function says that the host function has not returned, so the guest's stack still waits.
    // Inner calls do not use this part: a later host function gets another one.
    unsafe { guest.run(work) }
}

/// An address near the top of the used stack.
#[inline]
fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}
