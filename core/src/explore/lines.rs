//! The functions of a module or a component in the text format, a line for each instruction, with its place in the binary.

use std::io;
use std::ops::Range;

use wasmparser::{Parser, Payload};
use wasmprinter::Print;

use crate::errors::guest_text::Part;
use crate::{Result, WasmtimeError};

/// How much of a line is shown, in bytes: a block of two bytes may have a type of a thousand parameters.
const LINE: usize = 256;

/// How much of a name is shown in a line, in bytes.
const NAME: usize = 64;

/// How much the printer writes at most, in bytes, with what is not kept of it.
const PRINTED: usize = 2 << 30;

/// The bodies of all functions as text.
pub(super) struct Lines {
    /// Where the bodies are in the binary, one after the other.
    bodies: Vec<Range<usize>>,
    text: String,
    /// Where each line stands in the binary, and where in `text`. In the order of the binary.
    lines: Vec<(usize, Range<usize>)>,
}

impl Lines {
    /// Prints what is in the binary format. Fails with `Limit` where that is too much, and with `Compile` where it is none.
    pub(super) fn of(binary: &[u8]) -> Result<Self> {
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(binary) {
            let payload = payload.map_err(|error| WasmtimeError::Compile { reason: error.to_string() })?;
            if let Payload::CodeSectionEntry(body) = payload {
                bodies.push(body.range());
            }
        }
        let mut printer = Printer { bodies: &bodies, ..Printer::default() };
        let printed = wasmprinter::Config::new().print(binary, &mut printer);
        printer.end_line();
        let Printer { text, mut lines, written, .. } = printer;
        if written > PRINTED {
            return Err(WasmtimeError::limit(format!("the text of all functions is longer than {PRINTED} bytes")));
        }
        printed.map_err(|error| WasmtimeError::Compile { reason: error.to_string() })?;
        lines.sort_by_key(|(place, _)| *place);
        Ok(Self { bodies, text, lines })
    }

    /// The lines of the body that this place is in, each with its own place.
    pub(super) fn of_body(&self, place: usize) -> impl Iterator<Item = (usize, &str)> {
        let body = body(&self.bodies, place).cloned().unwrap_or_default();
        let first = self.lines.partition_point(|(place, _)| *place < body.start);
        let lines = self.lines.get(first..).unwrap_or_default().iter().take_while(move |(place, _)| *place < body.end);
        lines.map(|(place, line)| (*place, self.text.get(line.clone()).unwrap_or_default()))
    }
}

/// The body that a place of the binary is in.
fn body(bodies: &[Range<usize>], place: usize) -> Option<&Range<usize>> {
    let next = bodies.partition_point(|body| body.start <= place);
    bodies.get(next.checked_sub(1)?).filter(|body| body.contains(&place))
}

/// What is printed, as far as it is kept: the lines of bodies, each up to its greatest length.
#[derive(Default)]
struct Printer<'a> {
    bodies: &'a [Range<usize>],
    text: String,
    lines: Vec<(usize, Range<usize>)>,
    /// The line that is being printed, and where it stands in the binary, if it is kept.
    line: String,
    place: Option<usize>,
    /// How much of a name is printed yet, where one is being printed.
    name: Option<usize>,
    written: usize,
}

impl Printer<'_> {
    fn end_line(&mut self) {
        let Some(place) = self.place.take() else { return };
        let start = self.text.len();
        let line = self.line.trim_end();
        let indent = line.len() - line.trim_start().len();
        // A body is printed below its function, and that within its module.
        self.text.extend(std::iter::repeat_n(' ', indent.saturating_sub(4)));
        // The end of the function, which the printer closes as it opened it.
        let words = if line.trim_start() == ")" { "end" } else { line.trim_start() };
        self.text.push_str(&Part(LINE, words).to_string());
        self.lines.push((place, start..self.text.len()));
        self.line.clear();
    }
}

impl Print for Printer<'_> {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        self.written = self.written.saturating_add(text.len());
        if self.written > PRINTED {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.place.is_none() {
            return Ok(());
        }
        // One byte more than is shown, so that the end shows that there was more.
        let room = (LINE + 1).saturating_sub(self.line.len()).min(self.name.unwrap_or(usize::MAX));
        let part = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
        if let Some(left) = self.name.as_mut().filter(|left| **left > 0) {
            *left -= part.len();
            if part.len() < text.len() {
                *left = 0;
                self.line.push_str(part);
                self.line.push('…');
                return Ok(());
            }
        }
        self.line.push_str(part);
        Ok(())
    }

    fn newline(&mut self) -> io::Result<()> {
        self.end_line();
        Ok(())
    }

    fn start_line(&mut self, place: Option<usize>) {
        self.end_line();
        self.place = place.filter(|place| body(self.bodies, *place).is_some());
    }

    fn start_name(&mut self) -> io::Result<()> {
        self.name = Some(NAME);
        Ok(())
    }

    fn reset_color(&mut self) -> io::Result<()> {
        self.name = None;
        Ok(())
    }
}
