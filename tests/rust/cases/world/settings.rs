//! The configurations of engines.

use serde_json::Value;
use trimaran::{Allocation, Config, ModuleLimits, PoolingConfig};

use crate::step::{Problem, Step};

/// The configuration of a step, for the target under test.
pub(super) fn config(step: &Step<'_>) -> Result<Config, Problem> {
    let mut config = Config {
        target: std::env::var("TRIMARAN_TEST_TARGET").ok(),
        wasm_component_model_async: std::env::var_os("TRIMARAN_TEST_ASYNC_COMPONENTS").map(|_| true),
        ..Config::default()
    };
    let settings = step.optional("config").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in &settings {
        let switch = || value.as_bool().ok_or_else(|| format!("`{name}` is no truth value"));
        let number = || value.as_u64().ok_or_else(|| format!("`{name}` is no natural number"));
        match name.as_str() {
            "target" => config.target = Some(value.as_str().ok_or("`target` is no text")?.to_owned()),
            "wasm_backtrace_details" => config.wasm_backtrace_details = Some(switch()?),
            "wasm_threads" => config.wasm_threads = Some(switch()?),
            "shared_memory" => config.shared_memory = Some(switch()?),
            "wasm_memory64" => config.wasm_memory64 = Some(switch()?),
            "wasm_component_model_async" => config.wasm_component_model_async = Some(switch()?),
            "wasm_component_model_more_async_builtins" => {
                config.wasm_component_model_more_async_builtins = Some(switch()?);
            }
            "wasm_component_model_async_stackful" => config.wasm_component_model_async_stackful = Some(switch()?),
            "wasm_component_model_threading" => config.wasm_component_model_threading = Some(switch()?),
            "wasm_component_model_map" => config.wasm_component_model_map = Some(switch()?),
            "wasm_component_model_fixed_length_lists" => {
                config.wasm_component_model_fixed_length_lists = Some(switch()?);
            }
            "wasm_simd" => config.wasm_simd = Some(switch()?),
            "wasm_relaxed_simd" => config.wasm_relaxed_simd = Some(switch()?),
            "wasm_gc" => config.wasm_gc = Some(switch()?),
            "wasm_function_references" => config.wasm_function_references = Some(switch()?),
            "wasm_exceptions" => config.wasm_exceptions = Some(switch()?),
            "wasm_custom_page_sizes" => config.wasm_custom_page_sizes = Some(switch()?),
            "epoch_interruption" => config.epoch_interruption = Some(switch()?),
            "wasm_multi_memory" => config.wasm_multi_memory = Some(switch()?),
            "wasm_tail_call" => config.wasm_tail_call = Some(switch()?),
            "module_limits" => config.module_limits = Some(module_limits(value)?),
            "allocation" => config.allocation = Some(allocation(value)?),
            "consume_fuel" => config.consume_fuel = Some(switch()?),
            "max_wasm_stack" => config.max_wasm_stack = Some(number()?),
            "memory_reservation" => config.memory_reservation = Some(number()?),
            "memory_guard_size" => config.memory_guard_size = Some(number()?),
            "memory_reservation_for_growth" => config.memory_reservation_for_growth = Some(number()?),
            unknown => return Err(format!("unknown setting `{unknown}`")),
        }
    }
    Ok(config)
}

fn module_limits(value: &Value) -> Result<ModuleLimits, Problem> {
    let mut limits = ModuleLimits::default();
    for (name, value) in value.as_object().ok_or("`module_limits` is no object")? {
        let number = Some(value.as_u64().ok_or_else(|| format!("`{name}` is no natural number"))?);
        match name.as_str() {
            "size" => limits.size = number,
            "types" => limits.types = number,
            "functions" => limits.functions = number,
            "imports" => limits.imports = number,
            "exports" => limits.exports = number,
            "globals" => limits.globals = number,
            "locals" => limits.locals = number,
            "function_size" => limits.function_size = number,
            "nesting" => limits.nesting = number,
            "compile_time" => limits.compile_time = number,
            unknown => return Err(format!("unknown setting `{unknown}`")),
        }
    }
    Ok(limits)
}

fn allocation(value: &Value) -> Result<Allocation, Problem> {
    let mut pooling = PoolingConfig::default();
    for (name, value) in value["pooling"].as_object().ok_or("`allocation` has no `pooling`")? {
        let number = value.as_u64().ok_or_else(|| format!("`{name}` is no natural number"))?;
        let narrow = u32::try_from(number).map_err(|_| format!("`{name}` is too large"));
        match name.as_str() {
            "total_core_instances" => pooling.total_core_instances = Some(narrow?),
            "total_memories" => pooling.total_memories = Some(narrow?),
            "total_tables" => pooling.total_tables = Some(narrow?),
            "total_gc_heaps" => pooling.total_gc_heaps = Some(narrow?),
            "max_memory_size" => pooling.max_memory_size = Some(number),
            "table_elements" => pooling.table_elements = Some(number),
            unknown => return Err(format!("unknown setting `{unknown}`")),
        }
    }
    Ok(Allocation::Pooling { pooling })
}
