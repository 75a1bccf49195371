//! Ctrl-C while the main thread waits for what nothing can stop: a guest whose engine has no `epoch_interruption`, or a
//! compilation.
//!
//! Python's own handler notes the signal, and what the program does about it comes when the guest has returned. Ours is put in
//! front of it, and hands on every signal. Half a second after the first one it says on standard error what Python waits for;
//! the next one, while that same run goes on, ends the process as if there was no handler. Where the program has a function of
//! its own for Ctrl-C, as under asyncio, it says so as well, and ends nothing.
//!
//! Setting a function in Python puts Python's handler into place again. That is looked for before something is compiled, and in
//! every run that takes half a second. A program that ignores Ctrl-C, or has a handler that is not Python's, is left alone.

#[cfg(unix)]
mod unix {
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
    use std::time::Duration;

    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;
    use trimaran::adapter::{before_compiling, is_compilation, tell_of_this_thread, unstoppable_run};

    use super::super::host::THROWN;
    use super::super::with_gil;

    /// Python's handler, or that of a library which hands on to Python's.
    static BEFORE: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());
    /// The one that was there before ours was for the first time: it does not hand on to ours.
    static FIRST: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());
    /// The thread that hands on a signal.
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    /// The last handler that is to be left alone.
    static LEFT_ALONE: AtomicUsize = AtomicUsize::new(0);
    /// Whether Ctrl-C does in Python what it does by itself: `KeyboardInterrupt`.
    static IS_DEFAULT: AtomicBool = AtomicBool::new(true);
    /// The run that was last interrupted, and the run about which the user was told.
    static ASKED: AtomicU64 = AtomicU64::new(0);
    static TOLD: AtomicU64 = AtomicU64::new(0);
    /// The end of a pipe that the thread that tells waits at the other end of, and the process that has that thread.
    static BELL: AtomicI32 = AtomicI32::new(-1);
    static PROCESS: AtomicUsize = AtomicUsize::new(0);

    /// How long a guest may take to return before anything is said.
    const GRACE: Duration = Duration::from_millis(500);
    const GUEST: &str = "a WebAssembly guest to return, which nothing can stop: make its engine with \
        Config.epoch_interruption = True to be able to.";
    const COMPILATION: &str = "a WebAssembly module to be compiled, which nothing can stop.";
    const AGAIN: &str = "Press Ctrl-C again to end the process.";
    const OWN: &str = "Then this program's own handler of Ctrl-C runs. Ctrl-\\ ends the process.";

    fn now() -> Option<libc::sigaction> {
        let mut found = MaybeUninit::uninit();
        // SAFETY: without a new action `sigaction` only writes the old one.
        let done = unsafe { libc::sigaction(libc::SIGINT, ptr::null(), found.as_mut_ptr()) };
        // SAFETY: where it succeeds, the answer is there.
        (done == 0).then(|| unsafe { found.assume_init() })
    }

    extern "C" fn on_signal(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let run = unstoppable_run();
        if run != 0 && TOLD.load(Ordering::Relaxed) == run && IS_DEFAULT.load(Ordering::Relaxed) {
            // SAFETY: both may be called in a handler. The signal is due when this has returned, and ends the process.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
            return;
        }
        // SAFETY: it may be called in a handler.
        let me = unsafe { libc::pthread_self() } as usize;
        // The handler that came last may hand the signal on to this one, which was there before it.
        let outer = INSIDE.swap(me, Ordering::Relaxed);
        hand_on(if outer == me { &FIRST } else { &BEFORE }, signal, info, context);
        INSIDE.store(outer, Ordering::Relaxed);
        if run != 0 && outer != me {
            ASKED.store(run, Ordering::Relaxed);
            ring();
        }
    }

    /// Hands the signal on to the handler that is noted there.
    fn hand_on(
        noted: &AtomicPtr<libc::sigaction>,
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        // SAFETY: it was put there before this handler, and is never freed.
        if let Some(before) = unsafe { noted.load(Ordering::Acquire).as_ref() } {
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
        // SAFETY: it may be called at any time.
        return unsafe { libc::__errno() };
        #[cfg(not(any(target_os = "linux", target_os = "emscripten", target_os = "android")))]
        // SAFETY: it may be called at any time.
        return unsafe { libc::__error() };
    }

    /// Tells who presses Ctrl-C what it waits for, and sees to it that our handler is in front.
    fn tell(pipe: libc::c_int) {
        /// How often it looks.
        const LOOK: Duration = Duration::from_millis(250);
        let mut seen = 0;
        while let Some(is_rung) = is_rung(pipe, LOOK) {
            let run = unstoppable_run();
            if is_rung {
                say();
            } else if run != 0 && run == seen && needs_look() {
                // The thread that waits has let go of the GIL.
                _ = with_gil(stay_in_front);
            }
            seen = run;
        }
    }

    /// Whether the user pressed Ctrl-C in that time; `None` where it cannot tell.
    fn is_rung(pipe: libc::c_int, time: Duration) -> Option<bool> {
        let mut asked = libc::pollfd { fd: pipe, events: libc::POLLIN, revents: 0 };
        let mut byte = 0_u8;
        // SAFETY: `poll` may read and write one structure, `asked`.
        match unsafe { libc::poll(&raw mut asked, 1, time.as_millis() as libc::c_int) } {
            0 => Some(false),
            // SAFETY: `read` may write one byte, `byte`.
            1 => (unsafe { libc::read(pipe, (&raw mut byte).cast(), 1) } > 0).then_some(true),
            _ => None,
        }
    }

    fn say() {
        std::thread::sleep(GRACE);
        let run = unstoppable_run();
        if run != 0 && run == ASKED.load(Ordering::Relaxed) && TOLD.swap(run, Ordering::Relaxed) != run {
            let what = if is_compilation(run) { COMPILATION } else { GUEST };
            let next = if IS_DEFAULT.load(Ordering::Relaxed) { AGAIN } else { OWN };
            let notice = format!("\ntrimaran: Ctrl-C waits for {what} {next}\n");
            // SAFETY: the bytes are there. Python's own stream may be in use by the thread that waits.
            unsafe { libc::write(libc::STDERR_FILENO, notice.as_ptr().cast(), notice.len()) };
        }
    }

    /// Starts the thread that tells, if this process has none.
    fn start() -> Option<()> {
        let process = std::process::id() as usize;
        if PROCESS.swap(process, Ordering::SeqCst) == process {
            return Some(());
        }
        let mut ends = [-1; 2];
        // SAFETY: `pipe` may write two numbers, `ends`.
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

    /// Has the core see to the handler before something is compiled.
    pub(crate) fn keep() {
        before_compiling(|| {
            let seen = if needs_look() { with_gil(|py| watch(py).map_err(|error| error.into_value(py))) } else { None };
            // Code of Python may run meanwhile, and its handlers of signals raise what they like.
            seen.unwrap_or(Ok(())).map_err(|exception| THROWN.keep(exception))
        });
    }

    fn ours() -> usize {
        (on_signal as *const ()).addr()
    }

    /// Whether another handler is in front than the last time, or the thread that tells was left behind by a fork.
    fn needs_look() -> bool {
        let is_here = PROCESS.load(Ordering::Relaxed) == std::process::id() as usize;
        now().is_some_and(|now| match now.sa_sigaction {
            handler if handler == ours() => !is_here,
            handler => handler != LEFT_ALONE.load(Ordering::Relaxed),
        })
    }

    /// Something begins on this thread that nothing can stop. Where it is the main thread, and Ctrl-C is for Python to handle,
    /// ours is put in front.
    pub(in super::super) fn watch(py: Python<'_>) -> PyResult<()> {
        if needs_look() && is_main(py)? && stay_in_front(py)? {
            tell_of_this_thread();
        }
        Ok(())
    }

    /// Puts our handler in front of Python's. Whether Python has one.
    fn stay_in_front(py: Python<'_>) -> PyResult<bool> {
        let Some(now) = now() else { return Ok(false) };
        let is_pythons = !matches!(now.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN);
        let Some(is_default) = is_default(py)?.filter(|_| is_pythons) else {
            LEFT_ALONE.store(now.sa_sigaction, Ordering::Relaxed);
            return Ok(false);
        };
        IS_DEFAULT.store(is_default, Ordering::Relaxed);
        if now.sa_sigaction != ours() {
            // A handler may be reading the last one: it is kept.
            let noted = Box::into_raw(Box::new(now));
            _ = FIRST.compare_exchange(ptr::null_mut(), noted, Ordering::AcqRel, Ordering::Relaxed);
            BEFORE.store(noted, Ordering::Release);
        }
        if start().is_some() && now.sa_sigaction != ours() {
            let action = libc::sigaction { sa_sigaction: ours(), sa_flags: now.sa_flags | libc::SA_SIGINFO, ..now };
            // SAFETY: our handler stays for as long as the process, and hands on what it gets.
            unsafe { libc::sigaction(libc::SIGINT, &raw const action, ptr::null_mut()) };
        }
        Ok(true)
    }

    /// Whether this is the thread that Python runs its handlers in.
    fn is_main(py: Python<'_>) -> PyResult<bool> {
        static MAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let main = || Ok::<_, PyErr>(py.import("threading")?.call_method0("main_thread")?.unbind());
        let main = MAIN.get_or_try_init(py, main)?.bind(py).getattr("ident")?;
        // SAFETY: it may be called at any time.
        main.eq(unsafe { ffi::PyThread_get_thread_ident() })
    }

    /// Whether Ctrl-C raises `KeyboardInterrupt`, or does what a function of the program's does; none where Python does not
    /// handle it.
    fn is_default(py: Python<'_>) -> PyResult<Option<bool>> {
        static SIGNAL: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
        let signal = SIGNAL.get_or_try_init(py, || Ok::<_, PyErr>(py.import("_signal")?.unbind()))?.bind(py);
        let handler = signal.call_method1("getsignal", (libc::SIGINT,))?;
        let is_default = handler.is(signal.getattr("default_int_handler")?);
        Ok(handler.is_callable().then_some(is_default))
    }
}

/// Where Ctrl-C is no signal, nothing is done about it.
#[cfg(not(unix))]
mod other {
    use pyo3::prelude::*;

    pub(in super::super) fn watch(_py: Python<'_>) -> PyResult<()> {
        Ok(())
    }

    pub(crate) fn keep() {}
}

#[cfg(not(unix))]
pub(crate) use other::keep;
#[cfg(not(unix))]
pub(super) use other::watch;
#[cfg(unix)]
pub(crate) use unix::keep;
#[cfg(unix)]
pub(super) use unix::watch;
