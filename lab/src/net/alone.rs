//! A network of one: only `lo`, on which every address is this machine's own, so that a packet to
//! wherever is seen there and goes nowhere else.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use rtnetlink::packet_route::route::{RouteScope, RouteType};
use rtnetlink::{LinkUnspec, RouteMessageBuilder};

use super::link::LOOPBACK;

/// An address of IPv6 that nobody has (RFC 3849).
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// Sets `lo` up in the network namespace of this thread, which [`enter`](super::enter) made, with
/// a route to everywhere.
///
/// # Errors
/// When the kernel refuses it. IPv6 may be missing: that is no error.
pub(crate) async fn alone() -> io::Result<()> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    let connection = tokio::spawn(connection);
    let done = async {
        let up = LinkUnspec::new_with_index(LOOPBACK).up().build();
        handle.link().set(up).execute().await?;
        let here = RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(Ipv4Addr::UNSPECIFIED, 0)
            .output_interface(LOOPBACK)
            .kind(RouteType::Local)
            .scope(RouteScope::Host)
            .pref_source(Ipv4Addr::LOCALHOST)
            .build();
        handle.route().add(here).execute().await?;
        let here = RouteMessageBuilder::<Ipv6Addr>::new()
            .destination_prefix(Ipv6Addr::UNSPECIFIED, 0)
            .output_interface(LOOPBACK)
            .kind(RouteType::Local)
            .pref_source(Ipv6Addr::LOCALHOST)
            .build();
        // Some clients, lftp among them, know IPv6 only where a global address of it is.
        let global = handle.address().add(LOOPBACK, GLOBAL.into(), 128);
        for done in [
            handle.route().add(here).execute().await,
            global.execute().await,
        ] {
            if let Err(error) = done {
                tracing::debug!(%error, "no IPv6 here");
            }
        }
        Ok(())
    }
    .await;
    connection.abort();
    done.map_err(|error: rtnetlink::Error| io::Error::other(error.to_string()))
}
