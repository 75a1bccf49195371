//! A folder of `.wast` files, of modules or components: what of them is a directive about a component becomes steps of the
//! shared cases, and the rest what it becomes in the official suite.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};
use wast::{Wast, WastDirective};

use crate::command;
use crate::component::Components;

/// Converts each file of a folder, whatever folders it lies in, and adds them to the index of `to`. What was there of the same
/// name goes.
pub(crate) fn add(from: &Path, to: &Path) -> Result<usize> {
    let mut files = Vec::new();
    find(from, &mut files)?;
    files.sort();
    let name = from.canonicalize()?.file_name().context("a folder without a name")?.to_string_lossy().into_owned();
    let path = to.join("index.json");
    let mut index: Vec<Value> = if path.exists() { serde_json::from_slice(&fs::read(&path)?)? } else { Vec::new() };
    index.retain(|file| file["suite"] != name.as_str());
    for file in &files {
        let inside = file.strip_prefix(from)?.with_extension("");
        let proposal = match inside.iter().count() {
            1 => name.clone(),
            _ => format!("{name}-{}", inside.iter().next().unwrap_or_default().to_string_lossy()),
        };
        let stem = inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("-");
        let id = format!("{proposal}/{stem}");
        let commands = commands(to, &id, file).unwrap_or_else(|error| {
            // A runner fails at what it does not know, so that the table shows it.
            vec![json!({"op": format!("a file that cannot be read: {error:#}"), "line": 0, "assert": true})]
        });
        let assertions = commands.iter().filter(|command| command["assert"] == true).count();
        fs::create_dir_all(to.join(&proposal))?;
        fs::write(to.join(format!("{id}.json")), serde_json::to_vec(&json!({ "commands": commands }))?)?;
        index.push(json!({"file": id, "proposal": proposal, "assertions": assertions, "suite": name}));
    }
    fs::write(path, serde_json::to_vec_pretty(&index)?)?;
    Ok(files.len())
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            found.push(path);
        }
    }
    Ok(())
}

fn commands(to: &Path, id: &str, file: &Path) -> Result<Vec<Value>> {
    let contents = fs::read_to_string(file)?;
    let mut lexer = Lexer::new(&contents);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let mut components = Components::default();
    let mut found = Vec::new();
    for (number, mut directive) in parse::<Wast<'_>>(&buffer)?.directives.into_iter().enumerate() {
        let line = directive.span().linecol_in(&contents).0 + 1;
        let made = match components.directive(&mut directive, &contents) {
            Some(steps) => steps.map(
                |(steps, is_assertion)| json!({"op": "steps", "steps": steps, "line": line, "assert": is_assertion}),
            ),
            None => {
                components.forget(&directive);
                of_module(to, &format!("{id}.{number}"), &contents, directive)
            }
        };
        found.push(made.with_context(|| format!("line {line}"))?);
    }
    Ok(found)
}

/// A directive about a module, as the official suite has it.
fn of_module(to: &Path, id: &str, contents: &str, directive: WastDirective<'_>) -> Result<Value> {
    let (proposal, stem) = id.split_once('/').context("an id without a proposal")?;
    let mut options = json_from_wast::Opts::default();
    let script = options.module_filename(stem).convert(id, contents, Wast { directives: vec![directive] })?;
    fs::create_dir_all(to.join(proposal))?;
    for (name, bytes) in &script.wasms {
        fs::write(to.join(proposal).join(name), bytes)?;
    }
    let command = script.commands.first().context("no command")?;
    Ok(command::command(proposal, command))
}
