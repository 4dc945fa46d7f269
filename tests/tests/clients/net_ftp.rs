//! Perl's `Net::FTP`.

use std::process::Command;

use ftplab_tests::{Site, available, finish, has_program};

/// Its checks are the test's.
const SESSION: &str = r#"
use strict; use utf8; use Net::FTP;
my ($host, $port, $passive, $secure) = @ARGV;
my $ftp;
sub must { my ($what, $ok) = @_; die "$what: " . $ftp->message unless $ok }
sub same { my ($what, $is, $should) = @_; die "$what: '$is', not '$should'" unless $is eq $should }
sub content { open(my $file, '<:raw', $_[0]) or die "$_[0]: $!"; local $/; my $c = <$file>; $c // '' }
$ftp = Net::FTP->new($host, Port => $port, Passive => $passive, Timeout => 25, SSL_verify_mode => 0) or die $@;
must('starttls', $ftp->starttls) if $secure;
die 'logged in with a wrong password' if $ftp->login('ann', 'wrong');
same('wrong password', $ftp->code, 530);
must('login', $ftp->login('ann', 'secret'));
must('binary', $ftp->binary);
for (['a b', 'in ner'], ["qu\"o'te", 'f"x'], ['-dash', '-f']) {
    must("cwd $_->[0]", $ftp->cwd("/$_->[0]"));
    same('pwd', $ftp->pwd, "/$_->[0]");
    same('ls', join('|', $ftp->ls), $_->[1]);
}
must('cwd', $ftp->cwd('/'));
must('get', $ftp->get('large', 'large'));
must('mkdir', $ftp->mkdir('perl/deep', 1));
must('cwd', $ftp->cwd('perl'));
must('put', $ftp->put('large', 'up'));
same('size', $ftp->size('up'), -s 'large');
same('mdtm', $ftp->mdtm('/text'), 981726646);
must('append', $ftp->append('large', 'up'));
same('size', $ftp->size('up'), 2 * -s 'large');
must('rename', $ftp->rename('up', 'x y'));
must('delete', $ftp->delete('x y'));
my $unique = $ftp->put_unique('large');
must('put_unique', $unique);
same('size', $ftp->size($unique), -s 'large');
unlink 'part'; open(my $part, '>', 'part'); print $part 'one'; close $part;
must('resume', $ftp->get('/text', 'part', 3));
same('resumed', content('part'), "one\ntwo\nthree\n");
must('ascii', $ftp->ascii);
must('get ascii', $ftp->get('/text', 'ascii'));
same('ascii', content('ascii'), "one\ntwo\nthree\n");
must('put ascii', $ftp->put('ascii', 'ascii'));
must('binary', $ftp->binary);
must('get', $ftp->get('ascii', 'back'));
same('stored as text', content('back'), "one\ntwo\nthree\n");
must('get empty', $ftp->get('/empty', 'empty'));
same('empty', content('empty'), '');
same('many', scalar(my @many = $ftp->ls('/many')), 1000);
die 'fetched what is not there' if $ftp->get('nothing');
same('missing', $ftp->code, 550);
must('cwd', $ftp->cwd('/'));
must('rmdir', $ftp->rmdir('perl', 1));
die 'there is a folder that was removed' if $ftp->cwd('perl');
must('quit', $ftp->quit);
"#;

#[test]
fn a_whole_session_in_the_clear_and_over_tls() {
    if !has_program("perl") {
        return;
    }
    let has_module = |name: &str| {
        let output = finish(Command::new("perl").args([format!("-M{name}"), "-e1".into()]));
        available(name, output.status.success())
    };
    if !has_module("Net::FTP") {
        return;
    }
    let has_tls = has_module("IO::Socket::SSL");
    Site::everywhere(|site| {
        for passive in ["1", "0"] {
            for secure in ["0", "1"] {
                if secure == "0" || has_tls {
                    let (ip, port) = (site.ip(), site.port());
                    site.run("perl", ["-e", SESSION, &ip, &port, passive, secure]);
                    site.assert_same("large", "large");
                    assert!(!site.served("perl").exists());
                }
            }
        }
    });
}
