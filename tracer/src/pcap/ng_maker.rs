//! Files of pcapng that are put together by hand, block by block.

/// Writes blocks as no program does all at once.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Maker {
    pub(super) big: bool,
}

pub(super) const LITTLE: Maker = Maker { big: false };
pub(super) const BIG: Maker = Maker { big: true };

impl Maker {
    pub(super) fn u16(self, v: u16) -> Vec<u8> {
        if self.big {
            v.to_be_bytes()
        } else {
            v.to_le_bytes()
        }
        .to_vec()
    }

    pub(super) fn u32(self, v: u32) -> Vec<u8> {
        if self.big {
            v.to_be_bytes()
        } else {
            v.to_le_bytes()
        }
        .to_vec()
    }

    pub(super) fn block(self, kind: u32, body: &[Vec<u8>]) -> Vec<u8> {
        let mut body = body.concat();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = self.u32(u32::try_from(body.len()).unwrap() + 12);
        [self.u32(kind), len.clone(), body, len].concat()
    }

    pub(super) fn section(self) -> Vec<u8> {
        let fields = [
            self.u32(0x1a2b_3c4d),
            self.u16(1),
            self.u16(0),
            vec![0xff; 8],
        ];
        self.block(0x0a0d_0d0a, &fields)
    }

    pub(super) fn interface(self, link: u16, snaplen: u32, options: &[Vec<u8>]) -> Vec<u8> {
        let fields = [
            self.u16(link),
            self.u16(0),
            self.u32(snaplen),
            options.concat(),
        ];
        self.block(1, &fields)
    }

    pub(super) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(value.len()).unwrap();
        let mut value = value.to_vec();
        value.resize(value.len().next_multiple_of(4), 0);
        [self.u16(code), self.u16(len), value].concat()
    }

    pub(super) fn packet(
        self,
        interface: u32,
        ticks: u64,
        frame: &[u8],
        options: &[Vec<u8>],
    ) -> Vec<u8> {
        let len = u32::try_from(frame.len()).unwrap();
        let mut padded = frame.to_vec();
        padded.resize(frame.len().next_multiple_of(4), 0);
        let half = |bits: u64| self.u32(u32::try_from(bits & 0xffff_ffff).unwrap());
        let [high, low] = [half(ticks >> 32), half(ticks)];
        let numbers = [
            self.u32(interface),
            high,
            low,
            self.u32(len),
            self.u32(len + 1),
        ]
        .concat();
        self.block(6, &[numbers, padded, options.concat()])
    }
}
