//! Functions of generated classes, called without a frame of Python's between.

use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::super::at_end::Ask;
use super::func::{ComponentFuncBase, call_in, call_method, miscounted};

/// A function of a component with its store, and with what its generated method says about it.
#[pyclass(frozen, module = "trimaran._native")]
pub(crate) struct ComponentBoundFunc {
    func: Py<ComponentFuncBase>,
    store: Py<PyAny>,
    method: Option<Method>,
}

/// The method of a generated class that such a function stands for.
struct Method {
    function: Py<PyAny>,
    /// Of its parameters, without `self`.
    names: Vec<String>,
}

impl ComponentBoundFunc {
    pub(super) fn new(func: Py<ComponentFuncBase>, store: Py<PyAny>) -> Self {
        Self { func, store, method: None }
    }
}

#[pymethods]
impl ComponentBoundFunc {
    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = arguments.py();
        let (func, store) = (self.func.bind(py), self.store.bind(py));
        match keywords.filter(|keywords| !keywords.is_empty()) {
            None => call_in(func, store, arguments.iter_borrowed()),
            Some(keywords) => {
                let all = self.in_order(arguments, keywords)?;
                call_in(func, store, all.iter().map(|it| it.as_borrowed()))
            }
        }
    }

    /// The call as a coroutine, whose guest may wait for async functions of the host.
    #[pyo3(signature = (*arguments, **keywords))]
    fn call_async<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = arguments.py();
        let mut all = vec![self.store.bind(py).clone()];
        match keywords.filter(|keywords| !keywords.is_empty()) {
            None => all.extend(arguments.iter()),
            Some(keywords) => all.extend(self.in_order(arguments, keywords)?),
        }
        self.func.bind(py).ask_method1(intern!(py, "call_async"), PyTuple::new(py, all)?)
    }

    /// Calls the method that it is. What Python calls as a method of an object needs no tuple.
    fn _one<'py>(&self, resource: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = resource.py();
        call_method(self.func.bind(py), self.store.bind(py), resource, None)
    }

    /// The same with one argument.
    fn _two<'py>(&self, resource: &Bound<'py, PyAny>, argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = resource.py();
        call_method(self.func.bind(py), self.store.bind(py), resource, Some(argument))
    }

    /// The same function, which takes its arguments by the names that the method gives them, too.
    fn _named(&self, function: Bound<'_, PyAny>, names: Vec<String>) -> Self {
        let py = function.py();
        let method = Some(Method { function: function.unbind(), names });
        Self { func: self.func.clone_ref(py), store: self.store.clone_ref(py), method }
    }

    /// What the method says about itself: its name and its documents are found here.
    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match &self.method {
            Some(method) if name != "__get__" => method.function.bind(py).getattr(name),
            _ => Err(pyo3::exceptions::PyAttributeError::new_err(name.to_owned())),
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        match &self.method {
            Some(method) => Ok(format!("<function {}>", method.function.bind(py).getattr("__qualname__")?)),
            None => Ok("<function>".to_owned()),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.func)?;
        visit.call(&self.store)?;
        self.method.as_ref().map_or(Ok(()), |method| visit.call(&method.function))
    }
}

impl ComponentBoundFunc {
    /// The arguments in the order of the parameters.
    #[cold]
    fn in_order<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: &Bound<'py, PyDict>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let names = self.method.as_ref().map_or(&[][..], |method| &method.names);
        let mut all: Vec<_> = arguments.iter().map(Some).collect();
        if all.len() > names.len() {
            return Err(miscounted(arguments.py(), names.len(), all.len() + keywords.len()));
        }
        all.resize(names.len(), None);
        for (keyword, value) in keywords {
            let keyword: String = keyword.extract()?;
            match names.iter().zip(&mut all).find(|(name, _)| **name == keyword) {
                Some((_, place @ None)) => *place = Some(value),
                Some(_) => return Err(PyTypeError::new_err(format!("got several values for argument {keyword:?}"))),
                None => return Err(PyTypeError::new_err(format!("got an unexpected keyword argument {keyword:?}"))),
            }
        }
        let found = all.iter().flatten().count();
        all.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| miscounted(arguments.py(), names.len(), found))
    }
}
