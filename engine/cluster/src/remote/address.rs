//! Where a process may listen.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use crate::Error;

/// Listens on `host:port`; port 0 means any that is free.
///
/// Without a token only loopback addresses are taken: connections are then neither encrypted nor is it asked who calls.
pub(super) fn listen(address: &str, has_token: bool) -> Result<TcpListener, Error> {
    let failed = |why: String| Error::Listen { address: address.to_owned(), why };
    let found: Vec<SocketAddr> =
        address.to_socket_addrs().map_err(|error| failed(format!("{error}; give host:port")))?.collect();
    let open = found.iter().find(|address| !has_token && !address.ip().is_loopback());
    if let Some(other) = open {
        return Err(failed(format!(
            "{} can be reached from other machines, and without a token connections are not encrypted and nobody is \
             asked who calls; give one, or use 127.0.0.1",
            other.ip()
        )));
    }
    TcpListener::bind(&*found).map_err(|error| failed(error.to_string()))
}
