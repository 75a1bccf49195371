//! How values are written and read, as straight code, and what the component's types are checked against.

use super::layout::{Expr, Stmt, call, joined, literal, text};
use super::sheet::{Failure, Handle, Sheet};
use crate::model::{Function, FunctionKind, Plain, Type, TypeId, TypeKind};

/// How a value is read.
pub(super) struct Read {
    /// Without the `try` in front.
    pub(super) expr: Expr,
    pub(super) throws: bool,
}

impl Read {
    /// With the `try` in front, where there has to be one.
    pub(super) fn tried(self) -> Expr {
        if self.throws { joined("try ", self.expr) } else { self.expr }
    }
}

impl Sheet<'_> {
    /// What a type is, for the check when a function is bound.
    pub(super) fn shape(&self, ty: &Type) -> Expr {
        match ty {
            Type::Plain(plain) => text(format!(".{}", plain.name())),
            Type::List(element) => call(".list(", vec![self.shape(element)]),
            Type::Option(value) => call(".option(", vec![self.shape(value)]),
            Type::Result(ok, error) => {
                call(".result(", vec![self.maybe_shape(ok.as_deref()), self.maybe_shape(error.as_deref())])
            }
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.shape(item)).collect();
                Expr::Joined(vec![text(".tuple("), literal(items), text(")")])
            }
            // What has another name for a type has no type of its own.
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Alias(other) => self.shape(other),
                _ => text(format!("{}.wit", self.type_name(*id))),
            },
            Type::Own(_) => text(".own"),
            Type::Borrow(_) => text(".borrow"),
        }
    }

    /// The same of a part that may be nothing.
    pub(super) fn maybe_shape(&self, ty: Option<&Type>) -> Expr {
        ty.map_or_else(|| text("nil"), |ty| self.shape(ty))
    }

    /// Names with shapes.
    pub(super) fn shapes<'t>(&self, parts: impl Iterator<Item = (&'t str, Option<&'t Type>)>) -> Expr {
        let shapes: Vec<_> = parts.map(|(name, ty)| joined(format!("\"{name}\": "), self.maybe_shape(ty))).collect();
        if shapes.is_empty() { text("[:]") } else { literal(shapes) }
    }

    /// What a function is bound with: its name, its parameters and its result.
    pub(super) fn signature(&self, function: &Function) -> Vec<Expr> {
        let own = match function.kind {
            FunctionKind::Method(id) => Some(Type::Borrow(id)),
            _ => None,
        };
        let own = own.iter().map(|ty| ("self", Some(ty)));
        let params = self.shapes(own.chain(function.params.iter().map(|param| (&*param.name, Some(&param.ty)))));
        let result = self.maybe_shape(function.result.as_ref());
        vec![text(format!("\"{}\"", function.path)), params, joined("result: ", result)]
    }

    /// The statements that write `value` to `writer`.
    pub(super) fn write(&self, ty: &Type, writer: &str, value: &str) -> Vec<Stmt> {
        let line = |word: &str, value: &str| vec![Stmt::Expr(text(format!("{writer}.{word}({value})")))];
        match ty {
            Type::Plain(plain) => line(method(*plain), value),
            Type::List(element) if self.is_number(element) => line("numbers", value),
            Type::List(element) => vec![self.each("list", element, writer, value)],
            Type::Option(inner) => vec![self.each("option", inner, writer, value)],
            Type::Result(ok, error) => self.write_result(ok.as_deref(), error.as_deref(), writer, value),
            Type::Tuple(items) => match &**items {
                [] => Vec::new(),
                [only] => self.write(only, writer, value),
                items => {
                    let each = |(place, item)| self.write(item, writer, &format!("{value}.{place}"));
                    items.iter().enumerate().flat_map(each).collect()
                }
            },
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Alias(other) => self.write(other, writer, value),
                _ => vec![Stmt::Expr(text(format!("{value}.write(into: &{writer})")))],
            },
            Type::Own(id) => self.write_handle("own", *id, writer, value),
            Type::Borrow(id) => self.write_handle("borrow", *id, writer, value),
        }
    }

    fn write_handle(&self, word: &str, id: TypeId, writer: &str, value: &str) -> Vec<Stmt> {
        let value = match self.handle(id) {
            Handle::Class => format!("{value}.handle"),
            Handle::Object => format!("object: {value}"),
            Handle::Plain => value.to_owned(),
        };
        vec![Stmt::Expr(text(format!("{writer}.{word}({value})")))]
    }

    fn each(&self, word: &str, part: &Type, writer: &str, value: &str) -> Stmt {
        let body = self.write(part, "$0", "$1");
        let takes = if body.is_empty() { " _, _ in" } else { "" };
        Stmt::Block { head: format!("{writer}.{word}({value}) {{{takes}"), body }
    }

    fn write_result(&self, ok: Option<&Type>, error: Option<&Type>, writer: &str, value: &str) -> Vec<Stmt> {
        let mut body = vec![Stmt::Line(format!("switch {value} {{"))];
        let mut case = |name: &str, bound: &str, place: u8, payload: Vec<Stmt>| {
            let bound = if payload.is_empty() { String::new() } else { format!("(let {bound})") };
            body.push(Stmt::Line(format!("case .{name}{bound}:")));
            body.push(Stmt::Line(format!("  {writer}.index({place})")));
            body.extend(indented(payload));
        };
        case("success", "value", 0, ok.map_or_else(Vec::new, |ty| self.write(ty, writer, "value")));
        case("failure", "error", 1, self.write_error(error, writer));
        body.push(Stmt::Line("}".to_owned()));
        body
    }

    /// The statements that write what `error` carries.
    pub(super) fn write_error(&self, error: Option<&Type>, writer: &str) -> Vec<Stmt> {
        match self.error(error) {
            Failure::Own(ty) => self.write(ty, writer, "error"),
            Failure::Wrapped(ty) => ty.map_or_else(Vec::new, |ty| self.write(ty, writer, "error.value")),
        }
    }

    /// The expression that reads a value.
    pub(super) fn read(&self, ty: &Type, reader: &str) -> Read {
        let plain = |text: String, throws| Read { expr: Expr::Text(text), throws };
        match ty {
            Type::Plain(of) => plain(format!("{reader}.{}()", method(*of)), *of == Plain::String),
            Type::List(element) if self.is_number(element) => {
                plain(format!("{reader}.numbers(of: {}.self)", self.ty(element)), true)
            }
            Type::List(element) => self.read_each("list", element, reader),
            Type::Option(inner) => self.read_each("option", inner, reader),
            Type::Result(ok, error) => {
                let ok = ok.as_deref().map_or_else(|| text("{ _ in }"), |ty| self.read_fn(ty));
                let error = self.read_error(error.as_deref());
                let parts = vec![joined("ok: ", ok), joined("error: ", error)];
                Read { expr: call(format!("{reader}.result("), parts), throws: true }
            }
            Type::Tuple(items) => match &**items {
                [] => plain("()".to_owned(), false),
                [only] => self.read(only, reader),
                items => {
                    let parts: Vec<_> = items.iter().map(|item| self.read(item, reader)).collect();
                    let throws = parts.iter().any(|part| part.throws);
                    let parts = parts.into_iter().map(|part| part.expr).collect();
                    Read { expr: call("(", parts), throws }
                }
            },
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Alias(other) => self.read(other, reader),
                kind => {
                    let throws = matches!(kind, TypeKind::Record(_) | TypeKind::Variant(_));
                    plain(format!("{}(reading: &{reader})", self.type_name(*id)), throws)
                }
            },
            Type::Own(id) | Type::Borrow(id) => match self.handle(*id) {
                Handle::Class => plain(format!("{}(reading: &{reader})", self.type_name(*id)), true),
                Handle::Object => plain(format!("{reader}.object(as: (any {}).self)", self.type_name(*id)), true),
                Handle::Plain => plain(format!("{reader}.resource()"), true),
            },
        }
    }

    fn read_each(&self, word: &str, part: &Type, reader: &str) -> Read {
        let expr = match self.read_fn(part) {
            closure @ Expr::Closure { .. } => joined(format!("{reader}.{word} "), closure),
            function => call(format!("{reader}.{word}("), vec![function]),
        };
        Read { expr, throws: true }
    }

    /// A function that reads a value: that of its type, or a closure.
    fn read_fn(&self, ty: &Type) -> Expr {
        match ty {
            Type::Plain(Plain::String) => text(format!("{}.string", self.package("Wit"))),
            Type::Tuple(items) if items.len() == 1 => items.first().map_or_else(|| text(""), |only| self.read_fn(only)),
            Type::Tuple(items) if items.is_empty() => text("{ _ in }"),
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Alias(other) => self.read_fn(other),
                _ => text(format!("{}.init(reading:)", self.type_name(*id))),
            },
            Type::Own(id) | Type::Borrow(id) if self.handle(*id) == Handle::Class => {
                text(format!("{}.init(reading:)", self.type_name(*id)))
            }
            _ => self.closure(self.read(ty, "reader")),
        }
    }

    fn closure(&self, read: Read) -> Expr {
        let takes = match read.throws {
            true => format!("(reader) throws({})", self.package("WasmtimeError")),
            false => "reader".to_owned(),
        };
        Expr::Closure { head: format!("{{ {takes} in"), body: Box::new(read.tried()) }
    }

    /// The closure that reads what a function gives.
    pub(super) fn read_result(&self, ty: &Type) -> Expr {
        self.closure(self.read(ty, "reader"))
    }

    pub(super) fn read_error(&self, error: Option<&Type>) -> Expr {
        match self.error(error) {
            Failure::Own(ty) => self.read_fn(ty),
            Failure::Wrapped(None) => text(format!("{{ _ in {}(()) }}", self.package("ResultError"))),
            Failure::Wrapped(Some(ty)) => {
                let read = self.read(ty, "reader");
                let expr = call(format!("{}(", self.package("ResultError")), vec![read.expr]);
                self.closure(Read { expr, throws: read.throws })
            }
        }
    }

    fn is_number(&self, ty: &Type) -> bool {
        let plain = match self.model.resolved(ty) {
            Type::Plain(plain) => *plain,
            _ => return false,
        };
        plain.is_number()
    }

    /// Whether what a function gives has objects of the component's resources, which need the functions of the world.
    pub(super) fn has_classes(&self, ty: &Type) -> bool {
        let any = |ty: Option<&Type>| ty.is_some_and(|ty| self.has_classes(ty));
        match ty {
            Type::Plain(_) => false,
            Type::List(value) | Type::Option(value) => self.has_classes(value),
            Type::Result(ok, error) => any(ok.as_deref()) || any(error.as_deref()),
            Type::Tuple(items) => items.iter().any(|item| self.has_classes(item)),
            Type::Named(id) => match &self.model.ty(self.model.defined(*id)).kind {
                TypeKind::Record(fields) => fields.iter().any(|field| self.has_classes(&field.ty)),
                TypeKind::Variant(cases) => cases.iter().any(|case| any(case.ty.as_ref())),
                TypeKind::Alias(other) => self.has_classes(other),
                _ => false,
            },
            Type::Own(id) | Type::Borrow(id) => self.handle(*id) == Handle::Class,
        }
    }
}

/// Statements that stand further in, as those of a case do.
pub(super) fn indented(stmts: Vec<Stmt>) -> Vec<Stmt> {
    vec![Stmt::Indented(stmts)]
}

/// The method that writes or reads a type without parts.
fn method(plain: Plain) -> &'static str {
    plain.name()
}
