#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trimaran_fuzz::body("text")(bytes));
