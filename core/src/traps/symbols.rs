//! Where a frame stands in its source file, by the DWARF of its module.
//!
//! That is a stranger's bytes. Nothing here recurses, and what is read is counted: a few bytes can refer to a long list, or to each
//! other. What passes a bound, or is no DWARF, has no symbols. See `docs/untrusted.md`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Weak};

use gimli::{
    Abbreviations, AttributeSpecification, AttributeValue, DebugInfoOffset, Dwarf, EndianSlice, LineRow, LittleEndian,
    Section, Unit, UnitHeader, UnitOffset, UnitRef, constants,
};

use crate::DebugInfo;
use crate::errors::frame::{FrameSymbol, ReadSymbols};
use crate::errors::guest_text::{self, PATH};
use crate::process::native_pressure::HeldBytes;
use crate::traps::demangle::Names;
use crate::traps::notes::Notes;
use crate::traps::sections::Sections;
use crate::traps::tables::{TABLE, files, skip_abbreviations};

type Bytes<'a> = EndianSlice<'a, LittleEndian>;
type Attribute<'a> = AttributeValue<Bytes<'a>>;

/// How much is read for one frame: entries, attributes, ranges, rows, and bytes of tables.
const READ: usize = 16 << 20;

/// How many functions a frame shows that were inlined into each other.
const INLINED: usize = 32;

/// How often an entry may refer to another one for its name.
const REFERENCES: usize = 16;

static KNOWN: Notes<Weak<DebugInfo>> = Notes::none();

/// The DWARF of a module, and what reads it.
#[derive(Debug, Clone)]
pub(crate) struct Debug {
    pub(crate) sections: Arc<Sections>,
    pub(crate) info: Arc<DebugInfo>,
}

/// Notes the DWARF of the new module, or component, whose code lies there. It is known for as long as somebody has what this gives. The
/// second is how many bytes the code and the DWARF hold.
pub(crate) fn note(code: Range<*const u8>, sections: Option<Arc<Sections>>) -> (Option<Debug>, HeldBytes) {
    let debug = sections.map(|sections| {
        let info = Arc::new(DebugInfo::new(Reader(Arc::clone(&sections))));
        Debug { sections, info }
    });
    KNOWN.set(code.start.addr(), debug.as_ref().map(|debug| Arc::downgrade(&debug.info)));
    let size = code.end.addr().saturating_sub(code.start.addr());
    let held = HeldBytes::new(size.saturating_add(debug.as_ref().map_or(0, |debug| debug.sections.size())));
    (debug, held)
}

/// What is known of the module whose code is at `place`, if somebody still keeps it.
pub(crate) fn of(place: usize) -> Option<Arc<DebugInfo>> {
    KNOWN.get(place)?.upgrade()
}

/// What is known of the modules that have instances in a store: a module may be closed before them.
#[derive(Debug, Default)]
pub(crate) struct Kept(BTreeMap<usize, Arc<DebugInfo>>);

impl Kept {
    /// Keeps what is known of the module, or component, whose code is at `place`.
    pub(crate) fn keep(&mut self, place: usize) {
        if let Some(info) = of(place) {
            self.0.insert(place, info);
        }
    }
}

struct Reader(Arc<Sections>);

impl ReadSymbols for Reader {
    fn symbols(&self, module_offset: u64) -> Vec<FrameSymbol> {
        let Some(module) = self.0.module_at(module_offset) else { return Vec::new() };
        let section = |id| Ok::<_, gimli::Error>(EndianSlice::new(self.0.section(module, id), LittleEndian));
        let Ok(dwarf) = Dwarf::load(section) else { return Vec::new() };
        let mut search = Search { dwarf: &dwarf, address: module_offset - module.code.start, left: READ };
        search.symbols().unwrap_or_default()
    }
}

/// The search for one address. An `Err` ends it: the bytes are no DWARF, or too many.
struct Search<'a> {
    dwarf: &'a Dwarf<Bytes<'a>>,
    /// From the start of the code section, in bytes.
    address: u64,
    left: usize,
}

/// A function that the address is in, as an entry says.
#[derive(Default)]
struct Function<'a> {
    name: Option<Attribute<'a>>,
    linkage_name: Option<Attribute<'a>>,
    origin: Option<Attribute<'a>>,
    /// Where it was inlined: the file's number, the line and the column.
    call: (Option<u64>, Option<u32>, Option<u32>),
    low: Option<Attribute<'a>>,
    high: Option<Attribute<'a>>,
    ranges: Option<Attribute<'a>>,
}

impl<'a> Search<'a> {
    fn spend(&mut self, what: usize) -> gimli::Result<()> {
        let left = self.left.checked_sub(what);
        self.left = left.unwrap_or(0);
        left.map(drop).ok_or(gimli::Error::UnsupportedOffset)
    }

    fn symbols(&mut self) -> gimli::Result<Vec<FrameSymbol>> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            self.spend(1)?;
            // A unit that cannot be read says nothing of the others.
            let Ok(unit) = self.unit(header) else {
                self.spend(1)?;
                continue;
            };
            let unit = UnitRef::new(self.dwarf, &unit);
            if self.is_in_unit(unit)? {
                return self.in_unit(unit);
            }
        }
        Ok(Vec::new())
    }

    fn unit(&mut self, header: UnitHeader<Bytes<'a>>) -> gimli::Result<Unit<Bytes<'a>>> {
        let start = header.debug_abbrev_offset().0;
        let table = self.dwarf.debug_abbrev.reader().slice().get(start..).unwrap_or_default();
        let mut table = wasmparser::BinaryReader::new(table.get(..TABLE).unwrap_or(table), 0);
        let is_whole = skip_abbreviations(&mut table).is_some();
        self.spend(table.original_position())?;
        if !is_whole {
            return Err(gimli::Error::UnsupportedOffset);
        }
        let abbreviations = header.abbreviations(&self.dwarf.debug_abbrev)?;
        let root = self.root(&header, &abbreviations)?;
        if let Some(AttributeValue::DebugLineRef(offset)) = root {
            let lines = self.dwarf.debug_line.reader().slice();
            let length = lines.get(offset.0..).and_then(files).ok_or(gimli::Error::UnsupportedOffset)?;
            self.spend(length)?;
        }
        Unit::new_with_abbreviations(self.dwarf, header, Arc::new(abbreviations))
    }

    /// Where the lines of a unit stand.
    fn root(
        &mut self,
        header: &UnitHeader<Bytes<'a>>,
        abbreviations: &Abbreviations,
    ) -> gimli::Result<Option<Attribute<'a>>> {
        let mut entries = header.entries_raw(abbreviations, None)?;
        let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(None) };
        self.spend(abbreviation.attributes().len())?;
        let mut found = None;
        for spec in abbreviation.attributes() {
            let attribute = entries.read_attribute(*spec)?;
            if attribute.name() == constants::DW_AT_stmt_list {
                found = Some(attribute.value());
            }
        }
        Ok(found)
    }

    fn is_in_unit(&mut self, unit: UnitRef<'_, Bytes<'a>>) -> gimli::Result<bool> {
        let mut entries = unit.entries_raw(None)?;
        let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(false) };
        let root = self.function(&mut entries, abbreviation.attributes())?;
        self.has_address(unit, &root)
    }

    /// The functions of the unit that the address is in, innermost first, each with its place.
    fn in_unit(&mut self, unit: UnitRef<'_, Bytes<'a>>) -> gimli::Result<Vec<FrameSymbol>> {
        let functions = self.functions(unit)?;
        let mut place = self.line(unit)?;
        let found: Vec<_> =
            functions.iter().rev().map(|function| self.name(unit, function)).collect::<Result<_, _>>()?;
        let mut names = Names::new();
        let mut symbols = Vec::new();
        for (function, name) in functions.iter().rev().zip(&found) {
            let name = name.as_ref().map(|name| names.demangled(name).unwrap_or_else(|| name.clone()));
            let (file, line, column) = place;
            symbols.push(FrameSymbol { name, file, line, column });
            let (file, line, column) = function.call;
            let file = file.and_then(|number| self.file(unit, number));
            place = (file, line, column);
        }
        if functions.is_empty() && (place.0.is_some() || place.1.is_some()) {
            let (file, line, column) = place;
            symbols.push(FrameSymbol { name: None, file, line, column });
        }
        Ok(symbols)
    }

    /// The functions that the address is in, outermost first.
    fn functions(&mut self, unit: UnitRef<'_, Bytes<'a>>) -> gimli::Result<Vec<Function<'a>>> {
        let mut found: Vec<(isize, Function<'a>)> = Vec::new();
        let mut entries = unit.entries_raw(None)?;
        while !entries.is_empty() {
            let depth = entries.next_depth();
            self.spend(1)?;
            // Behind the last of them, none of its entries follows.
            if found.first().is_some_and(|(outermost, _)| depth <= *outermost) {
                break;
            }
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            let is_wanted = match abbreviation.tag() {
                constants::DW_TAG_subprogram => found.is_empty(),
                constants::DW_TAG_inlined_subroutine => !found.is_empty(),
                _ => false,
            };
            if !is_wanted {
                self.spend(abbreviation.attributes().len())?;
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let function = self.function(&mut entries, abbreviation.attributes())?;
            if !self.has_address(unit, &function)? {
                continue;
            }
            found.push((depth, function));
            if found.len() == INLINED {
                break;
            }
        }
        Ok(found.into_iter().map(|(_, function)| function).collect())
    }

    fn function(
        &mut self,
        entries: &mut gimli::EntriesRaw<'_, Bytes<'a>>,
        attributes: &[AttributeSpecification],
    ) -> gimli::Result<Function<'a>> {
        self.spend(attributes.len())?;
        let mut found = Function::default();
        for spec in attributes {
            let attribute = entries.read_attribute(*spec)?;
            let (value, number) = (attribute.value(), attribute.udata_value());
            let small = number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
            match attribute.name() {
                constants::DW_AT_name => found.name = Some(value),
                constants::DW_AT_linkage_name | constants::DW_AT_MIPS_linkage_name => found.linkage_name = Some(value),
                constants::DW_AT_abstract_origin | constants::DW_AT_specification => found.origin = Some(value),
                constants::DW_AT_low_pc => found.low = Some(value),
                constants::DW_AT_high_pc => found.high = Some(value),
                constants::DW_AT_ranges => found.ranges = Some(value),
                constants::DW_AT_call_file => {
                    found.call.0 = if let AttributeValue::FileIndex(file) = value { Some(file) } else { number };
                }
                constants::DW_AT_call_line => found.call.1 = small,
                constants::DW_AT_call_column => found.call.2 = small,
                _ => {}
            }
        }
        Ok(found)
    }

    fn has_address(&mut self, unit: UnitRef<'_, Bytes<'a>>, function: &Function<'a>) -> gimli::Result<bool> {
        if let Some(ranges) = &function.ranges
            && let Some(offset) = unit.attr_ranges_offset(*ranges)?
        {
            let mut ranges = unit.ranges(offset)?;
            while let Some(range) = ranges.next()? {
                self.spend(1)?;
                if (range.begin..range.end).contains(&self.address) {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let Some(low) = function.low.map(|low| unit.attr_address(low)).transpose()?.flatten() else {
            return Ok(false);
        };
        let high = match &function.high {
            None => return Ok(false),
            Some(high) => match high.udata_value() {
                Some(length) => low.saturating_add(length),
                None => unit.attr_address(*high)?.unwrap_or(low),
            },
        };
        Ok((low..high).contains(&self.address))
    }

    /// The file, the line and the column of the address.
    fn line(&mut self, unit: UnitRef<'_, Bytes<'a>>) -> gimli::Result<(Option<String>, Option<u32>, Option<u32>)> {
        let Some(program) = unit.line_program.clone() else { return Ok((None, None, None)) };
        let mut rows = program.rows();
        let mut last: Option<LineRow> = None;
        while let Some((_, row)) = rows.next_row()? {
            self.spend(1)?;
            if let Some(last) = last.filter(|last| (last.address()..row.address()).contains(&self.address)) {
                let column = match last.column() {
                    gimli::ColumnType::LeftEdge => None,
                    gimli::ColumnType::Column(column) => u32::try_from(column.get()).ok(),
                };
                let line = last.line().and_then(|line| u32::try_from(line.get()).ok());
                return Ok((self.file(unit, last.file_index()), line, column));
            }
            last = (!row.end_sequence()).then_some(*row);
        }
        Ok((None, None, None))
    }

    /// The path of a file of the unit, by its number.
    fn file(&self, unit: UnitRef<'_, Bytes<'a>>, number: u64) -> Option<String> {
        let header = unit.line_program.as_ref()?.header();
        let file = header.file(number)?;
        let named = |value| unit.attr_string(value).ok().map(text);
        let mut path = String::new();
        if let Some(folder) = unit.comp_dir {
            join(&mut path, &text(folder));
        }
        if file.directory_index() != 0
            && let Some(folder) = file.directory(header).and_then(named)
        {
            join(&mut path, &folder);
        }
        join(&mut path, &named(file.path_name())?);
        Some(guest_text::start(&path))
    }

    /// The name of a function: the linker's, which tells one C++ function from another, or else the source's.
    fn name(&mut self, unit: UnitRef<'_, Bytes<'a>>, function: &Function<'a>) -> gimli::Result<Option<String>> {
        let own = |unit: UnitRef<'_, Bytes<'a>>, function: &Function<'a>| {
            let name = function.linkage_name.or(function.name)?;
            Some(guest_text::start(&text(unit.attr_string(name).ok()?)))
        };
        if let Some(name) = own(unit, function) {
            return Ok(Some(name));
        }
        let (mut origin, mut other): (_, Option<Unit<Bytes<'a>>>) = (function.origin, None);
        for _ in 0..REFERENCES {
            let offset = match origin.take() {
                Some(AttributeValue::UnitRef(offset)) => offset,
                Some(AttributeValue::DebugInfoRef(offset)) => {
                    let Some((unit, offset)) = self.unit_of(offset)? else { return Ok(None) };
                    other = Some(unit);
                    offset
                }
                _ => return Ok(None),
            };
            let unit = other.as_ref().map_or(unit, |unit| UnitRef::new(self.dwarf, unit));
            let mut entries = unit.entries_raw(Some(offset))?;
            let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(None) };
            let function = self.function(&mut entries, abbreviation.attributes())?;
            if let Some(name) = own(unit, &function) {
                return Ok(Some(name));
            }
            origin = function.origin;
        }
        Ok(None)
    }

    /// The unit that an entry of another one refers to.
    fn unit_of(&mut self, offset: DebugInfoOffset) -> gimli::Result<Option<(Unit<Bytes<'a>>, UnitOffset)>> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            self.spend(1)?;
            if let Some(offset) = offset.to_unit_offset(&header) {
                return self.unit(header).map(|unit| Some((unit, offset)));
            }
        }
        Ok(None)
    }
}

/// The start of a text: no more is shown.
fn text(bytes: Bytes<'_>) -> String {
    let bytes = bytes.slice();
    String::from_utf8_lossy(bytes.get(..PATH).unwrap_or(bytes)).into_owned()
}

/// Appends a path to another one. An absolute one takes its place.
fn join(path: &mut String, more: &str) {
    let is_absolute = more.starts_with('/') || more.get(1..3).is_some_and(|drive| drive == ":\\" || drive == ":/");
    if is_absolute {
        path.clear();
    } else if !path.is_empty() && !path.ends_with(['/', '\\']) {
        path.push(if path.contains('\\') { '\\' } else { '/' });
    }
    path.push_str(more);
}
