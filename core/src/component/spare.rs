//! Buffers that values cross in, kept for the next call of the thread: a call of few bytes asks for no memory then, and one of
//! many does not have the system map pages again.

use std::cell::RefCell;
use std::collections::TryReserveError;

/// How many streams a thread keeps. A call uses two, and one more for each host function that its guest is in.
const STREAMS: usize = 4;

/// How large a stream may be that a thread keeps, in bytes.
const STREAM: usize = 1 << 16;

/// How large a part beside a stream may be that a thread keeps, in bytes. It keeps one.
const PART: usize = 1 << 20;

struct Spare {
    streams: [Vec<u8>; STREAMS],
    /// How many of them are there.
    count: usize,
    part: Vec<u8>,
}

thread_local! {
    static SPARE: RefCell<Spare> =
        const { RefCell::new(Spare { streams: [const { Vec::new() }; STREAMS], count: 0, part: Vec::new() }) };
}

/// Runs `work` with the thread's buffers. Gives what is for nothing where the thread is at its end.
fn with<R: Default>(work: impl FnOnce(&mut Spare) -> R) -> R {
    // Nothing in here calls anything that comes back.
    SPARE.try_with(|spare| work(&mut spare.borrow_mut())).unwrap_or_default()
}

/// An empty stream.
pub fn stream() -> Vec<u8> {
    with(|spare| {
        spare.count = spare.count.saturating_sub(1);
        spare.streams.get_mut(spare.count).map(std::mem::take).unwrap_or_default()
    })
}

/// Keeps a stream that nobody reads any more.
pub fn keep_stream(mut stream: Vec<u8>) {
    if stream.capacity() == 0 || stream.capacity() > STREAM {
        return;
    }
    stream.clear();
    with(|spare| {
        if let Some(place) = spare.streams.get_mut(spare.count) {
            *place = stream;
            spare.count += 1;
        }
    });
}

/// An empty part, with room for so many bytes.
pub(super) fn part(length: usize) -> Result<Vec<u8>, TryReserveError> {
    let mut part = if length <= PART { with(|spare| std::mem::take(&mut spare.part)) } else { Vec::new() };
    part.try_reserve_exact(length)?;
    Ok(part)
}

/// Keeps the largest of some parts that nobody reads any more.
pub(super) fn keep_parts(parts: &mut Vec<Vec<u8>>) {
    for mut part in parts.drain(..) {
        if part.capacity() <= PART {
            part.clear();
            with(|spare| {
                if spare.part.capacity() < part.capacity() {
                    spare.part = part;
                }
            });
        }
    }
}
