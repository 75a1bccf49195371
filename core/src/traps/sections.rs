//! The DWARF of a module, or of the modules in a component: what compilers leave in custom sections for debuggers.
//!
//! Wasmtime reads it for each frame of each trap. Here it is kept beside wasmtime's module, and read when somebody asks where a
//! frame stands: see `symbols.rs`.

use std::ops::Range;
use std::sync::Arc;

use gimli::SectionId;
use wasmparser::{Encoding, Parser, Payload};

use crate::Result;
use crate::process::heap::try_with_capacity;

/// The sections that are kept.
const KEPT: [SectionId; COUNT] = [
    SectionId::DebugAbbrev,
    SectionId::DebugAddr,
    SectionId::DebugInfo,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
];
const COUNT: usize = 9;

/// More is none, in bytes.
const MOST: usize = 512 << 20;

/// The sections of all modules in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sections {
    modules: Vec<OfModule>,
    bytes: Vec<u8>,
}

/// Those of one module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OfModule {
    /// Where its code section lies in the file: that is what addresses count from.
    pub(crate) code: Range<u64>,
    /// Where each section lies in the bytes.
    sections: [Range<usize>; COUNT],
}

impl Sections {
    /// The sections of a file in the binary format; none where no module has what is needed to find a line. Fails with `Limit`
    /// where there is no room for them.
    pub(crate) fn of(binary: &[u8]) -> Result<Option<Arc<Self>>> {
        let mut modules = found(binary);
        let length: usize = modules.iter().flat_map(|module| &module.sections).map(Range::len).sum();
        if length == 0 || length > MOST {
            return Ok(None);
        }
        let mut bytes = try_with_capacity(length)?;
        for section in modules.iter_mut().flat_map(|module| &mut module.sections) {
            let start = bytes.len();
            bytes.extend_from_slice(binary.get(section.clone()).unwrap_or_default());
            *section = start..bytes.len();
        }
        Ok(Some(Arc::new(Self { modules, bytes })))
    }

    /// How many bytes there are.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The module whose code has that offset in the file.
    pub(crate) fn module_at(&self, offset: u64) -> Option<&OfModule> {
        self.modules.iter().find(|module| module.code.contains(&offset))
    }

    /// A section of a module; no bytes where there is none.
    pub(crate) fn section(&self, module: &OfModule, id: SectionId) -> &[u8] {
        let place = KEPT.iter().position(|kept| *kept == id).and_then(|place| module.sections.get(place));
        place.and_then(|place| self.bytes.get(place.clone())).unwrap_or_default()
    }

    /// Everything in one piece, as two parts: numbers, and the bytes of the sections.
    pub(crate) fn parts(&self) -> (Vec<u8>, &[u8]) {
        let mut numbers = Vec::with_capacity(ROW * self.modules.len() + size_of::<u64>());
        for module in &self.modules {
            let lengths = module.sections.iter().map(|section| section.len() as u64);
            let row = [module.code.start, module.code.end].into_iter().chain(lengths);
            numbers.extend(row.flat_map(u64::to_le_bytes));
        }
        numbers.extend((self.modules.len() as u64).to_le_bytes());
        (numbers, &self.bytes)
    }

    /// What `parts` gave, the bytes of the sections first. None where that is something else; fails with `Limit` where there is
    /// no room for it.
    pub(crate) fn from_parts(all: &[u8]) -> Result<Option<Arc<Self>>> {
        let Some((modules, rest)) = rows(all) else { return Ok(None) };
        let mut bytes = try_with_capacity(rest.len())?;
        bytes.extend_from_slice(rest);
        Ok(Some(Arc::new(Self { modules, bytes })))
    }
}

/// How long the numbers of one module are, in bytes.
const ROW: usize = (2 + COUNT) * size_of::<u64>();

/// The modules, and the bytes of their sections.
fn rows(all: &[u8]) -> Option<(Vec<OfModule>, &[u8])> {
    let (rest, count) = all.split_last_chunk()?;
    let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
    let (rest, numbers) = rest.split_at_checked(rest.len().checked_sub(count.checked_mul(ROW)?)?)?;
    let mut end = 0_usize;
    let mut modules = Vec::with_capacity(count);
    for row in numbers.chunks_exact(ROW) {
        let mut numbers = row.as_chunks().0.iter().map(|number| u64::from_le_bytes(*number));
        let mut module = OfModule { code: numbers.next()?..numbers.next()?, ..OfModule::default() };
        for (section, length) in module.sections.iter_mut().zip(numbers) {
            let start = end;
            end = end.checked_add(usize::try_from(length).ok()?)?;
            *section = start..end;
        }
        modules.push(module);
    }
    (end == rest.len()).then_some((modules, rest))
}

/// The modules of a file that have what is needed to find a line, with their sections where they lie in the file.
fn found(binary: &[u8]) -> Vec<OfModule> {
    let (mut done, mut open) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(binary) {
        match payload {
            Ok(Payload::Version { encoding, .. }) => open.push((encoding, OfModule::default())),
            Ok(Payload::CodeSectionStart { range, .. }) => {
                if let Some((_, module)) = open.last_mut() {
                    module.code = range.start as u64..range.end as u64;
                }
            }
            Ok(Payload::CustomSection(section)) => {
                let place = KEPT.iter().position(|kept| kept.name() == section.name());
                let kept = open.last_mut().zip(place).and_then(|((_, module), place)| module.sections.get_mut(place));
                if let Some(kept) = kept {
                    *kept = section.data_offset()..section.data_offset() + section.data().len();
                }
            }
            Ok(Payload::End(_)) => {
                if let Some((Encoding::Module, module)) = open.pop()
                    && !module.code.is_empty()
                    && module.has(SectionId::DebugInfo)
                    && module.has(SectionId::DebugAbbrev)
                {
                    done.push(module);
                }
            }
            Ok(_) => {}
            // The compiler reports what is wrong with the file.
            Err(_) => break,
        }
    }
    done
}

impl OfModule {
    fn has(&self, id: SectionId) -> bool {
        KEPT.iter().zip(&self.sections).any(|(kept, section)| *kept == id && !section.is_empty())
    }
}
