//! Kernel parameters of one network namespace.

use std::fs;
use std::io;
use std::path::PathBuf;

/// Sets a parameter in the calling thread's network namespace and reads it back.
///
/// # Errors
/// When the name is not one under `net.`, when the kernel does not know it or refuses the
/// value, and when it keeps another value without refusing.
pub(super) fn set(name: &str, value: &str) -> io::Result<()> {
    let path = path(name)?;
    fs::write(&path, value)?;
    let kept = fs::read_to_string(&path)?;
    if kept.split_whitespace().eq(value.split_whitespace()) {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "the kernel keeps {:?} instead of {value:?}",
            kept.trim()
        )))
    }
}

/// Silences IPv6: no address, so no router solicitation and no multicast report.
pub(super) fn switch_ipv6_off() -> io::Result<()> {
    match fs::metadata("/proc/sys/net/ipv6") {
        // A kernel without IPv6 is silent already.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        _ => {}
    }
    set("net.ipv6.conf.all.disable_ipv6", "1")?;
    set("net.ipv6.conf.default.disable_ipv6", "1")
}

/// Leaves IPv6 with only the addresses that it is given, at once and unannounced. What stays
/// are two or three multicast listener reports (RFC 3810) in the first second of an interface,
/// for which the kernel has no switch.
pub(super) fn quiet_ipv6() -> io::Result<()> {
    for (name, value) in [
        ("disable_ipv6", "0"),
        // No link-local address of the kernel's choice, none from routers.
        ("addr_gen_mode", "1"),
        ("accept_ra", "0"),
        ("autoconf", "0"),
        ("router_solicitations", "0"),
        ("accept_dad", "0"),
        ("dad_transmits", "0"),
    ] {
        set(&format!("net.ipv6.conf.default.{name}"), value)?;
    }
    Ok(())
}

/// Forwards what arrives for others, and keeps silent about shorter ways on these interfaces.
pub(super) fn forward<'a>(interfaces: impl Iterator<Item = &'a str>) -> io::Result<()> {
    set("net.ipv4.ip_forward", "1")?;
    for interface in interfaces.chain(["all"]) {
        set(&format!("net/ipv4/conf/{interface}/send_redirects"), "0")?;
    }
    if fs::metadata("/proc/sys/net/ipv6").is_ok() {
        set("net.ipv6.conf.all.forwarding", "1")?;
    }
    Ok(())
}

/// In sysctl's own rule, dots and slashes change places when the first separator is a dot.
fn path(name: &str) -> io::Result<PathBuf> {
    let refuse = |why: &str| {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{name:?} {why}"),
        ))
    };
    let slashed = match name.find(['.', '/']) {
        Some(at) if name[at..].starts_with('.') => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
        _ => name.to_owned(),
    };
    if !slashed.starts_with("net/") {
        return refuse("is not a parameter of the network (net.…)");
    }
    if slashed
        .split('/')
        .any(|part| matches!(part, "" | "." | ".."))
    {
        return refuse("has an empty part");
    }
    Ok(PathBuf::from("/proc/sys").join(slashed))
}

#[cfg(test)]
mod tests {
    use super::path;
    use std::path::Path;

    #[test]
    fn both_of_sysctls_forms_name_the_same_file() {
        for name in ["net.ipv4.tcp_sack", "net/ipv4/tcp_sack"] {
            assert_eq!(
                path(name).unwrap(),
                Path::new("/proc/sys/net/ipv4/tcp_sack")
            );
        }
        let dotted = Path::new("/proc/sys/net/ipv4/conf/eth0.5/forwarding");
        assert_eq!(path("net.ipv4.conf.eth0/5.forwarding").unwrap(), dotted);
        assert_eq!(path("net/ipv4/conf/eth0.5/forwarding").unwrap(), dotted);
    }

    #[test]
    fn nothing_outside_the_network_is_named() {
        for name in [
            "kernel.hostname",
            "",
            "net",
            "net//x",
            "net/../kernel/hostname",
            "/net/x",
        ] {
            assert!(path(name).is_err(), "{name}");
        }
    }
}
