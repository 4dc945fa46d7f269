//! A server whose stderr nobody reads any more.

use std::fs;
use std::io::BufRead;
use std::process::{Child, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::{BufReader, Client, PATIENCE, ftplab, hash};

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_is_read_again_and_ended_by_signals() {
    for flags in [&[][..], &["-vv"]] {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        let ann = hash(&["ann"], "secret");
        fs::write(&users, &ann).unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = ftplab()
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .arg(folder.path())
            .arg("--password-file")
            .arg(&users)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(writer)
            .spawn()
            .unwrap();
        let mut child = Ended(child);
        let mut line = String::new();
        let stdout = child.0.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = ready["address"].as_str().unwrap().parse().unwrap();
        let pid = Pid::from_child(&child.0);

        let bob = hash(&["bob"], "hidden");
        fs::write(&users, format!("{ann}{bob}")).unwrap();
        assert!(!Client::login(address, "bob", "hidden").1);
        kill_process(pid, Signal::HUP).unwrap();
        let since = Instant::now();
        while !Client::login(address, "bob", "hidden").1 {
            assert!(since.elapsed() < PATIENCE, "{flags:?}: not read again");
        }

        kill_process(pid, Signal::TERM).unwrap();
        let since = Instant::now();
        let status = loop {
            if let Some(status) = child.0.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "{flags:?}: not ended");
            std::thread::yield_now();
        };
        assert_eq!(status.code(), Some(0), "{flags:?}");
    }
}
