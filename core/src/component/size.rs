//! How many instances a component makes: one of a few hundred bytes may instantiate another one twice, and so on thirty times over.

use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Parser, Payload};

use crate::{Result, WasmtimeError};

/// How many instances of components and modules a component may make in all. Wasmtime looks at each of them when it compiles.
const MOST: u64 = 100_000;

/// A component that is read, and what is known of those that it can name.
#[derive(Default)]
struct Scope {
    /// How many instances each component makes that has an index here.
    components: Vec<u64>,
    /// How many instances it makes itself.
    made: u64,
}

/// Fails with `Limit` where a component makes too many. What cannot be read is the compiler's to refuse.
pub(super) fn check_instances(binary: &[u8]) -> Result<()> {
    let mut open: Vec<Scope> = Vec::new();
    // The most that any component makes which was read before: what one makes that is imported or comes out of an instance, is not known.
    let mut largest = 1;
    // How many parts that are no component are open: modules.
    let mut modules = 0_usize;
    for payload in Parser::new(0).parse_all(binary) {
        let Ok(payload) = payload else { return Ok(()) };
        match payload {
            Payload::Version { encoding: wasmparser::Encoding::Component, .. } => open.push(Scope::default()),
            Payload::Version { .. } => modules += 1,
            Payload::End(_) if modules > 0 => modules -= 1,
            Payload::End(_) => {
                let Some(done) = open.pop() else { return Ok(()) };
                largest = largest.max(done.made);
                if let Some(outer) = open.last_mut() {
                    outer.components.push(done.made.max(1));
                }
            }
            _ if modules > 0 => {}
            payload => read(payload, &mut open, largest)?,
        }
    }
    Ok(())
}

fn read(payload: Payload<'_>, open: &mut [Scope], largest: u64) -> Result<()> {
    let depth = open.len();
    match payload {
        Payload::InstanceSection(section) => add(open, section.count().into()),
        Payload::ComponentInstanceSection(section) => {
            for instance in section {
                let Ok(instance) = instance else { return Ok(()) };
                let made = match instance {
                    ComponentInstance::Instantiate { component_index, .. } => {
                        let scope = open.last();
                        let known = scope.and_then(|scope| scope.components.get(component_index as usize));
                        known.copied().unwrap_or(largest).saturating_add(1)
                    }
                    ComponentInstance::FromExports(_) => 1,
                };
                add(open, made)?;
            }
            Ok(())
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section {
                let Ok(alias) = alias else { return Ok(()) };
                let known = match alias {
                    ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                        let scope = depth.checked_sub(1 + count as usize).and_then(|place| open.get(place));
                        scope.and_then(|scope| scope.components.get(index as usize)).copied().unwrap_or(largest)
                    }
                    ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => largest,
                    _ => continue,
                };
                push(open, known);
            }
            Ok(())
        }
        Payload::ComponentImportSection(section) => {
            for import in section {
                let Ok(import) = import else { return Ok(()) };
                if matches!(import.ty, wasmparser::ComponentTypeRef::Component(_)) {
                    push(open, largest);
                }
            }
            Ok(())
        }
        Payload::ComponentExportSection(section) => {
            for export in section {
                let Ok(export) = export else { return Ok(()) };
                if export.kind == ComponentExternalKind::Component {
                    let known = open.last().and_then(|scope| scope.components.get(export.index as usize)).copied();
                    push(open, known.unwrap_or(largest));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn push(open: &mut [Scope], made: u64) {
    if let Some(scope) = open.last_mut() {
        scope.components.push(made);
    }
}

fn add(open: &mut [Scope], made: u64) -> Result<()> {
    let Some(scope) = open.last_mut() else { return Ok(()) };
    scope.made = scope.made.saturating_add(made);
    if scope.made <= MOST {
        return Ok(());
    }
    Err(WasmtimeError::limit(format!(
        "the component makes {} instances of components and modules, or more: there may be {MOST}",
        scope.made
    )))
}
