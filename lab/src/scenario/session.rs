//! The session that `active` and `passive` share: log in, list, download, upload, quit.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime};

use proto::{Format, TypeCode};

/// Who logs in.
pub(crate) const USER: &str = "student";
/// The password, which everybody on the wire can read: that is one of the lessons.
pub(crate) const PASSWORD: &str = "open-sesame";
/// The file that goes down: three segments on Ethernet.
pub(crate) const DOWNLOAD: &str = "poem.txt";
/// The file that goes up: two segments.
pub(crate) const UPLOAD: &str = "answer.txt";

/// When the served files were last modified: 21 February 2001, so that every listing is the same.
const MODIFIED: Duration = Duration::from_hours(272_976);

/// Writes the files; their content is the same in every run.
pub(super) fn prepare(server: &Path, client: &Path) -> io::Result<()> {
    let download = server.join(DOWNLOAD);
    fs::write(&download, text("What the server keeps", 72))?;
    fs::write(client.join(UPLOAD), text("What the client brings", 40))?;
    File::options()
        .write(true)
        .open(&download)?
        .set_modified(SystemTime::UNIX_EPOCH + MODIFIED)
}

/// Numbered lines: a piece that is missing, doubled or out of place shows at once.
fn text(title: &str, lines: u32) -> String {
    let line = |number| format!("{title}, line {number:>3}: the quick brown fox.");
    let mut lines: Vec<String> = (1..=lines).map(line).collect();
    lines.push(String::new());
    lines.join("\n")
}

/// USER, PASS, SYST, then TYPE, PORT or PASV, and LIST, RETR and STOR, then QUIT.
pub(super) async fn play(
    server: SocketAddr,
    mode: client::DataMode,
    local: Ipv4Addr,
    folder: &Path,
) -> Result<(), client::ClientError> {
    let local_address = Some(SocketAddr::new(local.into(), 0));
    let options = client::Options {
        mode,
        local_address,
        ..client::Options::default()
    };
    let mut session = client::Session::connect(server, options).await?;
    session.login(USER, PASSWORD).await?;
    session.syst().await?;
    session.type_(TypeCode::Ascii(Format::NonPrint)).await?;
    session.list(None).await?;
    session.type_(TypeCode::Image).await?;
    session.download(DOWNLOAD, &folder.join(DOWNLOAD)).await?;
    session.upload(&folder.join(UPLOAD), UPLOAD).await?;
    session.quit().await?;
    Ok(())
}
