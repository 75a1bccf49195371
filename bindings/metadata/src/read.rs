//! The metadata of a library: UniFFI leaves a symbol for each item, which lies where the item is described.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use goblin::Object;
use goblin::elf::Elf;
use goblin::mach::{Mach, MachO};
use uniffi_meta::Metadata;

/// Each item of a library for Linux or macOS.
pub fn metadata(library: &[u8]) -> Result<Vec<Metadata>> {
    let places = match Object::parse(library)? {
        Object::Elf(elf) => in_elf(&elf)?,
        Object::Mach(Mach::Binary(mach)) => in_mach(&mach)?,
        _ => bail!("the library is neither an ELF file nor a Mach-O file for one machine"),
    };
    let read = |(name, offset): (String, usize)| {
        let described = library.get(offset..).with_context(|| format!("{name} lies outside of the file"))?;
        Metadata::read(described).with_context(|| name)
    };
    places.into_iter().map(read).collect()
}

/// Where each item lies in the file, by the name of its symbol.
type Places = BTreeMap<String, usize>;

fn in_elf(elf: &Elf<'_>) -> Result<Places> {
    let mut places = Places::new();
    for symbol in elf.dynsyms.iter() {
        let Some(name) = elf.dynstrtab.get_at(symbol.st_name).filter(|name| is_metadata(name)) else { continue };
        let section = elf.section_headers.get(symbol.st_shndx).with_context(|| format!("{name} is in no section"))?;
        let offset = section.sh_offset + (symbol.st_value - section.sh_addr);
        places.insert(name.to_owned(), usize::try_from(offset)?);
    }
    Ok(places)
}

fn in_mach(mach: &MachO<'_>) -> Result<Places> {
    let exports = mach.exports()?.into_iter().filter(|export| is_metadata(&export.name));
    exports.map(|export| Ok((export.name, usize::try_from(export.offset)?))).collect()
}

/// macOS puts an underscore before each name.
fn is_metadata(symbol: &str) -> bool {
    symbol.strip_prefix('_').unwrap_or(symbol).starts_with("UNIFFI_META")
}
