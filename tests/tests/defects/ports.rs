//! Where the faulty server listens.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;

/// Below the ports that the kernel gives out; the one before it is free too, for the data.
pub(super) async fn listen_beside_a_free_port() -> TcpListener {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let port = 22_001 + (step * 2) % 9_000;
        let beside = TcpListener::bind((Ipv4Addr::LOCALHOST, port - 1)).await;
        if let (Ok(listener), Ok(_)) = (
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await,
            &beside,
        ) {
            return listener;
        }
    }
}

/// Ports one after the other.
pub(super) async fn next_in_turn() -> io::Result<TcpListener> {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(16_000);
    loop {
        let port = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            bound => return bound,
        }
    }
}
