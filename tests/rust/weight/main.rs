//! How much memory and text each byte of a file costs, for files that grow in one way.
//!
//! `shapes` makes files that grow in one way each, `entries` does with them what a host does, and every pair runs on every engine, in
//! a process of its own. Its heap is counted, and so is each text that it made. Nothing is measured in seconds: the time that a case
//! has is generous, and only for one that never ends. `docs/untrusted.md` gives the figures.
//!
//! A case by its name: `cargo test --release -p trimaran-tests --test weight -- struct-fields/link`.
#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

mod entries;
mod heap;
mod shapes;

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use self::entries::{BINDINGS, ENGINES, ENTRIES, Entry};
use self::shapes::SHAPES;

/// How a process is asked for one case.
const CHILD: &str = "TRIMARAN_WEIGHT";

/// What a case may take of the heap, in bytes: so much, and so much for each byte of the file.
const MEMORY: (usize, usize) = (16 << 20, 1 << 10);

/// The same where machine code is made. The most of it is what one function takes that is as large as the limits for modules
/// allow.
const COMPILING: (usize, usize) = (192 << 20, 2 << 10);

/// The same where bindings are made, and what those have of text.
const BINDING: (usize, usize) = (64 << 20, 1 << 10);
const MADE: (usize, usize) = (16 << 20, 64);

/// What a case may make of text.
const TEXT: (usize, usize) = (64 << 10, 64);

/// The time after which a case counts as one that never ends.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() {
    if let Ok(case) = std::env::var(CHILD) {
        return child(&case);
    }
    let mut arguments = Arguments::from_args();
    // What one case takes at once is bounded, and what they all take is not.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let mut trials = Vec::new();
    for shape in SHAPES {
        let is_for = |entry: &Entry| (entry.name == BINDINGS) == shape.component && (entry.fits)(shape);
        for entry in ENTRIES.iter().filter(|entry| is_for(entry)) {
            for engine in ENGINES.iter().filter(|engine| engine.takes(shape)) {
                let name = format!("{}/{}/{}", shape.name, entry.name, engine.name);
                trials.push(Trial::test(name.clone(), move || parent(&name)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Runs a case, and prints what it cost.
fn child(case: &str) {
    let mut parts = case.split('/');
    let [shape, entry, engine] = std::array::from_fn(|_| parts.next().expect("three parts"));
    let shape = SHAPES.iter().find(|other| other.name == shape).expect("a shape");
    let entry = ENTRIES.iter().find(|other| other.name == entry).expect("an entry");
    let engine = ENGINES.iter().find(|other| other.name == engine).expect("an engine");
    let file = (shape.make)();
    let cost = entry.run(&file, engine);
    let said = cost.said.replace('\n', " ");
    println!("\n@ {} {} {} {} {said}", file.len(), cost.memory, cost.text, cost.made);
}

fn parent(case: &str) -> Result<(), Failed> {
    let (code, output) = run(case)?;
    let line = output.lines().rev().find_map(|line| line.strip_prefix("@ "));
    let Some(line) = line.filter(|_| code == Some(0)) else {
        let end: String = output.chars().rev().take(400).collect::<Vec<_>>().into_iter().rev().collect();
        return Err(format!("ended with {code:?}: {end}").into());
    };
    let mut figures = line.split(' ');
    let mut figure = || figures.next().and_then(|figure| figure.parse::<usize>().ok()).unwrap_or(usize::MAX);
    let (bytes, memory, mut text, made) = (figure(), figure(), figure(), figure());
    // What is printed counts as well.
    text += output.len() - line.len();
    let entry = case.split('/').nth(1).unwrap_or_default();
    let compiles = ENTRIES.iter().any(|other| other.name == entry && other.compiles);
    let bound = |(base, each): (usize, usize)| base + each * bytes;
    let most = bound(match entry {
        BINDINGS => BINDING,
        _ if compiles => COMPILING,
        _ => MEMORY,
    });
    if std::env::var_os("TRIMARAN_WEIGHT_PRINT").is_some() {
        println!("{case}: {bytes} bytes, {} KiB ({} each), text {text} ({line})", memory >> 10, memory / bytes.max(1));
    }
    if memory > most {
        return Err(format!("{memory} bytes of memory for a file of {bytes}: expected at most {most}").into());
    }
    if made > bound(MADE) {
        return Err(format!("{made} bytes of bindings for a file of {bytes}: expected at most {}", bound(MADE)).into());
    }
    if text > bound(TEXT) {
        return Err(format!("{text} bytes of text for a file of {bytes}: expected at most {}", bound(TEXT)).into());
    }
    Ok(())
}

/// Runs a case in a process of its own: its status, and what it printed.
fn run(case: &str) -> Result<(Option<i32>, String), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .env(CHILD, case)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (mut stdout, mut stderr) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        _ = stderr.read_to_end(&mut text);
        text
    });
    let output = std::thread::spawn(move || {
        let mut text = Vec::new();
        _ = stdout.read_to_end(&mut text);
        text
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err("it never ends".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let mut text = errors.join().unwrap_or_default();
    text.extend(output.join().unwrap_or_default());
    Ok((status.code(), String::from_utf8_lossy(&text).into_owned()))
}
