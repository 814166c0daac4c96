#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| one2four_fuzz::state(bytes));
