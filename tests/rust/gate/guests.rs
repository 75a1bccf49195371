//! What the gate guards in the tests of runs: a count, and guests that are closures.

use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Wake, Waker};

#[cfg(loom)]
use loom::sync::{
    Condvar, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
#[cfg(not(loom))]
use std::sync::{
    Condvar, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use trimaran_gate::{Gate, Guarded, Inside, Paused, Pins, Refused, Run, Runs, Step, Stop, Token};

/// The limit of the guests' time, as a store has it. The time is a number, and a guest has 10 of it.
pub(crate) struct Limit {
    pub(crate) runs: Runs,
    pub(crate) until: AtomicUsize,
    pub(crate) clock: AtomicUsize,
}

impl Limit {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { runs: Runs::new(), until: AtomicUsize::new(usize::MAX), clock: AtomicUsize::new(0) })
    }

    /// For the thread that has the turn, once the caller is announced.
    pub(crate) fn begin(&self) {
        self.until.store(self.clock.load(SeqCst) + 10, SeqCst);
        self.runs.begin();
    }
}

/// The root, as a store is.
pub(crate) struct Root {
    pub(crate) count: usize,
    /// The guests that have begun and are not over, innermost last, and how the others ended.
    pub(crate) stack: Vec<u32>,
    pub(crate) ended: Vec<(u32, &'static str)>,
    pub(crate) limit: Option<Arc<Limit>>,
    gone: Arc<AtomicUsize>,
}

impl Drop for Root {
    fn drop(&mut self) {
        assert_eq!(self.stack, [], "gone while a guest is in flight");
        self.gone.fetch_add(1, SeqCst);
    }
}

/// What a host function is given, as wasmtime's `Caller` is: it borrows the root.
pub(crate) struct Caller(pub(crate) *mut Root);

/// A value that counts when it goes.
pub(crate) struct Late(pub(crate) Arc<AtomicUsize>);

impl Drop for Late {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

type Body = Box<dyn FnMut(*mut Root, Option<u32>) -> Paused<u32> + Send>;

/// A guest.
pub(crate) struct Fiber {
    name: u32,
    has_begun: bool,
    /// It is the outermost, whose limit began with it and ends with it.
    limit: Option<Arc<Limit>>,
    at_host: bool,
    body: Body,
}

impl Fiber {
    pub(crate) fn new(name: u32, body: impl FnMut(*mut Root, Option<u32>) -> Paused<u32> + Send + 'static) -> Self {
        Self { name, has_begun: false, limit: None, at_host: false, body: Box::new(body) }
    }

    /// Waits for the host so many times, counts at each step, and gives the sum of the answers.
    pub(crate) fn waits(name: u32, mut times: u32) -> Self {
        let mut sum = 0;
        Self::new(name, move |root, answer| {
            // SAFETY: `resume` has the root to itself.
            unsafe { (*root).count += 1 };
            sum += answer.unwrap_or(0);
            if times == 0 {
                return Paused::Done(sum);
            }
            times -= 1;
            Paused::Host(sum)
        })
    }

    /// The same, but lets others have a turn instead.
    pub(crate) fn turns(name: u32, mut times: u32) -> Self {
        Self::new(name, move |root, _| {
            // SAFETY: `resume` has the root to itself.
            unsafe { (*root).count += 1 };
            times = times.wrapping_sub(1);
            if times == u32::MAX { Paused::Done(0) } else { Paused::Turn(0) }
        })
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if let Some(limit) = &self.limit {
            limit.runs.end();
        }
    }
}

impl Guarded for Root {
    type Caller = Caller;
    type Deferred = Late;
    type Departed = Late;
    type Fiber = Fiber;
    type Answer = u32;
    type Event = u32;

    fn reclaim(_inside: &mut Inside<'_, Self>, late: Late) {
        drop(late);
    }

    fn resume(root: NonNull<Self>, fibers: &mut [Fiber], answer: Option<u32>) -> Paused<u32> {
        let (is_outermost, fiber) = (fibers.len() == 1, fibers.last_mut().unwrap());
        let pointer = root.as_ptr();
        // SAFETY: the gate lets nothing else reach the root while a guest is resumed.
        let root = unsafe { &mut *pointer };
        if !std::mem::replace(&mut fiber.has_begun, true) {
            root.stack.push(fiber.name);
            if let Some(limit) = root.limit.clone().filter(|_| is_outermost) {
                limit.runs.announce();
                limit.begin();
                fiber.limit = Some(limit);
            }
        }
        assert_eq!(root.stack.last(), Some(&fiber.name), "not the innermost");
        fiber.at_host = false;
        let paused = (fiber.body)(pointer, answer);
        fiber.at_host = matches!(paused, Paused::Host(_));
        // SAFETY: as above; the guest has come back.
        let root = unsafe { &mut *pointer };
        if matches!(paused, Paused::Done(_)) {
            assert_eq!(root.stack.pop(), Some(fiber.name));
            root.ended.push((fiber.name, "done"));
        }
        paused
    }

    fn visit(root: NonNull<Self>, fibers: &mut [Fiber], work: &mut dyn FnMut(&mut Caller)) {
        assert!(fibers.last().unwrap().at_host, "a visit where no host function is waited for");
        work(&mut Caller(root.as_ptr()));
    }

    fn unwind(root: NonNull<Self>, fibers: &mut [Fiber]) {
        let fiber = fibers.last().unwrap();
        // SAFETY: the gate lets nothing else reach the root while a guest unwinds.
        let root = unsafe { &mut *root.as_ptr() };
        if fiber.has_begun {
            assert_eq!(root.stack.pop(), Some(fiber.name));
        }
        root.ended.push((fiber.name, "unwound"));
    }
}

/// The root, from wherever the entry arrived.
pub(crate) fn root(inside: Inside<'_, Root>) -> &mut Root {
    match inside {
        Inside::Root(root) => root,
        // SAFETY: a caller is made of the root that the guest below it has, which is not used meanwhile.
        Inside::Caller(caller) => unsafe { &mut *caller.0 },
    }
}

/// A run of such a guest.
pub(crate) type GuestRun = Run<Arc<Gate<Root>>>;

pub(crate) fn counter() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

pub(crate) fn gate(gone: &Arc<AtomicUsize>) -> Arc<Gate<Root>> {
    limited(gone, None)
}

pub(crate) fn limited(gone: &Arc<AtomicUsize>, limit: Option<Arc<Limit>>) -> Arc<Gate<Root>> {
    let root = Root { count: 0, stack: vec![], ended: vec![], limit, gone: Arc::clone(gone) };
    Arc::new(Gate::new(root, Pins::new()))
}

pub(crate) fn make(gate: &Arc<Gate<Root>>, of: Option<Token>, fiber: Fiber) -> GuestRun {
    Run::new(Arc::clone(gate), of, |_: Stop| fiber)
}

pub(crate) fn step(run: &GuestRun, answer: Option<u32>) -> Result<Step<u32>, Refused> {
    run.step(answer, Waker::noop())
}

pub(crate) fn token(step: Result<Step<u32>, Refused>) -> Token {
    match step {
        Ok(Step::Host(_, token)) => token,
        other => panic!("{other:?}"),
    }
}

/// A waker, and the thread that waits for it.
pub(crate) struct Signal {
    woken: Mutex<usize>,
    changed: Condvar,
}

impl Signal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { woken: Mutex::new(0), changed: Condvar::new() })
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    pub(crate) fn wait(&self) {
        let mut woken = self.woken.lock().unwrap();
        while *woken == 0 {
            woken = self.changed.wait(woken).unwrap();
        }
        *woken = 0;
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() += 1;
        self.changed.notify_one();
    }
}

/// Steps a run to its end. `host` gives the answers.
pub(crate) fn drive(run: &GuestRun, mut host: impl FnMut(u32, Token) -> u32) -> Result<u32, Refused> {
    let signal = Signal::new();
    let waker = signal.waker();
    let mut answer = None;
    loop {
        match run.step(answer.take(), &waker)? {
            Step::Waits => signal.wait(),
            Step::Host(event, token) => answer = Some(host(event, token)),
            Step::Turn(_) => {}
            Step::Done(event) => return Ok(event),
        }
    }
}
