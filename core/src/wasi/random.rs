//! Random bytes for guests.

use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p1::wasi_snapshot_preview1;
use wiggle::GuestMemory;

use crate::interruption::interrupt::Interrupts;
use crate::wasi::guest_memory::check;
use crate::wasi::preview1::Preview1;

/// Writes random bytes in small parts. Wasmtime-wasi would make all of them before it checks whether the guest's memory has so
/// many.
pub(super) fn fill(
    wasi: &mut Preview1,
    memory: &mut GuestMemory<'_>,
    interrupts: Option<&Interrupts>,
    buffer: u32,
    length: u32,
) -> wasmtime::Result<i32> {
    const PART: u32 = 4 << 10;
    if length != 0 {
        check(memory, buffer, length, 1)?;
    }
    let mut done = 0;
    loop {
        let part = PART.min(length - done);
        let (start, part_length) = ((buffer + done).cast_signed(), part.cast_signed());
        let number = wasi_snapshot_preview1::random_get(wasi, memory, start, part_length)?;
        done += part;
        if number != Errno::Success as i32 || done == length {
            return Ok(number);
        }
        interrupts.map_or(Ok(()), Interrupts::check)?;
    }
}
