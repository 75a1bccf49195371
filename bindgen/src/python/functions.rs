//! What functions are written with: signatures, documents, and what the extension module is told about them.

use super::layout::{Expr, group, subscript, text};
use super::names::params;
use super::sheet::{Place, Sheet, tuple};
use crate::model::{Function, FunctionKind, Owner, Side, Type};
use crate::naming::Spelled;

/// What documents that a component may wait.
pub(super) const WAITS: &str = "Other tasks run while the component waits for async functions of the host.";

/// A parameter as it is written.
pub(super) struct Written {
    pub(super) name: Spelled,
    pub(super) annotation: Expr,
}

impl Sheet<'_> {
    /// The parameters of a function, without those of Python's own.
    pub(super) fn params(&mut self, function: &Function, side: Side) -> Vec<Written> {
        let mut scope = params();
        let place = if side == Side::Export { Place::Taken } else { Place::Given };
        let mut all = Vec::new();
        for param in &function.params {
            let name = scope.claim(&[&crate::naming::snake(&param.name)], &format!("the parameter `{}`", param.name));
            let annotation = self.annotation(&param.ty, place);
            all.push(Written { name, annotation });
        }
        all
    }

    /// What a function gives.
    pub(super) fn returns(&mut self, function: &Function, side: Side) -> Expr {
        let place = if side == Side::Export { Place::Given } else { Place::Taken };
        match function.outcome(self.model) {
            Some((ok, _)) => {
                let ok = ok.cloned();
                self.payload(ok.as_ref(), place)
            }
            None => self.payload(function.result.as_ref(), place),
        }
    }

    /// What the extension module is told: the name, the parameters, the result, and the exception for its error.
    pub(super) fn signature(&mut self, function: &Function) -> Vec<Expr> {
        let mut given = Vec::new();
        if let FunctionKind::Method(id) = function.kind {
            let handle = self.shape(&Type::Borrow(id));
            given.push(tuple(vec![text("\"self\""), handle]));
        }
        for param in &function.params {
            let shape = self.shape(&param.ty);
            given.push(tuple(vec![text(format!("\"{}\"", param.name)), shape]));
        }
        let result = match (function.kind, function.outcome(self.model)) {
            // The constructor itself takes what it gets.
            (FunctionKind::Constructor(_), None) => text("(\"own\", None)"),
            (FunctionKind::Constructor(_), Some((_, error))) => {
                let error = error.cloned();
                let error = self.maybe(error.as_ref());
                tuple(vec![text("\"result\""), text("(\"own\", None)"), error])
            }
            _ => self.maybe(function.result.as_ref()),
        };
        let mut all = vec![text(format!("\"{}\"", function.path)), group("[", given, "]"), result];
        if let Some(exception) = self.error(function) {
            all.push(text(exception));
        }
        all
    }

    /// The exception for the error of a function, where it has one of its own.
    fn error(&mut self, function: &Function) -> Option<String> {
        let (_, error) = function.outcome(self.model)?;
        if self.is_stub {
            // Documents alone name it there.
            let Some(Type::Named(id)) = error else { return Some("ResultError".to_owned()) };
            let id = self.model.defined(*id);
            let file = self.names.file(self.model.ty(id).owner);
            return file.exceptions.get(&id).map(|it| it.name.clone());
        }
        match error {
            Some(Type::Named(id)) => Some(self.exception(*id)),
            _ => Some(self.of_package("ResultError")),
        }
    }

    /// What documents a function.
    pub(super) fn function_docs(&mut self, function: &Function) -> Option<String> {
        let raises = self.error(function).map(|exception| match function.outcome(self.model) {
            Some((_, Some(error))) if exception == "ResultError" => {
                let error = error.clone();
                format!("Raises `ResultError` with a value of `{}`.", self.annotation(&error, Place::Given).flat())
            }
            _ => format!("Raises `{exception}`."),
        });
        match (&function.docs, raises) {
            (Some(docs), Some(raises)) => Some(format!("{docs}\n\n{raises}")),
            (Some(docs), None) => Some(docs.clone()),
            (None, raises) => raises,
        }
    }

    /// The line that begins a method, as `head` does: `def name(self, ...) -> ...:`, with `end` behind it.
    pub(super) fn def(&mut self, head: &str, first: &[&str], params: &[Written], returns: &Expr, end: &str) {
        for param in params {
            if let Some(note) = &param.name.note {
                self.page.comment(note);
            }
        }
        let mut items: Vec<Expr> = first.iter().map(|first| text(*first)).collect();
        for param in params {
            items.push(Expr::Joined(vec![text(format!("{}: ", param.name.name)), param.annotation.clone()]));
        }
        self.page.signature(&group(format!("{head}("), items, ")"), returns, end);
    }

    /// The class of the functions of an owner, which are bound to an instance.
    pub(super) fn bound(&mut self, side: Side) {
        let (model, names, owner) = (self.model, self.names, self.owner);
        let functions = model.functions(owner, side);
        let resources = match owner {
            // The world's own ones are the host's.
            Owner::World => Vec::new(),
            Owner::Interface(id) => self.own_resources(&model.interface(id).types),
        };
        let bound = self.wit("Bound");
        let mut lines = Vec::new();
        let mut binds = Vec::new();
        for (function, spelled) in functions.iter().zip(names.functions(owner, side)) {
            let callable = self.import("collections.abc", "Callable");
            let mut taken = Vec::new();
            if let FunctionKind::Method(id) = function.kind {
                taken.push(text(self.type_name(id)));
            }
            taken.extend(self.params(function, side).into_iter().map(|param| param.annotation));
            let given = match function.kind {
                FunctionKind::Constructor(_) => text(self.of_package("Resource")),
                _ => self.returns(function, side),
            };
            let ty = subscript(&callable, vec![group("[", taken, "]"), given]);
            lines.push((spelled.attribute.clone(), ty));
            binds.push((spelled.attribute.clone(), self.signature(function)));
        }
        let path = match owner {
            Owner::World => Vec::new(),
            Owner::Interface(id) => vec![text(format!("\"{}\"", model.interface(id).path))],
        };
        self.page.gap(2);
        self.page.line("class _Functions:");
        self.page.indented(|page| {
            page.docs("The functions of an instance.");
            page.gap(usize::from(!lines.is_empty()));
            for (name, ty) in &lines {
                page.expr(&format!("{name}: "), ty, "");
            }
            page.gap(1);
            page.line(&format!("def __init__(self, bound: {bound}) -> None:"));
            page.indented(|page| {
                let place = [vec![text("self"), group("[", path, "]")], resources].concat();
                let call = group("bound.place(", place, ")");
                let lead = if binds.is_empty() { "" } else { "place = " };
                page.expr(lead, &call, "");
                for (name, signature) in binds {
                    page.expr(&format!("self.{name} = "), &group("place.func(", signature, ")"), "");
                }
            });
        });
    }

    /// What makes calls of an owner's functions go past their methods. `class` has those.
    pub(super) fn attached(&mut self, class: &str, functions: &[Function]) -> Option<Expr> {
        let names = self.names.functions(self.owner, Side::Export);
        let free = functions.iter().zip(names).filter(|(function, _)| function.kind == FunctionKind::Free);
        let items: Vec<_> = free
            .map(|(_, spelled)| text(format!("{}=self._functions.{}", spelled.member.name, spelled.attribute)))
            .collect();
        if items.is_empty() || self.is_stub {
            return None;
        }
        let attach = self.wit("attach");
        let items = [vec![text("self"), text(class)], items].concat();
        Some(group(format!("{attach}("), items, ")"))
    }

    /// A method that calls a function of the instance, or its twin, which is awaited.
    pub(super) fn method(&mut self, function: &Function, attribute: &str, member: &Spelled, is_twin: bool) {
        let params = self.params(function, Side::Export);
        let returns = self.returns(function, Side::Export);
        if let Some(note) = &member.note {
            self.page.comment(note);
        }
        let is_static = matches!(function.kind, FunctionKind::Static(_));
        let mut first = vec!["self"];
        let api;
        if is_static {
            self.page.line("@staticmethod");
            api = format!("api: {}", self.names.file(self.owner).class);
            first = vec![&api, "/"];
        }
        let docs = self.function_docs(function);
        let docs = match docs {
            _ if !is_twin => docs,
            Some(docs) => Some(format!("{docs}\n\n{WAITS}")),
            None => Some(WAITS.to_owned()),
        };
        let is_bare_stub = self.is_stub && docs.is_none();
        let head = if is_twin { "async def" } else { "def" };
        self.def(&format!("{head} {}", member.name), &first, &params, &returns, if is_bare_stub { " ..." } else { "" });
        let mut given = Vec::new();
        if matches!(function.kind, FunctionKind::Method(_)) {
            given.push(text("self"));
        }
        given.extend(params.iter().map(|param| text(param.name.name.clone())));
        let functions = if is_static { self.functions_of_api() } else { None };
        let (is_stub, lead) = (self.is_stub, if returns.flat() == "None" { "" } else { "return " });
        let object = if is_static { "functions" } else { "self._functions" };
        let (lead, call) = match is_twin && !is_stub {
            false => (lead.to_owned(), group(format!("{object}.{attribute}("), given, ")")),
            true => {
                given.insert(0, text(format!("{object}.{attribute}")));
                (format!("{lead}await "), group(format!("{}(", self.wit("call_async")), given, ")"))
            }
        };
        self.page.indented(|page| {
            if let Some(docs) = docs {
                page.docs(&docs);
            }
            if !is_stub {
                if let Some(functions) = functions {
                    page.line(&functions);
                }
                page.expr(&lead, &call, "");
            }
        });
    }

    /// The line that finds the functions of what is called `api`.
    pub(super) fn functions_of_api(&mut self) -> Option<String> {
        if self.is_stub {
            return None;
        }
        let find = self.wit("functions");
        Some(format!("functions: _Functions = {find}(api)"))
    }
}
