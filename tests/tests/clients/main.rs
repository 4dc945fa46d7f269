//! Twelve FTP clients that others wrote, and our own, against `ftplab serve`: what they fetch,
//! store, list, rename and remove is what is there.

#![allow(clippy::unwrap_used)]

mod aria2;
mod basic_ftp;
mod curl;
mod ftp;
mod ftplib;
mod lftp;
mod ncftp;
mod net_ftp;
mod ours;
mod rclone;
mod suppaftp;
mod wget;
