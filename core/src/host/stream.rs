//! Standard streams of WASI, as an async host function serves them.

use std::sync::Arc;

use crate::{Func, FuncType, Result, Store, StreamPort, ValType, WasmtimeError};

#[uniffi::export]
impl StreamPort {
    /// A port for a store, that `func` serves: an async host function of that store, which takes an `i32` and gives nothing. Fails with
    /// `Type` for any other function.
    #[cfg_attr(false, worded)]
    #[uniffi::constructor]
    pub fn new(store: &Store, func: &Func) -> Result<Arc<Self>> {
        func.get(store)?;
        let is_host = func.callback.strong_count() != 0;
        let serves = FuncType { params: vec![ValType::I32], results: vec![] };
        if !is_host || func.r#type(store)? != serves {
            return Err(WasmtimeError::wrong_type(
                "a standard stream is served by an async host function from i32 to nothing",
            ));
        }
        Ok(Self::served_by(func.callback.clone()))
    }
}
