//! The FTP language: commands, replies, addresses, listings and line framing.
//!
//! Sans-IO: nothing here opens a socket, reads a clock or needs a runtime.
