//! Classic BPF: a small program that the kernel runs on each frame before it copies it.

use std::net::Ipv4Addr;

use thiserror::Error;

use super::CaptureDirection;
use crate::{Instruction, Program};

/// A classic BPF program for the frames of one link type.
#[derive(Clone)]
pub struct Filter(Vec<libc::sock_filter>);

/// Why a filter cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FilterError {
    /// More addresses than a conditional jump can skip.
    #[error("a filter takes 1 to {MAX_ADDRESSES} addresses, not {0}")]
    Addresses(usize),
}

/// A conditional jump skips at most 255 instructions.
const MAX_ADDRESSES: usize = 200;

/// Where the fields of an Ethernet frame without a VLAN tag are.
const ETHERTYPE: u32 = 12;
const IPV4_SOURCE: u32 = 14 + 12;
const IPV4_DESTINATION: u32 = 14 + 16;

/// `SKF_AD_OFF + SKF_AD_PKTTYPE` of linux/filter.h: which way a frame goes.
const PACKET_TYPE: u32 = 0xffff_f004;
/// `SKF_AD_OFF + SKF_AD_IFINDEX`: the interface's index.
const INTERFACE_INDEX: u32 = 0xffff_f008;
/// No frame is longer.
#[allow(clippy::cast_possible_truncation)] // It is 2^18.
const WHOLE: u32 = super::MAX_FRAME as u32;
#[allow(clippy::cast_possible_truncation)] // The codes are 16-bit by definition.
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

impl Filter {
    /// IPv4 packets of which both the source and the destination are in `addresses`: what hosts
    /// say to each other when they share the machine's loopback interface with strangers.
    ///
    /// # Errors
    /// When there are no addresses or more than 200.
    pub fn between(addresses: &[Ipv4Addr]) -> Result<Self, FilterError> {
        if addresses.is_empty() || addresses.len() > MAX_ADDRESSES {
            return Err(FilterError::Addresses(addresses.len()));
        }
        let mut program = vec![
            load_half(ETHERTYPE),
            jump_if_equal(0x0800, 1, 0),
            accept(false),
        ];
        for field in [IPV4_SOURCE, IPV4_DESTINATION] {
            program.push(load_word(field));
            for (index, address) in addresses.iter().enumerate() {
                // Over the comparisons that are left, and over the rejection after them.
                let skip = u8::try_from(addresses.len() - index).unwrap_or(u8::MAX);
                program.push(jump_if_equal(u32::from(*address), skip, 0));
            }
            program.push(accept(false));
        }
        program.push(accept(true));
        Ok(Self(program))
    }

    pub(super) fn instructions(&self) -> &[libc::sock_filter] {
        &self.0
    }
}

/// What the kernel is asked of a frame before any filter, and how much of it is taken.
pub(super) struct Gate {
    pub(super) direction: CaptureDirection,
    /// What this interface sends is not taken.
    pub(super) not_sent_by: Option<u32>,
    /// Bytes, from 1.
    pub(super) snaplen: u32,
}

impl Gate {
    /// The gate with a filter behind it; `None` when the two ask for nothing.
    pub(super) fn before(&self, filter: Option<&Filter>) -> Option<Filter> {
        /// `PACKET_OUTGOING` of `linux/if_packet.h`.
        const OUTGOING: u32 = libc::PACKET_OUTGOING as u32;
        let mut program = Vec::new();
        match self.direction {
            CaptureDirection::Both => {}
            CaptureDirection::In => program.extend([
                load_word(PACKET_TYPE),
                jump_if_equal(OUTGOING, 0, 1),
                accept(false),
            ]),
            CaptureDirection::Out => program.extend([
                load_word(PACKET_TYPE),
                jump_if_equal(OUTGOING, 1, 0),
                accept(false),
            ]),
        }
        if let Some(index) = self.not_sent_by {
            program.extend([
                load_word(PACKET_TYPE),
                jump_if_equal(OUTGOING, 0, 3),
                load_word(INTERFACE_INDEX),
                jump_if_equal(index, 0, 1),
                accept(false),
            ]);
        }
        if program.is_empty() && filter.is_none() && self.snaplen >= WHOLE {
            return None;
        }
        match filter {
            Some(Filter(behind)) => program.extend(behind),
            None => program.push(accept(true)),
        }
        for instruction in &mut program {
            if instruction.code == RETURN && instruction.k > 0 {
                instruction.k = instruction.k.min(self.snaplen);
            }
        }
        Some(Filter(program))
    }
}

impl From<&Program> for Filter {
    fn from(program: &Program) -> Self {
        let convert =
            |&Instruction { code, jt, jf, k }: &Instruction| libc::sock_filter { code, jt, jf, k };
        Self(program.instructions().iter().map(convert).collect())
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({} instructions)", self.0.len())
    }
}

const fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    #[allow(clippy::cast_possible_truncation)] // The codes are 16-bit by definition.
    let code = code as u16;
    libc::sock_filter { code, jt, jf, k }
}

const fn load_half(offset: u32) -> libc::sock_filter {
    instruction(libc::BPF_LD | libc::BPF_H | libc::BPF_ABS, 0, 0, offset)
}

const fn load_word(offset: u32) -> libc::sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset)
}

const fn jump_if_equal(value: u32, then: u8, otherwise: u8) -> libc::sock_filter {
    instruction(
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        then,
        otherwise,
        value,
    )
}

const fn accept(whole: bool) -> libc::sock_filter {
    instruction(
        libc::BPF_RET | libc::BPF_K,
        0,
        0,
        if whole { u32::MAX } else { 0 },
    )
}

#[cfg(test)]
mod tests {
    use super::{Filter, FilterError};
    use std::net::Ipv4Addr;

    #[test]
    fn the_number_of_addresses_is_bounded() {
        let many = vec![Ipv4Addr::LOCALHOST; 201];
        assert_eq!(
            Filter::between(&many).unwrap_err(),
            FilterError::Addresses(201)
        );
        assert_eq!(Filter::between(&[]).unwrap_err(), FilterError::Addresses(0));
        assert!(Filter::between(&many[..200]).is_ok());
    }
}
