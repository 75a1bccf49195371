//! Which setting a module or a component needs, where wasmtime refuses what is not enabled.

use crate::WasmtimeError;
use crate::errors::spelling::Spelled;

/// What wasmparser says of something that is not enabled, and the setting that enables it. The first one that fits is meant.
const SETTINGS: &[(&str, &str)] = &[
    ("threads must be enabled", "wasm_threads"),
    ("threads support is not enabled", "wasm_threads"),
    ("memory64 must be enabled", "wasm_memory64"),
    ("the custom page sizes proposal must be enabled", "wasm_custom_page_sizes"),
    ("multi-value is not enabled", "wasm_multi_value"),
    ("bulk memory must be enabled", "wasm_bulk_memory"),
    ("bulk memory support is not enabled", "wasm_bulk_memory"),
    ("relaxed SIMD support is not enabled", "wasm_relaxed_simd"),
    ("SIMD support is not enabled", "wasm_simd"),
    ("reference types support is not enabled", "wasm_reference_types"),
    ("function references support is not enabled", "wasm_function_references"),
    ("exceptions support is not enabled", "wasm_exceptions"),
    ("exceptions proposal not enabled", "wasm_exceptions"),
    ("tail calls support is not enabled", "wasm_tail_call"),
    ("gc support is not enabled", "wasm_gc"),
    ("stack switching support is not enabled", "wasm_stack_switching"),
    ("component model map feature", "wasm_component_model_map"),
    ("component model fixed-length lists feature", "wasm_component_model_fixed_length_lists"),
    ("wide arithmetic support is not enabled", "wasm_wide_arithmetic"),
    ("requires the component model more async builtins feature", "wasm_component_model_more_async_builtins"),
    ("requires the component model async stackful feature", "wasm_component_model_async_stackful"),
    ("requires the component model threading feature", "wasm_component_model_threading"),
    ("require the component model async feature", "wasm_component_model_async"),
    ("requires the component model async feature", "wasm_component_model_async"),
];

/// What wasmtime does not compile, with the setting that would change that, if one would.
pub(crate) fn not_compiled(error: wasmtime::Error) -> WasmtimeError {
    WasmtimeError::no_code(error, |reason| {
        let found = SETTINGS.iter().find(|(words, _)| reason.contains(words));
        let reason = match found {
            Some((_, setting)) => {
                format!("{reason}; the engine's configuration has it off: the setting is {}", Spelled(setting))
            }
            None => reason,
        };
        WasmtimeError::Compile { reason }
    })
}
