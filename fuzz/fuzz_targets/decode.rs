//! See `decode` in `src/lib.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftplab_fuzz::decode(data));
