//! What root was needed for is done once the ports are bound: then the process becomes an
//! ordinary user, for good.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::{Gid, Uid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_keep_capabilities,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use crate::Failure;

/// Ports from here on are anybody's, unless this machine says otherwise.
const FIRST_FREE: u16 = 1024;

/// Whether [`give_up`] will have privileges to give up.
pub(super) fn will_be_given_up(user: Option<&str>, folder: &Path) -> bool {
    let is_roots = || folder.metadata().is_ok_and(|folder| folder.uid() == 0);
    rustix::process::geteuid().is_root() && (user.is_some() || !is_roots())
}

/// Becomes `user` if one is named, else the owner of `folder` if this is root and the owner is
/// not. Says whom it became. One privilege stays when one of the `ports` is privileged: to bind the
/// port below it, which active data connections come from (20 for 21).
pub(super) fn give_up(
    user: Option<&str>,
    folder: &Path,
    ports: impl IntoIterator<Item = u16>,
) -> Result<Option<String>, Failure> {
    let (uid, gid, name) = match user {
        Some(user) => look_up(user)?,
        None if !rustix::process::geteuid().is_root() => return Ok(None),
        None => {
            let owner = std::fs::metadata(folder)
                .map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
            if owner.uid() == 0 {
                return Ok(None);
            }
            (owner.uid(), owner.gid(), format!("uid {}", owner.uid()))
        }
    };
    // The system calls change one thread: there must be no other yet.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if !status.lines().any(|line| line == "Threads:\t1") {
        return Err(Failure::failed(
            "cannot become another user: the process has more than one thread already",
        ));
    }
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    let keep = ports
        .into_iter()
        .any(|port| (2..=FIRST_FREE).contains(&port))
        && may_bind_low_ports()
        && !uid.is_root();
    set_thread_groups(&[gid])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_keep_capabilities(keep))
        .and_then(|()| set_thread_res_uid(uid, uid, uid))
        .and_then(|()| if keep { keep_low_ports() } else { Ok(()) })
        .map_err(|error| {
            Failure::not_permitted(format!(
                "cannot become {name}: {error}\n  fix: start as root, or without --run-as"
            ))
        })?;
    Ok(Some(name))
}

/// Root in a container may lack it.
fn may_bind_low_ports() -> bool {
    capabilities(None).is_ok_and(|sets| sets.permitted.contains(CapabilitySet::NET_BIND_SERVICE))
}

/// Of root's capabilities, that change of user left, this one stays.
fn keep_low_ports() -> rustix::io::Result<()> {
    let kept = CapabilitySet::NET_BIND_SERVICE;
    let sets = CapabilitySets {
        effective: kept,
        permitted: kept,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, sets).and_then(|()| set_keep_capabilities(false))
}

/// A user's number and main group, from /etc/passwd.
fn look_up(user: &str) -> Result<(u32, u32, String), Failure> {
    let passwd = std::fs::read_to_string("/etc/passwd")
        .map_err(|error| Failure::failed(format!("cannot read /etc/passwd: {error}")))?;
    find(&passwd, user)
        .map(|(uid, gid)| (uid, gid, user.to_owned()))
        .ok_or_else(|| Failure::usage(format!("--run-as: there is no user {user:?}")))
}

fn find(passwd: &str, user: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        (name == user || user.parse() == Ok(uid)).then_some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn users_are_found_by_name_and_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:100:,,:/home:/bin/sh\n";
        assert_eq!(super::find(passwd, "ann"), Some((1000, 100)));
        assert_eq!(super::find(passwd, "1000"), Some((1000, 100)));
        assert_eq!(super::find(passwd, "bob"), None);
        assert_eq!(super::find(passwd, ""), None);
    }
}
