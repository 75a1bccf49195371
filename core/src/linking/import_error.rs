//! What is wrong with imports, in words.

use wasmtime::StoreContextMut;

use crate::errors::counted;
use crate::errors::guest_text;
use crate::errors::guest_text::{Name, Part};
use crate::linking::import_type::fits;
use crate::objects::externs::type_of;
use crate::stores::store::StoreData;
use crate::{ExternType, Result, WasmtimeError};

pub(super) fn check_count(module: &wasmtime::Module, given: usize) -> Result<()> {
    let wanted = module.imports();
    let count = wanted.len();
    if count == given {
        return Ok(());
    }
    let counted = counted::count(given as u64, "import");
    let reason = match given < count {
        false if count == 0 => format!("{counted} given, but the module wants none"),
        false => format!("{counted} given, but the module wants {count}: {}", names(wanted)),
        true => format!("{counted} given, {count} wanted; missing: {}", names(wanted.skip(given))),
    };
    let first = module.imports().nth(given);
    let (module, name) = first.map(|import| (import.module().to_owned(), import.name().to_owned())).unwrap_or_default();
    Err(WasmtimeError::Link { reason, module, name })
}

/// How many imports a sentence lists.
const IMPORTS: usize = 32;

/// How much of an import's type is shown, in bytes.
const TYPE: usize = 1 << 10;

/// The first of some imports, and how many more there are. The types of no others are written out.
fn names<'a>(imports: impl Iterator<Item = wasmtime::ImportType<'a>>) -> String {
    guest_text::list(IMPORTS, imports, |import| {
        let ty = ExternType::from_wasmtime(&import.ty());
        format!("`{}` `{}` {}", Name(import.module()), Name(import.name()), Part(TYPE, ty))
    })
}

/// `Link` for imports that there are no items for. The first one is named in its fields.
pub(crate) fn missing(imports: &[wasmtime::ImportType<'_>], why: &str) -> WasmtimeError {
    let first = imports.first();
    let (module, name) = first.map(|import| (import.module().to_owned(), import.name().to_owned())).unwrap_or_default();
    let many = if imports.len() == 1 { "1 import is".to_owned() } else { format!("{} imports are", imports.len()) };
    WasmtimeError::Link { reason: format!("{many} {why}: {}", names(imports.iter().cloned())), module, name }
}

/// The same error of missing imports, with those whose items have another type.
pub(crate) fn with_wrong_types(
    error: WasmtimeError,
    module: &wasmtime::Module,
    given: impl Fn(usize) -> Option<wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> WasmtimeError {
    match (error, wrong_types(module, given, context)) {
        (WasmtimeError::Link { reason, module, name }, Some((_, wrong))) => {
            WasmtimeError::Link { reason: format!("{reason}; {wrong}"), module, name }
        }
        (error, _) => error,
    }
}

/// How many imports have an item of another type, and which, in words; none where there is no such import.
fn wrong_types(
    module: &wasmtime::Module,
    given: impl Fn(usize) -> Option<wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> Option<(usize, String)> {
    let items = module.imports().enumerate().filter_map(|(index, import)| Some((import, given(index)?)));
    let wrong: Vec<_> = items.filter(|(import, item)| !fits(item, &import.ty(), context)).collect();
    let many = match wrong.len() {
        0 => return None,
        1 => "1 import has".to_owned(),
        count => format!("{count} imports have"),
    };
    let words = guest_text::list(IMPORTS, &wrong, |(import, item)| {
        let wanted = Part(TYPE, ExternType::from_wasmtime(&import.ty()));
        let found = Part(TYPE, type_of(item, context));
        format!("`{}` `{}` wants {wanted} and is given {found}", Name(import.module()), Name(import.name()))
    });
    Some((wrong.len(), format!("{many} the wrong type: {words}")))
}

/// Why a module could not be instantiated: an import of another type, or what happened in the guest.
pub(crate) fn link(
    error: wasmtime::Error,
    module: &wasmtime::Module,
    given: impl Fn(usize) -> Option<wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> WasmtimeError {
    mismatch(&error, module, given, context).unwrap_or_else(|| WasmtimeError::from_guest(error, WasmtimeError::limit))
}

/// Wasmtime says in words which import has the wrong type. Without those words it is another failure.
fn mismatch(
    error: &wasmtime::Error,
    module: &wasmtime::Module,
    given: impl Fn(usize) -> Option<wasmtime::Extern>,
    context: &StoreContextMut<'_, StoreData>,
) -> Option<WasmtimeError> {
    if error.is::<wasmtime::WasmBacktrace>() {
        return None;
    }
    const WORDS: &str = "incompatible import type for `";
    let said = error.to_string();
    let names = said.strip_prefix(WORDS)?.strip_suffix('`')?;
    let blamed = |import: &wasmtime::ImportType<'_>| {
        names.strip_prefix(import.module()).and_then(|rest| rest.strip_prefix("::")) == Some(import.name())
    };
    // Names may repeat; the types tell the culprit from its namesakes.
    let words = |(index, import): &(usize, wasmtime::ImportType<'_>)| {
        let found = given(*index).map(|item| Part(TYPE, type_of(&item, context)).to_string());
        (
            Part(TYPE, ExternType::from_wasmtime(&import.ty())).to_string(),
            found.unwrap_or_else(|| "another one".to_owned()),
        )
    };
    let mut candidates = module.imports().enumerate().filter(|(_, import)| blamed(import));
    let first = candidates.next()?;
    let (expected, found) = words(&first);
    let (import, expected, found) = if expected != found {
        (first.1, expected, found)
    } else {
        let other = candidates.take(NAMESAKES).find_map(|candidate| {
            let (expected, found) = words(&candidate);
            (expected != found).then_some((candidate.1, expected, found))
        });
        other.unwrap_or((first.1, expected, found))
    };
    let reason = match wrong_types(module, &given, context) {
        Some((2.., reason)) => reason,
        _ => format!(
            "import `{}` `{}` has the wrong type: expected {expected}, found {found} ({})",
            Name(import.module()),
            Name(import.name()),
            Part(TYPE, error.root_cause())
        ),
    };
    Some(WasmtimeError::Link { reason, module: import.module().to_owned(), name: import.name().to_owned() })
}

/// How many imports of one name are looked at to tell which has the wrong type.
const NAMESAKES: usize = 1000;
