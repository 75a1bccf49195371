//! What is in the memories of an instance, as data segments.

use wasm_encoder::Encode;

use crate::process::heap::try_with_capacity;
use crate::snapshots::offset::offset;
use crate::snapshots::parts::{check, too_large};
use crate::snapshots::ranges::filled;
use crate::{Result, WasmtimeError};

/// How many data segments a snapshot adds: engines take 100,000 in a module.
const SEGMENTS: usize = 10_000;

/// Data segments, as the binary format has them.
pub(crate) struct Data {
    pub(super) segments: Vec<u8>,
    pub(super) count: u32,
    /// How many segments a memory may take.
    each: usize,
    /// How many bytes all may have.
    most: u64,
}

impl Data {
    pub(super) fn new(memories: usize, most: u64) -> Self {
        Self { segments: Vec::new(), count: 0, each: SEGMENTS / memories.max(1), most }
    }

    /// Adds what is in the memory with that index. Fails with `Limit` where there is more than a snapshot may have.
    pub(crate) fn add(&mut self, memory: u32, is_64: bool, contents: &[u8]) -> Result<()> {
        /// What stands before the bytes of a segment has no more than this.
        const HEAD: usize = 32;
        let ranges = filled(contents, self.each);
        let length: usize = ranges.iter().map(|range| range.len() + HEAD).sum();
        check((self.segments.len() + length) as u64, self.most)?;
        if self.segments.is_empty() {
            self.segments = try_with_capacity(length)?;
        } else if self.segments.try_reserve_exact(length).is_err() {
            return Err(WasmtimeError::limit(format!("there is no room for a snapshot of {length} bytes more")));
        }
        for range in ranges {
            start_segment(&mut self.segments, memory);
            offset(is_64, range.start as u64).encode(&mut self.segments);
            let bytes = contents.get(range).unwrap_or_default();
            u32::try_from(bytes.len()).map_err(|_| too_large(self.most))?.encode(&mut self.segments);
            self.segments.extend_from_slice(bytes);
            self.count = self.count.saturating_add(1);
        }
        Ok(())
    }
}

/// The beginning of an active segment, up to its offset.
pub(super) fn start_segment(sink: &mut Vec<u8>, memory: u32) {
    if memory == 0 {
        sink.push(0);
    } else {
        sink.push(2);
        memory.encode(sink);
    }
}
