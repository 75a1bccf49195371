//! Real threads, a small executor, and chance. `GATE_SEED` repeats a run, `GATE_ROUNDS` sets how many there are.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, dead_code, reason = "a test")]

mod guests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use guests::{Fiber, Late, Root, counter, gate, make, root};
use trimaran_gate::{Gate, Owner, Refused, Run, Step, Token};

/// Numbers by chance.
struct Dice(u64);

impl Dice {
    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn seed() -> u64 {
    let given = std::env::var("GATE_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 | 1)
}

/// What a host function does: the nested tasks that it begins and awaits.
type Host = Box<dyn Fn(&Arc<Executor>, Token, &mut Dice) -> Vec<Arc<Task>> + Send + Sync>;

/// What a task does: a run of its own, with what its host function does at each call.
struct Task {
    run: Arc<Run<Arc<Gate<Root>>>>,
    state: Mutex<State>,
    executor: Arc<Executor>,
    host: Host,
    /// Who waits for it to end.
    parent: Mutex<Option<Arc<Task>>>,
    children: AtomicUsize,
}

#[derive(PartialEq, Debug)]
enum State {
    /// Its next step brings nothing.
    Ready,
    /// It stands in line for the gate.
    InLine,
    /// Its host function runs.
    Hosts,
    Ended(Result<u32, Refused>),
}

enum Job {
    /// Its turn may have come.
    Woken(Arc<Task>),
    Step(Arc<Task>),
    Answer(Arc<Task>),
}

struct Executor {
    jobs: Mutex<(VecDeque<Job>, Dice)>,
    came: Condvar,
    left: AtomicUsize,
    outcomes: [AtomicUsize; 5],
}

impl Executor {
    fn new(seed: u64) -> Arc<Self> {
        let jobs = Mutex::new((VecDeque::new(), Dice(seed)));
        Arc::new(Self { jobs, came: Condvar::new(), left: AtomicUsize::new(0), outcomes: Default::default() })
    }

    fn push(&self, job: Job) {
        let mut jobs = self.jobs.lock().unwrap();
        // In any order.
        if jobs.1.one_in(2) {
            jobs.0.push_front(job)
        } else {
            jobs.0.push_back(job)
        }
        self.came.notify_one();
    }

    /// Works until nothing is left to do.
    fn work(&self, seed: u64) {
        let mut dice = Dice(seed);
        loop {
            let job = {
                let mut jobs = self.jobs.lock().unwrap();
                let start = Instant::now();
                loop {
                    if let Some(job) = jobs.0.pop_front() {
                        break job;
                    }
                    if self.left.load(SeqCst) == 0 {
                        self.came.notify_all();
                        return;
                    }
                    assert!(
                        start.elapsed() < Duration::from_secs(30),
                        "asleep for ever: {} left",
                        self.left.load(SeqCst)
                    );
                    jobs = self.came.wait_timeout(jobs, Duration::from_millis(100)).unwrap().0;
                }
            };
            if dice.one_in(3) {
                thread::yield_now();
            }
            match job {
                Job::Woken(task) => task.step(State::InLine, None, &mut dice),
                Job::Step(task) => task.step(State::Ready, None, &mut dice),
                Job::Answer(task) => task.step(State::Hosts, Some(1), &mut dice),
            }
        }
    }
}

struct Wakes(Arc<Task>);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.executor.push(Job::Woken(Arc::clone(&self.0)));
    }
}

impl Task {
    fn spawn(
        executor: &Arc<Executor>,
        run: Run<Arc<Gate<Root>>>,
        host: impl Fn(&Arc<Executor>, Token, &mut Dice) -> Vec<Arc<Task>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let task = Arc::new(Self {
            run: Arc::new(run),
            state: Mutex::new(State::Ready),
            executor: Arc::clone(executor),
            host: Box::new(host),
            parent: Mutex::new(None),
            children: AtomicUsize::new(0),
        });
        executor.left.fetch_add(1, SeqCst);
        task
    }

    fn start(self: &Arc<Self>) {
        self.executor.push(Job::Step(Arc::clone(self)));
    }

    fn step(self: &Arc<Self>, expected: State, answer: Option<u32>, dice: &mut Dice) {
        let mut state = self.state.lock().unwrap();
        if *state != expected {
            return;
        }
        let waker = Waker::from(Arc::new(Wakes(Arc::clone(self))));
        match self.run.step(answer, &waker) {
            Ok(Step::Waits) => *state = State::InLine,
            Ok(Step::Turn(_)) => {
                *state = State::Ready;
                self.executor.push(Job::Step(Arc::clone(self)));
            }
            Ok(Step::Host(_, token)) => {
                *state = State::Hosts;
                drop(state);
                let children = (self.host)(&self.executor, token, dice);
                self.children.store(children.len(), SeqCst);
                for child in &children {
                    *child.parent.lock().unwrap() = Some(Arc::clone(self));
                }
                if children.is_empty() || dice.one_in(10) {
                    // At once, or too early for what it has begun.
                    self.children.store(0, SeqCst);
                    self.executor.push(Job::Answer(Arc::clone(self)));
                }
                children.iter().for_each(Task::start);
            }
            Ok(Step::Done(event)) => self.end(&mut state, Ok(event)),
            Err(refused) => self.end(&mut state, Err(refused)),
        }
    }

    fn end(&self, state: &mut State, outcome: Result<u32, Refused>) {
        let which = match outcome {
            Ok(_) => 0,
            Err(Refused::Cancelled) => 1,
            Err(Refused::Closed) => 2,
            Err(Refused::Escaped) => 3,
            Err(Refused::Busy | Refused::Driven | Refused::Stepped) => 4,
            Err(other) => panic!("{other:?}"),
        };
        self.executor.outcomes[which].fetch_add(1, SeqCst);
        *state = State::Ended(outcome);
        let parent = self.parent.lock().unwrap().take();
        if let Some(parent) = parent {
            let last = parent.children.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) == Ok(1);
            if last {
                self.executor.push(Job::Answer(parent));
            }
        }
        if self.executor.left.fetch_sub(1, SeqCst) == 1 {
            self.executor.came.notify_all();
        }
    }
}

fn outcomes(executor: &Executor) -> [usize; 5] {
    std::array::from_fn(|at| executor.outcomes[at].load(SeqCst))
}

#[test]
fn ten_thousand_runs_rest_each_at_its_gate() {
    // Miri and the sanitizers are slower.
    const RUNS: usize = if cfg!(any(miri, debug_assertions)) { 1_000 } else { 10_000 };
    let seed = seed();
    println!("seed {seed}");
    let (executor, gone, late) = (Executor::new(seed), counter(), counter());
    let gates: Arc<Vec<_>> = Arc::new((0..RUNS).map(|_| gate(&gone)).collect());
    let tasks: Vec<_> = gates
        .iter()
        .map(|gate| {
            let late = Arc::clone(&late);
            let dropped = gate.drop_queue();
            Task::spawn(&executor, make(gate, None, Fiber::waits(1, 3)), move |_, _, dice| {
                if dice.one_in(10) {
                    dropped.push(Late(Arc::clone(&late)));
                }
                vec![]
            })
        })
        .collect();
    // All of them rest at once.
    for task in &tasks {
        task.run.step(None, Waker::noop()).unwrap();
        *task.state.lock().unwrap() = State::Hosts;
    }
    assert!(gates.iter().all(|gate| matches!(gate.owner(), Owner::Run(_))));
    let start = Instant::now();
    thread::scope(|scope| {
        for task in &tasks {
            executor.push(Job::Answer(Arc::clone(task)));
        }
        for number in 0..3 {
            let executor = &executor;
            scope.spawn(move || executor.work(seed ^ (number + 1) << 20));
        }
        scope.spawn(|| {
            // Whoever visits, cancels one in a hundred and closes one in a thousand.
            let mut dice = Dice(seed ^ 77);
            for _ in 0..RUNS {
                let at = dice.below(RUNS as u64) as usize;
                match dice.below(1_000) {
                    0 => gates[at].close().unwrap(),
                    1..=10 => tasks[at].run.cancel(),
                    _ => match gates[at].enter(|inside| root(inside).count += 1_000) {
                        Ok(()) | Err(Refused::Closed) => {}
                        Err(other) => panic!("{other:?}"),
                    },
                }
            }
        });
    });
    let took = start.elapsed();
    let [done, cancelled, closed, escaped, busy] = outcomes(&executor);
    println!("{RUNS} runs in {took:?}: {done} done, {cancelled} cancelled, {closed} closed");
    assert_eq!((done + cancelled + closed, escaped, busy), (RUNS, 0, 0));
    assert!(gates.iter().all(|gate| gate.owner() == Owner::Nobody));
    drop((tasks, gates));
    executor.jobs.lock().unwrap().0.clear();
    assert_eq!(gone.load(SeqCst), RUNS);
}

/// One run with nested ones, gathered.
fn family(executor: &Arc<Executor>, gate: &Arc<Gate<Root>>, of: Option<Token>, depth: u32) -> Arc<Task> {
    let fiber = if depth == 2 { Fiber::turns(depth, 2) } else { Fiber::waits(depth, 2) };
    let home = Arc::clone(gate);
    Task::spawn(executor, make(gate, of, fiber), move |executor, token, dice| {
        // What a host function does: it visits, calls synchronously, and awaits nested calls.
        _ = home.enter_of(token, |inside| root(inside).count += 1);
        if dice.one_in(3) {
            _ = home.call(Some(token), |inside| root(inside).count += 1);
        }
        let nested = if depth < 2 { dice.below(3) } else { 0 };
        (0..nested).map(|_| family(executor, &home, Some(token), depth + 1)).collect()
    })
}

#[test]
fn few_gates_and_many_who_want_them() {
    let rounds = std::env::var("GATE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let first = seed();
    let (mut all, start) = ([0; 5], Instant::now());
    let (calls, stuck) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for round in 0..rounds {
        let seed = first.wrapping_add(u64::wrapping_mul(round, 0x9E37_79B9_7F4A_7C15)) | 1;
        println!("round {round} seed {seed}");
        let (executor, gone) = (Executor::new(seed), counter());
        let gates: Vec<_> = (0..4).map(|_| gate(&gone)).collect();
        let tasks: Vec<_> = (0..200).map(|at| family(&executor, &gates[at % 4], None, 0)).collect();
        tasks.iter().for_each(Task::start);
        thread::scope(|scope| {
            for number in 0..3 {
                let executor = &executor;
                scope.spawn(move || executor.work(seed ^ (number + 1) << 20));
            }
            for number in 0..3 {
                let (executor, tasks, gates, calls, stuck) = (&executor, &tasks, &gates, &calls, &stuck);
                scope.spawn(move || {
                    let mut dice = Dice(seed ^ (number + 9) << 30);
                    let mut closed = false;
                    while executor.left.load(SeqCst) > 0 {
                        let gate = &gates[dice.below(4) as usize];
                        match dice.below(50) {
                            0 | 49 => tasks[dice.below(200) as usize].run.cancel(),
                            1 if dice.one_in(50) && !closed => {
                                closed = true;
                                gate.close().unwrap();
                            }
                            2..10 => match gate.call(None, |inside| root(inside).stack.len()) {
                                Ok(depth) => {
                                    assert_eq!(depth, 0, "a call among the steps of a run");
                                    calls.fetch_add(1, SeqCst);
                                }
                                Err(Refused::Closed) => {}
                                Err(Refused::Stuck) => _ = stuck.fetch_add(1, SeqCst),
                                Err(other) => panic!("{other:?}"),
                            },
                            10..20 => match gate.enter(|inside| root(inside).count += 1) {
                                Ok(()) | Err(Refused::Closed) => {}
                                Err(other) => panic!("{other:?}"),
                            },
                            _ => thread::yield_now(),
                        }
                    }
                });
            }
        });
        for (sum, part) in all.iter_mut().zip(outcomes(&executor)) {
            *sum += part;
        }
        assert!(gates.iter().all(|gate| gate.owner() == Owner::Nobody));
        for task in &tasks {
            assert!(matches!(*task.state.lock().unwrap(), State::Ended(_)));
        }
        executor.jobs.lock().unwrap().0.clear();
        drop((tasks, gates));
        assert_eq!(gone.load(SeqCst), 4, "something was kept");
    }
    let [done, cancelled, closed, escaped, busy] = all;
    println!(
        "{rounds} rounds in {:?}: {done} done, {cancelled} cancelled, {closed} closed, {escaped} escaped, {busy} busy; \
         {} calls got in, {} stuck",
        start.elapsed(),
        calls.load(SeqCst),
        stuck.load(SeqCst)
    );
}
