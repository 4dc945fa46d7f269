use super::{
    Entry, EntryKind, FactSet, Facts, Modified, Perm, write_mlsd_line, write_mlst_line, write_name,
    write_posix_line,
};
use crate::TimeVal;
use proptest::prelude::*;

fn list(line: &str) -> Entry {
    Entry::parse_list(line.as_bytes()).unwrap().unwrap()
}

#[test]
fn posix_lines_of_several_servers() {
    let entry = list("-rw-r--r--    1 1000     1000         1167 Jan 31 12:05  two  words");
    assert_eq!(entry.name, b" two  words");
    assert_eq!(
        (entry.kind, entry.size, entry.mode),
        (EntryKind::File, Some(1167), Some(0o644))
    );
    let modified = Modified::Recent {
        month: 1,
        day: 31,
        hour: 12,
        minute: 5,
    };
    assert_eq!(entry.modified, Some(modified));

    let entry = list("lrwxrwxrwx 1 ftp ftp 4 Feb  9  2001 a -> b -> c");
    assert_eq!(
        (entry.name, entry.target),
        (b"a".to_vec(), Some(b"b -> c".to_vec()))
    );

    // No group, an access list mark, a set-group-id bit, a device, an ISO date.
    assert_eq!(
        list("drwxr-sr-x+ 2 ftp 512 Jan  1  2024 d").mode,
        Some(0o2755)
    );
    assert_eq!(
        list("crw-rw-rw- 1 root root 1, 3 Jan  1 00:00 null").kind,
        EntryKind::Other
    );
    assert_eq!(list("-rw-r--r-- 1 a b 7 2024-01-31 12:05 x").size, Some(7));
    assert_eq!(
        list("drwxr-xr-x 2 a b 512 Jan  1  2024 ..").kind,
        EntryKind::Parent
    );
    assert_eq!(Entry::parse_list(b"total 12"), Ok(None));
    assert!(Entry::parse_list(b"-rw-r--r-- 1 a b 7 Foo 31 12:05 x").is_err());
}

#[test]
fn dos_lines() {
    let entry = list("01-29-97  11:32PM       <DIR>          prog");
    assert_eq!(
        (entry.kind, entry.name.as_slice()),
        (EntryKind::Directory, &b"prog"[..])
    );
    let moment = TimeVal {
        year: 1997,
        month: 1,
        day: 29,
        hour: 23,
        minute: 32,
        second: 0,
    };
    assert_eq!(entry.modified, Some(Modified::Local(moment)));
    let entry = list("04-14-2099  12:00AM                 1167 a b.txt");
    assert_eq!(
        (entry.size, entry.name.as_slice()),
        (Some(1167), &b"a b.txt"[..])
    );
}

#[test]
fn mlsx_lines() {
    let entry = Entry::parse_mlsx(b"Type=file;Size=12;Modify=20240131120000;UNIX.mode=0644; a; b");
    let entry = entry.unwrap();
    assert_eq!(entry.name, b"a; b");
    assert_eq!(
        (entry.kind, entry.size, entry.mode),
        (EntryKind::File, Some(12), Some(0o644))
    );
    assert_eq!(Entry::parse_mlsx(b" x").unwrap().name, b"x");
    assert!(Entry::parse_mlsx(b"nonsense").is_err());
}

#[test]
fn names_cannot_begin_a_line() {
    let facts = facts(b"a\r\n-rw evil\x1b[2J", EntryKind::File, 1, 0);
    let mut out = Vec::new();
    write_posix_line(&facts, 0, &mut out);
    assert_eq!(out.split(|&byte| byte == b'\n').count(), 2);
    assert!(!out.contains(&0x1b));
}

#[test]
fn names_of_mlsd_are_what_can_be_asked_for() {
    for (name, listed) in [
        (&b"a\rb"[..], &b"a\rb"[..]),
        (b"a\r", b"a\r"),
        (b"a\tb", b"a\tb"),
        // Nor is a terminal steered; what is no UTF-8 may be a letter.
        (b"\x1b[2J\xc2\x9b", b"?[2J?"),
        (b"\xff\xc2\x9b", b"\xff\xc2\x9b"),
        // Nobody could tell it from the end of the line.
        (b"a\r\nb\n", b"a\r?b?"),
    ] {
        let mut line = Vec::new();
        let facts = facts(name, EntryKind::File, 1, 0);
        write_mlsd_line(&facts, FactSet::TYPE, &mut line);
        let line = line.strip_suffix(b"\r\n").unwrap();
        assert_eq!(Entry::parse_mlsx(line).unwrap().name, listed, "{name:?}");
        let mut reply = Vec::new();
        write_mlst_line(&facts, FactSet::TYPE, &mut reply);
        assert!(!reply.iter().any(u8::is_ascii_control), "{name:?}");
    }
}

#[test]
fn names_are_written_without_their_controls() {
    for (name, shown) in [
        (&b"a\r\n\x1b[31m\x7f"[..], &b"a???[31m?"[..]),
        // CSI in one character; the letters around it stay.
        ("é\u{9b}31m\u{a0}".as_bytes(), "é?31m\u{a0}".as_bytes()),
        // Latin-1, where the same bytes are letters of a kind.
        (b"\xc2\x9b\xe9", b"\xc2\x9b\xe9"),
        (b"\xc2", b"\xc2"),
    ] {
        let mut out = Vec::new();
        write_name(name, &mut out);
        assert_eq!(out, shown, "{name:?}");
    }
}

#[test]
fn a_listed_name_may_not_lead_away() {
    for name in ["..", ".", "", "a/b", "/etc/passwd"] {
        let mut entry = list("-rw-r--r-- 1 a b 7 Jan 31 12:05 x");
        entry.name = name.into();
        assert!(!entry.has_plain_name(), "{name}");
    }
}

#[test]
fn chosen_facts() {
    let chosen = FactSet::parse(b"SIZE;nonsense;type;");
    assert!(chosen.contains(FactSet::TYPE) && !chosen.contains(FactSet::MODIFY));
    let mut out = Vec::new();
    write_mlst_line(&facts(b"x", EntryKind::File, 5, 0), chosen, &mut out);
    assert_eq!(out, b"type=file;size=5; x");
}

fn facts(name: &[u8], kind: EntryKind, size: u64, modified: i64) -> Facts<'_> {
    Facts {
        kind,
        mode: 0o640,
        links: 1,
        owner: b"ftp",
        group: b"ftp",
        size,
        modified,
        perm: Perm::of("r"),
        unique: (1, 0xabc),
        name,
        target: None,
    }
}

#[test]
fn a_link_says_where_it_points() {
    for (target, expected) in [
        (Some(&b"../there"[..]), "type=OS.unix=slink:../there; here"),
        // Nothing but the end of the fact may follow a `;`.
        (Some(b"a;size=7"), "type=OS.unix=slink; here"),
        // Nor may a space stand in a fact: the name would begin there.
        (Some(b"a b"), "type=OS.unix=slink; here"),
        (Some(b"\xc3\xa4"), "type=OS.unix=slink; here"),
        (None, "type=OS.unix=slink; here"),
    ] {
        let facts = Facts {
            target,
            ..facts(b"here", EntryKind::Symlink, 8, 0)
        };
        let mut line = Vec::new();
        write_mlst_line(&facts, FactSet::TYPE, &mut line);
        assert_eq!(String::from_utf8(line.clone()).unwrap(), expected);
        let entry = Entry::parse_mlsx(&line).unwrap();
        assert_eq!(entry.kind, EntryKind::Symlink);
        let told = target.filter(|_| expected.contains(':'));
        assert_eq!(entry.target.as_deref(), told);
    }
}

#[test]
fn the_mode_is_written_as_ls_does() {
    for (mode, expected) in [
        (0o010_644, "prw-r--r--"),
        (0o020_666, "crw-rw-rw-"),
        (0o060_660, "brw-rw----"),
        (0o140_755, "srwxr-xr-x"),
        (0o107_777, "?rwsrwsrwt"),
        (0o107_666, "?rwSrwSrwT"),
        (0o004_711, "?rws--x--x"),
    ] {
        let mut line = Vec::new();
        let facts = Facts {
            mode,
            ..facts(b"x", EntryKind::Other, 0, 0)
        };
        write_posix_line(&facts, 0, &mut line);
        assert_eq!(&line[..10], expected.as_bytes(), "{mode:o}");
        let read = Entry::parse_list(line.trim_ascii_end());
        if expected.starts_with('?') {
            assert!(read.is_err(), "{mode:o}");
            line[0] = b'-';
            let read = Entry::parse_list(line.trim_ascii_end()).unwrap().unwrap();
            assert_eq!(read.mode, Some(mode & 0o7777));
        } else {
            let read = read.unwrap().unwrap();
            let kind = EntryKind::Other;
            assert_eq!((read.kind, read.mode), (kind, Some(mode & 0o7777)));
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(
        name in "[!-~]([ -~]{0,20}[!-~])?",
        size: u64,
        modified in 0_i64..253_402_300_799,
    ) {
        prop_assume!(name != "." && name != "..");
        let facts = facts(name.as_bytes(), EntryKind::File, size, modified);
        let mut line = Vec::new();
        write_mlst_line(&facts, FactSet::ALL, &mut line);
        let entry = Entry::parse_mlsx(&line).unwrap();
        prop_assert_eq!(entry.name, name.as_bytes());
        prop_assert_eq!((entry.kind, entry.size, entry.mode), (EntryKind::File, Some(size), Some(0o640)));
        prop_assert_eq!(entry.modified, Some(Modified::Utc(TimeVal::from_unix(modified))));

        for now in [modified, i64::MAX] {
            line.clear();
            write_posix_line(&facts, now, &mut line);
            let entry = Entry::parse_list(line.trim_ascii_end()).unwrap().unwrap();
            prop_assert_eq!(entry.name, name.as_bytes());
            prop_assert_eq!((entry.size, entry.mode), (Some(size), Some(0o640)));
        }
    }

    #[test]
    fn arbitrary_lines_never_panic(line: Vec<u8>, text in "[-dl][-rwx]{9} [ -~]{0,40}") {
        let _ = Entry::parse_list(&line);
        let _ = Entry::parse_mlsx(&line);
        let _ = Entry::parse_list(text.as_bytes());
        let _ = Entry::parse_mlsx(text.as_bytes());
    }
}
