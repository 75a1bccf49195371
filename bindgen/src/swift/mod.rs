//! The emitter for Swift: a file for the world, and one for each interface.

mod codec;
mod data;
mod exports;
mod functions;
mod imports;
mod layout;
mod names;
mod sheet;
mod words;
mod world;

use crate::File;
use crate::header::Header;
use crate::model::{InterfaceId, Model, Owner, Side};
use exports::is_written;
use names::{Names, side_name};
use sheet::Sheet;

/// The files of a world. No two of a module may have the same name, so each has that of the world in front.
pub fn files(model: &Model, header: &Header) -> Vec<File> {
    let head = format!("{}\nimport TrimaranComponent\n\n", header.lines("//"));
    let file = |(name, text): (String, String)| File { path: format!("{name}.swift"), text: format!("{head}{text}") };
    parts(model).into_iter().map(file).collect()
}

/// The same as one file of that name.
pub fn file(model: &Model, header: &Header, path: &str) -> File {
    let parts: Vec<_> = parts(model).into_iter().map(|(_, text)| text).collect();
    let text = format!("{}\nimport TrimaranComponent\n\n{}", header.lines("//"), parts.join("\n"));
    File { path: path.to_owned(), text }
}

/// What is declared, by the names of files.
fn parts(model: &Model) -> Vec<(String, String)> {
    let (names, errors) = (Names::new(model), sheet::errors(model));
    let sheet = |owner| {
        let page = layout::Page::default();
        Sheet { model, names: &names, owner, errors: &errors, page, is_outside: false }
    };
    let world = &names.world.name;
    let mut parts = Vec::new();
    let mut of_world = sheet(Owner::World);
    of_world.world();
    parts.push((world.clone(), of_world.page.into_text()));
    for (place, interface) in model.interfaces.iter().enumerate() {
        let id = InterfaceId(place);
        if !is_written(model, interface) {
            continue;
        }
        let mut sheet = sheet(Owner::Interface(id));
        match interface.side {
            Side::Import => sheet.imported(id),
            Side::Export => sheet.exported(id),
        }
        let name = format!("{world}{}{}", side_name(interface.side), names.interface(id));
        parts.push((name, sheet.page.into_text()));
    }
    parts
}
