//! An FTP server as a library.
