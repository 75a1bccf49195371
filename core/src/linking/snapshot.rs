//! Snapshots of instances: what an instance holds, read by the hidden exports of its module.

use std::collections::HashMap;

use wasmtime::{AsContextMut, HeapType, Ref, RootScope, StoreContextMut, Val};

use crate::errors::spelling::Spelled;
use crate::snapshots::original::Plan;
use crate::snapshots::state::{Reference, State, Value};
use crate::stores::store::StoreData;
use crate::{Instance, Result, Store, WasmtimeError};

#[uniffi::export]
impl Instance {
    /// A module that begins where this instance is now: the same code, with the contents of its memories, globals and tables as what
    /// they begin with, without the start function, and without the exports whose names are in `remove`. It is a module like any other,
    /// in the binary format: compile it, keep it compiled, and make as many instances of it as you like.
    ///
    /// The instance goes on as before. What is not its own is not in it: files, arguments and the rest of WASI's state, other instances,
    /// imports. Whatever the guest holds is in it: secrets, and the state of its random numbers, which every instance of the snapshot
    /// then has in common.
    ///
    /// Fails with `Unsupported` where the module was not made by `Module.for_snapshots`, or the instance holds a reference to
    /// something that is not its own, which the sentence names; with `NotFound` for a name in `remove` that the module does not export;
    /// with `Limit` where the snapshot would be larger than 1 GiB, or than the engine's limit for modules; and with `Busy` while a guest
    /// of the store runs or waits.
    #[cfg_attr(false, worded)]
    pub fn snapshot(&self, store: &Store, remove: Vec<String>) -> Result<Vec<u8>> {
        let instance = self.get(store)?;
        let original = self.original().ok_or_else(|| WasmtimeError::Unsupported {
            reason: format!(
                "the module of this instance was not compiled for snapshots: make it with Module.{}",
                Spelled("for_snapshots")
            ),
        })?;
        let plan = original.plan(&remove)?;
        let state = store.enter_idle(|context| {
            let mut scope = RootScope::new(context);
            Reader { instance, context: &mut scope.as_context_mut() }.read(plan)
        })?;
        original.snapshot(&state, &remove)
    }
}

/// Reads one instance.
struct Reader<'a, 'b> {
    instance: wasmtime::Instance,
    context: &'a mut StoreContextMut<'b, StoreData>,
}

/// The indexes of the functions of an instance, by what a reference to each is.
type Functions = HashMap<usize, u32>;

impl Reader<'_, '_> {
    fn read(&mut self, plan: Plan) -> Result<State> {
        let Plan { functions, memories, globals, tables, mut data } = plan;
        let mut known = Functions::with_capacity(functions.len());
        for (index, name) in functions {
            let function = self.instance.get_func(&mut *self.context, &name).ok_or_else(missing)?;
            known.insert(function.to_raw(&mut *self.context).addr(), index);
        }
        let (mut sizes, mut values, mut contents) = (Vec::new(), Vec::new(), Vec::new());
        for (index, name) in (0..).zip(memories) {
            let memory = self.instance.get_memory(&mut *self.context, &name).ok_or_else(missing)?;
            data.add(index, memory.ty(&*self.context).is_64(), memory.data(&*self.context))?;
            sizes.push(memory.size(&*self.context));
        }
        for (index, name) in globals {
            let global = self.instance.get_global(&mut *self.context, &name).ok_or_else(missing)?;
            values.push(self.value(&global, &known, index)?);
        }
        for (index, name) in (0..).zip(tables) {
            let table = self.instance.get_table(&mut *self.context, &name).ok_or_else(missing)?;
            contents.push(self.elements(&table, &known, index)?);
        }
        Ok(State { memories: sizes, data, globals: values, tables: contents })
    }

    fn value(&mut self, global: &wasmtime::Global, known: &Functions, index: u32) -> Result<Value> {
        let place = || format!("its global {index}");
        if let wasmtime::ValType::Ref(ty) = global.ty(&*self.context).content() {
            check_type(ty, place)?;
        }
        let reference = match global.get(&mut *self.context) {
            Val::I32(value) => return Ok(Value::I32(value)),
            Val::I64(value) => return Ok(Value::I64(value)),
            Val::F32(bits) => return Ok(Value::F32(bits)),
            Val::F64(bits) => return Ok(Value::F64(bits)),
            Val::V128(value) => return Ok(Value::V128(value.as_u128())),
            Val::FuncRef(found) => Ref::Func(found),
            Val::ExternRef(found) => Ref::Extern(found),
            Val::AnyRef(found) => Ref::Any(found),
            Val::ExnRef(found) => Ref::Exn(found),
            Val::ContRef(_) => return Err(foreign(place, "a continuation")),
        };
        self.reference(&reference, known, place).map(Value::Ref)
    }

    fn elements(&mut self, table: &wasmtime::Table, known: &Functions, index: u32) -> Result<Vec<Reference>> {
        check_type(table.ty(&*self.context).element(), || format!("its table {index}"))?;
        let size = table.size(&*self.context);
        let mut elements = Vec::new();
        let reserved = usize::try_from(size).is_ok_and(|size| elements.try_reserve_exact(size).is_ok());
        if !reserved {
            return Err(WasmtimeError::limit(format!("there is no room for a snapshot of a table of {size} elements")));
        }
        for element in 0..size {
            // What the collector would keep for the sake of this reader is let go of at each element.
            let mut scope = RootScope::new(&mut *self.context);
            let mut context = scope.as_context_mut();
            let mut inner = Reader { instance: self.instance, context: &mut context };
            let found = table.get(&mut *inner.context, element).ok_or_else(missing)?;
            elements.push(inner.reference(&found, known, || format!("element {element} of its table {index}"))?);
        }
        Ok(elements)
    }

    fn reference(&mut self, found: &Ref, known: &Functions, place: impl Fn() -> String) -> Result<Reference> {
        match found {
            Ref::Func(None) | Ref::Extern(None) | Ref::Any(None) | Ref::Exn(None) => Ok(Reference::Null),
            Ref::Func(Some(function)) => match known.get(&function.to_raw(&mut *self.context).addr()) {
                Some(index) => Ok(Reference::Func(*index)),
                None => Err(foreign(place, "a function of another instance or of the host")),
            },
            Ref::Any(Some(found)) => match found.as_i31(&*self.context) {
                Ok(Some(value)) => Ok(Reference::I31(value.get_i32())),
                _ => Err(foreign(place, "an object of the garbage collector's")),
            },
            Ref::Extern(Some(_)) => Err(foreign(place, "an object of the host")),
            Ref::Exn(Some(_)) => Err(foreign(place, "an exception")),
        }
    }
}

/// Fails for a type whose values wasmtime cannot give.
fn check_type(ty: &wasmtime::RefType, place: impl Fn() -> String) -> Result<()> {
    match ty.heap_type() {
        HeapType::Cont | HeapType::NoCont | HeapType::ConcreteCont(_) => Err(foreign(place, "a continuation")),
        _ => Ok(()),
    }
}

fn foreign(place: impl Fn() -> String, what: &str) -> WasmtimeError {
    let reason = format!("the instance has no snapshot now: {} is {what}, which a module cannot begin with", place());
    WasmtimeError::Unsupported { reason }
}

fn missing() -> WasmtimeError {
    WasmtimeError::Unexpected { reason: "an instance without a hidden export".to_owned() }
}
