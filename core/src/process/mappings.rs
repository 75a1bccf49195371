//! Stacks of guests that wait take two of the process's mappings each, of which Linux permits so many: `vm.max_map_count`. Where the
//! last one is taken, the next allocation of anybody in the process fails, and that ends it. So guests are refused before.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use crate::{Result, WasmtimeError};

/// How many guests may have a stack before anybody looks.
const UNSEEN: usize = 1024;
/// How many mappings are left to the rest of the process.
const RESERVE: usize = 4096;
/// How many mappings a guest may come with: those of its stack, and of the store, the memory and the table that are made for it.
const EACH: usize = 8;

/// For how many milliseconds guests are refused without another look, which takes some 20 where there are so many.
const PAUSE: u64 = 100;

/// How many guests have a stack.
static GUESTS: AtomicUsize = AtomicUsize::new(0);
/// How many may have one before the mappings are counted again.
static SEEN: AtomicUsize = AtomicUsize::new(UNSEEN);

/// When the process was last found full, in milliseconds of `now`; 0 is never.
static FULL: AtomicU64 = AtomicU64::new(0);

/// A guest has a stack until this is dropped.
pub(crate) struct GuestStack(());

impl GuestStack {
    /// Fails with `Limit` where the process would soon have no mapping left.
    pub(crate) fn new() -> Result<Self> {
        let guests = GUESTS.fetch_add(1, Ordering::Relaxed) + 1;
        let stack = Self(());
        let seen = SEEN.load(Ordering::Relaxed);
        if guests > seen {
            let full = FULL.load(Ordering::Relaxed);
            if full != 0 && now() < full + PAUSE {
                return Err(refused(guests));
            }
            // The system makes a line of text of each mapping, so they are not counted for each guest.
            let room = room().map_or(UNSEEN, |room| (room / EACH).min(UNSEEN));
            if room == 0 {
                FULL.store(now(), Ordering::Relaxed);
                return Err(refused(guests));
            }
            SEEN.store(guests + room, Ordering::Relaxed);
        } else if guests < UNSEEN && seen != UNSEEN {
            SEEN.store(UNSEEN, Ordering::Relaxed);
        }
        Ok(stack)
    }
}

impl Drop for GuestStack {
    fn drop(&mut self) {
        GUESTS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// In milliseconds, from 1 on.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed().as_millis();
    u64::try_from(passed).map_or(u64::MAX, |passed| passed.saturating_add(1))
}

/// How many mappings the process may still make, but for the reserve. None where the system does not say so.
fn room() -> Option<usize> {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return None;
    }
    let most: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()?;
    let there = memchr::memchr_iter(b'\n', &std::fs::read("/proc/self/maps").ok()?).count();
    Some(most.saturating_sub(there.saturating_add(RESERVE)))
}

#[cold]
fn refused(guests: usize) -> WasmtimeError {
    WasmtimeError::limit(format!(
        "{guests} guests of stores with async functions would have a stack each, and the process has hardly a mapping left: Linux \
         permits it `vm.max_map_count` of them, and one without any would end. Let fewer guests wait at once, or raise that"
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::{GuestStack, RESERVE, room};

    #[test]
    fn guests_are_counted_while_they_have_a_stack() {
        let stacks: Vec<_> = (0..2000).map(|_| GuestStack::new().ok()).collect();
        assert!(stacks.iter().all(Option::is_some));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_says_how_many_mappings_there_are() {
        let most: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap().trim().parse().unwrap();
        let room = room().unwrap();
        assert!(room > 0 && room + RESERVE < most, "{room} of {most}");
    }
}
