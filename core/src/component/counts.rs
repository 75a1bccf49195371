//! How much a component imports and exports: its limits are those of modules.

use wasmparser::{ComponentType, ComponentTypeDeclaration, InstanceTypeDeclaration, Parser, Payload};

use crate::limits::module_limits::within;
use crate::{ModuleLimits, Result};

/// What a component that is read has so far.
#[derive(Default)]
struct Counts {
    imports: u64,
    exports: u64,
}

/// Fails with `Limit` where a component, one in it, or the type of an instance or a component has too many imports or exports. What cannot
/// be read is the compiler's to refuse.
pub(super) fn check(binary: &[u8], limits: &ModuleLimits) -> Result<()> {
    let mut open: Vec<Counts> = Vec::new();
    // How many parts that are no component are open: modules.
    let mut modules = 0_usize;
    for payload in Parser::new(0).parse_all(binary) {
        let Ok(payload) = payload else { return Ok(()) };
        match payload {
            Payload::Version { encoding: wasmparser::Encoding::Component, .. } => open.push(Counts::default()),
            Payload::Version { .. } => modules += 1,
            Payload::End(_) if modules > 0 => modules -= 1,
            Payload::End(_) => _ = open.pop(),
            _ if modules > 0 => {}
            Payload::ComponentImportSection(section) => {
                let Some(counts) = open.last_mut() else { return Ok(()) };
                counts.imports += u64::from(section.count());
                within("component", "imports", limits.imports, counts.imports)?;
            }
            Payload::ComponentExportSection(section) => {
                let Some(counts) = open.last_mut() else { return Ok(()) };
                counts.exports += u64::from(section.count());
                within("component", "exports", limits.exports, counts.exports)?;
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    let Ok(ty) = ty else { return Ok(()) };
                    check_type(&ty, limits)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The reader bounds how deep types lie in each other.
fn check_type(ty: &ComponentType<'_>, limits: &ModuleLimits) -> Result<()> {
    match ty {
        ComponentType::Instance(declarations) => {
            let exports = declarations.iter().filter(|one| matches!(one, InstanceTypeDeclaration::Export { .. }));
            within("type of an instance", "exports", limits.exports, exports.count() as u64)?;
            declarations.iter().try_for_each(|one| match one {
                InstanceTypeDeclaration::Type(ty) => check_type(ty, limits),
                _ => Ok(()),
            })
        }
        ComponentType::Component(declarations) => {
            let imports = declarations.iter().filter(|one| matches!(one, ComponentTypeDeclaration::Import(_)));
            within("type of a component", "imports", limits.imports, imports.count() as u64)?;
            let exports = declarations.iter().filter(|one| matches!(one, ComponentTypeDeclaration::Export { .. }));
            within("type of a component", "exports", limits.exports, exports.count() as u64)?;
            declarations.iter().try_for_each(|one| match one {
                ComponentTypeDeclaration::Type(ty) => check_type(ty, limits),
                _ => Ok(()),
            })
        }
        _ => Ok(()),
    }
}
