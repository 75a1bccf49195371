//! The emitter for Python: a package with a file for the world, and one for each interface.

mod data;
mod exports;
mod functions;
mod imports;
mod layout;
mod names;
mod sheet;
mod world;

use crate::header::Header;
use crate::model::{InterfaceId, Model, Owner, Side};
use crate::{File, Problem, Result};
use names::Names;
use sheet::Sheet;

/// What is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Stubs, which say what there is, for type checkers.
    pub stubs: bool,
    /// The component is known: `instantiate` needs none.
    pub loaded: bool,
}

/// Checks that the package can be imported by the name of its folder.
pub fn check_name(name: &str) -> Result<()> {
    match names::is_name(name) {
        true => Ok(()),
        false => Err(Problem::Name { name: name.to_owned(), what: "a Python package".to_owned() }),
    }
}

/// The files of a package: those that others import first.
pub fn files(model: &Model, header: &Header, options: Options) -> Vec<File> {
    let names = Names::new(model);
    let ending = if options.stubs { "pyi" } else { "py" };
    let mut files = Vec::new();
    for (side, folder, what) in [
        (Side::Import, "imports", "The interfaces that the world imports."),
        (Side::Export, "exports", "The interfaces that the world exports."),
    ] {
        if model.interfaces.iter().any(|interface| interface.side == side) {
            let text = format!("{}\n\"\"\"{what}\"\"\"\n", header.lines("#"));
            files.push(File { path: format!("{folder}/__init__.{ending}"), text });
        }
    }
    for (place, interface) in model.interfaces.iter().enumerate() {
        let id = InterfaceId(place);
        let mut sheet = Sheet::new(model, &names, Owner::Interface(id), options.stubs);
        match interface.side {
            Side::Import => sheet.imported(id),
            Side::Export => sheet.exported(id),
        }
        let notes: Vec<_> = names.module_note(id).map(str::to_owned).into_iter().collect();
        let docs = interface.documented().lines().next().unwrap_or_default().to_owned();
        let text = sheet.finish(header, &notes, &docs);
        files.push(File { path: format!("{}/{}.{ending}", sheet::folder(interface), names.module(id)), text });
    }
    let mut sheet = Sheet::new(model, &names, Owner::World, options.stubs);
    sheet.world(options.loaded);
    let text = sheet.finish(header, &[], &format!("The world `{}`.", model.world.path));
    files.push(File { path: format!("__init__.{ending}"), text });
    files
}
