//! Which bytes of a memory have to be written down: those that are not zero, in a bounded number of ranges.

use std::ops::Range;

/// What is looked at at once: where nothing was written, a memory has whole pages of zeros.
const PAGE: usize = 4096;
const BLOCK: usize = 64;
const ZEROS: [u8; PAGE] = [0; PAGE];

/// The ranges of `bytes` that have all that is not zero: `most` at most, so that those that stand close to each other are one.
pub(super) fn filled(bytes: &[u8], most: usize) -> Vec<Range<usize>> {
    let mut ranges = Ranges { all: Vec::new(), gap: BLOCK, most };
    for (number, page) in bytes.chunks(PAGE).enumerate() {
        if ZEROS.get(..page.len()) == Some(page) {
            continue;
        }
        for (block, content) in page.chunks(BLOCK).enumerate() {
            if content.iter().any(|byte| *byte != 0) {
                let start = number * PAGE + block * BLOCK;
                ranges.add(start..start + content.len());
            }
        }
    }
    ranges.all
}

struct Ranges {
    all: Vec<Range<usize>>,
    /// Ranges that stand no further apart are one.
    gap: usize,
    most: usize,
}

impl Ranges {
    fn add(&mut self, range: Range<usize>) {
        match self.all.last_mut() {
            Some(last) if range.start - last.end <= self.gap => last.end = range.end,
            _ => self.all.push(range),
        }
        while self.all.len() > self.most.max(1) {
            self.gap = self.gap.saturating_mul(2);
            let gap = self.gap;
            self.all.dedup_by(|range, last| {
                let is_close = range.start - last.end <= gap;
                if is_close {
                    last.end = range.end;
                }
                is_close
            });
        }
    }
}
