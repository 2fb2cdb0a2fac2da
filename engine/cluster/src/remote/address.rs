//! Where a process may listen.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use crate::Error;

/// Listens on `host:port`; port 0 means any that is free.
///
/// Only loopback addresses are taken: connections are neither encrypted nor is it asked who calls.
pub(super) fn listen(address: &str) -> Result<TcpListener, Error> {
    let failed = |why: String| Error::Listen { address: address.to_owned(), why };
    let found: Vec<SocketAddr> =
        address.to_socket_addrs().map_err(|error| failed(format!("{error}; give host:port")))?.collect();
    if let Some(other) = found.iter().find(|address| !address.ip().is_loopback()) {
        return Err(failed(format!(
            "{} can be reached from other machines, and connections are not encrypted; use 127.0.0.1, and a tunnel to it",
            other.ip()
        )));
    }
    TcpListener::bind(&*found).map_err(|error| failed(error.to_string()))
}
