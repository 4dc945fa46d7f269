//! Options of a socket, which the kernel is told and asked for by their numbers.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Values that are plain integers, of which all bytes may be given to the kernel.
pub(super) trait Plain {}
impl Plain for libc::c_int {}
impl Plain for u32 {}

/// Tells the kernel an option; `name` is what an error calls it.
pub(super) fn set<T: Plain>(
    fd: BorrowedFd<'_>,
    level: libc::c_int,
    option: libc::c_int,
    name: &str,
    value: &T,
) -> io::Result<()> {
    let length = libc::socklen_t::try_from(mem::size_of::<T>()).map_err(io::Error::other)?;
    // SAFETY: the value lives during the call, is plain integers, and its size is told.
    let done = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            length,
        )
    };
    checked(done, name)
}

/// Asks the kernel for an option.
pub(super) fn fetch<T: Plain>(
    fd: BorrowedFd<'_>,
    level: libc::c_int,
    option: libc::c_int,
    name: &str,
    value: &mut T,
) -> io::Result<()> {
    let mut length = libc::socklen_t::try_from(mem::size_of::<T>()).map_err(io::Error::other)?;
    // SAFETY: the kernel writes at most the size that it is told, and any bytes are a value of
    // plain integers; both live during the call.
    let done = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            level,
            option,
            std::ptr::from_mut(value).cast(),
            &raw mut length,
        )
    };
    checked(done, name)
}

fn checked(done: libc::c_int, name: &str) -> io::Result<()> {
    if done < 0 {
        let error = io::Error::last_os_error();
        return Err(io::Error::new(error.kind(), format!("{name}: {error}")));
    }
    Ok(())
}
