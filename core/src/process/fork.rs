//! Counts forks: a child process has none of its parent's other threads.

/// How many forks there were between the process that first called `watch` and this one.
pub(crate) fn generation() -> usize {
    trimaran_gate::forks()
}

#[cfg(unix)]
extern "C" fn count() {
    trimaran_gate::after_fork();
}

/// Counts the forks from now on.
pub(crate) fn watch() {
    #[cfg(unix)]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // SAFETY: `pthread_atfork` wants a function that may run in the child: `count` is async-signal-safe, and its code
            // stays for as long as the process lives. If registering fails for want of memory, a child hangs when it compiles.
            unsafe { libc::pthread_atfork(None, None, Some(count)) };
        });
    }
}
