//! The text of a file that an emitter writes line by line, in whatever language.

use std::marker::PhantomData;

/// How a language's formatter lays lines out.
pub(crate) trait Style {
    /// How long a line may be.
    const WIDTH: usize;
    /// How much further in the lines of a block stand.
    const STEP: usize;
}

/// The text of a file. What its lines look like is the language's, which adds the methods for that.
#[derive(Debug, Default)]
pub(crate) struct Page<S> {
    pub(crate) text: String,
    pub(crate) indent: usize,
    style: PhantomData<S>,
}

impl<S: Style> Page<S> {
    /// A line.
    pub(crate) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&format!("{:width$}{line}", "", width = self.indent));
        }
        self.text.push('\n');
    }

    /// Whether a line is not too long here.
    pub(crate) fn fits(&self, line: &str) -> bool {
        self.indent + line.chars().count() <= S::WIDTH
    }

    /// What follows stands further in, until `shallower`.
    pub(crate) fn deeper(&mut self) {
        self.indent += S::STEP;
    }

    /// What follows stands less far in.
    pub(crate) fn shallower(&mut self) {
        self.indent -= S::STEP;
    }

    /// The lines that `work` adds stand further in.
    pub(crate) fn indented(&mut self, work: impl FnOnce(&mut Self)) {
        self.deeper();
        work(self);
        self.shallower();
    }

    /// The words of a text in lines that are no longer than a line may be, behind a mark of so many letters.
    pub(crate) fn wrapped(&self, text: &str, mark: usize) -> Vec<String> {
        wrapped(text, S::WIDTH.saturating_sub(self.indent + mark))
    }

    /// The text of the file.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Whether nothing is on it.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A document as it may stand in a file. A component says what it likes: no letter of it controls anything.
pub(crate) fn plain(docs: &str) -> String {
    let plain = |letter: char| if letter.is_control() && !matches!(letter, '\n' | '\t') { ' ' } else { letter };
    docs.replace("\r\n", "\n").chars().map(plain).collect()
}

/// A line on several ones of that width, broken between words, each as far in as the first.
pub(crate) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let lead = line.len() - line.trim_start().len();
    let lead = " ".repeat(lead);
    let mut lines = vec![lead.clone()];
    for word in line.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        let is_first = last.len() == lead.len();
        if !is_first && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("{lead}{word}"));
        } else {
            last.push_str(if is_first { "" } else { " " });
            last.push_str(word);
        }
    }
    lines
}
