//! Calls of guests that go on step by step: a guest that waits for an async host function costs nobody a thread.

pub(crate) mod run;
