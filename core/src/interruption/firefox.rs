//! A profile in the processed format of the Firefox Profiler, <https://profiler.firefox.com>.
//!
//! The format is tables, and each table is an object of columns. Wasmtime's own profiler writes it in version 55, and so does this:
//! later versions of the Firefox Profiler read it as well. Wasmtime's knows no lines, and only modules that are named before.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::FrameSymbol;
use crate::errors::guest_text;
use crate::interruption::samples::{Call, Image, NOTHING, Picture, Place, Samples};
use crate::traps::demangle::demangled;

/// For how long names are demangled and lines are looked up. The places with the most samples come first.
const TIME: Duration = Duration::from_secs(2);

/// How much is demangled, in bytes of mangled names.
const MANGLED: usize = 256 << 10;

/// What stands for the callers of a stack that is too deep.
const DEEPER: &str = "(callers that are not shown)";

/// Colours of the calls in the Firefox Profiler, by their places in `category`.
const CATEGORIES: &str = r#"[{"name":"Other","color":"grey","subcategories":["Other"]},{"name":"WebAssembly","color":"blue","subcategories":["Other"]}]"#;
const OTHER: usize = 0;
const GUEST: usize = 1;

/// The profile as JSON.
pub(super) fn json(samples: &Samples) -> String {
    let seen = samples.picture();
    let mut tables = Tables::default();
    tables.fill(&seen);
    let end = seen.end.map(milliseconds);
    let date = samples.date.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1_000.0;
    let (interval, end) = (milliseconds(samples.interval), end.unwrap_or_else(|| "null".to_owned()));
    let mut text = String::new();
    // A string takes whatever is written to it.
    _ = write!(
        text,
        concat!(
            r#"{{"meta":{{"categories":{},"debug":false,"extensions":{{"length":0,"baseURL":[],"id":[],"name":[]}},"#,
            r#""interval":{},"preprocessedProfileVersion":55,"processType":0,"product":"Trimaran","#,
            r#""sampleUnits":{{"time":"ms","eventDelay":"ms","threadCPUDelta":"µs"}},"startTime":{:.3},"symbolicated":true,"#,
            r#""pausedRanges":[],"version":24,"usesOnlyOneStackType":true,"sourceCodeIsNotOnSearchfox":true,"#,
            r#""markerSchema":[]}},"libs":["#
        ),
        CATEGORIES, interval, date
    );
    for (index, image) in seen.images.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let name = Quoted(image_name(image));
        _ = write!(
            text,
            r#"{comma}{{"name":{name},"path":{name},"debugName":{name},"debugPath":{name},"breakpadId":"","codeId":null,"arch":null}}"#
        );
    }
    text.push_str(r#"],"threads":[{"#);
    tables.write(&mut text, &seen);
    _ = write!(
        text,
        concat!(
            r#","name":"WebAssembly","isMainThread":true,"pausedRanges":[],"pid":"0","processName":"WebAssembly","#,
            r#""processShutdownTime":{},"processStartupTime":0.0,"processType":"default","registerTime":0.0,"tid":"0","#,
            r#""unregisterTime":{},"showMarkersInTimeline":false}}],"pages":[],"profilerOverhead":[],"counters":[]}}"#
        ),
        end, end
    );
    text
}

fn milliseconds(nanoseconds: u64) -> String {
    format!("{:?}", nanoseconds as f64 / 1e6)
}

fn image_name(image: &Image) -> &str {
    if image.name.is_empty() { "module" } else { &image.name }
}

/// Texts, each once.
#[derive(Default)]
struct Strings {
    numbers: HashMap<String, usize>,
    all: Vec<String>,
}

impl Strings {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.numbers.insert(text.to_owned(), self.all.len());
        self.all.push(text.to_owned());
        self.all.len() - 1
    }
}

/// A function in the format: its name, the library that it is of, and its file.
type Function = (usize, Option<u32>, Option<usize>);

/// A frame in the format.
struct Frame {
    offset: Option<u64>,
    depth: usize,
    category: usize,
    function: usize,
    line: Option<u32>,
    column: Option<u32>,
}

/// The tables of a thread.
#[derive(Default)]
struct Tables {
    strings: Strings,
    functions: HashMap<Function, usize>,
    all_functions: Vec<Function>,
    frames: Vec<Frame>,
    /// Of each stack its caller's, and its frame.
    stacks: Vec<(Option<usize>, usize)>,
    /// Of each call its innermost stack: a call has more than one where functions were inlined.
    of_calls: Vec<Option<usize>>,
}

impl Tables {
    fn fill(&mut self, seen: &Picture) {
        let frames: Vec<_> = self.frames_of_places(seen);
        let mut deeper = None;
        for Call { from, place } in &seen.calls {
            let mut stack = self.of_calls.get(*from as usize).copied().flatten();
            let own = match place {
                &NOTHING => {
                    let first = *deeper.get_or_insert_with(|| self.frame(DEEPER, None, None, 0, OTHER, None));
                    first..first + 1
                }
                place => frames.get(*place as usize).cloned().unwrap_or_default(),
            };
            for frame in own {
                self.stacks.push((stack, frame));
                stack = Some(self.stacks.len() - 1);
            }
            self.of_calls.push(stack);
        }
    }

    /// The frames of each place, outermost first.
    fn frames_of_places(&mut self, seen: &Picture) -> Vec<std::ops::Range<usize>> {
        let end = Instant::now() + TIME;
        let symbols = symbols(seen, end);
        let mut left = MANGLED;
        let names = seen.functions.iter().map(|function| match &function.name {
            None => format!("function {}", function.index),
            Some(name) if Instant::now() < end => demangled(name, &mut left).unwrap_or_else(|| name.clone()),
            Some(name) => name.clone(),
        });
        let names: Vec<_> = names.collect();
        let mut frames = Vec::new();
        for (number, place) in seen.places.iter().enumerate() {
            let first = self.frames.len();
            let function = place.function as usize;
            let name = names.get(function).map_or("", String::as_str);
            let image = seen.functions.get(function).map(|function| function.image);
            let known = symbols.get(&number).map_or(&[][..], Vec::as_slice);
            // The outermost of them is the function itself, whose name is known.
            for (depth, symbol) in known.iter().rev().enumerate() {
                let name = match (depth, &symbol.name) {
                    (0, _) => name,
                    (_, Some(name)) => name,
                    (_, None) => "a function",
                };
                self.frame(name, image, place.offset, depth, GUEST, Some(symbol));
            }
            if known.is_empty() {
                self.frame(name, image, place.offset, 0, GUEST, None);
            }
            frames.push(first..self.frames.len());
        }
        frames
    }

    fn frame(
        &mut self,
        name: &str,
        image: Option<u32>,
        offset: Option<u64>,
        depth: usize,
        category: usize,
        symbol: Option<&FrameSymbol>,
    ) -> usize {
        let file = symbol.and_then(|symbol| symbol.file.as_deref()).map(|file| self.strings.number(file));
        let function = (self.strings.number(name), image, file);
        let function = *self.functions.entry(function).or_insert_with(|| {
            self.all_functions.push(function);
            self.all_functions.len() - 1
        });
        let (line, column) = symbol.map_or((None, None), |symbol| (symbol.line, symbol.column));
        self.frames.push(Frame { offset, depth, category, function, line, column });
        self.frames.len() - 1
    }

    fn write(&mut self, text: &mut String, seen: &Picture) {
        let images: Vec<_> = seen.images.iter().map(|image| self.strings.number(image_name(image))).collect();
        let (frames, functions, zero) = (&self.frames, &self.all_functions, "0".to_owned());
        let optional = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        text.push_str(r#""frameTable":{"#);
        column(text, "address", frames, |frame| frame.offset.map_or("-1".to_owned(), |offset| offset.to_string()));
        column(text, "inlineDepth", frames, |frame| frame.depth.to_string());
        column(text, "category", frames, |frame| frame.category.to_string());
        column(text, "subcategory", frames, |_| zero.clone());
        column(text, "func", frames, |frame| frame.function.to_string());
        column(text, "nativeSymbol", frames, |_| optional(None));
        column(text, "innerWindowID", frames, |_| zero.clone());
        column(text, "line", frames, |frame| optional(frame.line.map(|line| line.to_string())));
        column(text, "column", frames, |frame| optional(frame.column.map(|column| column.to_string())));
        length(text, frames.len());

        text.push_str(r#","funcTable":{"#);
        column(text, "name", functions, |(name, ..)| name.to_string());
        column(text, "isJS", functions, |_| "false".to_owned());
        column(text, "relevantForJS", functions, |_| "false".to_owned());
        column(text, "resource", functions, |(_, image, _)| image.map_or("-1".to_owned(), |image| image.to_string()));
        column(text, "fileName", functions, |(.., file)| optional(file.map(|file| file.to_string())));
        column(text, "lineNumber", functions, |_| optional(None));
        column(text, "columnNumber", functions, |_| optional(None));
        length(text, functions.len());

        text.push_str(r#","resourceTable":{"#);
        let mut lib = 0..;
        column(text, "lib", &images, |_| optional(lib.next().map(|lib: usize| lib.to_string())));
        column(text, "name", &images, usize::to_string);
        column(text, "host", &images, |_| optional(None));
        column(text, "type", &images, |_| "1".to_owned());
        length(text, images.len());

        text.push_str(r#","stackTable":{"#);
        column(text, "prefix", &self.stacks, |(caller, _)| optional(caller.map(|caller| caller.to_string())));
        column(text, "frame", &self.stacks, |(_, frame)| frame.to_string());
        length(text, self.stacks.len());

        let mut before = 0;
        let samples = &seen.samples;
        text.push_str(r#","samples":{"weightType":"samples","#);
        column(text, "stack", samples, |sample| {
            optional(self.of_calls.get(sample.call as usize).copied().flatten().map(|stack| stack.to_string()))
        });
        column(text, "timeDeltas", samples, |sample| {
            milliseconds(sample.time.saturating_sub(std::mem::replace(&mut before, sample.time)))
        });
        column(text, "weight", samples, |sample| sample.weight.to_string());
        length(text, samples.len());

        text.push_str(r#","nativeSymbols":{"address":[],"functionSize":[],"libIndex":[],"name":[],"length":0}"#);
        text.push_str(
            r#","markers":{"length":0,"category":[],"data":[],"endTime":[],"name":[],"phase":[],"startTime":[]}"#,
        );
        text.push_str(r#","stringArray":["#);
        separated(text, &self.strings.all, |string| Quoted(string).to_string());
        text.push(']');
    }
}

/// Where in their source the places are, by their numbers: of those with the most samples first, until it is `end`.
fn symbols(seen: &Picture, end: Instant) -> HashMap<usize, Vec<FrameSymbol>> {
    let mut of_calls = vec![0_u64; seen.calls.len()];
    let add = |sums: &mut Vec<u64>, number: u32, weight: u64| {
        if let Some(sum) = sums.get_mut(number as usize) {
            *sum = sum.saturating_add(weight);
        }
    };
    seen.samples.iter().for_each(|sample| add(&mut of_calls, sample.call, sample.weight.into()));
    let mut weights = vec![0; seen.places.len()];
    // A caller stands before what it calls.
    for (number, Call { from, place }) in seen.calls.iter().enumerate().rev() {
        let weight = of_calls.get(number).copied().unwrap_or_default();
        add(&mut of_calls, *from, weight);
        add(&mut weights, *place, weight);
    }
    let mut order: Vec<_> = (0..weights.len()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(weights.get(*number).copied()));
    let mut found = HashMap::new();
    for number in order {
        let Some(Place { function, offset: Some(offset) }) = seen.places.get(number) else { continue };
        let image = seen.functions.get(*function as usize).and_then(|it| seen.images.get(it.image as usize));
        let Some(info) = image.and_then(|image| image.debug_info.as_ref()) else { continue };
        if Instant::now() >= end {
            break;
        }
        found.insert(number, info.symbols(*offset));
    }
    found
}

/// A column of a table, with a comma behind it.
fn column<T>(text: &mut String, name: &str, rows: &[T], value: impl FnMut(&T) -> String) {
    _ = write!(text, r#""{name}":["#);
    separated(text, rows, value);
    text.push_str("],");
}

fn separated<T>(text: &mut String, rows: &[T], mut value: impl FnMut(&T) -> String) {
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&value(row));
    }
}

/// The end of a table.
fn length(text: &mut String, length: usize) {
    _ = write!(text, r#""length":{length}}}"#);
}

/// A text as JSON has it. A guest's names have no character in it that a terminal would follow.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_char('"')?;
        for character in guest_text::start(self.0).chars() {
            match character {
                '"' | '\\' => write!(formatter, "\\{character}")?,
                _ if character.is_control() => write!(formatter, "\\u{:04x}", character as u32)?,
                _ => formatter.write_char(character)?,
            }
        }
        formatter.write_char('"')
    }
}
