//! Keeps wasmtime's signal handlers in front of handlers that other code installs later.
//!
//! Wasmtime's handler calls the handler that was there before it for every fault that is no guest's. This file puts its own
//! handler (`behind`) there, which calls the handler that was installed last. If it finds another handler in front of
//! wasmtime's, it notes that one as the last, and puts wasmtime's in front again. See
//! `docs/adr/0018-signals-are-wasmtime-s.md`.

#[cfg(all(unix, not(target_vendor = "apple")))]
mod unix {
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};

    type Action = libc::sigaction;

    /// One signal and its handlers. What the pointers point to is never freed, because a running handler may read it.
    struct Slot {
        signal: libc::c_int,
        /// The handler before the first engine.
        before: AtomicPtr<Action>,
        /// Wasmtime's handler.
        front: AtomicPtr<Action>,
        /// The handler that was installed last, if that was after the first engine.
        later: AtomicPtr<Action>,
        /// The thread that runs another handler from `behind`, and the address of its stack there.
        thread: AtomicUsize,
        stack: AtomicUsize,
        /// The last fault that the later handler left unchanged, as its `fingerprint`, and how often in a row it did.
        fault: AtomicUsize,
        times: AtomicUsize,
    }

    /// After so many times in a row with unchanged registers, the later handler does not count any more for this fault.
    const IN_VAIN: usize = 100;

    impl Slot {
        const fn new(signal: libc::c_int) -> Self {
            Self {
                signal,
                before: AtomicPtr::new(ptr::null_mut()),
                front: AtomicPtr::new(ptr::null_mut()),
                later: AtomicPtr::new(ptr::null_mut()),
                thread: AtomicUsize::new(0),
                stack: AtomicUsize::new(0),
                fault: AtomicUsize::new(0),
                times: AtomicUsize::new(0),
            }
        }

        /// The handler that the process has now.
        fn now(&self) -> Option<Action> {
            let mut found = MaybeUninit::uninit();
            // SAFETY: without a new action `sigaction` only writes the old one, into `found`.
            let done = unsafe { libc::sigaction(self.signal, ptr::null(), found.as_mut_ptr()) };
            // SAFETY: `sigaction` has written all of `found` where it returns 0.
            (done == 0).then(|| unsafe { found.assume_init() })
        }

        fn set(&self, action: &Action) {
            // SAFETY: `action` came from the system for this signal, or names `behind`, whose code stays for as long as the
            // process.
            unsafe { libc::sigaction(self.signal, action, ptr::null_mut()) };
        }

        fn get(place: &AtomicPtr<Action>) -> Option<Action> {
            // SAFETY: a pointer that is not null is from `Box::into_raw` in `note`, and what it points to is never freed or
            // changed.
            unsafe { place.load(Ordering::Acquire).as_ref() }.copied()
        }

        /// Whether the later handler has left this fault unchanged again and again, as a handler does that was switched off.
        fn is_in_vain(&self, fault: usize) -> bool {
            self.fault.load(Ordering::Relaxed) == fault && self.times.load(Ordering::Relaxed) >= IN_VAIN
        }

        /// Notes whether the later handler left the registers unchanged (`now` equals `fault`). A handler that changes them
        /// goes on elsewhere, as other runtimes do for each of their traps: then the same fault may come any number of times.
        fn came_back(&self, fault: usize, now: usize) {
            if now != fault {
                self.times.store(0, Ordering::Relaxed);
            } else if self.fault.swap(fault, Ordering::Relaxed) == fault {
                self.times.fetch_add(1, Ordering::Relaxed);
            } else {
                self.times.store(1, Ordering::Relaxed);
            }
        }

        fn note(place: &AtomicPtr<Action>, action: Action) {
            if !Self::get(place).is_some_and(|noted| is_same(&noted, &action)) {
                place.store(Box::into_raw(Box::new(action)), Ordering::Release);
            }
        }
    }

    static SLOTS: [Slot; 4] =
        [Slot::new(libc::SIGSEGV), Slot::new(libc::SIGILL), Slot::new(libc::SIGFPE), Slot::new(libc::SIGBUS)];

    fn is_same(one: &Action, other: &Action) -> bool {
        one.sa_sigaction == other.sa_sigaction && one.sa_flags == other.sa_flags
    }

    /// A number for a fault: a hash of the thread and of its registers.
    ///
    /// # Safety
    /// `context` is the one that a running handler got from the system, or null.
    unsafe fn fingerprint(context: *const libc::c_void, thread: usize) -> usize {
        // SAFETY: the caller gives null or a pointer to a `ucontext_t`, as this function's contract says.
        let Some(context) = (unsafe { context.cast::<libc::ucontext_t>().as_ref() }) else { return thread };
        let registers = ptr::from_ref(&context.uc_mcontext).cast::<u8>();
        (0..size_of_val(&context.uc_mcontext)).fold(thread, |sum, at| {
            // SAFETY: `at` is below the size of `uc_mcontext`, all of whose bytes the system has written.
            let byte = unsafe { registers.add(at).read() };
            sum.rotate_left(5).wrapping_mul(31) ^ usize::from(byte)
        })
    }

    /// Wasmtime's handler calls this for a fault that is no guest's.
    extern "C" fn behind(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let Some(slot) = SLOTS.iter().find(|slot| slot.signal == signal) else { return };
        let here = ptr::from_ref(&signal).addr();
        // SAFETY: `pthread_self` is async-signal-safe and has no preconditions.
        let me = unsafe { libc::pthread_self() } as usize;
        // The last handler may call wasmtime's, which was there before it, and that one calls this function again.
        let is_inner = slot.thread.load(Ordering::Relaxed) == me && here < slot.stack.load(Ordering::Relaxed);
        // SAFETY: `context` is the one that the system gave this handler.
        let fault = unsafe { fingerprint(context, me) };
        let last = Slot::get(&slot.later).filter(|_| !is_inner && !slot.is_in_vain(fault));
        let is_later = last.is_some();
        let Some(action) = last.or_else(|| Slot::get(&slot.before)) else { return };
        if !is_inner {
            slot.stack.store(here, Ordering::Relaxed);
            slot.thread.store(me, Ordering::Relaxed);
        }
        // SAFETY: the arguments are those that the system gave for this signal, and `action` was installed for this signal.
        unsafe { hand_on(&action, slot, info, context) };
        if !is_inner {
            slot.thread.store(0, Ordering::Relaxed);
        }
        if is_later {
            // SAFETY: `context` is the one that the system gave this handler, which has not returned yet.
            slot.came_back(fault, unsafe { fingerprint(context, me) });
        }
    }

    /// # Safety
    /// The arguments are those of the running handler, and `action` was installed for the signal of `slot`.
    unsafe fn hand_on(action: &Action, slot: &Slot, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let handler = action.sa_sigaction;
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            // The instruction faults again after this handler, and the system does what the action says.
            slot.set(action);
        } else if action.sa_flags & libc::SA_SIGINFO != 0 {
            type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
            // SAFETY: with `SA_SIGINFO` the field is a function of these three parameters; the two values that are no function
            // are handled above.
            let handler = unsafe { std::mem::transmute::<usize, Handler>(handler) };
            handler(slot.signal, info, context);
        } else {
            // SAFETY: without `SA_SIGINFO` the field is a function of the signal; the two values that are no function are
            // handled above.
            let handler = unsafe { std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(handler) };
            handler(slot.signal);
        }
    }

    static IS_READY: AtomicBool = AtomicBool::new(false);

    /// Runs `make`, which makes an engine. With its first engine wasmtime installs its handlers.
    pub(crate) fn around<R>(make: impl FnOnce() -> R) -> R {
        static LOCK: Mutex<()> = Mutex::new(());
        if IS_READY.load(Ordering::Acquire) {
            let made = make();
            stay_in_front();
            return made;
        }
        let _one = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
        if IS_READY.load(Ordering::Acquire) {
            return make();
        }
        for slot in &SLOTS {
            let Some(before) = slot.now() else { continue };
            Slot::note(&slot.before, before);
            slot.set(&Action {
                sa_sigaction: (behind as *const ()).addr(),
                sa_flags: libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_ONSTACK,
                ..before
            });
        }
        let made = make();
        for slot in &SLOTS {
            match slot.now() {
                Some(front) if front.sa_sigaction != (behind as *const ()).addr() => {
                    Slot::note(&slot.front, front);
                    IS_READY.store(true, Ordering::Release);
                }
                // Wasmtime does not handle this signal on this machine, or none at all without `signals_based_traps`.
                _ => {
                    if let Some(before) = Slot::get(&slot.before) {
                        slot.set(&before);
                    }
                }
            }
        }
        made
    }

    /// Puts wasmtime's handlers in front of those that were installed since. It takes one system call for each signal.
    pub(crate) fn stay_in_front() {
        if !IS_READY.load(Ordering::Acquire) {
            return;
        }
        for slot in &SLOTS {
            if let Some(front) = Slot::get(&slot.front)
                && let Some(now) = slot.now()
                && !is_same(&now, &front)
            {
                Slot::note(&slot.later, now);
                slot.set(&front);
            }
        }
    }
}

/// Other systems: wasmtime does not use signal handlers there.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
mod other {
    pub(crate) fn around<R>(make: impl FnOnce() -> R) -> R {
        make()
    }

    pub(crate) fn stay_in_front() {}
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
pub(crate) use other::{around, stay_in_front};
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(crate) use unix::{around, stay_in_front};
