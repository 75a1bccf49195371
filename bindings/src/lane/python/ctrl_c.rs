//! Ctrl-C while the main thread waits for a guest that nothing can stop, as its engine has no `epoch_interruption`.
//!
//! Python's own handler notes the signal, and `KeyboardInterrupt` is raised when the guest has returned. Ours is put in front of
//! it, and hands on every signal. Half a second after the first one it says on standard error what Python waits for; the next
//! one, while that same run goes on, ends the process as if there was no handler. A program that has a handler of its own,
//! which replaces ours, is left alone.

#[cfg(unix)]
mod unix {
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
    use std::time::Duration;

    use pyo3::prelude::*;
    use trimaran::{tell_of_this_thread, unstoppable_run};

    /// Python's handler.
    static BEFORE: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());
    /// The run that was last interrupted, and the one that somebody was told about.
    static ASKED: AtomicU64 = AtomicU64::new(0);
    static TOLD: AtomicU64 = AtomicU64::new(0);
    /// The end of a pipe that the thread that tells waits at the other end of, and the process that has that thread.
    static BELL: AtomicI32 = AtomicI32::new(-1);
    static PROCESS: AtomicUsize = AtomicUsize::new(0);

    /// How long a guest may take to return before anything is said.
    const GRACE: Duration = Duration::from_millis(500);
    const NOTICE: &[u8] =
        b"\ntrimaran: Ctrl-C waits for a WebAssembly guest to return, which nothing can stop: make its \
        engine with Config.epoch_interruption = True to be able to. Press Ctrl-C again to end the process.\n";

    fn now() -> Option<libc::sigaction> {
        let mut found = MaybeUninit::uninit();
        // SAFETY: it only asks, and there is room for the answer.
        let done = unsafe { libc::sigaction(libc::SIGINT, ptr::null(), found.as_mut_ptr()) };
        // SAFETY: where it succeeds, the answer is there.
        (done == 0).then(|| unsafe { found.assume_init() })
    }

    extern "C" fn on_signal(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let run = unstoppable_run();
        if run != 0 && TOLD.load(Ordering::Relaxed) == run {
            // SAFETY: both may be called in a handler. The signal is due when this has returned, and ends the process.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
            return;
        }
        // SAFETY: it was put there before this handler, and is never freed.
        if let Some(before) = unsafe { BEFORE.load(Ordering::Acquire).as_ref() } {
            let handler = before.sa_sigaction;
            if before.sa_flags & libc::SA_SIGINFO != 0 {
                type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
                // SAFETY: such a handler takes these three.
                let handler = unsafe { std::mem::transmute::<usize, Handler>(handler) };
                handler(signal, info, context);
            } else {
                // SAFETY: such a handler takes the signal alone; it is Python's, and none of the values that are no handler.
                let handler = unsafe { std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(handler) };
                handler(signal);
            }
        }
        if run != 0 {
            ASKED.store(run, Ordering::Relaxed);
            ring();
        }
    }

    fn ring() {
        let errno = errno();
        // SAFETY: it may be called in a handler, and the byte is ours. A pipe that is full has rung already.
        unsafe {
            let before = *errno;
            libc::write(BELL.load(Ordering::Relaxed), [1_u8].as_ptr().cast(), 1);
            *errno = before;
        }
    }

    fn errno() -> *mut libc::c_int {
        #[cfg(any(target_os = "linux", target_os = "emscripten"))]
        // SAFETY: it may be called at any time.
        return unsafe { libc::__errno_location() };
        #[cfg(target_os = "android")]
        // SAFETY: as above.
        return unsafe { libc::__errno() };
        #[cfg(not(any(target_os = "linux", target_os = "emscripten", target_os = "android")))]
        // SAFETY: as above.
        return unsafe { libc::__error() };
    }

    /// Tells who presses Ctrl-C what it waits for.
    fn tell(pipe: libc::c_int) {
        let mut byte = 0_u8;
        // SAFETY: there is room for the byte.
        while unsafe { libc::read(pipe, (&raw mut byte).cast(), 1) } > 0 {
            std::thread::sleep(GRACE);
            let run = unstoppable_run();
            if run != 0 && run == ASKED.load(Ordering::Relaxed) && TOLD.swap(run, Ordering::Relaxed) != run {
                // SAFETY: the bytes are there. Python's own stream may be in use by the thread that waits.
                unsafe { libc::write(libc::STDERR_FILENO, NOTICE.as_ptr().cast(), NOTICE.len()) };
            }
        }
    }

    /// Starts the thread that tells, if this process has none.
    fn start() -> Option<()> {
        let process = std::process::id() as usize;
        if PROCESS.swap(process, Ordering::SeqCst) == process {
            return Some(());
        }
        let mut ends = [-1; 2];
        // SAFETY: there is room for the two.
        if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
            return None;
        }
        let [reads, writes] = ends;
        for end in ends {
            // SAFETY: they are ours.
            unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        // SAFETY: it is ours. A handler must never wait.
        unsafe { libc::fcntl(writes, libc::F_SETFL, libc::O_NONBLOCK) };
        // What a child has of its parent's pipe it does not need.
        BELL.store(writes, Ordering::SeqCst);
        let thread = std::thread::Builder::new().name("trimaran-ctrl-c".to_owned()).stack_size(64 << 10);
        let tells = move || {
            // SAFETY: an empty set of signals is filled: this thread handles none.
            unsafe {
                let mut all = std::mem::zeroed();
                libc::sigfillset(&raw mut all);
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut());
            }
            tell(reads);
        };
        thread.spawn(tells).ok().map(drop)
    }

    /// A store was made whose guests nothing can stop. Where this is the main thread, and the program handles Ctrl-C as Python
    /// does by itself, ours is put in front.
    pub(in super::super) fn watch(py: Python<'_>) -> PyResult<()> {
        let Some(now) = now() else { return Ok(()) };
        let ours = (on_signal as *const ()).addr();
        let is_there = now.sa_sigaction == ours && PROCESS.load(Ordering::Relaxed) == std::process::id() as usize;
        if is_there || !is_default(py)? {
            return Ok(());
        }
        if now.sa_sigaction != ours {
            if now.sa_sigaction == libc::SIG_DFL || now.sa_sigaction == libc::SIG_IGN {
                return Ok(());
            }
            // A handler may be reading the last one: it is kept.
            BEFORE.store(Box::into_raw(Box::new(now)), Ordering::Release);
        }
        if start().is_some() && now.sa_sigaction != ours {
            let action = libc::sigaction { sa_sigaction: ours, sa_flags: now.sa_flags | libc::SA_SIGINFO, ..now };
            // SAFETY: our handler stays for as long as the process, and hands on what it gets.
            unsafe { libc::sigaction(libc::SIGINT, &raw const action, ptr::null_mut()) };
        }
        tell_of_this_thread();
        Ok(())
    }

    /// Whether this is the thread that Python raises `KeyboardInterrupt` in, and nothing else is to happen.
    fn is_default(py: Python<'_>) -> PyResult<bool> {
        let threading = py.import("threading")?;
        let main = threading.call_method0("main_thread")?.getattr("ident")?;
        if !main.eq(threading.call_method0("get_ident")?)? {
            return Ok(false);
        }
        let signal = py.import("signal")?;
        let handler = signal.call_method1("getsignal", (libc::SIGINT,))?;
        Ok(handler.is(signal.getattr("default_int_handler")?))
    }
}

/// Where Ctrl-C is no signal, nothing is done about it.
#[cfg(not(unix))]
mod other {
    use pyo3::prelude::*;

    pub(in super::super) fn watch(_py: Python<'_>) -> PyResult<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
pub(super) use other::watch;
#[cfg(unix)]
pub(super) use unix::watch;
