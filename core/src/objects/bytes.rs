//! The byte path: checked copies in and out of a memory. A copy copies all bytes or none.
//!
//! While a thread is inside a store, a memory of that store is a plain slice. Other threads may write the bytes of a shared
//! memory at any time, so this file touches those by atomic operations only.

use std::cell::UnsafeCell;
use std::fmt::Write as _;
use std::ops::Range;
use std::str::Utf8Error;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use crate::errors::numbers::{natural, place};
use crate::process::heap::{reserve, try_with_capacity};
use crate::{Result, WasmtimeError};

/// The bytes of a memory. While this borrows them, the memory cannot move or go.
pub(crate) enum Bytes<'a> {
    /// No other thread can touch them.
    Own(&'a mut [u8]),
    /// Other threads may read and write them.
    Shared(&'a [UnsafeCell<u8>]),
}

/// The range of `length` bytes at `offset`, if it lies within `size` bytes.
pub(crate) fn checked(offset: u64, length: u64, size: usize) -> Result<Range<usize>> {
    let outside = WasmtimeError::Bounds { offset, length, size: size as u64 };
    let end = offset.checked_add(length).filter(|end| *end <= size as u64);
    match (usize::try_from(offset), end.map(usize::try_from)) {
        (Ok(start), Some(Ok(end))) => Ok(start..end),
        _ => Err(outside),
    }
}

impl Bytes<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.len(),
            Self::Shared(cells) => cells.len(),
        }
    }

    /// A checked range, from the signed numbers of a language.
    pub(crate) fn range(&self, start: i64, length: i64) -> Result<Range<usize>> {
        checked(place(start, "the offset")?, natural(length, "the length")?, self.len())
    }

    /// Copies a checked range out.
    pub(crate) fn read(&self, range: Range<usize>) -> Result<Vec<u8>> {
        let mut copy = try_with_capacity(range.len())?;
        match self {
            Self::Own(bytes) => copy.extend_from_slice(bytes.get(range).unwrap_or_default()),
            Self::Shared(cells) => {
                let cells = cells.get(range).unwrap_or_default();
                copy.resize(cells.len(), 0);
                load(cells, &mut copy);
            }
        }
        Ok(copy)
    }

    /// Copies out, into the caller's buffer.
    pub(crate) fn read_into(&self, start: i64, buffer: &mut [u8]) -> Result<()> {
        let range = checked(place(start, "the offset")?, buffer.len() as u64, self.len())?;
        match self {
            Self::Own(bytes) => buffer.copy_from_slice(bytes.get(range).unwrap_or_default()),
            Self::Shared(cells) => load(cells.get(range).unwrap_or_default(), buffer),
        }
        Ok(())
    }

    /// Calls `work` with a range. Copies it first if other threads can write it.
    pub(crate) fn view<R>(&self, start: i64, length: i64, work: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let range = self.range(start, length)?;
        Ok(match self {
            Self::Own(bytes) => work(bytes.get(range).unwrap_or_default()),
            Self::Shared(_) => work(&self.read(range)?),
        })
    }

    /// Lets `work` write a range: in place, or into a copy if other threads can see it. `work` must not read what it finds
    /// there.
    pub(crate) fn fill_with(&mut self, start: i64, length: i64, work: impl FnOnce(&mut [u8])) -> Result<()> {
        let range = self.range(start, length)?;
        match self {
            Self::Own(bytes) => work(bytes.get_mut(range).unwrap_or_default()),
            Self::Shared(cells) => {
                let mut copy = try_with_capacity(range.len())?;
                copy.resize(range.len(), 0);
                work(&mut copy);
                store(cells.get(range).unwrap_or_default(), &copy);
            }
        }
        Ok(())
    }

    /// Copies in.
    pub(crate) fn write(&mut self, start: i64, data: &[u8]) -> Result<()> {
        let range = checked(place(start, "the offset")?, data.len() as u64, self.len())?;
        match self {
            Self::Own(bytes) => bytes.get_mut(range).unwrap_or_default().copy_from_slice(data),
            Self::Shared(cells) => store(cells.get(range).unwrap_or_default(), data),
        }
        Ok(())
    }

    /// Copies `N` bytes out, without allocating.
    pub(crate) fn load<const N: usize>(&self, offset: i64) -> Result<[u8; N]> {
        let range = checked(place(offset, "the offset")?, N as u64, self.len())?;
        let mut copy = [0; N];
        match self {
            Self::Own(bytes) => copy.copy_from_slice(bytes.get(range).unwrap_or_default()),
            Self::Shared(cells) => load(cells.get(range).unwrap_or_default(), &mut copy),
        }
        Ok(copy)
    }

    pub(crate) fn fill(&mut self, value: u8, start: i64, length: i64) -> Result<()> {
        let range = self.range(start, length)?;
        match self {
            Self::Own(bytes) => bytes.get_mut(range).unwrap_or_default().fill(value),
            Self::Shared(cells) => {
                for cell in cells.get(range).unwrap_or_default() {
                    atomic(cell).store(value, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    /// Copies within the memory. The ranges may overlap.
    pub(crate) fn copy_within(&mut self, source: i64, destination: i64, length: i64) -> Result<()> {
        let from = self.range(source, length)?;
        let to = self.range(destination, length)?;
        match self {
            Self::Own(bytes) => bytes.copy_within(from, to.start),
            Self::Shared(cells) => copy_shared(cells, from, to.start),
        }
        Ok(())
    }

    /// The offset of the first occurrence of `needle` within `length` bytes from `start`.
    pub(crate) fn find(&self, needle: &[u8], start: i64, length: Option<i64>) -> Result<Option<i64>> {
        let start_offset = place(start, "the offset")?;
        let range = match length {
            Some(length) => self.range(start, length)?,
            None => checked(start_offset, (self.len() as u64).saturating_sub(start_offset), self.len())?,
        };
        let base = range.start;
        let at = match self {
            Self::Own(bytes) => position(needle, bytes.get(range).unwrap_or_default()),
            Self::Shared(_) => self.find_shared(needle, range)?,
        };
        Ok(at.and_then(|at| i64::try_from(base + at).ok()))
    }

    /// Where in a range the needle begins. It searches copies of pieces, because other threads may write the bytes meanwhile.
    fn find_shared(&self, needle: &[u8], range: Range<usize>) -> Result<Option<usize>> {
        let overlap = needle.len().saturating_sub(1);
        let mut start = range.start;
        loop {
            let end = range.end.min(start.saturating_add(PIECE).saturating_add(overlap));
            if let Some(at) = position(needle, &self.read(start..end)?) {
                return Ok(Some(start - range.start + at));
            }
            if end == range.end {
                return Ok(None);
            }
            start += PIECE;
        }
    }

    pub(crate) fn read_string(&self, start: i64, length: i64) -> Result<String> {
        let range = self.range(start, length)?;
        let base = range.start;
        utf8(self.read(range)?, base)
    }

    /// The text from `start` up to the next `terminator`. Fails with `Encoding` where none follows.
    pub(crate) fn read_terminated(&self, start: i64, terminator: u8) -> Result<String> {
        let missing = || WasmtimeError::Encoding {
            reason: format!("no byte {terminator:#04x} ends the text at offset {start}"),
            offset: start.unsigned_abs(),
        };
        if let Self::Own(_) = self {
            let end = self.find(&[terminator], start, None)?.ok_or_else(missing)?;
            return self.read_string(start, end - start);
        }
        // Searches the copy that it returns: other threads may write a terminator meanwhile.
        let offset = place(start, "the offset")?;
        let range = checked(offset, (self.len() as u64).saturating_sub(offset), self.len())?;
        let base = range.start;
        let mut copy = self.read(range)?;
        copy.truncate(memchr::memchr(terminator, &copy).ok_or_else(missing)?);
        utf8(copy, base)
    }
}

/// Where the needle begins. For one byte there is no searcher, which takes longer to make than the byte to find.
fn position(needle: &[u8], bytes: &[u8]) -> Option<usize> {
    if let [byte] = needle { memchr::memchr(*byte, bytes) } else { memchr::memmem::find(bytes, needle) }
}

/// The size of a piece of a shared memory, where the caller wants no copy of the whole.
const PIECE: usize = 16 << 10;

/// Copies within a shared memory, piece by piece. If the destination overlaps the rest of the source, it begins at the end.
fn copy_shared(cells: &[UnsafeCell<u8>], from: Range<usize>, to: usize) {
    let mut piece = [0; 1 << 10];
    let (length, size) = (from.len(), piece.len());
    let pieces = length.div_ceil(size);
    for number in 0..pieces {
        let number = if from.start < to { pieces - 1 - number } else { number };
        let offset = number * size;
        let copy = piece.get_mut(..size.min(length - offset)).unwrap_or_default();
        let place = |start: usize| cells.get(start + offset..start + offset + copy.len()).unwrap_or_default();
        let (source, target) = (place(from.start), place(to));
        load(source, copy);
        store(target, copy);
    }
}

fn utf8(bytes: Vec<u8>, base: usize) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| no_text(error.utf8_error(), base))
}

/// The error of bytes from `base` that are not UTF-8.
pub(crate) fn no_text(error: Utf8Error, base: usize) -> WasmtimeError {
    let at = (base + error.valid_up_to()) as u64;
    WasmtimeError::Encoding { reason: format!("the bytes at offset {at} are not UTF-8"), offset: at }
}

fn atomic(cell: &UnsafeCell<u8>) -> &AtomicU8 {
    // SAFETY: `AtomicU8::from_ptr` wants a valid, aligned pointer and no other access than atomic ones while it is used. The
    // byte is valid for as long as the borrow, a byte is always aligned, and only this file and guests access it, both by
    // atomic operations.
    unsafe { AtomicU8::from_ptr(cell.get()) }
}

/// The cells as one atomic number, if their count is its width and they are aligned. The threads proposal says that an aligned
/// access does not tear, so such a number is read and written as a whole.
macro_rules! whole {
    ($cells:expr, $number:ty) => {{
        // SAFETY: as in `words`.
        match unsafe { $cells.align_to::<$number>() } {
            ([], [number], []) => Some(number),
            _ => None,
        }
    }};
}

/// Splits cells into aligned words of eight bytes and the single bytes around them: single bytes cost eight times as much.
fn words(cells: &[UnsafeCell<u8>]) -> (&[UnsafeCell<u8>], &[AtomicU64], &[UnsafeCell<u8>]) {
    // SAFETY: `align_to` wants that any eight of the bytes are a valid `AtomicU64`: they are, and it only gives aligned ones.
    // Only atomic operations touch them, as in `atomic`. A guest may use other widths at the same time: then a word may mix old
    // and new bytes, which the specification allows a racing access, but each byte is whole.
    unsafe { cells.align_to::<AtomicU64>() }
}

fn load(cells: &[UnsafeCell<u8>], copy: &mut [u8]) {
    if let Some(number) = whole!(cells, AtomicU32) {
        return copy.copy_from_slice(&number.load(Ordering::Relaxed).to_ne_bytes());
    }
    if let Some(number) = whole!(cells, AtomicU16) {
        return copy.copy_from_slice(&number.load(Ordering::Relaxed).to_ne_bytes());
    }
    let (head, body, tail) = words(cells);
    let (copy_head, rest) = copy.split_at_mut(head.len());
    let (copy_body, copy_tail) = rest.split_at_mut(body.len() * 8);
    for (cell, byte) in head.iter().zip(copy_head) {
        *byte = atomic(cell).load(Ordering::Relaxed);
    }
    for (word, bytes) in body.iter().zip(copy_body.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
    }
    for (cell, byte) in tail.iter().zip(copy_tail) {
        *byte = atomic(cell).load(Ordering::Relaxed);
    }
}

fn store(cells: &[UnsafeCell<u8>], data: &[u8]) {
    if let (Some(number), Ok(value)) = (whole!(cells, AtomicU32), data.try_into()) {
        return number.store(u32::from_ne_bytes(value), Ordering::Relaxed);
    }
    if let (Some(number), Ok(value)) = (whole!(cells, AtomicU16), data.try_into()) {
        return number.store(u16::from_ne_bytes(value), Ordering::Relaxed);
    }
    let (head, body, tail) = words(cells);
    let (data_head, rest) = data.split_at(head.len());
    let (data_body, data_tail) = rest.split_at(body.len() * 8);
    for (cell, byte) in head.iter().zip(data_head) {
        atomic(cell).store(*byte, Ordering::Relaxed);
    }
    for (word, bytes) in body.iter().zip(data_body.chunks_exact(8)) {
        let mut value = [0; 8];
        value.copy_from_slice(bytes);
        word.store(u64::from_ne_bytes(value), Ordering::Relaxed);
    }
    for (cell, byte) in tail.iter().zip(data_tail) {
        atomic(cell).store(*byte, Ordering::Relaxed);
    }
}

/// The bytes as text for people: `width` bytes a line, by offset, in hex and as ASCII.
pub(crate) fn hexdump(data: &[u8], start: usize, width: usize) -> Result<String> {
    // A line has the offset, three characters for each byte, and the byte as ASCII. The last line is padded.
    let longest = data.len().div_ceil(width).saturating_mul(width.saturating_mul(4).saturating_add(24));
    let mut text = String::new();
    reserve(longest.saturating_add(80), |length| text.try_reserve_exact(length).is_ok())?;
    // Writing to a `String` does not fail. The loop writes digits itself: formatting each byte takes thirty times as long.
    let _ = write!(text, "Memory dump from {start:#06x} to {:#06x}:", start + data.len());
    for (index, line) in data.chunks(width).enumerate() {
        let _ = write!(text, "\n{:04x}: ", start + index * width);
        for byte in line {
            text.extend([hex(byte >> 4), hex(byte & 0xf), ' ']);
        }
        text.extend(std::iter::repeat_n(' ', (width - line.len()) * 3));
        text.push_str(" |");
        text.extend(line.iter().map(|byte| if matches!(byte, 0x20..=0x7e) { char::from(*byte) } else { '.' }));
        text.push('|');
    }
    Ok(text)
}

/// The hexadecimal digit of half a byte.
fn hex(half: u8) -> char {
    char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 })
}
