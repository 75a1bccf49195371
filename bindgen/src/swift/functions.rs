//! What functions are written with: signatures, documents, and calls of what a component exports.

use super::layout::{Expr, Stmt, call, joined, text};
use super::names::quiet;
use super::sheet::{Failure, Sheet};
use super::words::{Kind, scope};
use crate::model::{Function, FunctionKind, Side, Type};
use crate::naming::{Spelled, camel};
use crate::plain::PlainCall;

/// What documents a twin.
pub(super) const WAITS: &str = "\n\nOther tasks run while the component waits for async functions of the host.";

/// The last parameter of a function that is async: the actor that calls it.
pub(super) fn isolation() -> Expr {
    text("isolation: isolated (any Actor)? = #isolation")
}

impl Sheet<'_> {
    /// The names of a function's parameters.
    pub(super) fn params(&self, function: &Function) -> Vec<Spelled> {
        let mut scope = scope(Kind::Param, &[]);
        let claim = |name: &str| scope.claim(&[&camel(name)], &format!("the parameter `{name}`"));
        function.params.iter().map(|param| &*param.name).map(claim).map(quiet).collect()
    }

    /// What a function gives in Swift: where it fails with an error of its own, it throws that.
    pub(super) fn returns(&self, function: &Function) -> Option<Expr> {
        match function.outcome(self.model) {
            Some((ok, _)) => ok.map(|ok| self.ty_expr(ok)),
            None => function.result.as_ref().map(|ty| self.ty_expr(ty)),
        }
    }

    /// What documents a function, or its twin, which is async.
    pub(super) fn function_docs(&self, function: &Function, side: Side, is_twin: bool) -> String {
        let plain = || match function.kind {
            FunctionKind::Constructor(id) => format!("Makes a `{}`.", self.model.ty(id).name),
            _ => format!("The function `{}`.", function.name),
        };
        let mut docs = function.docs.clone().unwrap_or_else(plain);
        if is_twin {
            docs.push_str(WAITS);
        }
        let Some((_, error)) = function.outcome(self.model) else { return docs };
        let what = match self.error(error) {
            Failure::Own(ty) => format!("`{}`", self.ty(ty)),
            Failure::Wrapped(_) => format!("`{}`", self.failure(error)),
        };
        let more = if side == Side::Export { ", and `WasmtimeError` where the call itself fails" } else { "" };
        docs.push_str(&format!("\n\n- Throws: {what}{more}."));
        docs
    }

    /// The line that begins a function, as `head` with its parameters does. A name that is not the plain one is explained.
    pub(super) fn begin_function(
        &mut self,
        function: &Function,
        side: Side,
        head: &str,
        first: Option<String>,
        note: Option<&str>,
        is_twin: bool,
    ) -> Vec<Spelled> {
        let params = self.params(function);
        let docs = self.function_docs(function, side, is_twin);
        self.page.gap();
        self.note(note);
        for spelled in &params {
            self.note(spelled.note.as_deref());
        }
        self.page.docs(&docs);
        let given = params.iter().zip(&function.params);
        let given = given.map(|(spelled, param)| joined(format!("{}: ", spelled.name), self.ty_expr(&param.ty)));
        let items = first.into_iter().map(text).chain(given).chain(is_twin.then(isolation)).collect();
        let throws = match (side, function.outcome(self.model)) {
            _ if is_twin || side == Side::Import && function.waits => "async throws".to_owned(),
            (Side::Export, None) => format!("throws({})", self.package("WasmtimeError")),
            _ => "throws".to_owned(),
        };
        let returns = if head.ends_with("init(") { None } else { self.returns(function) };
        let end = if side == Side::Export { " {" } else { "" };
        let arrow = if returns.is_some() { " -> " } else { "" };
        let returns = returns.unwrap_or_else(|| text(""));
        self.page.function(&call(head, items), &format!(" {throws}{arrow}"), &returns, end);
        params
    }

    /// The body of a function that calls one of the component's, whose field is `functions.field`, and awaits it for a twin.
    pub(super) fn calling(
        &mut self,
        function: &Function,
        functions: &str,
        field: &str,
        params: &[Spelled],
        is_twin: bool,
    ) {
        if let Some(plain) = PlainCall::of(function, self.model).filter(|_| !is_twin) {
            return self.plain_calling(function, &plain, &format!("{functions}.{field}"), params);
        }
        let mut write = Vec::new();
        if let FunctionKind::Method(id) = function.kind {
            write.extend(self.write(&Type::Borrow(id), "writer", "self"));
        }
        for (param, spelled) in function.params.iter().zip(params) {
            write.extend(self.write(&param.ty, "writer", &spelled.name));
        }
        let result = function.result.as_ref();
        // The constructor takes the handle itself.
        let given = match function.kind {
            FunctionKind::Constructor(_) => function.outcome(self.model).and_then(|(_, error)| error),
            _ => result,
        };
        let context = given.filter(|ty| self.has_classes(ty)).map(|_| format!("for: {functions}"));
        let (tried, word) = if is_twin { ("try await", "callAsync") } else { ("try", "call") };
        let head = format!("{functions}.{field}.{word}");
        let takes = if write.is_empty() { " _ in" } else { " writer in" };
        let local = local("result", params);
        let (bound, plain) = (format!("let {local} = {tried} "), format!("{tried} "));
        let (lead, end) = match (function.kind, function.outcome(self.model)) {
            (FunctionKind::Constructor(_), None) => ("self.handle = try ", None),
            (FunctionKind::Constructor(_), Some(_)) => (&*bound, Some(format!("self.handle = try {local}.get()"))),
            (_, None) => (&*plain, None),
            (_, Some((Some(_), _))) => (&*bound, Some(format!("return try {local}.get()"))),
            (_, Some((None, _))) => (&*bound, Some(format!("try {local}.get()"))),
        };
        let read = match (function.kind, function.outcome(self.model), result) {
            (_, _, None) => None,
            (FunctionKind::Constructor(_), None, _) => Some(self.handle_closure(None)),
            (FunctionKind::Constructor(_), Some((_, error)), _) => Some(self.handle_closure(Some(error))),
            (_, _, Some(ty)) => Some(self.read_result(ty)),
        };
        let page = &mut self.page;
        if write.is_empty() && read.is_none() {
            page.line(&format!("{lead}{head} {{{takes} }}"));
        } else {
            page.calling(&format!("{lead}{head}"), context, takes);
            page.indented(|page| page.stmts(&write));
            match read {
                None => page.line("}"),
                Some(Expr::Closure { head, body }) => {
                    page.block(&format!("}} reading: {head}"), |page| page.expr("", &body, ""));
                }
                Some(read) => page.expr("} reading: ", &read, ""),
            }
        }
        if let Some(end) = end {
            page.line(&end);
        }
    }

    /// The body of one whose values each have a slot.
    fn plain_calling(&mut self, function: &Function, plain: &PlainCall, called: &str, params: &[Spelled]) {
        let wit = self.package("Wit");
        let handle = matches!(function.kind, FunctionKind::Method(_)).then(|| text("self.handle"));
        let slots = params.iter().map(|param| text(format!("{wit}.slot({})", param.name)));
        let called = call(format!("{called}.plain("), handle.into_iter().chain(slots).collect());
        match plain.result {
            Some(result) => self.page.expr("try ", &call(format!("{wit}.{}(", result.name()), vec![called]), ""),
            None => self.page.expr("try ", &called, ""),
        }
    }

    /// The statements that read what the guest gives, and return what runs an async function of the host, `called`, with it: that
    /// returns what writes its result.
    pub(super) fn serving_async(&self, function: &Function, called: &str, member: &str) -> Vec<Stmt> {
        let params = self.params(function);
        let (mut read, mut arguments) = (Vec::new(), Vec::new());
        let mut called = called.to_owned();
        if matches!(function.kind, FunctionKind::Method(_)) {
            read.push(Stmt::Expr(text(format!("let object = try {called}"))));
            called = "object".to_owned();
        }
        for (place, (param, spelled)) in function.params.iter().zip(&params).enumerate() {
            let name = format!("argument{}", place + 1);
            read.push(Stmt::Expr(joined(format!("let {name} = "), self.read(&param.ty, "reader").tried())));
            arguments.push(text(format!("{}: {name}", label(&spelled.name))));
        }
        let made = |before: &str| {
            let lead = format!("{before}try await {called}.{member}(");
            Stmt::Expr(call(lead, arguments.clone()))
        };
        let answer = |body: Vec<Stmt>| match body.is_empty() {
            true => Stmt::Line("return { _ in }".to_owned()),
            false => Stmt::Block { head: "return { writer in".to_owned(), body },
        };
        let before = |ty: Option<&Type>, written: &[Stmt]| match ty {
            Some(_) if written.is_empty() => "_ = ",
            Some(_) => "let value = ",
            None => "",
        };
        let written = |ty: Option<&Type>| ty.map(|ty| self.write(ty, "writer", "value")).unwrap_or_default();
        let run = match function.outcome(self.model) {
            None => {
                let (ty, written) = (function.result.as_ref(), written(function.result.as_ref()));
                vec![made(before(ty, &written)), answer(written)]
            }
            Some((ok, error)) => {
                let written = written(ok);
                let index = |place: u8| Stmt::Expr(text(format!("writer.index({place})")));
                let caught = self.write_error(error, "writer");
                let binding = if caught.is_empty() { "is" } else { "let error as" };
                let made = made(before(ok, &written));
                vec![
                    Stmt::Line("do {".to_owned()),
                    Stmt::Indented(vec![made, answer([vec![index(0)], written].concat())]),
                    Stmt::Line(format!("}} catch {binding} {} {{", self.failure(error))),
                    Stmt::Indented(vec![answer([vec![index(1)], caught].concat())]),
                    Stmt::Line("}".to_owned()),
                ]
            }
        };
        read.extend([Stmt::Line("return {".to_owned()), Stmt::Indented(run), Stmt::Line("}".to_owned())]);
        read
    }

    fn handle_closure(&self, error: Option<Option<&Type>>) -> Expr {
        let failed = self.package("WasmtimeError");
        let head = format!("{{ (reader) throws({failed}) in");
        let body = match error {
            None => text("try reader.resource()"),
            Some(error) => {
                let ok = text(format!("ok: {}.resource", self.package("Wit")));
                let error = joined("error: ", self.read_error(error));
                joined("try ", call("reader.result(", vec![ok, error]))
            }
        };
        Expr::Closure { head, body: Box::new(body) }
    }

    /// The statements that run a function of the host, `called`, with what the guest gives, and write what it gives.
    pub(super) fn serving(&self, function: &Function, called: &str, member: &str) -> Vec<Stmt> {
        let params = self.params(function);
        let mut arguments = Vec::new();
        for (param, spelled) in function.params.iter().zip(&params) {
            arguments.push(joined(format!("{}: ", label(&spelled.name)), self.read(&param.ty, "reader").expr));
        }
        let lead = format!("try {called}.{member}(");
        let made = |lead: &str, before: &str| Stmt::Expr(call(format!("{before}{lead}"), arguments.clone()));
        match function.outcome(self.model) {
            None => match &function.result {
                None => vec![made(&lead, "")],
                Some(ty) => {
                    let mut stmts = vec![made(&lead, "let value = ")];
                    stmts.extend(self.write(ty, "writer", "value"));
                    stmts
                }
            },
            Some((ok, error)) => {
                let written = ok.map(|ok| self.write(ok, "writer", "value")).unwrap_or_default();
                let before = match ok {
                    Some(_) if written.is_empty() => "_ = ",
                    Some(_) => "let value = ",
                    None => "",
                };
                let index = |place: u8| Stmt::Expr(text(format!("writer.index({place})")));
                let caught = self.write_error(error, "writer");
                let binding = if caught.is_empty() { "is" } else { "let error as" };
                vec![
                    Stmt::Line("do {".to_owned()),
                    Stmt::Indented([vec![made(&lead, before), index(0)], written].concat()),
                    Stmt::Line(format!("}} catch {binding} {} {{", self.failure(error))),
                    Stmt::Indented([vec![index(1)], caught].concat()),
                    Stmt::Line("}".to_owned()),
                ]
            }
        }
    }
}

/// A name for a variable of the body, which no parameter has.
fn local(name: &str, params: &[Spelled]) -> String {
    let is_free = |name: &str| params.iter().all(|param| param.name != name);
    let numbered = (2_usize..).map(|number| format!("{name}{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| is_free(name)).unwrap_or_default()
}

/// A name as a label of an argument, where few words are kept.
fn label(name: &str) -> &str {
    match name.trim_matches('`') {
        "inout" | "let" | "var" => name,
        bare => bare,
    }
}
