//! Decisions, taken from bytes.

/// Gives one decision after the other, until the bytes are used up; then each is the first.
#[derive(Clone, Default)]
pub struct Chance {
    bytes: Vec<u8>,
    at: usize,
}

impl Chance {
    /// Decisions from these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), at: 0 }
    }

    /// Decisions that a seed makes (SplitMix64).
    pub fn seeded(mut seed: u64, length: usize) -> Self {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = seed;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bytes.extend_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
        }
        bytes.truncate(length);
        Self { bytes, at: 0 }
    }

    /// All bytes, used or not.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there are any left.
    pub fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at = self.at.saturating_add(1);
        byte
    }

    /// The next number of 64 bits.
    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        let number = if end <= 256 { u64::from(self.byte()) } else { self.word() };
        (number % end as u64) as usize
    }

    /// One of them, if there is one.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }

    /// The bytes of one of them, changed, cut, doubled or put together with others.
    ///
    /// # Panics
    /// Where there are none.
    pub fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.pick(seeds).unwrap().clone();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => {
                    let part = bytes[at..(at + 20).min(bytes.len())].to_vec();
                    bytes.splice(at..at, part);
                }
                2 => {
                    let other = self.pick(seeds).unwrap();
                    let from = self.below(other.len() + 1);
                    bytes.splice(
                        at..(at + 8).min(bytes.len()),
                        other[from..(from + 40).min(other.len())].iter().copied(),
                    );
                }
                3 => bytes.extend_from_slice(&self.word().to_le_bytes()),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.byte();
                    }
                }
            }
        }
        bytes
    }
}
