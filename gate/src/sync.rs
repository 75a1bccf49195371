//! What the gate is made of, from the standard library or from the model checker, and the numbers of threads.

#[cfg(loom)]
mod model {
    pub(crate) use loom::cell::{MutPtr, UnsafeCell};
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};

    /// Not an address: that of a thread that ended comes again, and to the model nothing orders the two. In a process the
    /// end of the one is before the beginning of the other.
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(8);
    loom::thread_local!(static TOKEN: usize = NEXT.fetch_add(8, std::sync::atomic::Ordering::Relaxed));

    pub fn this_thread() -> usize {
        TOKEN.with(|token| *token)
    }

    pub(crate) fn thread_number() -> usize {
        this_thread()
    }

    pub fn after_fork() {}

    pub fn forks() -> usize {
        0
    }

    pub(crate) fn fork_tag() -> usize {
        0
    }

    pub(crate) fn is_gone(_thread: usize) -> bool {
        false
    }
}

#[cfg(not(loom))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

    /// The three lowest bits of the owner word are marks, on machines of 32 bits as well.
    #[repr(align(8))]
    struct Token(std::cell::Cell<usize>);

    std::thread_local!(static TOKEN: Token = const { Token(std::cell::Cell::new(0)) });

    /// How many forks lie between the first process and this one, and which thread the last one left.
    static FORKS: AtomicUsize = AtomicUsize::new(0);
    static SURVIVOR: AtomicUsize = AtomicUsize::new(0);

    /// Above the addresses of a process.
    const FORKS_AT: u32 = usize::BITS - 8;

    /// A number that no other living thread has: the address of a thread-local, and in its highest byte the fork after which
    /// the thread began. Its three lowest bits are zero, and it is not zero.
    #[inline]
    pub fn this_thread() -> usize {
        TOKEN.with(|token| if token.0.get() == 0 { first(token) } else { token.0.get() })
    }

    #[cold]
    fn first(token: &Token) -> usize {
        let address = std::ptr::from_ref(token).addr() & !(0xff << FORKS_AT);
        token.0.set(address | fork_tag());
        token.0.get()
    }

    /// A number that no other thread has or had. The address of a thread that ended may come again.
    pub(crate) fn thread_number() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        std::thread_local!(static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed));
        NUMBER.with(|number| *number)
    }

    /// This process is the child of a fork, and of its threads there is only this one.
    pub fn after_fork() {
        SURVIVOR.store(this_thread(), Ordering::Relaxed);
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    /// How many forks lie between the first process and this one.
    #[inline]
    pub fn forks() -> usize {
        FORKS.load(Ordering::Relaxed)
    }

    /// What an owner word has in its highest byte.
    pub(crate) fn fork_tag() -> usize {
        FORKS.load(Ordering::Relaxed) << FORKS_AT
    }

    /// Whether the thread of that number was left behind by a fork, or the run that rested then.
    pub(crate) fn is_gone(owner: usize) -> bool {
        let forks = FORKS.load(Ordering::Relaxed) & 0xff;
        owner >> FORKS_AT != forks && owner != SURVIVOR.load(Ordering::Relaxed)
    }

    /// `std::cell::UnsafeCell` by loom's interface, where loom would look for races.
    pub(crate) struct UnsafeCell<V>(std::cell::UnsafeCell<V>);

    impl<V> UnsafeCell<V> {
        pub(crate) const fn new(value: V) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(crate) fn get_mut(&self) -> MutPtr<V> {
            MutPtr(self.0.get())
        }
    }

    pub(crate) struct MutPtr<V>(*mut V);

    impl<V> MutPtr<V> {
        /// # Safety
        /// Nothing else reaches the value while the reference lives.
        #[expect(clippy::mut_from_ref, reason = "the shape of loom's own pointer")]
        pub(crate) unsafe fn deref(&self) -> &mut V {
            // SAFETY: the pointer comes from a live cell, and the caller says that nothing else reaches its value.
            unsafe { &mut *self.0 }
        }
    }
}

#[cfg(loom)]
pub use model::*;
#[cfg(not(loom))]
pub use real::*;

/// A lock whose holder panicked is as good as any: what it guards is changed as a whole.
pub(crate) fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
