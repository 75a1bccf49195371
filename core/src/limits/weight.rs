//! What a function weighs: its bytes, and what its instructions stand for.
//!
//! Two bytes call a function of a thousand results, make a struct of ten thousand fields, or may leave a block with a thousand
//! values. A compiler handles each of these values, so each counts as a byte of the body does. What an instruction takes off the
//! stack for good was put there by others, whose bytes count.

use wasmparser::{
    BinaryReaderError, BlockType, Catch, CompositeInnerType, ConstExpr, FunctionBody, Operator, OperatorsReader,
    SubType,
};

use crate::Result;

/// How many values go into something, and how many come out.
type Arity = (u64, u64);

/// What is known of a module's types and functions.
#[derive(Default)]
pub(super) struct Widths {
    /// Of each type: a struct's fields go in.
    types: Vec<Arity>,
    /// The type of each function, imported or not.
    functions: Vec<u32>,
    imported: usize,
    tags: Vec<u32>,
}

/// What is found in a body.
#[derive(Default)]
pub(super) struct Found {
    /// How deep blocks lie in each other.
    pub(super) depth: u64,
    /// The values that its instructions stand for.
    pub(super) values: u64,
}

impl Widths {
    pub(super) fn add_type(&mut self, ty: &SubType) {
        self.types.push(match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) => (ty.params().len() as u64, ty.results().len() as u64),
            CompositeInnerType::Struct(ty) => (ty.fields.len() as u64, 0),
            CompositeInnerType::Array(_) | CompositeInnerType::Cont(_) => (0, 0),
        });
    }

    pub(super) fn add_imported(&mut self, ty: u32) {
        self.imported += 1;
        self.functions.push(ty);
    }

    pub(super) fn add_function(&mut self, ty: u32) {
        self.functions.push(ty);
    }

    pub(super) fn add_tag(&mut self, ty: u32) {
        self.tags.push(ty);
    }

    fn ty(&self, index: u32) -> Arity {
        self.types.get(index as usize).copied().unwrap_or_default()
    }

    fn function(&self, index: usize) -> Arity {
        self.functions.get(index).map(|ty| self.ty(*ty)).unwrap_or_default()
    }

    fn tag(&self, index: u32) -> u64 {
        self.tags.get(index as usize).map(|ty| self.ty(*ty).0).unwrap_or_default()
    }

    fn block(&self, ty: BlockType) -> Arity {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self.ty(index),
        }
    }

    /// What is in the body of the function of that index, counted among those that the module defines.
    pub(super) fn body(&self, index: usize, body: &FunctionBody<'_>) -> Result<Found, BinaryReaderError> {
        self.operators(self.function(self.imported.saturating_add(index)).1, body.get_operators_reader()?)
    }

    /// The values that a constant expression stands for.
    pub(super) fn constant(&self, expression: &ConstExpr<'_>) -> Result<u64, BinaryReaderError> {
        Ok(self.operators(1, expression.get_operators_reader())?.values)
    }

    fn operators(&self, results: u64, operators: OperatorsReader<'_>) -> Result<Found, BinaryReaderError> {
        let mut found = Found::default();
        // How many values leave each of the blocks that are open, the outermost first.
        let mut open = vec![results];
        for operator in operators {
            let label = |depth: u32| -> u64 {
                let place = open.len().checked_sub(1 + depth as usize);
                place.and_then(|place| open.get(place)).copied().unwrap_or_default()
            };
            let operator = operator?;
            let both = |(params, results): Arity| params + results;
            let values = match &operator {
                Operator::Call { function_index } => self.function(*function_index as usize).1,
                Operator::CallIndirect { type_index, .. } | Operator::CallRef { type_index } => self.ty(*type_index).1,
                Operator::StructNewDefault { struct_type_index } => self.ty(*struct_type_index).0.saturating_mul(FIELD),
                Operator::BrIf { relative_depth }
                | Operator::BrOnNull { relative_depth }
                | Operator::BrOnNonNull { relative_depth }
                | Operator::BrOnCast { relative_depth, .. }
                | Operator::BrOnCastFail { relative_depth, .. } => label(*relative_depth),
                Operator::BrTable { targets } => {
                    let mut values = label(targets.default());
                    for target in targets.targets() {
                        values = values.saturating_add(label(target?));
                    }
                    values
                }
                Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                    both(self.block(*blockty))
                }
                Operator::TryTable { try_table } => {
                    let caught = try_table.catches.iter().map(|catch| match catch {
                        Catch::One { tag, .. } | Catch::OneRef { tag, .. } => self.tag(*tag),
                        Catch::All { .. } | Catch::AllRef { .. } => 0,
                    });
                    caught.fold(both(self.block(try_table.ty)), u64::saturating_add)
                }
                _ => 0,
            };
            // What an instruction handles by its nature, its own bytes pay for.
            found.values = found.values.saturating_add(values.saturating_sub(FREE));
            match operator {
                Operator::Block { blockty } | Operator::If { blockty } => open.push(self.block(blockty).1),
                Operator::Loop { blockty } => open.push(self.block(blockty).0),
                Operator::TryTable { try_table } => open.push(self.block(try_table.ty).1),
                Operator::Try { blockty } => open.push(self.block(blockty).1),
                Operator::End => _ = open.pop(),
                _ => {}
            }
            found.depth = found.depth.max((open.len() as u64).saturating_sub(1));
        }
        Ok(found)
    }
}

/// How many values of an instruction count as nothing.
const FREE: u64 = 16;

/// What a field counts that is set and has no value on the stack: it is the dearest of all to compile.
const FIELD: u64 = 4;
