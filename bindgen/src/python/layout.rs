//! Lines as ruff's formatter writes them: whole where they fit, and one part a line, with a comma behind each, where not.

use crate::page::{self, Style};

/// How long a line may be.
const WIDTH: usize = 88;

/// An expression with the places where it may be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A text that is not broken.
    Text(String),
    /// What stands between brackets. The comma behind the last part is left out where it would mean something else.
    Group { open: String, items: Vec<Expr>, close: &'static str, ends_with_comma: bool },
    /// Texts and groups, one behind the other.
    Joined(Vec<Expr>),
}

/// A text that is not broken.
pub(super) fn text(text: impl Into<String>) -> Expr {
    Expr::Text(text.into())
}

/// `open`, the parts, and `close`.
pub(super) fn group(open: impl Into<String>, items: Vec<Expr>, close: &'static str) -> Expr {
    Expr::Group { open: open.into(), items, close, ends_with_comma: true }
}

/// `name[parts]`.
pub(super) fn subscript(name: &str, items: Vec<Expr>) -> Expr {
    let ends_with_comma = items.len() > 1;
    Expr::Group { open: format!("{name}["), items, close: "]", ends_with_comma }
}

impl Expr {
    /// On one line.
    pub(super) fn flat(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Group { open, items, close, .. } => {
                let items: Vec<_> = items.iter().map(Self::flat).collect();
                format!("{open}{}{close}", items.join(", "))
            }
            Self::Joined(parts) => parts.iter().map(Self::flat).collect(),
        }
    }

    /// On as many lines as it takes, behind `before` letters and in front of `after`.
    fn laid(&self, indent: usize, before: usize, after: usize) -> String {
        let flat = self.flat();
        if indent + before + flat.chars().count() + after <= WIDTH {
            return flat;
        }
        match self {
            Self::Text(_) => flat,
            Self::Group { items, .. } if items.is_empty() => flat,
            Self::Group { open, items, close, ends_with_comma } => {
                let mut text = format!("{open}\n");
                let inner = indent + 4;
                for (place, item) in items.iter().enumerate() {
                    let comma = if *ends_with_comma || place + 1 < items.len() { "," } else { "" };
                    text.push_str(&format!("{:inner$}{}{comma}\n", "", item.laid(inner, 0, comma.len())));
                }
                text.push_str(&format!("{:indent$}{close}", ""));
                text
            }
            Self::Joined(parts) => {
                let last = parts.iter().rposition(|part| matches!(part, Self::Group { .. }));
                let mut text = String::new();
                for (place, part) in parts.iter().enumerate() {
                    let breaks = Some(place) == last;
                    text.push_str(&if breaks { part.laid(indent, WIDTH, 0) } else { part.flat() });
                }
                text
            }
        }
    }
}

/// As ruff's formatter wants it.
#[derive(Debug, Default)]
pub(super) struct Ruff;

impl Style for Ruff {
    const WIDTH: usize = WIDTH;
    const STEP: usize = 4;
}

/// The text of a file, line by line.
pub(super) type Page = page::Page<Ruff>;

impl Page {
    /// A line that may be broken in `expr`.
    pub(super) fn expr(&mut self, before: &str, expr: &Expr, after: &str) {
        let laid = expr.laid(self.indent, before.chars().count(), after.chars().count());
        self.line(&format!("{before}{laid}{after}"));
    }

    /// The line that begins a function: its head, what it gives, and `end` behind the colon.
    pub(super) fn signature(&mut self, head: &Expr, returns: &Expr, end: &str) {
        let after = format!(":{end}");
        let whole = Expr::Joined(vec![head.clone(), text(" -> "), returns.clone()]);
        if self.indent + whole.flat().chars().count() + after.len() <= WIDTH {
            return self.line(&format!("{}{after}", whole.flat()));
        }
        let head = head.laid(self.indent, WIDTH, 0);
        let lead = if head.ends_with("(self)") { head.chars().count() } else { 1 };
        let returns = returns.laid(self.indent, lead + 4, after.len());
        self.line(&format!("{head} -> {returns}{after}"));
    }

    /// So many empty lines.
    pub(super) fn gap(&mut self, lines: usize) {
        (0..lines).for_each(|_| self.text.push('\n'));
    }

    /// Takes the first empty line away.
    pub(super) fn less(&mut self) {
        if self.text.starts_with('\n') {
            self.text.remove(0);
        }
    }

    /// A comment.
    pub(super) fn comment(&mut self, comment: &str) {
        for line in self.wrapped(comment, 2) {
            self.line(format!("# {line}").trim_end());
        }
    }

    /// A text that documents what stands above it.
    pub(super) fn docs(&mut self, docs: &str) {
        // A component says what it likes: it must not end the string, nor the file.
        let escaped = page::plain(docs).replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
        let mut lines: Vec<String> = escaped.lines().map(|line| line.trim_end().replace('\t', "    ")).collect();
        // All but the first stand as far to the left as they can.
        let depth = |line: &String| line.len() - line.trim_start().len();
        let least = lines.iter().skip(1).filter(|line| !line.is_empty()).map(depth).min().unwrap_or_default();
        for line in lines.iter_mut().skip(1) {
            *line = line.split_off(least.min(line.len()));
        }
        // A quote at the end, or a space at the beginning, would run into those of the string.
        if let Some(last) = lines.last_mut()
            && last.ends_with('"')
        {
            last.truncate(last.len() - 1);
            last.push_str("\\\"");
        }
        let Some((first, rest)) = lines.split_first() else { return };
        let first = first.trim_start();
        if rest.is_empty() {
            return self.line(&format!("\"\"\"{first}\"\"\""));
        }
        self.line(&format!("\"\"\"{first}"));
        rest.iter().for_each(|line| self.line(line));
        self.line("\"\"\"");
    }
}
