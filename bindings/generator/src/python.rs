//! Python: the PyO3 classes and functions, and the stub that type checkers read.

mod limits;
mod methods;
mod stub;
mod values;
mod words;

use std::fmt::Write as _;

use crate::model::{Method, Model, Object, Receiver};
use crate::names::snake;

pub use limits::limits;
pub use stub::stub;

const HEAD: &str = "// Generated from the exports of the core: see bindings/generator. Do not change it.\n\n";

/// The Rust of all classes and functions.
pub fn rust(model: &Model) -> String {
    let mut out = HEAD.to_owned();
    for object in &model.objects {
        if !words::has_class_by_hand(&object.named.name) {
            class(&mut out, object);
        }
        carried(&mut out, object);
        methods::write(&mut out, model, object);
    }
    methods::functions(&mut out, model);
    values::write(&mut out, model);
    registry(&mut out, model);
    out
}

/// What is written for a method, and what is left to a body by hand.
fn generated(methods: &[Method]) -> impl Iterator<Item = &Method> {
    methods.iter().filter(|method| !method.is_by_hand("python"))
}

/// What the extension module calls an operation, unless its body is written by hand.
pub fn name_of(class: Option<&str>, method: &Method) -> Option<String> {
    let name = &method.named.name;
    match class {
        None => Some(name.clone()),
        Some(_) if method.is_by_hand("python") => None,
        Some(_) if method.receiver == Receiver::None => Some(methods::constructor_name(method)),
        Some(class) => Some(words::method(class, method)),
    }
}

/// The struct, where it only holds the core's object.
fn class(out: &mut String, object: &Object) {
    let name = &object.named.name;
    let _ = write!(
        out,
        "/// The base class of `trimaran.{name}`.
#[pyclass(subclass, frozen, module = \"trimaran._native\")]
pub(crate) struct {name}Base(NativeHandle<{name}>);

impl HasHandle for {name}Base {{
    type Core = {name};

    fn handle(&self) -> &NativeHandle<{name}> {{
        &self.0
    }}
}}

#[pymethods]
impl {name}Base {{
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {{
        Self(NativeHandle::empty())
    }}
}}

"
    );
}

/// The public class, of which results are.
fn carried(out: &mut String, object: &Object) {
    let name = &object.named.name;
    let (module, public) = match words::of_component(name) {
        Some(public) => ("trimaran.component", public),
        None => ("trimaran", name.as_str()),
    };
    let _ = write!(
        out,
        "impl Carried for {name} {{
    type Class = {name}Base;

    fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {{
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        package(py, &CLASS, \"{module}\", \"{public}\")
    }}
}}

"
    );
}

/// Adds what is generated to the module.
fn registry(out: &mut String, model: &Model) {
    out.push_str("pub(crate) fn add_all(module: &Bound<'_, PyModule>) -> PyResult<()> {\n");
    for object in &model.objects {
        if !words::has_class_by_hand(&object.named.name) {
            let _ = writeln!(out, "    module.add_class::<{}Base>()?;", object.named.name);
        }
    }
    for function in &model.functions {
        let _ = writeln!(out, "    module.add_function(wrap_pyfunction!({}_, module)?)?;", snake(&function.named.name));
    }
    out.push_str("    Ok(())\n}\n");
}
