//! Children of a fork: they have none of the threads that the process had.

/// How many forks lie between the process that first asked and this one.
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
            // SAFETY: the function is async-signal-safe, and stays for as long as the process lives. Where there is no room to
            // register it, a child of a fork hangs when it compiles, as it would without this.
            unsafe { libc::pthread_atfork(None, None, Some(count)) };
        });
    }
}
