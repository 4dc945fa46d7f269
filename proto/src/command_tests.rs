use super::{Command, CommandError};
use crate::{
    Code, CommandLine, EpsvArgument, Format, HostPort, LineBuffer, LineEvent, Mode, Password,
    Pathname, Structure, Text, TimeVal, TypeCode, Verb,
};
use proptest::prelude::*;

fn parse(line: &[u8]) -> Result<Command, CommandError> {
    Command::parse(&CommandLine::split(line))
}

#[test]
fn refusals_carry_their_code() {
    for (line, code) in [
        ("XYZZ", Code::SYNTAX_ERROR),
        ("", Code::SYNTAX_ERROR),
        ("RETR", Code::ARGUMENT_SYNTAX_ERROR),
        ("RETR ", Code::ARGUMENT_SYNTAX_ERROR),
        ("RETR a\0b", Code::ARGUMENT_SYNTAX_ERROR),
        ("PWD x", Code::ARGUMENT_SYNTAX_ERROR),
        ("PORT 1,2,3,4,5", Code::ARGUMENT_SYNTAX_ERROR),
        ("PORT 1,2,3,4,5,6 ", Code::ARGUMENT_SYNTAX_ERROR),
        ("TYPE", Code::ARGUMENT_SYNTAX_ERROR),
        ("TYPE X", Code::PARAMETER_NOT_IMPLEMENTED),
        ("STRU X", Code::PARAMETER_NOT_IMPLEMENTED),
        ("REST -1", Code::ARGUMENT_SYNTAX_ERROR),
        ("REST 18446744073709551616", Code::ARGUMENT_SYNTAX_ERROR),
        ("EPRT |3|x|1|", Code::PROTOCOL_NOT_SUPPORTED),
        ("EPSV 3", Code::PROTOCOL_NOT_SUPPORTED),
        ("EPSV x", Code::ARGUMENT_SYNTAX_ERROR),
    ] {
        assert_eq!(parse(line.as_bytes()).unwrap_err().code(), code, "{line}");
    }
}

#[test]
fn the_x_variants_and_trailing_spaces() {
    assert_eq!(parse(b"xpwd"), Ok(Command::Pwd));
    assert_eq!(parse(b"PASV "), Ok(Command::Pasv));
    assert_eq!(parse(b"LIST "), Ok(Command::List(None)));
    assert_eq!(
        parse(b"PASS"),
        Ok(Command::Pass(Password::new(*b"").unwrap()))
    );
}

#[test]
fn debug_of_a_command_hides_the_password() {
    assert!(!format!("{:?}", parse(b"PASS hunter2").unwrap()).contains("hunter2"));
}

/// Names that the wire can carry; those of spaces alone mean "no argument" to optional ones.
fn name() -> BoxedStrategy<Vec<u8>> {
    prop::collection::vec(
        any::<u8>().prop_filter("sendable", |byte| !matches!(byte, 0 | b'\n')),
        1..20,
    )
    .prop_filter("not blank", |name| name.iter().any(|&byte| byte != b' '))
    .boxed()
}

fn ascii_name() -> BoxedStrategy<Vec<u8>> {
    "[!-~]([ -~]{0,10}[!-~])?"
        .prop_map(String::into_bytes)
        .boxed()
}

fn commands(name: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = Command> {
    let path = name.clone().prop_map(|name| Pathname::new(name).unwrap());
    let text = name.clone().prop_map(|name| Text::new(name).unwrap());
    let password = name.prop_map(|name| Password::new(name).unwrap());
    let time = (0_i64..253_402_300_799).prop_map(TimeVal::from_unix);
    let types = prop_oneof![
        Just(TypeCode::Ascii(Format::NonPrint)),
        Just(TypeCode::Ascii(Format::Telnet)),
        Just(TypeCode::Ebcdic(Format::CarriageControl)),
        Just(TypeCode::Image),
        (1_u8..).prop_map(TypeCode::Local),
    ];
    let paths = path.clone();
    let with_path = (0..12_u8, path.clone()).prop_map(|(which, path)| match which {
        0 => Command::Cwd(path),
        1 => Command::Smnt(path),
        2 => Command::Retr(path),
        3 => Command::Stor(path),
        4 => Command::Appe(path),
        5 => Command::Rnfr(path),
        6 => Command::Rnto(path),
        7 => Command::Dele(path),
        8 => Command::Rmd(path),
        9 => Command::Mkd(path),
        10 => Command::Mdtm(path),
        _ => Command::Size(path),
    });
    let optional_path = (0..6_u8, prop::option::of(paths)).prop_map(|(which, path)| match which {
        0 => Command::Stou(path),
        1 => Command::List(path),
        2 => Command::Nlst(path),
        3 => Command::Stat(path),
        4 => Command::Mlst(path),
        _ => Command::Mlsd(path),
    });
    let with_text = (0..13_u8, text).prop_map(|(which, text)| match which {
        0 => Command::User(text),
        1 => Command::Acct(text),
        2 => Command::Site(text),
        3 => Command::Help(Some(text)),
        4 => Command::Opts(text),
        5 => Command::Lang(Some(text)),
        6 => Command::Auth(text),
        7 => Command::Adat(text),
        8 => Command::Mic(text),
        9 => Command::Conf(text),
        10 => Command::Enc(text),
        11 => Command::Clnt(text),
        _ => Command::Host(text),
    });
    let bare = prop::sample::select(vec![
        Command::Cdup,
        Command::Rein,
        Command::Quit,
        Command::Pasv,
        Command::Abor,
        Command::Pwd,
        Command::Syst,
        Command::Noop,
        Command::Feat,
        Command::Ccc,
        Command::Help(None),
        Command::Lang(None),
        Command::Lpsv,
        Command::Epsv(None),
        Command::Epsv(Some(EpsvArgument::V4)),
        Command::Epsv(Some(EpsvArgument::V6)),
        Command::Epsv(Some(EpsvArgument::All)),
        Command::Stru(Structure::Record),
        Command::Mode(Mode::Block),
        Command::Prot('P'),
    ]);
    prop_oneof![
        with_path,
        optional_path,
        with_text,
        bare,
        password.prop_map(Command::Pass),
        types.prop_map(Command::Type),
        (any::<[u8; 4]>(), any::<[u8; 2]>())
            .prop_map(|(host, port)| Command::Port(HostPort { host, port })),
        any::<([u8; 16], u16)>().prop_map(|(ip, port)| Command::Eprt((ip, port).into())),
        any::<([u8; 4], u16)>().prop_map(|(ip, port)| Command::Lprt((ip, port).into())),
        any::<([u8; 16], u16)>().prop_map(|(ip, port)| Command::Lprt((ip, port).into())),
        any::<(u64, Option<u64>)>().prop_map(|(size, record)| Command::Allo(size, record)),
        any::<u64>().prop_map(Command::Rest),
        any::<u32>().prop_map(Command::Pbsz),
        (time, path).prop_map(|(time, path)| Command::Mfmt(time, path)),
    ]
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_heard(command in commands(name())) {
        let mut wire = Vec::new();
        command.encode(&mut wire);
        let mut buffer = LineBuffer::new(4096);
        prop_assert_eq!(buffer.push(&wire), wire.len());
        match buffer.pull() {
            Some(LineEvent::Line { bytes, .. }) => prop_assert_eq!(parse(bytes), Ok(command)),
            other => prop_assert!(false, "{:?}", other),
        }
        prop_assert_eq!(buffer.pull(), None);
    }

    #[test]
    fn what_is_shown_can_be_read(command in commands(ascii_name())) {
        prop_assert_eq!(parse(command.to_string().as_bytes()), Ok(command));
    }

    #[test]
    fn arbitrary_lines_never_panic(line: Vec<u8>, verb in prop::sample::select(Verb::ALL)) {
        let _ = parse(&line);
        let mut command = verb.as_str().as_bytes().to_vec();
        command.push(b' ');
        command.extend(line);
        let _ = parse(&command);
    }
}
