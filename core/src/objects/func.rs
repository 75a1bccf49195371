//! Functions: called with values that are checked first.

use wasmtime::{RootScope, StoreContextMut};

use crate::errors::guest_text::Part;
use crate::stores::store::StoreData;
use crate::values::convert::{ArgPosition, blank};
use crate::{Func, FuncType, Result, Store, Val, WasmtimeError};

#[uniffi::export]
#[cfg_attr(false, brief)]
impl Func {
    /// The function's type.
    pub fn r#type(&self, store: &Store) -> Result<FuncType> {
        let func = self.get(store)?;
        store.enter(|context| Ok(FuncType::from_wasmtime(&func.ty(&context))))
    }

    /// Calls the function. The arguments are converted where nothing is lost by it: integers of either width
    /// go into any number that holds them exactly, an `f64` into an `f32` by rounding.
    ///
    /// Fails with `Type` for a wrong number or type of arguments, `Range` for a number that does not fit,
    /// `Trap` where the guest traps, and with whatever a host function failed with.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, worded)]
    pub fn call(&self, store: &Store, arguments: Vec<Val>) -> Result<Vec<Val>> {
        let func = self.get(store)?;
        store.call_guest(
            || self.called(),
            |context| {
                // References of this call are rooted for as long as it lasts, and no longer.
                let mut scope = RootScope::new(context);
                let mut context = wasmtime::AsContextMut::as_context_mut(&mut scope);
                let (params, count) = params_of(&func, store, &mut context, &arguments)?;
                let mut results = blank(count);
                call_to_end(func, &mut context, &params, &mut results)?;
                results.iter().map(|value| Val::from_wasmtime(value, store, &mut context)).collect()
            },
        )
    }

    /// Whether two handles are to the same function of the same store.
    pub fn same(&self, store: &Store, other: &Func) -> Result<bool> {
        let (this, that) = (self.get(store)?, other.get(store)?);
        // Wasmtime tells functions apart by the address of their code and instance.
        store.enter(|mut context| Ok(this.to_raw(&mut context) == that.to_raw(&mut context)))
    }
}

impl Func {
    /// Fails with `Type` where the function is of another type than the one that is wanted. `whose` is what has that type in the
    /// language, or empty.
    pub fn check_type(&self, store: &Store, wanted: &FuncType, whose: &str) -> Result<()> {
        let found = self.r#type(store)?;
        if found == *wanted {
            return Ok(());
        }
        let whose = if whose.is_empty() { String::new() } else { format!(", as {whose} has it") };
        Err(WasmtimeError::wrong_type(format!("the function is {found}: expected {wanted}{whose}")))
    }
}

/// Calls a function, on a fiber where the store's guests run on fibers.
pub(crate) fn call_to_end(
    func: wasmtime::Func,
    context: &mut StoreContextMut<'_, StoreData>,
    params: &[wasmtime::Val],
    results: &mut [wasmtime::Val],
) -> Result<()> {
    let done = match context.data().suspension.clone() {
        None => func.call(context, params, results),
        Some(suspension) => suspension.to_end(func.call_async(context, params, results)),
    };
    done.map_err(WasmtimeError::from_call)
}

/// The arguments of a call, as wasmtime has them. Fails with `Type` and `Range`.
pub(crate) fn params_of(
    func: &wasmtime::Func,
    store: &Store,
    context: &mut StoreContextMut<'_, StoreData>,
    arguments: &[Val],
) -> Result<(Vec<wasmtime::Val>, usize)> {
    let ty = func.ty(&*context);
    if ty.params().len() != arguments.len() {
        return Err(wrong_count(&ty, arguments.len()));
    }
    let params =
        ty.params().zip(arguments).enumerate().map(|(index, (ty, value))| {
            value.to_wasmtime(&ty, store, context, ArgPosition { what: "argument", index })
        });
    Ok((params.collect::<Result<_>>()?, ty.results().len()))
}

/// How much of a function's type is shown, in bytes.
const TYPE: usize = 1 << 10;

fn wrong_count(ty: &wasmtime::FuncType, given: usize) -> WasmtimeError {
    let expected = ty.params().len();
    let many = if given > expected { "too many" } else { "too few" };
    WasmtimeError::wrong_type(format!(
        "{many} arguments: {} takes {expected}, {given} given",
        Part(TYPE, FuncType::from_wasmtime(ty))
    ))
}
