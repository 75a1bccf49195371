//! A module that is put together of sections, in whatever order they come.

use std::borrow::Cow;

use wasm_encoder::{Encode, Section};

use crate::process::heap::try_with_capacity;
use crate::{Result, WasmtimeError};

pub(super) const CUSTOM: u8 = 0;
pub(super) const TABLE: u8 = 4;
pub(super) const MEMORY: u8 = 5;
pub(super) const GLOBAL: u8 = 6;
pub(super) const EXPORT: u8 = 7;
pub(super) const START: u8 = 8;
pub(super) const ELEMENT: u8 = 9;
pub(super) const CODE: u8 = 10;
pub(super) const DATA: u8 = 11;
pub(super) const DATA_COUNT: u8 = 12;
const TAG: u8 = 13;

/// The numbers of the sections in the order that a module has them in (core specification, "Modules" of the binary format).
const ORDER: [u8; 13] = [1, 2, 3, TABLE, MEMORY, TAG, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA];

struct Part<'a> {
    place: usize,
    id: u8,
    content: Vec<Cow<'a, [u8]>>,
}

/// The sections of a module.
#[derive(Default)]
pub(super) struct Parts<'a> {
    all: Vec<Part<'a>>,
    /// The place of the section that was added last.
    last: usize,
}

impl<'a> Parts<'a> {
    /// Adds a section. A custom one stays behind the one before it.
    pub(super) fn add(&mut self, id: u8, content: Vec<Cow<'a, [u8]>>) {
        let place = match id {
            CUSTOM => self.last | 1,
            _ => 2 * (1 + ORDER.iter().take_while(|other| **other != id).count()),
        };
        self.last = place;
        self.all.push(Part { place, id, content });
    }

    pub(super) fn add_raw(&mut self, id: u8, content: &'a [u8]) {
        self.add(id, vec![Cow::Borrowed(content)]);
    }

    pub(super) fn add_made(&mut self, section: &impl Section) {
        let mut content = Vec::new();
        section.encode(&mut content);
        // Without its size, whose last byte is the first one without that bit.
        let size = content.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
        content.drain(..size.min(content.len()));
        self.add(section.id(), vec![Cow::Owned(content)]);
    }

    /// The module, and where the content of its code section begins. Fails with `Limit` where it has more than `most` bytes.
    pub(super) fn finish(mut self, most: u64) -> Result<(Vec<u8>, Option<usize>)> {
        const HEADER: &[u8] = b"\0asm\x01\0\0\0";
        // The number of a section, and its size.
        const AROUND: u64 = 6;
        self.all.sort_by_key(|part| part.place);
        let length = |part: &Part<'_>| part.content.iter().map(|piece| piece.len() as u64).sum::<u64>();
        let total = self.all.iter().map(|part| length(part) + AROUND).sum::<u64>() + HEADER.len() as u64;
        check(total, most)?;
        let mut bytes = try_with_capacity(usize::try_from(total).unwrap_or(usize::MAX))?;
        bytes.extend_from_slice(HEADER);
        let mut code = None;
        for part in &self.all {
            bytes.push(part.id);
            u32::try_from(length(part)).map_err(|_| too_large(most))?.encode(&mut bytes);
            if part.id == CODE {
                code = Some(bytes.len());
            }
            part.content.iter().for_each(|piece| bytes.extend_from_slice(piece));
        }
        Ok((bytes, code))
    }
}

/// Fails with `Limit` where a snapshot has more bytes than it may have.
pub(super) fn check(length: u64, most: u64) -> Result<()> {
    if length <= most { Ok(()) } else { Err(too_large(most)) }
}

pub(super) fn too_large(most: u64) -> WasmtimeError {
    WasmtimeError::limit(format!(
        "the snapshot has more than {most} bytes, which is the most that a module may have here"
    ))
}
