//! Line ends in TYPE A: CRLF on the wire, LF here (RFC 959 §3.1.1.1).

/// Appends `text` with every LF as CRLF. A CR of the text's own is left alone, so CRLF becomes
/// CR CRLF, and comes back as it was.
pub fn to_network(text: &[u8], out: &mut Vec<u8>) {
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match line {
            [text @ .., b'\n'] => {
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            _ => out.extend_from_slice(line),
        }
    }
}

/// The way back, in pieces cut anywhere: CRLF becomes LF, a CR alone stays.
#[derive(Debug, Default)]
pub struct FromNetwork {
    pending_cr: bool,
}

impl FromNetwork {
    /// Appends what `text` stands for; a CR at its end is held back until more comes.
    pub fn convert(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.reserve(text.len() + 1);
        for &byte in text {
            if self.pending_cr && byte != b'\n' {
                out.push(b'\r');
            }
            self.pending_cr = byte == b'\r';
            if !self.pending_cr {
                out.push(byte);
            }
        }
    }

    /// Appends what was held back: the text is at its end.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.pending_cr) {
            out.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FromNetwork, to_network};
    use proptest::prelude::*;

    #[test]
    fn every_lf_gets_its_cr() {
        let mut wire = Vec::new();
        to_network(b"a\nb\r\nc\rd\r\r\n\n", &mut wire);
        assert_eq!(wire, b"a\r\nb\r\r\nc\rd\r\r\r\n\r\n");
    }

    proptest! {
        #[test]
        fn text_comes_back_as_it_went_wherever_it_is_cut(
            text in prop::collection::vec(prop::sample::select(&b"a\r\n"[..]), 0..40),
            cut: prop::sample::Index,
        ) {
            let (mut wire, mut back) = (Vec::new(), Vec::new());
            to_network(&text, &mut wire);
            let cut = cut.index(wire.len() + 1);
            let mut converter = FromNetwork::default();
            converter.convert(&wire[..cut], &mut back);
            converter.convert(&wire[cut..], &mut back);
            converter.finish(&mut back);
            prop_assert_eq!(back, text);
        }
    }
}
