//! See `printed` in `src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftplab_fuzz::printed(data));
