//! Profilers: where the guests of a store spend their time.

use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::errors::numbers::not_between;
use crate::interruption::interrupt::Interrupts;
use crate::interruption::profile::Profile;
use crate::{Result, Store, WasmtimeError};

/// How far samples may lie apart, in milliseconds.
const LONGEST: u64 = 60_000;

/// How many samples there are if nothing is said, and how many there may be.
const SAMPLES: u64 = 100_000;
const MOST: u64 = 1_000_000;

/// Shows where the guests of a store spend their time: it notes every now and then which functions they are in. `save` writes
/// that for the Firefox Profiler (<https://profiler.firefox.com>), with the names of functions and, where the module has DWARF,
/// files and lines.
///
/// A guest is seen in its loops and calls, and when a host function returns: the time of that counts for the function that has
/// called it. What the host functions do is not seen, and neither is time in which no guest runs, or one waits for an async host
/// function. A stack has 256 calls at most: the innermost. A profile keeps up to 1,000,000 different calls.
#[derive(uniffi::Object)]
pub struct Profiler {
    interrupts: Arc<Interrupts>,
    profile: Profile,
}

#[uniffi::export]
impl Profiler {
    /// Begins to note where the guests of the store are, each time they have run for so many milliseconds: 1 to 60,000, and 1 if
    /// nothing is said. It keeps up to `max_samples` samples, 1 to 1,000,000, and 100,000 if nothing is said: that is 100 seconds of a
    /// guest. Those that come later are lost.
    ///
    /// Fails with `Config` unless `Config.epoch_interruption` is set, with `Busy` where the store has a profiler that is not stopped,
    /// with `Range` for other numbers, and with `Closed` where the store is closed.
    #[uniffi::constructor]
    #[cfg_attr(false, called(milliseconds = "the interval", max_samples = "the number of samples"))]
    pub fn new(store: &Store, milliseconds: Option<u64>, max_samples: Option<u64>) -> Result<Arc<Self>> {
        let interrupts = Arc::clone(store.interrupts()?);
        store.check_open()?;
        let milliseconds = within(milliseconds.unwrap_or(1), LONGEST, "the interval in milliseconds")?;
        let most = within(max_samples.unwrap_or(SAMPLES), MOST, "the number of samples")?;
        let profile = interrupts.begin_profile(milliseconds, most as usize)?;
        Ok(Arc::new(Self { interrupts, profile }))
    }

    /// Ends it. What it has noted stays. Stopping twice does nothing.
    pub fn stop(&self) -> Result<()> {
        self.end();
        Ok(())
    }

    /// How many samples it has.
    #[cfg_attr(false, worded)]
    pub fn samples(&self) -> Result<u64> {
        Ok(self.profile.count().0)
    }

    /// How many samples it had no room for.
    #[cfg_attr(false, worded)]
    pub fn lost_samples(&self) -> Result<u64> {
        Ok(self.profile.count().1)
    }

    /// What it has noted until now, as JSON in the processed format of the Firefox Profiler. It looks up lines for 2 seconds at most:
    /// of places with the most samples first. The profiler may go on, and its store may be closed.
    #[cfg_attr(false, long)]
    pub fn json(&self) -> Result<String> {
        Ok(self.profile.json())
    }

    /// Writes what `json` gives to a file. Fails with `Io`.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, worded)]
    pub fn save(&self, path: Utf8PathBuf) -> Result<()> {
        std::fs::write(&path, self.profile.json()).map_err(|error| WasmtimeError::io(&path, &error))
    }
}

impl Profiler {
    fn end(&self) {
        self.profile.end(&self.interrupts.profiled);
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        self.end();
    }
}

fn within(number: u64, most: u64, what: &str) -> Result<u64> {
    if (1..=most).contains(&number) { Ok(number) } else { Err(not_between(what, number, 1, most)) }
}
