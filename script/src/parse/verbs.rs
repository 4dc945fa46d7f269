//! The commands of FTP, for lines that wait for one: a word that is none of them would never come.

use crate::script_error::Fault;

/// The commands of the RFCs (IANA's registry, RFC 5797), and those that programs send without one.
const VERBS: &[&str] = &[
    "ABOR", "ACCT", "ADAT", "ALGS", "ALLO", "APPE", "AUTH", "CCC", "CDUP", "CONF", "CWD", "DELE",
    "ENC", "EPRT", "EPSV", "FEAT", "HELP", "HOST", "LANG", "LIST", "LPRT", "LPSV", "MDTM", "MIC",
    "MKD", "MLSD", "MLST", "MODE", "NLST", "NOOP", "OPTS", "PASS", "PASV", "PBSZ", "PORT", "PROT",
    "PWD", "QUIT", "REIN", "REST", "RETR", "RMD", "RNFR", "RNTO", "SITE", "SIZE", "SMNT", "STAT",
    "STOR", "STOU", "STRU", "SYST", "TYPE", "USER", "XCUP", "XCWD", "XMKD", "XPWD", "XRMD",
    // Without an RFC, or of drafts.
    "AVBL", "CLNT", "COMB", "CSID", "DSIZ", "ESTA", "ESTP", "HASH", "MD5", "MFCT", "MFF", "MFMT",
    "MMD5", "RANG", "RMDA", "SPSV", "THMB", "XCRC", "XDSS", "XMD5", "XSHA", "XSHA1", "XSHA256",
    "XSHA512",
];

/// The verb in upper case.
///
/// # Errors
/// A word that is no command; `others` are the words that may stand in its place.
pub(super) fn known(word: &str, column: u32, others: &[&str]) -> Result<String, Fault> {
    let upper = word.to_ascii_uppercase();
    if VERBS.contains(&upper.as_str()) {
        return Ok(upper);
    }
    let fault = || Fault::new(column, format!("`{word}` is no command"));
    let small = fault().one_of(&word.to_ascii_lowercase(), others);
    if small.hint.starts_with("did you mean") {
        return Err(small);
    }
    let large = fault().one_of(&upper, VERBS);
    if large.hint.starts_with("did you mean") {
        return Err(large);
    }
    let others: Vec<String> = others.iter().map(|word| format!(", or `{word}`")).collect();
    Err(fault().hint(format!(
        "expected a command of FTP, such as RETR{}",
        others.concat()
    )))
}
