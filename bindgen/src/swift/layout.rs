//! Lines as swift-format writes them: whole where they fit, and one part a line where not.

use crate::page::{self, Style};

/// How long a line may be: the default of swift-format.
const WIDTH: usize = 100;

/// An expression with the places where it may be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A text that is not broken.
    Text(String),
    /// What stands between brackets. A literal of several parts has a comma behind the last one.
    Group { open: String, items: Vec<Expr>, close: &'static str, is_literal: bool },
    /// A closure with one expression, behind what it takes.
    Closure { head: String, body: Box<Expr> },
    /// Expressions, one behind the other, of which the last one that can be broken is.
    Joined(Vec<Expr>),
}

/// A text that is not broken.
pub(super) fn text(text: impl Into<String>) -> Expr {
    Expr::Text(text.into())
}

/// `open`, the parts, and `)`.
pub(super) fn call(open: impl Into<String>, items: Vec<Expr>) -> Expr {
    Expr::Group { open: open.into(), items, close: ")", is_literal: false }
}

/// A literal of a list, or of names with values.
pub(super) fn literal(items: Vec<Expr>) -> Expr {
    Expr::Group { open: "[".to_owned(), items, close: "]", is_literal: true }
}

/// `first` and `then`.
pub(super) fn joined(first: impl Into<String>, then: Expr) -> Expr {
    Expr::Joined(vec![text(first), then])
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
            Self::Closure { head, body } => format!("{head} {} }}", body.flat()),
            Self::Joined(parts) => parts.iter().map(Self::flat).collect(),
        }
    }

    /// On as many lines as it takes, behind `before` letters and in front of `after`.
    fn laid(&self, indent: usize, before: usize, after: usize) -> String {
        let flat = self.flat();
        if indent + before + flat.chars().count() + after <= WIDTH {
            return flat;
        }
        let inner = indent + 2;
        match self {
            Self::Text(_) => flat,
            Self::Group { items, .. } if items.is_empty() => flat,
            Self::Group { open, items, close, is_literal } => {
                let mut text = format!("{open}\n");
                for (place, item) in items.iter().enumerate() {
                    let is_last = place + 1 == items.len();
                    let comma = if !is_last || *is_literal && items.len() > 1 { "," } else { "" };
                    text.push_str(&format!("{:inner$}{}{comma}\n", "", item.laid(inner, 0, comma.len())));
                }
                text + &format!("{:indent$}{close}", "")
            }
            Self::Closure { head, body } => {
                format!("{head}\n{:inner$}{}\n{:indent$}}}", "", body.laid(inner, 0, 0), "")
            }
            Self::Joined(parts) => {
                let last = parts.iter().rposition(|part| !matches!(part, Self::Text(_)));
                let lay = |(place, part): (usize, &Self)| {
                    if Some(place) == last { part.laid(indent, WIDTH, 0) } else { part.flat() }
                };
                parts.iter().enumerate().map(lay).collect()
            }
        }
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stmt {
    /// One that may be broken.
    Expr(Expr),
    /// A line that stands as it is.
    Line(String),
    /// A closure that is called, which stands on one line if there is room.
    Block { head: String, body: Vec<Stmt> },
    /// Those of a case, which stand further in.
    Indented(Vec<Stmt>),
}

impl Stmt {
    fn flat(&self) -> Option<String> {
        match self {
            Self::Expr(expr) => Some(expr.flat()),
            Self::Line(_) | Self::Indented(_) => None,
            Self::Block { head, body } => match &**body {
                [] => Some(format!("{head} }}")),
                [only] => Some(format!("{head} {} }}", only.flat()?)),
                _ => None,
            },
        }
    }
}

/// As swift-format wants it.
#[derive(Debug, Default)]
pub(super) struct SwiftFormat;

impl Style for SwiftFormat {
    const WIDTH: usize = WIDTH;
    const STEP: usize = 2;
}

/// The text of a file, line by line.
pub(super) type Page = page::Page<SwiftFormat>;

impl Page {
    /// A line that may be broken in `expr`.
    pub(super) fn expr(&mut self, before: &str, expr: &Expr, after: &str) {
        let laid = expr.laid(self.indent, before.chars().count(), after.chars().count());
        self.line(&format!("{before}{laid}{after}"));
    }

    /// The line that begins a function: its head, what stands before what it gives, that, and `end`.
    pub(super) fn function(&mut self, head: &Expr, between: &str, returns: &Expr, end: &str) {
        let after = format!("{between}{}{end}", returns.flat());
        let head = head.laid(self.indent, 0, after.chars().count());
        let last = head.lines().last().unwrap_or_default().chars().count();
        let lead = if head.contains('\n') { last.saturating_sub(self.indent) } else { last };
        let returns = returns.laid(self.indent, lead + between.chars().count(), end.chars().count());
        self.line(&format!("{head}{between}{returns}{end}"));
    }

    /// The line that begins a call with a closure: its head, its one argument if it has one, and what the closure takes.
    pub(super) fn calling(&mut self, head: &str, argument: Option<String>, takes: &str) {
        match argument {
            Some(argument) => self.expr("", &call(format!("{head}("), vec![text(argument)]), &format!(" {{{takes}")),
            None => self.line(&format!("{head} {{{takes}")),
        }
    }

    /// Statements.
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match (stmt, stmt.flat().filter(|flat| self.fits(flat))) {
                (_, Some(flat)) => self.line(&flat),
                (Stmt::Expr(expr), None) => self.expr("", expr, ""),
                (Stmt::Line(line), None) => self.line(line),
                (Stmt::Block { head, body }, None) => self.block(head, |page| page.stmts(body)),
                (Stmt::Indented(body), None) => self.indented(|page| page.stmts(body)),
            }
        }
    }

    /// `head`, what `work` adds further in, and a closing brace.
    pub(super) fn block(&mut self, head: &str, work: impl FnOnce(&mut Self)) {
        self.line(head);
        self.indented(work);
        self.line("}");
    }

    /// An empty line, unless a block begins here.
    pub(super) fn gap(&mut self) {
        if !(self.text.is_empty() || self.text.ends_with("{\n") || self.text.ends_with("\n\n")) {
            self.text.push('\n');
        }
    }

    /// A comment.
    pub(super) fn comment(&mut self, comment: &str) {
        self.wrapped(comment, 3).iter().for_each(|line| self.line(&format!("// {line}")));
    }

    /// What documents the next declaration.
    pub(super) fn docs(&mut self, docs: &str) {
        // A component says what it likes: it must not end the comment.
        for line in page::plain(docs).trim_end().lines() {
            self.line(format!("/// {}", line.trim_end().replace('\t', "    ")).trim_end());
        }
    }
}
