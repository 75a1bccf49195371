//! Bindings in Kotlin: a package for the world, and one in it for each interface.

mod data;
mod exports;
mod functions;
mod imports;
mod layout;
mod names;
mod sheet;
mod tuples;
mod values;
mod words;
mod world;

use std::collections::BTreeSet;

use crate::header::Header;
use crate::model::{Interface, InterfaceId, Model, Owner, Plain, Side, Type, TypeKind};
use crate::{File, Problem, Result};
use names::Names;
use sheet::Sheet;

/// Checks that a package can have that name.
pub fn check_name(name: &str) -> Result<()> {
    match words::is_package(name) {
        true => Ok(()),
        false => Err(Problem::Name { name: name.to_owned(), what: "a Kotlin package".to_owned() }),
    }
}

/// The files of the package of that name.
///
/// Fails with `Unsupported` where a record or a function has more parts than a method of the JVM may have parameters.
pub fn files(model: &Model, header: &Header, package: &str) -> Result<Vec<File>> {
    check_sizes(model)?;
    let names = Names::new(model, package);
    let mut files = Vec::new();
    let mut tuples = BTreeSet::new();
    for (place, interface) in model.interfaces.iter().enumerate() {
        let id = InterfaceId(place);
        let owner = Owner::Interface(id);
        let mut sheet = Sheet::new(model, &names, owner);
        match interface.side {
            Side::Import => sheet.imported(id),
            Side::Export => sheet.exported(id),
        }
        if sheet.page.is_empty() {
            continue;
        }
        tuples.append(&mut sheet.tuples);
        let path = format!("{}/{}/{}.kt", folder(interface), names.last_of(id).name, names.file(owner).class.name);
        files.push(File { path, text: sheet.finish(header) });
    }
    let mut sheet = Sheet::new(model, &names, Owner::World);
    sheet.world();
    tuples.append(&mut sheet.tuples);
    files.push(File { path: format!("{}.kt", names.file(Owner::World).class.name), text: sheet.finish(header) });
    if !tuples.is_empty() {
        let mut sheet = Sheet::new(model, &names, Owner::World);
        sheet.tuple_classes(&tuples);
        files.push(File { path: "Tuples.kt".to_owned(), text: sheet.finish(header) });
    }
    Ok(files)
}

/// The folder of an interface's file, and the part of its package that says who has it.
fn folder(interface: &Interface) -> &'static str {
    match interface.side {
        Side::Import => "imports",
        Side::Export => "exports",
    }
}

fn check_sizes(model: &Model) -> Result<()> {
    let check = |types: &mut dyn Iterator<Item = &Type>, place: String| {
        let slots: usize = types.map(|ty| slots(model, ty)).sum();
        if slots <= data::MOST_FIELDS {
            return Ok(());
        }
        let what = format!("more parts than the {} that a method of the JVM can take here", data::MOST_FIELDS);
        Err(Problem::Unsupported { what, place })
    };
    for def in &model.types {
        if let TypeKind::Record(fields) = &def.kind {
            check(&mut fields.iter().map(|field| &field.ty), format!("the record `{}`", def.name))?;
        }
    }
    let functions = model.interfaces.iter().flat_map(|interface| &interface.functions);
    for function in functions.chain(&model.world.imports).chain(&model.world.exports) {
        let mut types = function.params.iter().map(|param| &param.ty);
        check(&mut types, format!("the function `{}`", function.path))?;
    }
    Ok(())
}

/// How many of the JVM's slots a parameter takes.
fn slots(model: &Model, ty: &Type) -> usize {
    match model.resolved(ty) {
        Type::Plain(Plain::S64 | Plain::U64 | Plain::F64) => 2,
        _ => 1,
    }
}
