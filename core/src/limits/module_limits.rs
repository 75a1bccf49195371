//! How large a module may be: wasmtime compiles whatever is valid, however long that takes.

use wasmparser::{BinaryReaderError, ElementItems, FunctionBody, Parser, Payload, TableInit, TypeRef};

use crate::limits::weight::Widths;
use crate::{Result, WasmtimeError};

/// What a module may have at most, looked at before anything is compiled. What is not set has no limit but wasmtime's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, uniffi::Record)]
pub struct ModuleLimits {
    /// The size of the module in the binary format, in bytes. In the text format it may have ten times as many. What
    /// its instructions stand for counts as well, as with `function_size`.
    #[uniffi(default)]
    pub size: Option<u64>,
    /// How many types it defines; a group of recursive ones counts as one.
    #[uniffi(default)]
    pub types: Option<u64>,
    /// How many functions it defines.
    #[uniffi(default)]
    pub functions: Option<u64>,
    /// How many items it imports. It holds for a component and for those in it as well: an instance that it imports is one item.
    #[uniffi(default)]
    pub imports: Option<u64>,
    /// How many items it exports. It holds for a component, for those in it, and for each instance that it imports as well.
    #[uniffi(default)]
    pub exports: Option<u64>,
    /// How many globals it defines.
    #[uniffi(default)]
    pub globals: Option<u64>,
    /// How many locals a function declares.
    #[uniffi(default)]
    pub locals: Option<u64>,
    /// The size of a function's body, in bytes. A call, a block, a branch or an instruction that makes a struct stands for many
    /// values where its type has many: past sixteen, each counts as a byte, and a field of a struct of defaults as four.
    #[uniffi(default)]
    pub function_size: Option<u64>,
    /// How deep blocks lie in blocks in a function.
    #[uniffi(default)]
    pub nesting: Option<u64>,
    /// How long compiling may take, in milliseconds. Wasmtime cannot end it: it goes on in the background, where its result is
    /// thrown away.
    #[uniffi(default)]
    pub compile_time: Option<u64>,
}

impl ModuleLimits {
    /// Fails with `Limit` where a module is too large in the format that it comes in, before anything is made of it.
    pub(crate) fn check_size(&self, bytes: &[u8], is_binary: bool) -> Result<()> {
        within(if is_binary { "module" } else { "text" }, "bytes", self.most(is_binary), bytes.len() as u64)
    }

    /// How many bytes a module may have in the format that it comes in.
    pub(crate) fn most(&self, is_binary: bool) -> Option<u64> {
        /// Text takes more bytes than what it says, and comments and line breaks take some.
        const TEXT: u64 = 10;
        self.size.map(|size| if is_binary { size } else { size.saturating_mul(TEXT) })
    }

    /// Fails with `Limit` where there are too many functions, with those that are added to interrupt its waits.
    pub(crate) fn check_functions(&self, count: u64) -> Result<()> {
        within("module", "functions, with one for each way in which it waits", self.functions, count)
    }

    /// Fails with `Limit` where the module has too much of something. What is no module is not judged here.
    pub(crate) fn check(&self, binary: &[u8]) -> Result<()> {
        within("module", "bytes", self.size, binary.len() as u64)?;
        let (mut functions, mut widths) = (0_usize, Widths::default());
        // What initialisers stand for, and what everything does.
        let (mut initialisers, mut all) = (0_u64, binary.len() as u64);
        for payload in Parser::new(0).parse_all(binary) {
            let Ok(payload) = payload else { return Ok(()) };
            match &payload {
                Payload::TypeSection(section) => within("module", "types", self.types, section.count().into())?,
                Payload::ImportSection(section) => within("module", "imports", self.imports, section.count().into())?,
                Payload::FunctionSection(section) => {
                    within("module", "functions", self.functions, section.count().into())?;
                }
                Payload::GlobalSection(section) => within("module", "globals", self.globals, section.count().into())?,
                Payload::ExportSection(section) => within("module", "exports", self.exports, section.count().into())?,
                Payload::CodeSectionEntry(body) => {
                    all = all.saturating_add(self.check_function(functions, body, &widths)?);
                    functions += 1;
                }
                _ => {}
            }
            let Ok(values) = look(&mut widths, payload) else { return Ok(()) };
            initialisers += values;
            let what = "module's initialisers";
            within(what, "values to set", self.function_size, initialisers)?;
        }
        within("module", "bytes and values that its instructions stand for", self.size, all + initialisers)
    }

    /// Gives how many values its instructions stand for.
    fn check_function(&self, index: usize, body: &FunctionBody<'_>, widths: &Widths) -> Result<u64> {
        let what = || format!("function {index} of those that the module defines");
        let bytes = body.range().len() as u64;
        within(&what(), "bytes", self.function_size, bytes)?;
        let locals = || -> Result<u64, BinaryReaderError> {
            let mut count: u64 = 0;
            for local in body.get_locals_reader()? {
                count = count.saturating_add(local?.0.into());
            }
            Ok(count)
        };
        if self.locals.is_some()
            && let Ok(count) = locals()
        {
            within(&what(), "locals", self.locals, count)?;
        }
        if self.nesting.is_none() && self.function_size.is_none() && self.size.is_none() {
            return Ok(0);
        }
        let Ok(found) = widths.body(index, body) else { return Ok(0) };
        within(&what(), "blocks in each other", self.nesting, found.depth)?;
        let weight = bytes.saturating_add(found.values);
        within(&what(), "bytes and values that its instructions stand for", self.function_size, weight)?;
        Ok(found.values)
    }
}

/// Notes what a part of a module says of types, and gives how many values its initialisers stand for.
fn look(widths: &mut Widths, payload: Payload<'_>) -> Result<u64, BinaryReaderError> {
    let mut values = 0_u64;
    match payload {
        Payload::TypeSection(section) => {
            for group in section {
                group?.types().for_each(|ty| widths.add_type(ty));
            }
        }
        Payload::ImportSection(section) => {
            for import in section.into_imports() {
                match import?.ty {
                    TypeRef::Func(ty) | TypeRef::FuncExact(ty) => widths.add_imported(ty),
                    TypeRef::Tag(tag) => widths.add_tag(tag.func_type_idx),
                    _ => {}
                }
            }
        }
        Payload::FunctionSection(section) => {
            for ty in section {
                widths.add_function(ty?);
            }
        }
        Payload::TagSection(section) => {
            for tag in section {
                widths.add_tag(tag?.func_type_idx);
            }
        }
        Payload::GlobalSection(section) => {
            for global in section {
                values = values.saturating_add(widths.constant(&global?.init_expr)?);
            }
        }
        Payload::TableSection(section) => {
            for table in section {
                if let TableInit::Expr(expression) = table?.init {
                    values = values.saturating_add(widths.constant(&expression)?);
                }
            }
        }
        Payload::ElementSection(section) => {
            for element in section {
                if let ElementItems::Expressions(_, expressions) = element?.items {
                    for expression in expressions {
                        values = values.saturating_add(widths.constant(&expression?)?);
                    }
                }
            }
        }
        _ => {}
    }
    Ok(values)
}

/// Fails with `Limit` where `what` has more than the limit.
pub(crate) fn within(what: &str, unit: &str, limit: Option<u64>, found: u64) -> Result<()> {
    match limit {
        Some(limit) if found > limit => {
            Err(WasmtimeError::limit(format!("the {what} has {found} {unit}: the engine's limit is {limit}")))
        }
        _ => Ok(()),
    }
}
