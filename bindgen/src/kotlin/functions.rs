//! What functions are written with: signatures, documents, and what is said of their types.

use super::data::with_notes;
use super::layout::{Code, call, lambda, text};
use super::sheet::{Item, Sheet};
use super::values::named;
use super::words::params;
use crate::model::{Function, FunctionKind, Model, Owner, Plain, Side, Type};
use crate::naming::{Spelled, camel};
use crate::plain::PlainCall;

/// What documents a twin that suspends.
pub(super) const WAITS: &str =
    "\n\nThe caller's coroutine is suspended while the component waits for suspending functions of the host.";

/// A parameter as it is written.
pub(super) struct Written {
    pub(super) name: Spelled,
    pub(super) ty: String,
}

/// The exception that stands for the error of a function.
pub(super) struct Failure {
    /// Its class.
    pub(super) class: String,
    /// The type of its value, if the error has one.
    pub(super) ty: Option<Type>,
    /// Whether the class is that of the type alone.
    pub(super) is_own: bool,
}

impl Sheet<'_> {
    /// The parameters of a function, without the resource that a method is called on.
    pub(super) fn params(&mut self, function: &Function) -> Vec<Written> {
        let mut scope = params();
        let mut all = Vec::new();
        for param in &function.params {
            let name = scope.claim(&[&camel(&param.name)], &format!("the parameter `{}`", param.name));
            all.push(Written { name, ty: self.ty(&param.ty) });
        }
        all
    }

    /// What a function gives, without what it fails with.
    pub(super) fn given<'f>(&self, function: &'f Function) -> Option<&'f Type>
    where
        Self: 'f,
    {
        outcome(function, self.model).map_or(function.result.as_ref(), |(ok, _)| ok)
    }

    /// The exception for the error of a function, if it can fail with one.
    pub(super) fn failure(&mut self, function: &Function) -> Option<Failure> {
        let model = self.model;
        let (_, error) = function.outcome(model)?;
        Some(match error {
            Some(Type::Named(id)) => {
                let class = self.item(Item::Exception(model.defined(*id)));
                Failure { class, ty: error.cloned(), is_own: true }
            }
            _ => Failure { class: self.of_package("ResultException"), ty: error.cloned(), is_own: false },
        })
    }

    /// What documents a function, with why it and its parameters are called as they are.
    /// `more` is said behind it.
    pub(super) fn function_docs(
        &mut self,
        function: &Function,
        member: &Spelled,
        params: &[Written],
        more: &str,
    ) -> String {
        let plain = format!("The function `{}`.", function.path);
        let mut docs = function.docs.clone().unwrap_or(plain);
        if let Some(failure) = self.failure(function) {
            let class = failure.class;
            let value = match failure.ty {
                Some(ty) if !failure.is_own => format!(" with a value of the type `{}`", self.ty(&ty)),
                _ => String::new(),
            };
            docs.push_str(&format!("\n\nFails with [{class}]{value}."));
        }
        docs.push_str(more);
        let notes: Vec<_> = std::iter::once(member.note.as_deref())
            .chain(params.iter().map(|param| param.name.note.as_deref()))
            .collect();
        with_notes(&docs, &notes)
    }

    /// What is said of the type of a function: its name, its result, and its parameters.
    pub(super) fn signature(&mut self, function: &Function) -> Vec<Code> {
        let result = match function.kind {
            FunctionKind::Constructor(id) if function.result.is_none() => self.wit(&Type::Own(id)),
            _ => self.maybe(function.result.as_ref()),
        };
        let mut all = vec![text(format!("\"{}\"", function.path)), result];
        if matches!(function.kind, FunctionKind::Method(_)) {
            all.push(text(format!("\"self\" to {}.BORROW", self.of_package("WitType"))));
        }
        for param in &function.params {
            all.push(named(&param.name, self.wit(&param.ty)));
        }
        all
    }

    /// The class of the functions of an owner, which are bound to an instance.
    pub(super) fn bound(&mut self) {
        let (owner, names) = (self.owner, self.names);
        let class = names.file(owner).functions.clone();
        let (instance, bound) = (self.of_package("BoundInstance"), self.of_package("BoundFunction"));
        let mut all = Vec::new();
        for (function, spelled) in self.model.functions(owner, Side::Export).iter().zip(self.exported_names()) {
            let signature = call("instance.func(", self.signature(function));
            all.push((spelled, signature));
        }
        self.page.gap();
        self.page.docs("The functions of an instance.");
        self.page.line(&format!("internal class {class}(instance: {instance}) {{"));
        self.page.indented(|page| {
            for (name, signature) in &all {
                page.value(&format!("val {name}: {bound}"), signature);
            }
        });
        self.page.line("}");
    }

    fn exported_names(&self) -> Vec<String> {
        let names = self.names.functions(self.owner, Side::Export);
        names.iter().map(|it| it.attribute.clone()).collect()
    }

    /// The call of a function that is bound, which suspends for a twin. `functions` is what has it.
    pub(super) fn calling(&mut self, function: &Function, functions: &str, params: &[Written], is_twin: bool) -> Code {
        // A `CodePoint` may be no character, which the stream's way says with the path to it.
        let plain = PlainCall::of(function, self.model).filter(|plain| !plain.params.contains(&Plain::Char));
        if let Some(plain) = plain.filter(|_| !is_twin) {
            return self.plain_calling(function, &plain, functions, params);
        }
        let mut write = Vec::new();
        if matches!(function.kind, FunctionKind::Method(_)) {
            write.push(text("writer.borrow(this)"));
        }
        for (param, written) in function.params.iter().zip(params) {
            write.extend(self.write(&param.ty, &written.name.name, 0));
        }
        let read = match function.kind {
            FunctionKind::Constructor(_) => Some(text("reader.resource()")),
            _ => self.given(function).cloned().map(|ty| self.read(&ty)),
        };
        let read = match self.failure(function) {
            None => read,
            Some(failure) => {
                let value = failure.ty.as_ref().map_or_else(|| text("null"), |ty| self.read(ty));
                let made = call(format!("{}(", failure.class), vec![value]);
                let ok = lambda("{", read.into_iter().collect());
                Some(call("reader.orThrow(", vec![ok, lambda("{", vec![made])]))
            }
        };
        let items = vec![lambda("{ writer ->", write), lambda("{ reader ->", read.into_iter().collect())];
        call(format!("{functions}.{}(", if is_twin { "callSuspend" } else { "call" }), items)
    }

    /// The call of a function whose values each have a slot.
    fn plain_calling(&mut self, function: &Function, plain: &PlainCall, functions: &str, params: &[Written]) -> Code {
        let slot = self.of_package("ValueSlot");
        let (word, resource) = match function.kind {
            FunctionKind::Method(_) => ("plainMethod", Some(text("this"))),
            _ => ("plain", None),
        };
        let slots = params.iter().map(|param| text(format!("{slot}.of({})", param.name.name)));
        let called = call(format!("{functions}.{word}("), resource.into_iter().chain(slots).collect());
        call(format!("{slot}.{}(", plain.result.map_or("unit", Plain::name)), vec![called])
    }
}

/// The value and the error of the result that a function returns, if it returns one.
fn outcome<'f>(function: &'f Function, model: &'f Model) -> Option<(Option<&'f Type>, Option<&'f Type>)> {
    function.outcome(model)
}

/// The parameters as a signature has them.
pub(super) fn declared(params: &[Written]) -> Vec<String> {
    params.iter().map(|param| format!("{}: {}", param.name.name, param.ty)).collect()
}

/// The interface that an owner is.
pub(super) fn path_of(model: &Model, owner: Owner) -> String {
    match owner {
        Owner::World => "null".to_owned(),
        Owner::Interface(id) => format!("\"{}\"", model.interface(id).path),
    }
}
