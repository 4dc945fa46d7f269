//! The codes of `OpenFlow` 1.3's errors by name, a table for each kind.

pub(super) const HELLO: [(u32, &str); 2] = [(0, "INCOMPATIBLE"), (1, "EPERM")];

pub(super) const REQUEST: [(u32, &str); 14] = [
    (0, "BAD_VERSION"),
    (1, "BAD_TYPE"),
    (2, "BAD_MULTIPART"),
    (3, "BAD_EXPERIMENTER"),
    (4, "BAD_EXP_TYPE"),
    (5, "EPERM"),
    (6, "BAD_LEN"),
    (7, "BUFFER_EMPTY"),
    (8, "BUFFER_UNKNOWN"),
    (9, "BAD_TABLE_ID"),
    (10, "IS_SLAVE"),
    (11, "BAD_PORT"),
    (12, "BAD_PACKET"),
    (13, "MULTIPART_BUFFER_OVERFLOW"),
];

pub(super) const ACTION: [(u32, &str); 16] = [
    (0, "BAD_TYPE"),
    (1, "BAD_LEN"),
    (2, "BAD_EXPERIMENTER"),
    (3, "BAD_EXP_TYPE"),
    (4, "BAD_OUT_PORT"),
    (5, "BAD_ARGUMENT"),
    (6, "EPERM"),
    (7, "TOO_MANY"),
    (8, "BAD_QUEUE"),
    (9, "BAD_OUT_GROUP"),
    (10, "MATCH_INCONSISTENT"),
    (11, "UNSUPPORTED_ORDER"),
    (12, "BAD_TAG"),
    (13, "BAD_SET_TYPE"),
    (14, "BAD_SET_LEN"),
    (15, "BAD_SET_ARGUMENT"),
];

pub(super) const INSTRUCTION: [(u32, &str); 9] = [
    (0, "UNKNOWN_INST"),
    (1, "UNSUP_INST"),
    (2, "BAD_TABLE_ID"),
    (3, "UNSUP_METADATA"),
    (4, "UNSUP_METADATA_MASK"),
    (5, "BAD_EXPERIMENTER"),
    (6, "BAD_EXP_TYPE"),
    (7, "BAD_LEN"),
    (8, "EPERM"),
];

pub(super) const MATCH: [(u32, &str); 12] = [
    (0, "BAD_TYPE"),
    (1, "BAD_LEN"),
    (2, "BAD_TAG"),
    (3, "BAD_DL_ADDR_MASK"),
    (4, "BAD_NW_ADDR_MASK"),
    (5, "BAD_WILDCARDS"),
    (6, "BAD_FIELD"),
    (7, "BAD_VALUE"),
    (8, "BAD_MASK"),
    (9, "BAD_PREREQ"),
    (10, "DUP_FIELD"),
    (11, "EPERM"),
];

pub(super) const FLOW: [(u32, &str); 8] = [
    (0, "UNKNOWN"),
    (1, "TABLE_FULL"),
    (2, "BAD_TABLE_ID"),
    (3, "OVERLAP"),
    (4, "EPERM"),
    (5, "BAD_TIMEOUT"),
    (6, "BAD_COMMAND"),
    (7, "BAD_FLAGS"),
];

pub(super) const GROUP: [(u32, &str); 15] = [
    (0, "GROUP_EXISTS"),
    (1, "INVALID_GROUP"),
    (2, "WEIGHT_UNSUPPORTED"),
    (3, "OUT_OF_GROUPS"),
    (4, "OUT_OF_BUCKETS"),
    (5, "CHAINING_UNSUPPORTED"),
    (6, "WATCH_UNSUPPORTED"),
    (7, "LOOP"),
    (8, "UNKNOWN_GROUP"),
    (9, "CHAINED_GROUP"),
    (10, "BAD_TYPE"),
    (11, "BAD_COMMAND"),
    (12, "BAD_BUCKET"),
    (13, "BAD_MATCH"),
    (14, "EPERM"),
];

pub(super) const PORT: [(u32, &str); 5] = [
    (0, "BAD_PORT"),
    (1, "BAD_HW_ADDR"),
    (2, "BAD_CONFIG"),
    (3, "BAD_ADVERTISE"),
    (4, "EPERM"),
];

pub(super) const TABLE: [(u32, &str); 3] = [(0, "BAD_TABLE"), (1, "BAD_CONFIG"), (2, "EPERM")];

pub(super) const QUEUE: [(u32, &str); 3] = [(0, "BAD_PORT"), (1, "BAD_QUEUE"), (2, "EPERM")];

pub(super) const CONFIG: [(u32, &str); 3] = [(0, "BAD_FLAGS"), (1, "BAD_LEN"), (2, "EPERM")];

pub(super) const ROLE: [(u32, &str); 3] = [(0, "STALE"), (1, "UNSUP"), (2, "BAD_ROLE")];

pub(super) const METER: [(u32, &str); 12] = [
    (0, "UNKNOWN"),
    (1, "METER_EXISTS"),
    (2, "INVALID_METER"),
    (3, "UNKNOWN_METER"),
    (4, "BAD_COMMAND"),
    (5, "BAD_FLAGS"),
    (6, "BAD_RATE"),
    (7, "BAD_BURST"),
    (8, "BAD_BAND"),
    (9, "BAD_BAND_VALUE"),
    (10, "OUT_OF_METERS"),
    (11, "OUT_OF_BANDS"),
];

pub(super) const FEATURES: [(u32, &str); 6] = [
    (0, "BAD_TABLE"),
    (1, "BAD_METADATA"),
    (2, "BAD_TYPE"),
    (3, "BAD_LEN"),
    (4, "BAD_ARGUMENT"),
    (5, "EPERM"),
];
