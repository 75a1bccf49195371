//! The owner word: how it says whose the gate is.
//!
//! It says nobody, a thread that is inside, or a run that rests between two of its steps. While a run is stepped or visited, the
//! owner is the thread that does it: so a thread knows by one comparison whether it is inside.

use crate::sync::{fork_tag, is_gone};

/// No thread is inside, and no run rests.
pub(crate) const NOBODY: usize = 0;
/// A mark beside the owner: someone sleeps, stands in line or has left word, and the owner has to look when it leaves.
pub(crate) const AWAITED: usize = 1;
/// The number is that of a run, which rests.
const RUN: usize = 2;
/// With a thread: runs are in flight, or one was given its turn.
pub(crate) const FLIGHT: usize = 4;
/// With a run: it rests in the middle of the guest's code, where nothing can visit it.
pub(crate) const SHUT: usize = 4;
/// In the place of a word to leave: whoever leaves has to look at the line for it.
pub(crate) const LOOK: usize = usize::MAX;
/// The three marks lie below the number of a run.
const MARKS: u32 = 3;

/// Whose the gate is, for people and tests. The gate itself compares words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// No thread is inside, and no run rests.
    Nobody,
    /// A thread is inside: by an entry, or because it steps or visits a run.
    Thread(usize),
    /// That run rests, or was given its turn: its next step takes the gate, on any thread.
    Run(usize),
}

/// The word for a run that rests, or for a waiter whose turn it is.
pub(crate) fn rest(id: usize) -> usize {
    (id << MARKS) & (usize::MAX >> 8) | RUN | fork_tag()
}

/// Whether the word is that of a run.
#[inline(always)]
pub(crate) fn is_run(word: usize) -> bool {
    word & RUN != 0
}

/// Whether a fork left the owner behind: a thread that is not in this process, or a run that rested then.
pub(crate) fn is_left_behind(word: usize) -> bool {
    // `SHUT` is the same bit.
    word != NOBODY && is_gone(word & !(AWAITED | FLIGHT))
}

impl Owner {
    /// What a word says.
    pub(crate) fn of(word: usize) -> Self {
        match word & !(AWAITED | FLIGHT) {
            NOBODY => Self::Nobody,
            word if is_run(word) => Self::Run((word & (usize::MAX >> 8)) >> MARKS),
            word => Self::Thread(word),
        }
    }
}
