//! What a generated module does: its results, its traps, its memories and its fuel, in one line.

use trimaran::{
    Engine, Extern, ExternType, Func, HeapType, Linker, Memory, Module, RefType, Reference, Result, Store, StoreLimits,
    Val, ValType, WasmtimeError,
};

const FUEL: u64 = 5000;

/// The line, which has to be the same in every language.
pub(crate) fn observe(engine: &Engine, bytes: &[u8]) -> Result<String> {
    let module = Module::new(engine, bytes)?;
    let (store, linker) = (Store::new(engine)?, Linker::new(engine)?);
    let limit = |number| StoreLimits { memory_size: Some(number), ..StoreLimits::default() };
    store.set_limits(limit(16 << 20))?;
    store.set_fuel(FUEL)?;
    let made = linker
        .define_unknown_imports_as_default_values(&store, &module)
        .and_then(|()| linker.instantiate(&store, &module));
    let instance = match made {
        Ok(instance) => instance,
        Err(error) => return Ok(word(&error)),
    };
    let mut seen = vec![store.fuel()?.to_string()];
    let exports = module.exports()?;
    for export in &exports {
        if let ExternType::OfFunc { .. } = export.ty {
            let Extern::OfFunc { func } = instance.export(&store, &export.name)? else { continue };
            store.set_fuel(FUEL)?;
            let done = call(&func, &store)?;
            seen.push(format!("{done}~{}", store.fuel()?));
        }
    }
    for export in &exports {
        match instance.export(&store, &export.name)? {
            Extern::OfMemory { memory } => seen.push(memory_state(&memory, &store)?),
            Extern::OfGlobal { global } => seen.push(show(&global.get(&store)?, &store)?),
            Extern::OfTable { table } => seen.push(format!("table {}", table.size(&store)?)),
            _ => {}
        }
    }
    Ok(seen.join(";"))
}

fn call(func: &Func, store: &Store) -> Result<String> {
    let arguments = func.r#type(store)?.params.iter().map(argument).collect::<Option<Vec<_>>>();
    let Some(arguments) = arguments else { return Ok("-".to_owned()) };
    match func.call(store, arguments) {
        Ok(results) => {
            let shown = results.iter().map(|value| show(value, store)).collect::<Result<Vec<_>>>()?;
            Ok(shown.join(","))
        }
        Err(error) => Ok(word(&error)),
    }
}

/// A value for each type; none for a reference that may not be null.
fn argument(ty: &ValType) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32 { value: 7 },
        ValType::I64 => Val::I64 { value: -9 },
        ValType::F32 => Val::F32 { bits: 1.5_f32.to_bits() },
        ValType::F64 => Val::F64 { bits: (-2.5_f64).to_bits() },
        ValType::V128 => Val::V128 { low: 3, high: 1 << 63 },
        ValType::Ref { ty } if ty.nullable => Val::Null,
        ValType::Ref { .. } => return None,
    })
}

fn word(error: &WasmtimeError) -> String {
    match error {
        WasmtimeError::Trap { code: Some(code), .. } => format!("!{code:?}"),
        error => format!("!{}", crate::script::variant(error)),
    }
}

fn show(value: &Val, store: &Store) -> Result<String> {
    Ok(match value {
        Val::FuncRef { func: Some(func) } => func.r#type(store)?.to_string(),
        Val::ExternRef { value: Some(_) } => "extern".to_owned(),
        Val::ExnRef { value: Some(_) } => "exn".to_owned(),
        Val::AnyRef { value: Some(value) } => any(value, store)?,
        other => crate::matching::show(other),
    })
}

fn any(value: &Reference, store: &Store) -> Result<String> {
    if let Some(number) = value.i31(store)? {
        return Ok(format!("i31 {number}"));
    }
    let is = |heap| value.matches(store, RefType { nullable: false, heap });
    Ok(if is(HeapType::Struct)? || is(HeapType::Array)? {
        format!("{} of {}", value.r#type(store)?, value.fields(store, 0, None)?.len())
    } else {
        "any".to_owned()
    })
}

fn memory_state(memory: &Memory, store: &Store) -> Result<String> {
    let length = memory.data_len(store)?;
    let bytes = memory.read(store, 0, length.cast_signed())?;
    Ok(format!("memory {} {}", memory.size(store)?, crc32(&bytes)))
}

/// The checksum of zip files.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
