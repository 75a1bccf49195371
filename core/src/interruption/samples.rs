//! Where the guests of a store were at the ticks of a profile.
//!
//! Calls are kept as a tree, so that a stack that was seen before takes no more room. What a guest can make this hold has a bound:
//! so many samples, so many calls, and names that its modules have.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use wasmtime::{AsContext, WasmBacktrace};

use crate::DebugInfo;
use crate::errors::guest_text;
use crate::interruption::clock::now;
use crate::process::fork::{self, Locked};
use crate::traps::symbols;
use crate::traps::trap::{self, FRAMES_SEEN};

/// How many calls the tree has, each from one place to another one.
const CALLS: usize = 1_000_000;

/// No call: what the outermost one comes from.
pub(super) const NOTHING: u32 = u32::MAX;

/// What is known of a module, or of a component with all of its modules.
#[derive(Clone)]
pub(super) struct Image {
    pub(super) name: String,
    /// What it says of its source files.
    pub(super) debug_info: Option<Arc<DebugInfo>>,
}

/// A function of a guest's.
#[derive(Clone)]
pub(super) struct Function {
    pub(super) image: u32,
    pub(super) index: u32,
    pub(super) name: Option<String>,
}

/// A place in a function, as an offset in its module.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) function: u32,
    pub(super) offset: Option<u64>,
}

/// A call that was under way: where it was, and the call that it came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) from: u32,
    /// `NOTHING` stands for callers that are too many to be seen.
    pub(super) place: u32,
}

/// A moment in which a guest was somewhere.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    /// In nanoseconds since the profile began.
    pub(super) time: u64,
    /// The innermost call.
    pub(super) call: u32,
    /// How many intervals it stands for.
    pub(super) weight: u32,
}

/// Things that are kept once each, by their numbers.
struct Table<K, T> {
    numbers: HashMap<K, u32>,
    all: Vec<T>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), all: Vec::new() }
    }
}

impl<K: std::hash::Hash + Eq, T> Table<K, T> {
    fn number(&mut self, key: K, make: impl FnOnce() -> T) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| {
            self.all.push(make());
            // There are fewer calls than that, and no more of anything else.
            (self.all.len() - 1) as u32
        })
    }
}

/// What was seen.
#[derive(Default)]
struct Seen {
    /// By where their machine code is.
    images: Table<usize, Image>,
    /// By their image, their index and where they begin: a component has several modules.
    functions: Table<(u32, u32, Option<u64>), Function>,
    places: Table<Place, Place>,
    calls: Table<Call, Call>,
    samples: Vec<Sample>,
    /// How many samples there was no room for.
    lost: u64,
    /// When the profile ended, in nanoseconds since it began.
    end: Option<u64>,
}

/// A copy of what was seen until now. Each call stands behind the one that it came from.
pub(super) struct Picture {
    pub(super) images: Vec<Image>,
    pub(super) functions: Vec<Function>,
    pub(super) places: Vec<Place>,
    pub(super) calls: Vec<Call>,
    pub(super) samples: Vec<Sample>,
    /// When the profile ended, in nanoseconds since it began.
    pub(super) end: Option<u64>,
}

/// A profile of one store's guests, while it is made and after that.
pub(crate) struct Samples {
    /// How long it is from one sample to the next, in nanoseconds.
    pub(super) interval: u64,
    most: usize,
    /// When it began, by the clock on the wall, and in nanoseconds of `now`.
    pub(super) date: SystemTime,
    pub(super) start: u64,
    /// Until when the time of guests is in samples, in nanoseconds of `now`.
    until: AtomicU64,
    seen: Mutex<Seen>,
}

impl Samples {
    pub(crate) fn new(interval: u64, most: usize) -> Self {
        let (date, start) = (SystemTime::now(), now());
        Self { interval, most, date, start, until: AtomicU64::new(start), seen: Mutex::default() }
    }

    fn lock(&self) -> Locked<'_, Seen> {
        fork::lock(&self.seen)
    }

    pub(super) fn picture(&self) -> Picture {
        let seen = self.lock();
        Picture {
            images: seen.images.all.clone(),
            functions: seen.functions.all.clone(),
            places: seen.places.all.clone(),
            calls: seen.calls.all.clone(),
            samples: seen.samples.clone(),
            end: seen.end,
        }
    }

    /// How many samples there are, and how many there was no room for.
    pub(crate) fn count(&self) -> (u64, u64) {
        let seen = self.lock();
        (seen.samples.len() as u64, seen.lost)
    }

    /// A guest begins, or goes on: the time before that was not its own.
    pub(super) fn resume(&self) {
        self.until.store(now(), Ordering::Relaxed);
    }

    /// The profile has ended.
    pub(crate) fn end(&self) {
        let end = now().saturating_sub(self.start);
        self.lock().end.get_or_insert(end);
    }

    /// Notes where the guest is that runs on this thread, unless that was noted a moment ago.
    pub(super) fn take(&self, context: impl AsContext) {
        let now = now();
        let since = now.saturating_sub(self.until.load(Ordering::Relaxed));
        // Ticks come for other reasons as well, and never at the very same distance.
        if since < self.interval - self.interval / 4 {
            return;
        }
        self.until.store(now, Ordering::Relaxed);
        let weight = since.saturating_add(self.interval / 2) / self.interval;
        let trace = WasmBacktrace::force_capture(context);
        let mut seen = self.lock();
        if seen.end.is_some() || trace.frames().is_empty() {
            return;
        }
        if seen.samples.len() >= self.most || seen.calls.all.len() + trace.frames().len() > CALLS {
            seen.lost = seen.lost.saturating_add(1);
            return;
        }
        let call = seen.innermost(trace.frames());
        let weight = u32::try_from(weight.max(1)).unwrap_or(u32::MAX);
        seen.samples.push(Sample { time: now.saturating_sub(self.start), call, weight });
    }
}

impl Seen {
    /// The number of the innermost call of a stack.
    fn innermost(&mut self, frames: &[wasmtime::FrameInfo]) -> u32 {
        let mut from = NOTHING;
        if frames.len() >= FRAMES_SEEN {
            let call = Call { from, place: NOTHING };
            from = self.calls.number(call, || call);
        }
        for info in frames.iter().rev() {
            let Some(offset) = trap::module_offset(info) else { continue };
            let place = self.place(info, offset);
            let call = Call { from, place };
            from = self.calls.number(call, || call);
        }
        from
    }

    fn place(&mut self, info: &wasmtime::FrameInfo, offset: Option<u64>) -> u32 {
        let code = info.module().image_range().start.addr();
        let image = self.images.number(code, || Image {
            name: guest_text::start(info.module().name().unwrap_or_default()),
            debug_info: symbols::of(code),
        });
        let index = info.func_index();
        let begin = offset.zip(info.func_offset()).map(|(offset, inside)| offset.saturating_sub(inside as u64));
        let function = self.functions.number((image, index, begin), || {
            let name = info.func_name().map(guest_text::start);
            Function { image, index, name }
        });
        let place = Place { function, offset };
        self.places.number(place, || place)
    }
}
