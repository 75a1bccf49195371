//! Where in a text a mistake is: its line and column, and that line with a caret below the place.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::errors::guest_text::{MORE, is_plain};

/// How much of a line is shown on each side of the place, in characters.
const AROUND: usize = 60;

/// A place in a text.
pub(crate) struct Place {
    /// The line, counted from 1.
    pub(crate) line: u32,
    /// The column, counted from 1, in bytes.
    pub(crate) column: u32,
    /// The line, or the part of it around the place, and a line with a caret.
    pub(crate) excerpt: String,
}

impl Place {
    /// The place of a byte. A text that is not UTF-8 has places as well.
    pub(crate) fn of(text: &[u8], offset: usize) -> Self {
        let (before, after) = text.split_at_checked(offset).unwrap_or((text, &[]));
        let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        let line = number(before.iter().filter(|byte| **byte == b'\n').count());
        let before = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = after.strip_suffix(b"\r").unwrap_or(after);
        Self { line, column: number(before.len()), excerpt: excerpt(line, before, after) }
    }
}

/// The line whose bytes before and after the place these are. Of a line of megabytes no more is read than is shown.
fn excerpt(line: u32, before: &[u8], after: &[u8]) -> String {
    // A character has four bytes at most, and one that is cut in two is not among those that are shown.
    const BYTES: usize = 4 * AROUND + 4;
    let before = String::from_utf8_lossy(before.get(before.len().saturating_sub(BYTES)..).unwrap_or_default());
    let after = String::from_utf8_lossy(after.get(..BYTES.min(after.len())).unwrap_or_default());
    let skipped = before.chars().count().saturating_sub(AROUND);
    let mut shown = if skipped > 0 { MORE.to_string() } else { String::new() };
    before.chars().skip(skipped).for_each(|character| show(&mut shown, character));
    let (number, indent) = (line.to_string(), shown.width());
    after.chars().take(AROUND).for_each(|character| show(&mut shown, character));
    if after.chars().nth(AROUND).is_some() {
        shown.push(MORE);
    }
    format!(" {number} | {shown}\n {} | {}^", " ".repeat(number.len()), " ".repeat(indent))
}

fn show(shown: &mut String, character: char) {
    match character {
        // A terminal's next tab stop may be anywhere.
        '\t' => shown.push(' '),
        _ if is_plain(character) => shown.push(character),
        // Writing to a `String` does not fail.
        _ => _ = write!(shown, "\\u{{{:x}}}", u32::from(character)),
    }
}
