//! A heap that counts its bytes, and fails before the machine runs out of memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is there now, and the most that there has been since `mark`, in bytes.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Where there would be more, in bytes, the process ends.
const MOST: usize = 1500 << 20;

struct Counting;

fn add(size: usize) -> bool {
    let now = LIVE.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(now, Ordering::Relaxed);
    now <= MOST
}

// SAFETY: it is the system's, or gives null, as it may at any time.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller of `alloc` vouches for a layout whose size is not zero, which `System.alloc` asks for.
        if add(layout.size()) { unsafe { System.alloc(layout) } } else { std::ptr::null_mut() }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller of `dealloc` vouches that the block came from here by this layout, and so from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`: the layout's size is not zero.
        if add(layout.size()) { unsafe { System.alloc_zeroed(layout) } } else { std::ptr::null_mut() }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller of `realloc` vouches for the block, its layout, and a new size that is not zero and fits.
        if add(size) { unsafe { System.realloc(pointer, layout, size) } } else { std::ptr::null_mut() }
    }
}

#[global_allocator]
static HEAP: Counting = Counting;

/// Begins to count the peak anew. Gives what is there now, for `peak`.
pub(super) fn mark() -> usize {
    let now = LIVE.load(Ordering::Relaxed);
    PEAK.store(now, Ordering::Relaxed);
    now
}

/// The most that there has been since `mark`, beyond what was there then.
pub(super) fn peak(mark: usize) -> usize {
    PEAK.load(Ordering::Relaxed).saturating_sub(mark)
}
