//! Signal handlers: wasmtime's stay in front of those that come later, which get what is no guest's.
//!
//! Wasmtime hands on what it does not know to those that were there before it. Ours is put there, behind wasmtime's, and hands
//! on to whoever came last. Where another one is found in front, wasmtime's is put in front again, as it was, and the other one
//! is noted as the last. See `docs/adr/0018-signals-are-wasmtime-s.md`.

#[cfg(all(unix, not(target_vendor = "apple")))]
mod unix {
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};

    type Action = libc::sigaction;

    /// One signal, and who handles it. The pointers are to what is never freed, as a handler may be reading it.
    struct Slot {
        signal: libc::c_int,
        /// Who handled it before the first engine.
        before: AtomicPtr<Action>,
        /// Wasmtime's.
        front: AtomicPtr<Action>,
        /// Who came last, if that was after the first engine.
        later: AtomicPtr<Action>,
        /// The thread that has handed it on and is not back yet, and where its stack was then.
        thread: AtomicUsize,
        stack: AtomicUsize,
        /// The last fault that came back from the later handler unchanged, as `fingerprint` gives it, and how often in a row.
        fault: AtomicUsize,
        times: AtomicUsize,
    }

    /// A fault that comes back so often in a row, with every register as it was, is not mended by the later handler.
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

        /// Who handles it now.
        fn now(&self) -> Option<Action> {
            let mut found = MaybeUninit::uninit();
            // SAFETY: it only asks, and there is room for the answer.
            let done = unsafe { libc::sigaction(self.signal, ptr::null(), found.as_mut_ptr()) };
            // SAFETY: where it succeeds, the answer is there.
            (done == 0).then(|| unsafe { found.assume_init() })
        }

        fn set(&self, action: &Action) {
            // SAFETY: it is what the system gave for this signal, or our own handler, which stays for as long as the process.
            unsafe { libc::sigaction(self.signal, action, ptr::null_mut()) };
        }

        fn get(place: &AtomicPtr<Action>) -> Option<Action> {
            // SAFETY: what is there was put there by `note`, and is never freed or changed.
            unsafe { place.load(Ordering::Acquire).as_ref() }.copied()
        }

        /// Whether the later handler has given this fault back again and again, as a handler does that was switched off.
        fn is_in_vain(&self, fault: usize) -> bool {
            self.fault.load(Ordering::Relaxed) == fault && self.times.load(Ordering::Relaxed) >= IN_VAIN
        }

        /// Notes what the later handler has made of a fault. One that changed the registers goes on elsewhere, as another
        /// runtime does with each trap of a loop: the same fault may come again as often as it likes.
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

    /// Tells one fault from another: by the registers of the thread, and the thread itself.
    ///
    /// # Safety
    /// It is the context that a handler was given, or null.
    unsafe fn fingerprint(context: *const libc::c_void, thread: usize) -> usize {
        // SAFETY: the caller gives null or a pointer to a `ucontext_t`, as this function's contract says.
        let Some(context) = (unsafe { context.cast::<libc::ucontext_t>().as_ref() }) else { return thread };
        let registers = ptr::from_ref(&context.uc_mcontext).cast::<u8>();
        (0..size_of_val(&context.uc_mcontext)).fold(thread, |sum, at| {
            // SAFETY: it lies inside of `uc_mcontext`, which the system has written as a whole.
            let byte = unsafe { registers.add(at).read() };
            sum.rotate_left(5).wrapping_mul(31) ^ usize::from(byte)
        })
    }

    /// Hands on what is no guest's.
    extern "C" fn behind(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let Some(slot) = SLOTS.iter().find(|slot| slot.signal == signal) else { return };
        let here = ptr::from_ref(&signal).addr();
        // SAFETY: it may be asked in a handler.
        let me = unsafe { libc::pthread_self() } as usize;
        // Who came last may hand it on to wasmtime's, which was there before, and so to this one again.
        let is_inner = slot.thread.load(Ordering::Relaxed) == me && here < slot.stack.load(Ordering::Relaxed);
        // SAFETY: it is the context of this very handler.
        let fault = unsafe { fingerprint(context, me) };
        let last = Slot::get(&slot.later).filter(|_| !is_inner && !slot.is_in_vain(fault));
        let is_later = last.is_some();
        let Some(action) = last.or_else(|| Slot::get(&slot.before)) else { return };
        if !is_inner {
            slot.stack.store(here, Ordering::Relaxed);
            slot.thread.store(me, Ordering::Relaxed);
        }
        // SAFETY: the arguments are those that the system gave for this signal, and its owner set the handler for this signal.
        unsafe { hand_on(&action, slot, info, context) };
        if !is_inner {
            slot.thread.store(0, Ordering::Relaxed);
        }
        if is_later {
            // SAFETY: it is the context of this very handler, which has not returned yet.
            slot.came_back(fault, unsafe { fingerprint(context, me) });
        }
    }

    /// # Safety
    /// The arguments are those of the handler that runs.
    unsafe fn hand_on(action: &Action, slot: &Slot, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let handler = action.sa_sigaction;
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            // What has faulted does so again, and the system ends the process.
            slot.set(action);
        } else if action.sa_flags & libc::SA_SIGINFO != 0 {
            type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
            // SAFETY: such a handler takes these three, and neither of the two values that are none.
            let handler = unsafe { std::mem::transmute::<usize, Handler>(handler) };
            handler(slot.signal, info, context);
        } else {
            // SAFETY: such a handler takes the signal alone, and is neither of the two values that are none.
            let handler = unsafe { std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(handler) };
            handler(slot.signal);
        }
    }

    static IS_READY: AtomicBool = AtomicBool::new(false);

    /// Makes an engine, with which wasmtime may put its handlers into place.
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
                // Wasmtime has no use for this signal, or for none where guests check everything themselves.
                _ => {
                    if let Some(before) = Slot::get(&slot.before) {
                        slot.set(&before);
                    }
                }
            }
        }
        made
    }

    /// Puts wasmtime's handlers in front of those that have come since. It takes a system call a signal.
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

/// Wasmtime has other means there, which stand before signals.
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
