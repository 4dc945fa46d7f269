//! The cable: its decisions by themselves, and the whole of it between two kernels.

mod between_hosts;
mod decisions;
