//! The numbers of `OpenFlow` 1.3 by name.

use super::fields::Bits;

pub(super) const CAPABILITIES: Bits = Bits {
    assigned: 0x16f,
    names: &[
        (1, "FLOW_STATS"),
        (2, "TABLE_STATS"),
        (4, "PORT_STATS"),
        (8, "GROUP_STATS"),
        (0x20, "IP_REASM"),
        (0x40, "QUEUE_STATS"),
        (0x100, "PORT_BLOCKED"),
    ],
};

pub(super) const FRAGMENTS: [(u32, &str); 3] =
    [(0, "FRAG_NORMAL"), (1, "FRAG_DROP"), (2, "FRAG_REASM")];

pub(super) const TABLES: [(u32, &str); 2] = [(254, "MAX"), (255, "ALL")];

/// How much of a packet to send.
pub(super) const LENGTHS: [(u32, &str); 2] = [(0xffe5, "MAX"), (0xffff, "NO_BUFFER")];

pub(super) const PORT_CONFIG: Bits = Bits {
    assigned: 0x65,
    names: &[
        (1, "PORT_DOWN"),
        (4, "NO_RECV"),
        (0x20, "NO_FWD"),
        (0x40, "NO_PACKET_IN"),
    ],
};

pub(super) const PORT_STATE: Bits = Bits {
    assigned: 7,
    names: &[(1, "LINK_DOWN"), (2, "BLOCKED"), (4, "LIVE")],
};

pub(super) const PORT_FEATURES: Bits = Bits {
    assigned: 0xffff,
    names: &[
        (1, "10MB_HD"),
        (2, "10MB_FD"),
        (4, "100MB_HD"),
        (8, "100MB_FD"),
        (0x10, "1GB_HD"),
        (0x20, "1GB_FD"),
        (0x40, "10GB_FD"),
        (0x80, "40GB_FD"),
        (0x100, "100GB_FD"),
        (0x200, "1TB_FD"),
        (0x400, "OTHER"),
        (0x800, "COPPER"),
        (0x1000, "FIBER"),
        (0x2000, "AUTONEG"),
        (0x4000, "PAUSE"),
        (0x8000, "PAUSE_ASYM"),
    ],
};

pub(super) const HELLO_ELEMENTS: [(u32, &str); 1] = [(1, "VERSIONBITMAP")];

/// Ports with a meaning of their own.
pub(super) const PORTS: [(u32, &str); 9] = [
    (0xffff_ff00, "MAX"),
    (0xffff_fff8, "IN_PORT"),
    (0xffff_fff9, "TABLE"),
    (0xffff_fffa, "NORMAL"),
    (0xffff_fffb, "FLOOD"),
    (0xffff_fffc, "ALL"),
    (0xffff_fffd, "CONTROLLER"),
    (0xffff_fffe, "LOCAL"),
    (0xffff_ffff, "ANY"),
];

pub(super) const ROLES: [(u32, &str); 4] =
    [(0, "NOCHANGE"), (1, "EQUAL"), (2, "MASTER"), (3, "SLAVE")];

pub(super) const VERSION_BITS: Bits = Bits {
    assigned: 0x3f,
    names: &[
        (1, "1.0"),
        (2, "1.1"),
        (4, "1.2"),
        (8, "1.3"),
        (0x10, "1.4"),
        (0x20, "1.5"),
    ],
};

pub(super) const ASYNC_PACKETS: Bits = Bits {
    assigned: 7,
    names: &[(1, "NO_MATCH"), (2, "ACTION"), (4, "INVALID_TTL")],
};

pub(super) const ASYNC_PORTS: Bits = Bits {
    assigned: 7,
    names: &[(1, "ADD"), (2, "DELETE"), (4, "MODIFY")],
};

pub(super) const PORT_REASONS: [(u32, &str); 3] = [(0, "ADD"), (1, "DELETE"), (2, "MODIFY")];

pub(super) const ERRORS: [(u32, &str); 15] = [
    (0, "HELLO_FAILED"),
    (1, "BAD_REQUEST"),
    (2, "BAD_ACTION"),
    (3, "BAD_INSTRUCTION"),
    (4, "BAD_MATCH"),
    (5, "FLOW_MOD_FAILED"),
    (6, "GROUP_MOD_FAILED"),
    (7, "PORT_MOD_FAILED"),
    (8, "TABLE_MOD_FAILED"),
    (9, "QUEUE_OP_FAILED"),
    (0xa, "SWITCH_CONFIG_FAILED"),
    (0xb, "ROLE_REQUEST_FAILED"),
    (0xc, "METER_MOD_FAILED"),
    (0xd, "TABLE_FEATURES_FAILED"),
    (0xffff, "EXPERIMENTER"),
];
