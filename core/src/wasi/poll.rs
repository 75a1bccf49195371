//! `poll_oneoff`: waits for clocks and for descriptors.
//!
//! This copies the guest's subscriptions once and then uses the copy, because in a shared memory another thread may change them
//! at any moment. It handles clocks and files itself. For standard streams it calls wasmtime-wasi with subscriptions of its
//! own.

use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use wasmtime_wasi::p1::types::{
    Clockid, Errno, Event, EventFdReadwrite, Eventrwflags, Eventtype, Fd, Subclockflags, Subscription,
    SubscriptionClock, SubscriptionU,
};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{clock_time_get, fd_filestat_get, fd_tell, poll_oneoff};
use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::Result;
use crate::wasi::guest_memory::check;
use crate::wasi::preview1::Preview1;
use crate::wasi::wait::{Patience, try_now};

/// How many subscriptions one call may have. As for POSIX's `poll`, a guest cannot have more descriptors.
const MOST: u32 = 1 << 16;

/// Sizes in a guest's memory, in bytes.
const SUBSCRIPTION: u32 = 48;
const IDENTIFIER: u32 = 8;
const EVENT: u32 = 32;
const NUMBER: u32 = 4;
const FILE_STATUS: usize = 64;
/// The offsets of a subscription's kind, and of what follows the kind.
const KIND: usize = 8;
const CONTENT: usize = 16;
/// The offset of the size in a file's status.
const FILE_SIZE: usize = 32;

/// The arguments of a call.
pub(super) struct Call {
    pub(super) wanted: i32,
    pub(super) events: i32,
    pub(super) count: i32,
    pub(super) happened: i32,
    pub(super) layout: Layout,
}

/// The layout of a subscription in a guest's memory. Events have the same layout in both previews.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// Preview 0: a clock has one more field at first, an identifier.
    Preview0,
    /// Preview 1.
    Preview1,
}

impl Layout {
    /// The size of a subscription in a guest's memory, in bytes.
    const fn size(self) -> u32 {
        match self {
            Self::Preview0 => SUBSCRIPTION + IDENTIFIER,
            Self::Preview1 => SUBSCRIPTION,
        }
    }
}

/// Why a call gives no events.
enum Failure {
    /// The guest gets this error number.
    Errno(i32),
    /// The guest ends with this trap.
    Trap(wasmtime::Error),
}

impl<E: Into<wasmtime::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Trap(error.into())
    }
}

impl Failure {
    const INVALID: Self = Self::Errno(Errno::Inval as i32);
}

/// What one subscription waits for.
enum Wanted {
    /// A time; `None` never comes.
    Time(Option<Instant>),
    /// A file, which can always be read and written.
    File { kind: Eventtype, is_at_end: bool },
    /// A standard stream, by wasmtime-wasi's number.
    Stream(Fd),
    /// That it has happened.
    Ready(Event),
}

/// Waits until one of the subscriptions has an event. Gives the error number for the guest.
pub(super) async fn run(
    wasi: &mut Preview1,
    memory: &mut GuestMemory<'_>,
    patience: &Patience,
    fuel: usize,
    call: Call,
) -> wasmtime::Result<i32> {
    match try_run(wasi, memory, patience, fuel, call).await {
        Ok(()) => Ok(Errno::Success as i32),
        Err(Failure::Errno(number)) => Ok(number),
        Err(Failure::Trap(error)) => Err(error),
    }
}

async fn try_run(
    wasi: &mut Preview1,
    memory: &mut GuestMemory<'_>,
    patience: &Patience,
    fuel: usize,
    call: Call,
) -> Result<(), Failure> {
    let start = Instant::now();
    let count = call.count.cast_unsigned();
    if count == 0 || count > MOST {
        return Err(Failure::INVALID);
    }
    if (count * (call.layout.size() + EVENT)) as usize > fuel {
        return Err(Failure::Errno(Errno::Nomem as i32));
    }
    let events = call.events.cast_unsigned();
    check(memory, events, count * EVENT, Event::guest_align())?;
    check(memory, call.happened.cast_unsigned(), NUMBER, u32::guest_align())?;
    let copy = Subscriptions::copy(memory, call.wanted.cast_unsigned(), count, call.layout)?;
    let mut wanted = Vec::with_capacity(count as usize);
    for index in 0..count {
        wanted.push(judge(wasi, &copy.get(index)?.u, start, count == 1)?);
    }
    let streams = copy.streams(&wanted);
    wait(wasi, &mut wanted, streams, patience).await?;
    let now = Instant::now();
    let mut happened = 0;
    for (index, wanted) in (0..).zip(wanted) {
        if let Some(event) = wanted.event(copy.get(index)?.userdata, now) {
            memory.write(GuestPtr::new(events + happened * EVENT), event)?;
            happened += 1;
        }
    }
    memory.write(GuestPtr::<u32>::new(call.happened.cast_unsigned()), happened)?;
    Ok(())
}

/// A copy of a call's subscriptions, which no other thread can change.
struct Subscriptions(Vec<u8>);

impl Subscriptions {
    /// Copies the subscriptions into the layout of preview 1.
    fn copy(memory: &GuestMemory<'_>, offset: u32, count: u32, layout: Layout) -> Result<Self, Failure> {
        let length = count * layout.size();
        check(memory, offset, length, Subscription::guest_align())?;
        let bytes = memory.to_vec(GuestPtr::<[u8]>::new((offset, length)))?;
        Ok(Self(match layout {
            Layout::Preview1 => bytes,
            Layout::Preview0 => bytes.chunks_exact(layout.size() as usize).flat_map(without_identifier).collect(),
        }))
    }

    fn bytes(&self, index: u32) -> &[u8] {
        let start = (index * SUBSCRIPTION) as usize;
        self.0.get(start..start + SUBSCRIPTION as usize).unwrap_or_default()
    }

    fn get(&self, index: u32) -> Result<Subscription, Failure> {
        let mut bytes = self.bytes(index).to_vec();
        let memory = GuestMemory::Unshared(&mut bytes);
        // Only the kind, the clock or the flags can be wrong.
        memory.read(GuestPtr::<Subscription>::new(0)).map_err(|_| Failure::INVALID)
    }

    /// A memory for wasmtime-wasi's `poll_oneoff`: the subscriptions of streams, each with its index here as its userdata, then
    /// space for the events and for their number.
    fn streams(&self, wanted: &[Wanted]) -> (Vec<u8>, u32) {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for (index, wanted) in (0..).zip(wanted) {
            if let Wanted::Stream(fd) = wanted {
                let content = self.bytes(index).iter().skip(size_of::<u64>());
                bytes.extend(u64::from(index).to_le_bytes());
                bytes.extend(content.take(CONTENT - size_of::<u64>()));
                bytes.extend(u32::from(*fd).to_le_bytes());
                bytes.resize(bytes.len().next_multiple_of(SUBSCRIPTION as usize), 0);
                count += 1;
            }
        }
        bytes.resize((count * (SUBSCRIPTION + EVENT) + NUMBER) as usize, 0);
        (bytes, count)
    }
}

/// A subscription of preview 0 in the layout of preview 1, which has no identifier for a clock.
fn without_identifier(bytes: &[u8]) -> [u8; SUBSCRIPTION as usize] {
    const CLOCK: u8 = Eventtype::Clock as u8;
    let skipped = if bytes.get(KIND) == Some(&CLOCK) { IDENTIFIER as usize } else { 0 };
    let (start, content) = (bytes.iter().take(CONTENT), bytes.iter().skip(CONTENT + skipped));
    let mut subscription = [0; SUBSCRIPTION as usize];
    subscription.iter_mut().zip(start.chain(content)).for_each(|(to, from)| *to = *from);
    subscription
}

/// Looks at what a subscription asks for.
fn judge(wasi: &mut Preview1, wanted: &SubscriptionU, start: Instant, is_alone: bool) -> Result<Wanted, Failure> {
    match wanted {
        SubscriptionU::Clock(clock) => time(wasi, clock, start, is_alone),
        SubscriptionU::FdRead(read) => descriptor(wasi, read.file_descriptor, Eventtype::FdRead),
        SubscriptionU::FdWrite(write) => descriptor(wasi, write.file_descriptor, Eventtype::FdWrite),
    }
}

fn time(wasi: &mut Preview1, clock: &SubscriptionClock, start: Instant, is_alone: bool) -> Result<Wanted, Failure> {
    let is_absolute = clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
    let left = match clock.id {
        Clockid::Monotonic | Clockid::Realtime if is_absolute => {
            let mut bytes = [0; size_of::<u64>()];
            let mut memory = GuestMemory::Unshared(&mut bytes);
            told(clock_time_get(wasi, &mut memory, clock.id as i32, 0, 0)?)?;
            clock.timeout.saturating_sub(u64::from_le_bytes(bytes))
        }
        Clockid::Monotonic | Clockid::Realtime => clock.timeout,
        // Wasmtime-wasi lets a program that only sleeps do so by any clock, and so does this.
        _ if is_alone && !is_absolute => clock.timeout,
        _ => return Err(Failure::INVALID),
    };
    Ok(Wanted::Time(start.checked_add(Duration::from_nanos(left))))
}

fn descriptor(wasi: &mut Preview1, fd: Fd, kind: Eventtype) -> Result<Wanted, Failure> {
    const STREAM: i32 = Errno::Spipe as i32;
    let number = u32::from(fd).cast_signed();
    let mut position = [0; size_of::<u64>()];
    match fd_tell(wasi, &mut GuestMemory::Unshared(&mut position), number, 0)? {
        STREAM => return wasi.host_fd(fd).map(Wanted::Stream).map_err(|_| Failure::Errno(Errno::Badf as i32)),
        other => told(other)?,
    }
    let mut is_at_end = false;
    if kind == Eventtype::FdRead {
        let mut status = [0; FILE_STATUS];
        let mut memory = GuestMemory::Unshared(&mut status);
        // Files are asked at once: this thread may block.
        let asked = try_now(pin!(fd_filestat_get(wasi, &mut memory, number, 0)));
        told(asked.transpose()?.unwrap_or(Errno::Again as i32))?;
        let size = status.get(FILE_SIZE..).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or_default();
        is_at_end = u64::from_le_bytes(size) <= u64::from_le_bytes(position);
    }
    Ok(Wanted::File { kind, is_at_end })
}

/// Fails with the error number that a function of WASI gave.
fn told(number: i32) -> Result<(), Failure> {
    if number == Errno::Success as i32 { Ok(()) } else { Err(Failure::Errno(number)) }
}

impl Wanted {
    fn has_come(&self, now: Instant) -> bool {
        match self {
            Self::Time(time) => time.is_some_and(|time| time <= now),
            Self::File { .. } | Self::Ready(_) => true,
            Self::Stream(_) => false,
        }
    }

    /// The event for the guest, if it has happened.
    fn event(self, userdata: u64, now: Instant) -> Option<Event> {
        if !self.has_come(now) {
            return None;
        }
        let (type_, nbytes, flags) = match self {
            Self::Time(_) | Self::Stream(_) => (Eventtype::Clock, 0, Eventrwflags::empty()),
            Self::File { kind, is_at_end: true } => (kind, 1, Eventrwflags::FD_READWRITE_HANGUP),
            Self::File { kind, is_at_end: false } => (kind, 1, Eventrwflags::empty()),
            Self::Ready(event) => return Some(Event { userdata, ..event }),
        };
        let fd_readwrite = EventFdReadwrite { flags, nbytes };
        Some(Event { userdata, error: Errno::Success, type_, fd_readwrite })
    }
}

/// Waits until one of them has happened. Marks the streams that are ready.
async fn wait(
    wasi: &mut Preview1,
    wanted: &mut [Wanted],
    (mut bytes, streams): (Vec<u8>, u32),
    patience: &Patience,
) -> Result<(), Failure> {
    let soonest = wanted.iter().filter_map(|wanted| if let Wanted::Time(time) = wanted { *time } else { None }).min();
    let has_file = wanted.iter().any(|wanted| matches!(wanted, Wanted::File { .. }));
    let is_over = || has_file || soonest.is_some_and(|time| time <= Instant::now());
    if streams == 0 {
        while !is_over() {
            patience.pause(soonest).await?;
        }
        return Ok(());
    }
    let (events, happened) = (streams * SUBSCRIPTION, streams * (SUBSCRIPTION + EVENT));
    {
        let mut memory = GuestMemory::Unshared(&mut bytes);
        let [events, count, happened] = [events, streams, happened].map(u32::cast_signed);
        let mut call = pin!(poll_oneoff(wasi.host(), &mut memory, 0, events, count, happened));
        loop {
            if let Some(done) = try_now(Pin::as_mut(&mut call)) {
                told(done?)?;
                break;
            }
            if is_over() {
                return Ok(());
            }
            patience.pause(soonest).await?;
        }
    }
    let memory = GuestMemory::Unshared(&mut bytes);
    for index in 0..memory.read(GuestPtr::<u32>::new(happened))? {
        let event = memory.read(GuestPtr::<Event>::new(events + index * EVENT))?;
        let place = usize::try_from(event.userdata).ok().and_then(|place| wanted.get_mut(place));
        if let Some(place) = place {
            *place = Wanted::Ready(event);
        }
    }
    Ok(())
}
