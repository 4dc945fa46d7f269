//! See `boxes` in `src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftplab_fuzz::boxes(data));
