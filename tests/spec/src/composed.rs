//! A component together with those that it imports from, in one component: there the types of functions are compared.

use std::collections::HashMap;

use wasm_encoder::{ComponentBuilder, ComponentExportKind};
use wasmparser::component_types::{ComponentEntityType, ComponentTypeId};
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// The components of the instances that others import, by name.
pub(crate) type Registered = HashMap<String, Vec<u8>>;

/// A component that instantiates the others and gives them to this one, where it imports a function of one of them by another type. None,
/// where its imports are not registered, or differ otherwise: by the kinds or the names of what is in them.
pub(crate) fn composed(bytes: &[u8], registered: &Registered) -> Option<Vec<u8>> {
    let names = imports(bytes)?;
    let given: Vec<_> = names.iter().filter_map(|name| registered.get(name)).collect();
    if given.len() != names.len() || !differs(bytes, &names, &given)? {
        return None;
    }
    let mut builder = ComponentBuilder::default();
    let mut instances = Vec::new();
    for (name, component) in names.iter().zip(given) {
        let component = builder.component_raw(None, component);
        let none: [(&str, ComponentExportKind, u32); 0] = [];
        instances.push((name.as_str(), ComponentExportKind::Instance, builder.instantiate(None, component, none)));
    }
    let component = builder.component_raw(None, bytes);
    builder.instantiate(None, component, instances);
    Some(builder.finish())
}

/// The names that a component imports.
fn imports(bytes: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import.ok()?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Some(names)
}

/// Whether a function that the component imports is there by another type, in one of those which it imports from.
fn differs(bytes: &[u8], names: &[String], given: &[&Vec<u8>]) -> Option<bool> {
    let mut both = ComponentBuilder::default();
    for component in given {
        both.component_raw(None, component);
    }
    let importer = both.component_raw(None, bytes);
    let both = both.finish();
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(&both).ok()?;
    let types = types.as_ref();
    let wanted = types.get(types.component_at(importer))?;
    for (index, name) in (0..).zip(names) {
        let Some(ComponentEntityType::Instance(instance)) = wanted.imports.get(name).map(|import| import.ty) else {
            return Some(false);
        };
        let component = types.component_at(index);
        for (export, item) in &types.get(instance)?.exports {
            if is_other(types, component, export, &item.ty)? {
                return Some(true);
            }
        }
    }
    Some(false)
}

fn is_other(types: TypesRef<'_>, component: ComponentTypeId, export: &str, wanted: &ComponentEntityType) -> Option<bool> {
    let found = types.get(component)?.exports.get(export).map(|item| item.ty);
    Some(match (found, wanted) {
        (Some(found @ ComponentEntityType::Func(_)), ComponentEntityType::Func(_)) => {
            !ComponentEntityType::is_subtype_of(&found, types, wanted, types)
        }
        _ => false,
    })
}
