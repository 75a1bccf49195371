//! Lines as ktlint wants them: whole where they fit, and one part a line, with a comma behind each, where not.

use crate::page::{self, Style};

/// How long a line may be.
const WIDTH: usize = 120;

/// A statement or an expression with the places where it may be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// A text that is not broken.
    Text(String),
    /// What stands between brackets.
    Args { head: String, items: Vec<Code>, tail: &'static str },
    /// Statements in braces. The head has the brace that opens, and the names of the parameters.
    Lambda { head: String, body: Vec<Code> },
    /// `try`, on several lines, with what stands in front of it, and what is caught. That is a statement.
    Try { lead: String, body: Box<Code>, error: String, caught: Vec<Code> },
}

/// A text that is not broken.
pub(super) fn text(text: impl Into<String>) -> Code {
    Code::Text(text.into())
}

/// `head`, the parts, and `)`.
pub(super) fn call(head: impl Into<String>, items: Vec<Code>) -> Code {
    Code::Args { head: head.into(), items, tail: ")" }
}

/// Statements in braces, of which the head opens one: `writer.list(names) { item ->`.
pub(super) fn lambda(head: impl Into<String>, body: Vec<Code>) -> Code {
    Code::Lambda { head: head.into(), body }
}

impl Code {
    /// The same behind a text.
    pub(super) fn behind(self, before: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(format!("{before}{text}")),
            Self::Args { head, items, tail } => Self::Args { head: format!("{before}{head}"), items, tail },
            Self::Lambda { head, body } => Self::Lambda { head: format!("{before}{head}"), body },
            Self::Try { lead, body, error, caught } => {
                Self::Try { lead: format!("{before}{lead}"), body, error, caught }
            }
        }
    }

    /// How it begins.
    fn head(&self) -> &str {
        match self {
            Self::Text(head) | Self::Args { head, .. } | Self::Lambda { head, .. } => head,
            Self::Try { lead, .. } => lead,
        }
    }

    /// On one line, if it can stand there.
    fn flat(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Args { head, items, tail } => {
                let items: Option<Vec<_>> = items.iter().map(Self::flat).collect();
                Some(format!("{head}{}{tail}", items?.join(", ")))
            }
            // Each case stands on its own line.
            Self::Lambda { head, .. } if head.starts_with("when ") => None,
            Self::Lambda { head, body } => match &**body {
                [] => Some(empty(head)),
                [only] => Some(format!("{head} {} }}", only.flat()?)),
                _ => None,
            },
            Self::Try { .. } => None,
        }
    }
}

/// Braces with nothing in them: no parameter has a name there.
fn empty(head: &str) -> String {
    let start = head.rfind('{').and_then(|place| head.get(..=place)).unwrap_or(head);
    format!("{start}}}")
}

/// As ktlint wants it.
#[derive(Debug, Default)]
pub(super) struct Ktlint;

impl Style for Ktlint {
    const WIDTH: usize = WIDTH;
    const STEP: usize = 4;
}

/// The text of a file, line by line.
pub(super) type Page = page::Page<Ktlint>;

impl Page {
    /// Code between two texts, on as many lines as it takes.
    pub(super) fn code(&mut self, before: &str, code: &Code, after: &str) {
        let flat = code.flat().map(|flat| format!("{before}{flat}{after}"));
        if let Some(line) = flat.filter(|line| self.fits(line)) {
            return self.line(&line);
        }
        match code {
            Code::Text(text) => self.line(&format!("{before}{text}{after}")),
            Code::Args { head, items, tail } if items.is_empty() => self.line(&format!("{before}{head}{tail}{after}")),
            Code::Args { head, items, tail } => {
                self.line(&format!("{before}{head}"));
                self.indented(|page| items.iter().for_each(|item| page.code("", item, ",")));
                self.line(&format!("{tail}{after}"));
            }
            Code::Lambda { head, body } if body.is_empty() => self.line(&format!("{before}{}{after}", empty(head))),
            Code::Lambda { head, body } => {
                self.line(&format!("{before}{head}"));
                self.indented(|page| body.iter().for_each(|code| page.code("", code, "")));
                self.line(&format!("}}{after}"));
            }
            Code::Try { lead, body, error, caught } => {
                let has_lead = !lead.is_empty();
                if has_lead {
                    self.line(lead);
                    self.deeper();
                }
                self.line("try {");
                self.indented(|page| page.code("", body, ""));
                self.line(&format!("}} catch (error: {error}) {{"));
                self.indented(|page| caught.iter().for_each(|code| page.code("", code, "")));
                self.line(&format!("}}{after}"));
                if has_lead {
                    self.shallower();
                }
            }
        }
    }

    /// What a name stands for: `before = code`, where the code begins its own line if it takes several.
    pub(super) fn value(&mut self, before: &str, code: &Code) {
        let flat = code.flat().map(|flat| format!("{before} = {flat}"));
        match flat.filter(|line| self.fits(line)) {
            Some(line) => self.line(&line),
            None => {
                self.line(&format!("{before} ="));
                self.indented(|page| page.code("", code, ""));
            }
        }
    }

    /// A function whose body is an expression.
    pub(super) fn function(&mut self, head: &str, params: &[String], returns: &str, body: &Code) {
        let line = format!("{head}({}){returns}", params.join(", "));
        if self.fits(&format!("{line} =")) {
            return self.value(&line, body);
        }
        self.signature(head, params, returns, "");
        // The last line of the signature has the equals sign, and so the body begins there or on the next one.
        self.text.truncate(self.text.trim_end_matches('\n').len());
        let start = self.text.rfind('\n').map_or(0, |place| place + 1);
        let last = self.text.split_off(start).trim_start().to_owned();
        self.value(&last, body);
    }

    /// A constructor that calls another one.
    pub(super) fn delegating(&mut self, head: &str, params: &[String], this: &Code) {
        let line = format!("{head}({}) : ", params.join(", "));
        if let Some(flat) = this.flat().filter(|flat| self.fits(&format!("{line}{flat}"))) {
            return self.line(&format!("{line}{flat}"));
        }
        let first = format!("{line}{}", this.head());
        if self.fits(&first) {
            return self.code(&line, this, "");
        }
        self.line(&format!("{head}("));
        self.indented(|page| params.iter().for_each(|param| page.line(&format!("{param},"))));
        self.code(") : ", this, "");
    }

    /// A statement: what a name stands for begins its own line if it takes several.
    pub(super) fn statement(&mut self, code: &Code) {
        match code {
            Code::Args { head, items, tail } if head.starts_with("val ") => match head.split_once(" = ") {
                Some((name, head)) => {
                    let code = Code::Args { head: head.to_owned(), items: items.clone(), tail };
                    self.value(name, &code);
                }
                None => self.code("", code, ""),
            },
            _ => self.code("", code, ""),
        }
    }

    /// Takes the brace away that was just opened, and says whether there is one with nothing behind it.
    pub(super) fn drop_empty_block(&mut self) -> bool {
        let is_empty = self.text.ends_with(" {\n");
        if is_empty {
            self.text.truncate(self.text.len() - 3);
            self.text.push('\n');
        }
        is_empty
    }

    /// The head of a class that derives from another one.
    pub(super) fn derived(&mut self, head: &str, params: &[String], base: &str) {
        let line = format!("{head}({}) :", params.join(", "));
        if self.fits(&format!("{line} {base} {{")) {
            return self.line(&format!("{line} {base} {{"));
        }
        if !self.fits(&line) {
            return self.signature(head, params, &format!(" : {base}"), " {");
        }
        self.line(&line);
        self.indented(|page| page.line(&format!("{base} {{")));
    }

    /// The line that begins a function, or declares one: `end` stands behind what it gives.
    pub(super) fn signature(&mut self, head: &str, params: &[String], returns: &str, end: &str) {
        let line = format!("{head}({}){returns}{end}", params.join(", "));
        if params.is_empty() || self.fits(&line) {
            return self.line(&line);
        }
        self.line(&format!("{head}("));
        self.indented(|page| params.iter().for_each(|param| page.line(&format!("{param},"))));
        self.line(&format!("){returns}{end}"));
    }

    /// An empty line, unless a block was just begun.
    pub(super) fn gap(&mut self) {
        let last = self.text.trim_end_matches('\n').chars().next_back();
        if !matches!(last, None | Some('{')) {
            self.text.push('\n');
        }
    }

    /// A text that documents what stands below it.
    pub(super) fn docs(&mut self, docs: &str) {
        let lines = kdoc(docs, WIDTH.saturating_sub(self.indent + 3));
        if let [only] = &*lines
            && self.fits(&format!("/** {only} */"))
        {
            return self.line(&format!("/** {only} */"));
        }
        self.line("/**");
        lines.iter().for_each(|line| self.line(format!(" * {line}").trim_end()));
        self.line(" */");
    }

    /// Whether a line is longer than it should be: there is a type in it that is.
    pub(super) fn has_long_line(&self) -> bool {
        self.text.lines().any(|line| line.chars().count() > WIDTH)
    }
}

/// The lines of a document. A component says what it likes: it must neither end the comment nor begin another.
fn kdoc(docs: &str, width: usize) -> Vec<String> {
    let docs = page::plain(docs).replace("*/", "*&#47;").replace("/*", "/&#42;").replace('\t', "    ");
    let (mut lines, mut is_code) = (Vec::new(), false);
    for line in docs.trim().lines() {
        let line = line.trim_end();
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        match is_code || is_fence || line.chars().count() <= width {
            true => lines.push(line.to_owned()),
            false => lines.extend(page::wrapped(line, width)),
        }
    }
    // Two empty lines in a row say no more than one.
    lines.dedup_by(|next, before| next.is_empty() && before.is_empty());
    lines
}
