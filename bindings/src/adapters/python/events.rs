//! What is told of events: Python callables.

use std::fmt::Arguments;
use std::sync::Arc;

use pyo3::prelude::*;
use trimaran::{Event, EventListener};

use super::at_end::{Ask, let_go};
use super::{Owned, with_gil};

struct Listener(Owned);

impl Listener {
    fn run(&self, py: Python<'_>, event: Event) {
        let Some(listener) = self.0.get(py) else { return };
        let Event { kind, name, nanoseconds, bytes, error, text } = event;
        match listener.ask1((kind as u8, name, nanoseconds, bytes, error, text)) {
            Ok(done) => let_go(done.unbind(), py),
            // Nobody has called it who could be told.
            Err(error) => error.write_unraisable(py, Some(&listener)),
        }
    }
}

impl EventListener for Listener {
    fn on_event(&self, event: Event) {
        // After Python's end there is nobody to tell.
        _ = with_gil(|py| self.run(py, event));
    }
}

/// What tells a callable of each event.
pub(super) fn take_event_listener(value: &Bound<'_, PyAny>, _what: Arguments<'_>) -> PyResult<Arc<dyn EventListener>> {
    Ok(Arc::new(Listener(Owned::new(value.clone().unbind()))))
}
