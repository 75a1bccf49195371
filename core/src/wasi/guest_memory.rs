//! What a call of WASI names in a guest's memory.

use wasmtime_wasi::p1::types::{Errno, Error};
use wiggle::{GuestMemory, GuestPtr};

/// How many pieces of memory one call may name, as with `readv` of POSIX.
const PIECES: u32 = 1024;

/// Fails where `length` bytes at `offset` are not in memory or not aligned.
pub(super) fn check(
    memory: &GuestMemory<'_>,
    offset: u32,
    length: u32,
    align: usize,
) -> Result<(), wiggle::GuestError> {
    let region = wiggle::Region { start: offset, len: length };
    let size = match memory {
        GuestMemory::Unshared(bytes) => bytes.len(),
        GuestMemory::Shared(bytes) => bytes.len(),
    };
    if offset as u64 + u64::from(length) > size as u64 {
        return Err(wiggle::GuestError::PtrOutOfBounds(region));
    }
    // Wiggle checks bounds and alignment in this order.
    if !(offset as usize).is_multiple_of(align) {
        return Err(wiggle::GuestError::PtrNotAligned(region, align as u32));
    }
    Ok(())
}

/// The pieces of a guest's memory that have bytes at all.
pub(super) fn pieces<T>(
    memory: &GuestMemory<'_>,
    vectors: GuestPtr<[T]>,
    parts: impl Fn(T) -> (GuestPtr<u8>, u32),
) -> Result<Vec<GuestPtr<[u8]>>, Error>
where
    T: wiggle::GuestType,
{
    if vectors.len() > PIECES {
        return Err(Errno::Inval.into());
    }
    let mut pieces = Vec::new();
    for vector in vectors.iter() {
        let (start, length) = parts(memory.read(vector?)?);
        if length != 0 {
            pieces.push(start.as_array(length));
        }
    }
    Ok(pieces)
}

/// What a guest is told of the texts that it has: how many, and the bytes of all, with a zero at the end of each.
pub(super) fn sizes(texts: &[Vec<u8>]) -> Result<(u32, u32), Error> {
    let bytes = texts.iter().map(|text| text.len() + 1).sum::<usize>();
    Ok((u32::try_from(texts.len())?, u32::try_from(bytes)?))
}

/// Writes texts into a guest's memory: where each begins, and the texts.
pub(super) fn write_texts(
    texts: &[Vec<u8>],
    memory: &mut GuestMemory<'_>,
    mut starts: GuestPtr<GuestPtr<u8>>,
    mut buffer: GuestPtr<u8>,
) -> Result<(), Error> {
    for text in texts {
        memory.write(starts, buffer)?;
        starts = starts.add(1)?;
        let length = u32::try_from(text.len())?;
        memory.copy_from_slice(text, buffer.as_array(length))?;
        let end = buffer.add(length)?;
        memory.write(end, 0)?;
        buffer = end.add(1)?;
    }
    Ok(())
}
