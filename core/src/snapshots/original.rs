//! The module that a copy was made of: what its snapshots are made of as well.

use std::collections::HashSet;

use crate::errors::guest_text::Name;
use crate::process::heap::try_with_capacity;
use crate::snapshots::copy::{Copied, copied};
use crate::snapshots::data::Data;
use crate::snapshots::hidden::{Hidden, Item};
use crate::snapshots::layout::Layout;
use crate::snapshots::state::State;
use crate::snapshots::written::written;
use crate::{Result, WasmtimeError};

/// How many bytes a snapshot has at most: engines take no more in a module.
const MOST: u64 = 1 << 30;

/// A module as it was given, in the binary format, and valid.
#[derive(Debug)]
pub(crate) struct Original {
    binary: Vec<u8>,
    hidden: Hidden,
    /// The functions that its code makes references to.
    declared: Vec<u32>,
    /// How many bytes a snapshot may have.
    most: u64,
}

/// What of an instance is read, by which exports.
pub(crate) struct Plan {
    /// The functions that references may be of, with their indexes.
    pub(crate) functions: Vec<(u32, String)>,
    pub(crate) memories: Vec<String>,
    /// With their indexes.
    pub(crate) globals: Vec<(u32, String)>,
    pub(crate) tables: Vec<String>,
    pub(crate) data: Data,
}

impl Original {
    /// Fails with `Unsupported` for a module whose instances have no snapshots. A snapshot may have `most` bytes, if that is given.
    pub(crate) fn new(binary: &[u8], most: Option<u64>) -> Result<Self> {
        let layout = Layout::read(binary)?;
        let declared = layout.check_code()?.into_iter().collect();
        let hidden = Hidden::beside(layout.exports.iter().map(|export| export.name));
        let mut copy = try_with_capacity(binary.len())?;
        copy.extend_from_slice(binary);
        Ok(Self { binary: copy, hidden, declared, most: most.map_or(MOST, |most| most.min(MOST)) })
    }

    /// The copy that is compiled. `binary` is the module, whose custom sections may be others.
    pub(crate) fn copied(&self, binary: &[u8]) -> Result<Copied> {
        copied(binary, &Layout::read(&self.binary)?, &self.hidden)
    }

    pub(crate) fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// How many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        self.binary.len()
    }

    /// What is read of an instance. Fails with `NotFound` where the module does not export what is to be removed.
    pub(crate) fn plan(&self, remove: &[String]) -> Result<Plan> {
        let layout = Layout::read(&self.binary)?;
        let names: HashSet<_> = layout.exports.iter().map(|export| export.name).collect();
        if let Some(name) = remove.iter().find(|name| !names.contains(name.as_str())) {
            let reason = format!("there is no export `{}` to remove", Name(name));
            return Err(WasmtimeError::NotFound { name: name.clone(), reason });
        }
        let numbered = |count: usize| (0_u32..).zip(0..count).map(|(index, _)| index);
        let function = |index: &u32| (*index, self.hidden.name(Item::Func(*index)));
        let global = |index: u32| {
            let index = layout.imported_globals.saturating_add(index);
            (index, self.hidden.name(Item::Global(index)))
        };
        Ok(Plan {
            functions: layout.referenced.iter().map(function).collect(),
            memories: numbered(layout.memories.len()).map(|index| self.hidden.name(Item::Memory(index))).collect(),
            globals: numbered(layout.globals.len()).map(global).collect(),
            tables: numbered(layout.tables.len()).map(|index| self.hidden.name(Item::Table(index))).collect(),
            data: Data::new(layout.memories.len(), self.most),
        })
    }

    /// The module that begins with that state, without the exports of those names. Fails with `Limit` where it is too large.
    pub(crate) fn snapshot(&self, state: &State, remove: &[String]) -> Result<Vec<u8>> {
        let remove = remove.iter().map(String::as_str).collect();
        written(&self.binary, &Layout::read(&self.binary)?, &self.declared, state, &remove, self.most)
    }
}
