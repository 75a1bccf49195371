//! What is in the tables of an instance, as element segments.

use std::borrow::Cow;
use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ConstExpr, ElementSection, Elements, HeapType, RefType, TableSection};
use wasmparser::{Element, ElementItems, ElementKind, Table, TableInit};

use crate::snapshots::constant::reference;
use crate::snapshots::layout::{Layout, not_encoded};
use crate::snapshots::offset::offset;
use crate::snapshots::state::Reference;
use crate::{Result, WasmtimeError};

/// How many element segments a table may take: engines take 100,000 in a module, and 100 tables.
const SEGMENTS: usize = 500;

/// How many elements engines take in a table that a module begins with.
const MOST: usize = 10_000_000;

/// The tables, as large as they are.
pub(super) fn tables(layout: &Layout<'_>, state: &[Vec<Reference>]) -> Result<TableSection> {
    let mut tables = TableSection::new();
    for (index, (table, elements)) in layout.tables.iter().zip(state).enumerate() {
        if elements.len() > MOST {
            return Err(WasmtimeError::limit(format!(
                "table {index} has {} elements: a snapshot may have {MOST} in a table",
                elements.len()
            )));
        }
        let mut ty = RoundtripReencoder.table_type(table.ty).map_err(not_encoded)?;
        ty.minimum = elements.len() as u64;
        match (elements.first(), &table.init) {
            // It has no null: what it begins with is written over.
            (Some(first), _) if !ty.element_type.nullable => {
                tables.table_with_init(ty, &reference(*first, ty.element_type.heap_type))
            }
            (None, TableInit::Expr(init)) if !ty.element_type.nullable => {
                tables.table_with_init(ty, &RoundtripReencoder.const_expr(init.clone()).map_err(not_encoded)?)
            }
            _ => tables.table(ty),
        };
    }
    Ok(tables)
}

/// The element segments: those of the module, then `declared`, the functions that its code makes references to, and what is in the
/// tables.
pub(super) fn elements(layout: &Layout<'_>, declared: &[u32], state: &[Vec<Reference>]) -> Result<ElementSection> {
    let mut section = ElementSection::new();
    for element in &layout.elements {
        keep(&mut section, layout, element)?;
    }
    if !declared.is_empty() {
        section.declared(Elements::Functions(Cow::Borrowed(declared)));
    }
    for (index, (table, elements)) in (0..).zip(layout.tables.iter().zip(state)) {
        for run in runs(elements) {
            add_run(&mut section, index, table, run.start as u64, elements.get(run).unwrap_or_default())?;
        }
    }
    Ok(section)
}

/// A segment of the module at its index. An active one has been used and has nothing any more, so that it has nothing from the start.
fn keep(section: &mut ElementSection, layout: &Layout<'_>, element: &Element<'_>) -> Result<()> {
    let ElementKind::Active { table_index, .. } = element.kind else {
        return RoundtripReencoder.parse_element(section, element.clone()).map_err(not_encoded);
    };
    let nothing = match element.items {
        ElementItems::Functions(_) => Elements::Functions(Cow::Borrowed(&[])),
        ElementItems::Expressions(ty, _) => {
            Elements::Expressions(RoundtripReencoder.ref_type(ty).map_err(not_encoded)?, Cow::Borrowed(&[]))
        }
    };
    let table = layout.tables.get(table_index.unwrap_or(0) as usize);
    section.active(table_index, &offset(table.is_some_and(|table| table.ty.table64), 0), nothing);
    Ok(())
}

/// Where elements stand that are not null. The last of many runs has nulls among them.
fn runs(elements: &[Reference]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, _) in elements.iter().enumerate().filter(|(_, element)| **element != Reference::Null) {
        let is_last = runs.len() == SEGMENTS;
        match runs.last_mut() {
            Some(run) if is_last || run.end == index => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

fn add_run(
    section: &mut ElementSection,
    index: u32,
    table: &Table<'_>,
    start: u64,
    elements: &[Reference],
) -> Result<()> {
    let ty = RoundtripReencoder.ref_type(table.ty.element_type).map_err(not_encoded)?;
    let functions: Option<Vec<_>> = elements
        .iter()
        .map(|element| match element {
            Reference::Func(function) if ty == RefType::FUNCREF => Some(*function),
            _ => None,
        })
        .collect();
    let expressions: Vec<ConstExpr>;
    let elements = match &functions {
        Some(functions) => Elements::Functions(Cow::Borrowed(functions)),
        None => {
            let null: HeapType = ty.heap_type;
            expressions = elements.iter().map(|element| reference(*element, null)).collect();
            Elements::Expressions(ty, Cow::Borrowed(&expressions))
        }
    };
    section.active((index != 0).then_some(index), &offset(table.ty.table64, start), elements);
    Ok(())
}
