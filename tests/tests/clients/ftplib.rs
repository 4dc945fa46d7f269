//! Python's ftplib.

use ftplab_tests::{Site, has_program};

/// Its assertions are the test's.
const SESSION: &str = r#"
import ftplib, io, ssl, sys
host, port, certificate, sets_times = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4] == "true"
large = bytes(range(256)) * 20000
for secure in (False, True):
    for passive in (True, False):
        if secure:
            context = ssl.create_default_context(cafile=certificate)
            ftp = ftplib.FTP_TLS(timeout=50, context=context)
        else:
            ftp = ftplib.FTP(timeout=50)
        ftp.connect(host, port)
        try:
            ftp.login("ann", "wrong")
            raise AssertionError("logged in with a wrong password")
        except ftplib.error_perm as error:
            assert str(error).startswith("530"), error
        ftp.login("ann", "secret")
        if secure:
            ftp.prot_p()
        ftp.set_pasv(passive)
        def retrieve(name, **options):
            got = io.BytesIO()
            ftp.retrbinary("RETR " + name, got.write, **options)
            return got.getvalue()
        for folder, name, content in (("a b", "in ner", b"spaces"), ("qu\"o'te", 'f"x', b"quotes"),
                                      ("-dash", "-f", b"dashes"), ("ünï", "日本.txt", "二".encode())):
            ftp.cwd("/" + folder)
            assert ftp.pwd() == "/" + folder, ftp.pwd()
            assert ftp.nlst() == [name], ftp.nlst()
            assert retrieve(name) == content
        assert ftp.mkd('/p"y') == '/p"y'
        ftp.cwd('/p"y')
        ftp.storbinary("STOR large", io.BytesIO(large))
        ftp.voidcmd("TYPE I")
        assert ftp.size("large") == len(large)
        assert retrieve("large", rest=100) == large[100:]
        ftp.storbinary("STOR large", io.BytesIO(b"end"), rest=10)
        ftp.storbinary("APPE large", io.BytesIO(b"!"))
        assert retrieve("large") == large[:10] + b"end!"
        ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\r\n"))
        lines = []
        ftp.retrlines("RETR text", lines.append)
        assert lines == ["one", "two"], lines
        for name, content in (("empty", b""), ("one", b"1")):
            ftp.storbinary("STOR " + name, io.BytesIO(content))
            assert retrieve(name) == content
        if sets_times:
            ftp.voidcmd("MFMT 20010209135046 text")
            assert ftp.sendcmd("MDTM text") == "213 20010209135046"
            facts = {name: facts for name, facts in ftp.mlsd() if facts["type"] == "file"}
            assert sorted(facts) == ["empty", "large", "one", "text"], facts
            assert facts["large"]["size"] == "14" and facts["text"]["modify"] == "20010209135046"
        for name in ("large", "text", "empty"):
            ftp.delete(name)
        ftp.rename("one", "two three")
        assert ftp.nlst() == ["two three"]
        ftp.delete("two three")
        ftp.cwd("..")
        ftp.rmd('p"y')
        try:
            ftp.cwd('p"y')
            raise AssertionError("there is a folder that was removed")
        except ftplib.error_perm as error:
            assert str(error).startswith("550"), error
        assert len(ftp.nlst("many")) == 1000
        lines = []
        ftp.dir("void", lines.append)
        assert lines == [], lines
        assert ftp.quit().startswith("221")
"#;

#[test]
fn a_whole_session_in_the_clear_and_over_tls() {
    if !has_program("python3") {
        return;
    }
    Site::everywhere(|site| {
        let certificate = site.certificate();
        let times = site.sets_times.to_string();
        let mut python = site.client("python3");
        python.args(["-c", SESSION, &site.ip(), &site.port()]);
        site.succeeds(python.arg(certificate).arg(times));
        assert!(!site.served("p\"y").exists());
    });
}
