//! `ftp://user:password@host:port/path;type=i`, as curl takes it (RFC 1738 §3.2).

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// The `;type=` of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UrlType {
    /// `a`: text.
    Ascii,
    /// `i`: bytes.
    Image,
    /// `d`: a listing of the directory.
    Directory,
}

/// A file or directory on a server. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct FtpUrl {
    /// The user, unless it is left to be anonymous.
    pub user: Option<Vec<u8>>,
    /// The password, if the URL has one.
    pub password: Option<Vec<u8>>,
    /// A name or an address; an IPv6 address without brackets.
    pub host: String,
    /// Unless the URL says otherwise 21, or 990 for `ftps`.
    pub port: u16,
    /// `ftps://`: TLS from the first byte on.
    pub implicit_tls: bool,
    /// Relative to where the login leads; absolute after `//` or `/%2F`. Empty for the directory
    /// of the login itself.
    pub path: Vec<u8>,
    /// The representation asked for.
    pub type_code: Option<UrlType>,
}

/// Why text is no FTP URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no URL at all.
    #[error("not a URL: {0}")]
    Malformed(#[from] url::ParseError),
    /// Another protocol's URL.
    #[error("expected ftp:// or ftps://, found {0}://")]
    Scheme(String),
    /// No host.
    #[error("it names no host: expected ftp://HOST/PATH")]
    NoHost,
    /// A user, password or path with a NUL or a line break.
    #[error("the {0} holds a character that FTP cannot send")]
    Unsendable(&'static str),
    /// A `;type=` other than a, i and d.
    #[error("unknown type {0:?}: expected a, i or d")]
    Type(String),
}

impl FtpUrl {
    /// Whether the URL means a directory: it ends with `/`, has no path, or has `;type=d`.
    pub fn is_directory(&self) -> bool {
        self.type_code == Some(UrlType::Directory)
            || self.path.is_empty()
            || self.path.ends_with(b"/")
    }
}

impl FromStr for FtpUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        // Like curl: what has no scheme begins with the host.
        let guessed;
        let text = if text.contains("://") {
            text
        } else {
            let is_path = text.starts_with(['/', '.', '~', '-']);
            if is_path || starts_with(text, "ftp:") || starts_with(text, "ftps:") {
                return Err(UrlError::NoHost);
            }
            guessed = format!("ftp://{text}");
            &guessed
        };
        // The URL standard knows ftp, so that is what an ftps URL is read as.
        let implicit_tls = starts_with(text, "ftps://");
        let read_as = |scheme| Url::parse(&format!("{scheme}{}", &text["ftps".len()..]));
        let url = if implicit_tls {
            read_as("ftp")?
        } else {
            Url::parse(text)?
        };
        if url.scheme() != "ftp" {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        let port = match url.port() {
            Some(port) => port,
            // The standard leaves out a scheme's own port, though 21 is not ftps's.
            None if implicit_tls => read_as("https")?.port().unwrap_or(990),
            None => 21,
        };
        let host = match url.host().ok_or(UrlError::NoHost)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(addr) => addr.to_string(),
            Host::Ipv6(addr) => addr.to_string(),
        };
        let user = match url.username() {
            "" => None,
            user => Some(decode(user, "user")?),
        };
        let password = url
            .password()
            .map(|text| decode(text, "password"))
            .transpose()?;

        // A name may hold `?` or `#`: FTP has neither queries nor fragments.
        let mut path = url.path().to_owned();
        for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
            if let Some(part) = part {
                path.push(mark);
                path.push_str(part);
            }
        }
        let (path, type_code) = match path.rsplit_once(";type=") {
            Some((path, letter)) => (path, Some(type_of(letter)?)),
            None => (path.as_str(), None),
        };
        let path = decode(path.strip_prefix('/').unwrap_or(path), "path")?;
        Ok(Self {
            user,
            password,
            host,
            port,
            implicit_tls,
            path,
            type_code,
        })
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn type_of(letter: &str) -> Result<UrlType, UrlError> {
    match letter {
        "a" | "A" => Ok(UrlType::Ascii),
        "i" | "I" => Ok(UrlType::Image),
        "d" | "D" => Ok(UrlType::Directory),
        _ => Err(UrlError::Type(letter.to_owned())),
    }
}

fn decode(text: &str, what: &'static str) -> Result<Vec<u8>, UrlError> {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    if bytes.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return Err(UrlError::Unsendable(what));
    }
    Ok(bytes)
}

impl fmt::Debug for FtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_deref().map(String::from_utf8_lossy);
        let path = String::from_utf8_lossy(&self.path);
        write!(
            f,
            "FtpUrl({user:?} at {}:{}, {path:?}, {:?})",
            self.host, self.port, self.type_code
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{FtpUrl, UrlError, UrlType};

    fn parse(text: &str) -> FtpUrl {
        text.parse().unwrap()
    }

    #[test]
    fn every_part_is_read() {
        let url = parse("ftp://ann%40x:se%3Acret@[::1]:2121/a%20b/c%FF;type=a");
        assert_eq!(url.user.as_deref(), Some(&b"ann@x"[..]));
        assert_eq!(url.password.as_deref(), Some(&b"se:cret"[..]));
        assert_eq!((url.host.as_str(), url.port), ("::1", 2121));
        assert_eq!(url.path, b"a b/c\xff");
        assert_eq!(url.type_code, Some(UrlType::Ascii));
        assert!(!url.is_directory());
        assert!(!format!("{url:?}").contains("se:cret"));
    }

    #[test]
    fn paths_relative_absolute_and_empty() {
        for (text, path, is_directory) in [
            ("ftp://h", "", true),
            ("ftp://h/", "", true),
            ("ftp://h/a/", "a/", true),
            ("ftp://h/a;type=d", "a", true),
            ("ftp://h/a", "a", false),
            ("ftp://h//etc/motd", "/etc/motd", false),
            ("ftp://h/%2Fetc/motd", "/etc/motd", false),
            ("ftp://h/what?#1", "what?#1", false),
        ] {
            let url = parse(text);
            assert_eq!(url.path, path.as_bytes(), "{text}");
            assert_eq!(url.is_directory(), is_directory, "{text}");
            assert_eq!((url.user, url.port), (None, 21), "{text}");
        }
    }

    #[test]
    fn schemes_and_ports() {
        for (text, port, implicit_tls) in [
            ("ftp://h/a", 21, false),
            ("ftp://h:2121/a", 2121, false),
            ("FTPS://h/a", 990, true),
            ("ftps://h:21/a", 21, true),
            ("ftps://[::1]:2121/a", 2121, true),
            ("ftp.example.com/a", 21, false),
            ("h/a", 21, false),
            ("localhost:2121/a", 2121, false),
            ("ann@[::1]:2121/a", 2121, false),
        ] {
            let url = parse(text);
            assert_eq!((url.port, url.implicit_tls), (port, implicit_tls), "{text}");
            assert_eq!(url.path, b"a", "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let refused = |text: &str| text.parse::<FtpUrl>().unwrap_err();
        for path in ["/a", "./a", "../a", "~/a", "ftp:/h/a", "ftps:h"] {
            assert_eq!(refused(path), UrlError::NoHost, "{path}");
        }
        assert!(matches!(refused("a b"), UrlError::Malformed(_)));
        assert!(matches!(refused(""), UrlError::Malformed(_)));
        assert_eq!(refused("http://h/"), UrlError::Scheme("http".to_owned()));
        assert_eq!(
            refused("ftp://h/a%0d%0aDELE%20b"),
            UrlError::Unsendable("path")
        );
        assert_eq!(refused("ftp://a%0a:b@h/"), UrlError::Unsendable("user"));
        assert_eq!(refused("ftp://h/a;type=x"), UrlError::Type("x".to_owned()));
    }
}
