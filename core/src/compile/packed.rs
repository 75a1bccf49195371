//! Compiled modules and components together with the configuration of their engine, as bytes.

use std::sync::Arc;

use crate::compile::artifact;
use crate::compile::beginnings::{Kind, Sort};
use crate::{Config, Engine, Result, UniFfiTag, WasmtimeError};

/// What is packed.
pub(crate) struct Packed {
    /// The first bytes. Everything after them depends on this very version.
    mark: &'static str,
    sort: Sort,
}

/// A module.
pub(crate) const MODULE: Packed =
    Packed { mark: concat!("trimaran module ", env!("CARGO_PKG_VERSION"), "\n"), sort: Sort::Module };

/// A component.
pub(crate) const COMPONENT: Packed =
    Packed { mark: concat!("trimaran component ", env!("CARGO_PKG_VERSION"), "\n"), sort: Sort::Component };

impl Packed {
    /// What was serialized, with the configuration of its engine. Fails with `Limit` where there is no room for them.
    pub(crate) fn pack(&self, engine: &Engine, artifact: &[u8]) -> Result<Vec<u8>> {
        let mut config = Vec::new();
        <Config as uniffi::Lower<UniFfiTag>>::write(engine.configuration().clone(), &mut config);
        let length = (config.len() as u64).to_le_bytes();
        artifact::packed(&[self.mark.as_bytes(), &length, &config, artifact])
    }

    /// The shared engine of that configuration, and what was serialized. Fails with `Artifact` for anything else.
    pub(crate) fn unpack<'a>(&self, packed: &'a [u8]) -> Result<(Arc<Engine>, &'a [u8])> {
        let content = artifact::open(packed, self.sort)?;
        if let Some(kind) = Kind::of(content).filter(|kind| *kind != Kind::Packed(self.sort)) {
            return Err(WasmtimeError::Artifact { reason: kind.advice() });
        }
        let reason = || format!("no {} that this version has packed", self.sort.word());
        let refuse = || WasmtimeError::Artifact { reason: reason() };
        let content = content.strip_prefix(self.mark.as_bytes()).ok_or_else(refuse)?;
        let (length, content) = content.split_first_chunk().ok_or_else(refuse)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| refuse())?;
        let (mut config, artifact) = content.split_at_checked(length).ok_or_else(refuse)?;
        let config = <Config as uniffi::Lift<UniFfiTag>>::try_read(&mut config).map_err(|_| refuse())?;
        Ok((Engine::shared(config)?, artifact))
    }
}
