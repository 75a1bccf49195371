//! What a guest says, as people are shown it: names and sentences in errors, in logs and on terminals.
//!
//! A guest chooses its names: they may hold escape sequences of a terminal, line breaks that forge a line of a log, marks
//! that turn the direction of writing, and a hundred thousand letters. Where a sentence shows one, such characters are
//! written as `\u{1b}`, and a name and a sentence end at a length. The fields of errors, imports and exports keep a
//! name as it is, those of frames its start: a call stack holds it once a frame.

use std::fmt::{self, Display, Write};

/// How much of a name is shown, in bytes of UTF-8.
pub(crate) const NAME: usize = 128;

/// How long a sentence becomes, in bytes of UTF-8.
pub(crate) const SENTENCE: usize = 16 << 10;

/// How much of a path is shown, in bytes of UTF-8: the system has none that is longer.
pub(crate) const PATH: usize = 4 << 10;

/// What stands for the rest of a text that is longer.
pub(crate) const MORE: char = '…';

/// How much of a name a frame keeps, in bytes of UTF-8.
const KEPT: usize = 2 << 10;

/// The name as a frame keeps it.
pub(crate) fn start(name: &str) -> String {
    match name.split_at(name.floor_char_boundary(KEPT)) {
        (whole, "") => whole.to_owned(),
        (start, _) => format!("{start}{MORE}"),
    }
}

/// A name of a guest's.
pub(crate) struct Name<'a>(pub(crate) &'a str);

impl Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, rest) = self.0.split_at(self.0.floor_char_boundary(NAME));
        start.chars().try_for_each(|character| write_plain(formatter, character))?;
        if rest.is_empty() { Ok(()) } else { formatter.write_char(MORE) }
    }
}

/// A sentence that may hold a guest's words, in one line.
pub(crate) struct Sentence<T>(pub(crate) T);

impl<T: Display> Display for Sentence<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(formatter, SENTENCE, false, &self.0)
    }
}

/// A sentence of a parser's, which quotes a guest's names as they are: each word of it is shown as a name is.
pub(crate) struct Words<T>(pub(crate) T);

/// What such a sentence may have, in bytes of UTF-8: names may hold spaces.
const WORDS: usize = 1 << 10;

impl<T: Display> Display for Words<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = whole(SENTENCE, |text| write!(text, "{}", Part(WORDS, &self.0))).unwrap_or_default();
        for (index, word) in text.split(' ').enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{}", Name(word))?;
        }
        Ok(())
    }
}

/// Words of the host's own, which may have several lines.
pub(crate) struct Lines<T>(pub(crate) T);

impl<T: Display> Display for Lines<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(formatter, SENTENCE, true, &self.0)
    }
}

/// Lines of their own below a sentence; nothing where there are none.
pub(crate) struct Below<'a>(pub(crate) &'a str);

impl Display for Below<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(formatter, "\n{}", Lines(self.0)) }
    }
}

/// A part of a sentence, of so many bytes at most.
pub(crate) struct Part<T>(pub(crate) usize, pub(crate) T);

impl<T: Display> Display for Part<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(formatter, self.0, false, &self.1)
    }
}

/// The first `most` of some items, and how many more there are. `what` makes the words of one; it is asked for no more than are
/// shown.
pub(crate) fn list<T, D: Display>(most: usize, items: impl IntoIterator<Item = T>, what: impl Fn(T) -> D) -> String {
    let mut items = items.into_iter();
    let mut text = String::new();
    for (index, item) in items.by_ref().take(most).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        _ = write!(text, "{comma}{}", what(item));
    }
    match items.count() {
        0 => {}
        more => _ = write!(text, ", and {more} more"),
    }
    text
}

/// The text of `what`, if it has no more than so many bytes. Nothing goes on where there would be more.
pub(crate) fn whole(limit: usize, what: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Option<String> {
    let mut text = Bounded { text: String::new(), limit };
    what(&mut text).ok().map(|()| text.text)
}

struct Bounded {
    text: String,
    limit: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > self.limit {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

/// Writes what `what` writes until there are `limit` bytes of it. Then `Cut` fails, so that the writer stops.
fn cut(formatter: &mut fmt::Formatter<'_>, limit: usize, has_lines: bool, what: impl Display) -> fmt::Result {
    let mut writer = Cut { formatter, left: limit, has_lines, is_over: false };
    match write!(writer, "{what}") {
        // It stopped because it was told to.
        Err(_) if writer.is_over => formatter.write_char(MORE),
        done => done,
    }
}

struct Cut<'a, 'b> {
    formatter: &'a mut fmt::Formatter<'b>,
    left: usize,
    has_lines: bool,
    is_over: bool,
}

impl Write for Cut<'_, '_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for character in part.chars() {
            let Some(left) = self.left.checked_sub(character.len_utf8()) else {
                self.is_over = true;
                return Err(fmt::Error);
            };
            self.left = left;
            if self.has_lines && matches!(character, '\n' | '\t') {
                self.formatter.write_char(character)?;
            } else {
                write_plain(self.formatter, character)?;
            }
        }
        Ok(())
    }
}

fn write_plain(formatter: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    match is_plain(character) {
        true => formatter.write_char(character),
        false => write!(formatter, "\\u{{{:x}}}", u32::from(character)),
    }
}

/// Whether a character changes nothing of where it is shown, and can be seen.
pub(crate) fn is_plain(character: char) -> bool {
    let is_format = matches!(u32::from(character),
        0xAD | 0x61C | 0x115F | 0x1160 | 0x180E | 0x3164 | 0xFEFF | 0xFFA0
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFFF9..=0xFFFB
        | 0x1D173..=0x1D17A | 0xE_0000..=0xE_0FFF);
    !character.is_control() && !is_format
}
