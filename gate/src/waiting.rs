//! How a thread waits for its turn.

use std::time::{Duration, Instant};

use crate::gate::{Gate, Guarded, RESTS, TURN};
use crate::line::{Line, Place, Waiter};
use crate::refused::Refused;
use crate::run_state::ESCAPED;
use crate::sync::{Ordering, lock, thread_number};
use crate::turns::Turn;
use crate::want::Want;
use crate::word::{AWAITED, FLIGHT, LOOK, NOBODY, SHUT, is_left_behind, is_run, rest};

/// What a thread that waits does next.
enum Next {
    /// It takes the gate: the owner word that it puts there, without the mark, and the one that it leaves.
    Take(usize, usize),
    Sleep,
}

/// How often a thread that waits looks around.
const GLANCE: Duration = Duration::from_millis(20);
/// It may be woken each time, and find that others were faster.
const ROUNDS: u32 = 64;

impl<T: Guarded> Gate<T> {
    /// Waits until the thread `me` has the gate, as long as `may_wait` lets it. Gives what a `Turn` holds and leaves.
    #[cold]
    pub(crate) fn wait_for_turn<E: From<Refused>>(
        &self,
        me: usize,
        want: Want<'_>,
        may_wait: &dyn Fn() -> Result<(), E>,
    ) -> Result<(usize, usize), E> {
        let word = self.owner.load(Ordering::Relaxed);
        let is_open = is_run(word) && word & SHUT == 0 && !is_left_behind(word);
        if is_open && matches!(want, Want::Moment) {
            // A visit of a run that rests waits for nobody, and leaves the word as it was.
            let held = me | FLIGHT;
            let mine = held | word & AWAITED;
            if self.owner.compare_exchange(word, mine, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return Ok((held, word & !AWAITED));
            }
        }
        self.sleep_for_turn(me, want, may_wait)
    }

    #[cold]
    fn sleep_for_turn<E: From<Refused>>(
        &self,
        me: usize,
        want: Want<'_>,
        may_wait: &dyn Fn() -> Result<(), E>,
    ) -> Result<(usize, usize), E> {
        let mut line = lock(&self.line);
        let (mut ticket, mut slept, mut rounds) = (None, 0, 0);
        let (mut hosting, mut since) = (0, Instant::now());
        let error = loop {
            let word = self.owner.load(Ordering::Relaxed);
            match self.next_for(me, want, word, &mut line, &mut ticket) {
                Err(refused) => break refused.into(),
                Ok(Next::Take(held, next)) => {
                    let mine = held | word & AWAITED | slept;
                    if self.owner.compare_exchange(word, mine, Ordering::Acquire, Ordering::Relaxed).is_err() {
                        continue;
                    }
                    if let Some(ticket) = ticket {
                        line.remove(ticket);
                    }
                    return Ok((held, next));
                }
                Ok(Next::Sleep) => {}
            }
            let patience = Duration::from_millis(self.patience.load(Ordering::Relaxed));
            let mut has_to_ask = false;
            // The thread that takes the word with the mark in it locks the line before it notifies: not before this thread
            // sleeps.
            if self.owner.compare_exchange(word, word | AWAITED, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                line.asleep += 1;
                let woken = self.turn.wait_timeout(line, GLANCE.min(patience));
                let (guard, timeout) = woken.unwrap_or_else(std::sync::PoisonError::into_inner);
                line = guard;
                line.asleep -= 1;
                // Others may sleep as well: a thread that has slept wakes the next one when it leaves.
                slept = AWAITED;
                rounds += 1;
                has_to_ask = timeout.timed_out() || rounds % ROUNDS == 0;
            }
            let now = self.hosting.load(Ordering::Relaxed);
            if now == 0 || now != hosting {
                (hosting, since) = (now, Instant::now());
            } else if since.elapsed() >= patience {
                break match now {
                    _ if now & TURN != 0 => Refused::Keeps,
                    _ if now & RESTS != 0 => Refused::Rests,
                    _ => Refused::Stuck,
                }
                .into();
            }
            if has_to_ask {
                // The answer may take any code, which may come here again: not with the lock.
                drop(line);
                let may = may_wait();
                line = lock(&self.line);
                if let Err(error) = may {
                    break error;
                }
            }
        };
        // What woke this thread may have been for another one, and its turn is another one's.
        let was_given = ticket.is_some_and(|ticket| line.remove(ticket).1);
        let held = if was_given { self.mark_or_own(me) } else { 0 };
        drop(line);
        self.turn.notify_one();
        drop(Turn::of(self, held));
        Err(error)
    }

    /// What a thread does that wants the gate and finds that word. With the lock. `ticket` is its place in line, if it has one.
    fn next_for(
        &self,
        me: usize,
        want: Want<'_>,
        word: usize,
        line: &mut Line,
        ticket: &mut Option<usize>,
    ) -> Result<Next, Refused> {
        let bare = word & !AWAITED;
        if !matches!(want, Want::Close) {
            self.check_open()?;
        }
        if is_left_behind(word) {
            return Err(Refused::Orphaned);
        }
        let is_open_run = is_run(word) && word & SHUT == 0;
        let driven_by_me = |line: &Line| line.is_driven_by(thread_number());
        Ok(match want {
            Want::Step(run) => {
                run.refused().map_or(Ok(()), Err)?;
                // Its answer has come: what the host function has begun there, and has not waited for, is over.
                line.nested_in(run.id).for_each(|nested| _ = nested.stop(ESCAPED));
                if is_run(word) { Next::Take(me | FLIGHT, LOOK) } else { Next::Sleep }
            }
            _ if word == NOBODY => Next::Take(me, NOBODY),
            Want::Close if is_run(word) => Next::Take(me | FLIGHT, LOOK),
            Want::Moment if is_open_run => Next::Take(me | FLIGHT, bare),
            Want::Moment if is_run(word) && driven_by_me(line) => return Err(Refused::Driven),
            Want::Call(of) => match *ticket {
                Some(ticket) if rest(ticket) == bare => Next::Take(me, NOBODY),
                Some(_) => Next::Sleep,
                None => match line.place(of) {
                    Place::Stale | Place::Sibling => return Err(Refused::Busy),
                    Place::Nested if line.given.is_some() => return Err(Refused::Busy),
                    Place::Nested if is_run(word) => Next::Take(me | FLIGHT, bare),
                    Place::Nested => Next::Sleep,
                    Place::Root if driven_by_me(line) => return Err(Refused::Driven),
                    Place::Root if line.is_formed() => {
                        let id = self.run_number();
                        line.waiting.push_back(Waiter::thread(id));
                        self.has_line.store(true, Ordering::Relaxed);
                        *ticket = Some(id);
                        Next::Sleep
                    }
                    Place::Root => Next::Sleep,
                },
            },
            Want::Moment | Want::Close => Next::Sleep,
        })
    }
}
