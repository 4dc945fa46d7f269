//! An FTP client as a library.
