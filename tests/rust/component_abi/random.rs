//! Numbers that look random and are the same in each run.

pub struct Random {
    state: u64,
    /// How many elements the longest lists have.
    pub longest: u64,
    /// Whether there are types of proposals among the types: maps, and lists of a fixed length.
    pub has_proposals: bool,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, longest: 600, has_proposals: true }
    }

    pub fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `count`.
    pub fn below(&mut self, count: u64) -> u64 {
        (self.next() >> 11) % count
    }

    pub fn index(&mut self, count: usize) -> usize {
        self.below(count as u64) as usize
    }
}
