//! One who calls.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::{Action, FlightData, FlightDescriptor, Ticket as FlightTicket};
use futures_util::{StreamExt, stream};
use gristmill_data::arrow::buffer::{Buffer, MutableBuffer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

use crate::frame::{self, FRAME_NBYTES_MAX};
use crate::service::{
    ASK, CONNECTION_WINDOW_NBYTES, HEARTBEAT_INTERVAL, HEARTBEAT_TIMEOUT, STREAM_WINDOW_NBYTES,
};
use crate::shared::{FileName, SHARED_NBYTES_MIN};
use crate::{Error, Hello, Network, Outbox, Outgoing, Pass, Payload, ResultName, Role, Ticket};

/// Bytes that are made room for on the word of the sender alone.
const EXPECTED_NBYTES_MAX: u64 = 64 << 20;

/// A process that can be called. Cheap to clone; calls share one connection.
#[derive(Debug, Clone)]
pub struct Connection {
    address: Arc<str>,
    network: Arc<Network>,
    client: FlightServiceClient<Channel>,
    /// Whether it is on this machine, and sees the same files.
    is_near: Arc<AtomicBool>,
}

/// What the other end of a stream sends.
#[derive(Debug)]
pub struct Mailbox<M> {
    stream: Streaming<FlightData>,
    address: Arc<str>,
    of: std::marker::PhantomData<fn() -> M>,
}

impl Connection {
    /// Connects to `host:port`, now.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Unreachable`].
    pub fn open(network: &Arc<Network>, address: &str) -> Result<Self, Error> {
        let endpoint = endpoint(network, address)?;
        let unreachable = |error: tonic::transport::Error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            Error::Unreachable {
                address: address.to_owned(),
                reason: source.unwrap_or_else(|| error.to_string()),
            }
        };
        let channel = network.wait(endpoint.connect()).map_err(unreachable)?;
        Ok(Self::over(channel, network, address))
    }

    /// The same, connected by the first call, and again by each that finds it broken.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn lazy(network: &Arc<Network>, address: &str) -> Result<Self, Error> {
        let endpoint = endpoint(network, address)?;
        let channel = network.inside(|| endpoint.connect_lazy());
        Ok(Self::over(channel, network, address))
    }

    fn over(channel: Channel, network: &Arc<Network>, address: &str) -> Self {
        let client = FlightServiceClient::new(channel)
            .max_decoding_message_size(FRAME_NBYTES_MAX)
            .max_encoding_message_size(FRAME_NBYTES_MAX);
        Self {
            address: address.into(),
            network: network.clone(),
            client,
            is_near: Arc::new(is_near(address).into()),
        }
    }

    /// Where it is, as `host:port`.
    #[must_use]
    pub fn address(&self) -> &Arc<str> {
        &self.address
    }

    /// The network that it is reached by.
    #[must_use]
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Opens a stream of messages both ways.
    ///
    /// # Errors
    /// [`Error::Refused`] by the other end, [`Error::Unreachable`].
    pub async fn join<O: Outgoing, M: DeserializeOwned>(
        &self,
        role: &Role,
    ) -> Result<(Outbox<O>, Mailbox<M>), Error>
    where
        O::Message: Send,
    {
        let hello = serde_json::to_vec(&Hello::new(role)).unwrap_or_default();
        let hello = FlightData { app_metadata: hello.into(), ..FlightData::default() };
        let (outbox, out) = Outbox::new();
        // What cannot be encoded ends the stream, as a connection that breaks does.
        let out = stream::iter([hello]).chain(out.filter_map(|data| std::future::ready(data.ok())));
        let mut client = self.client.clone();
        let answer = client.do_exchange(out).await;
        let stream = answer.map_err(|status| Error::of(&status, &self.address))?.into_inner();
        Ok((outbox, Mailbox { stream, address: self.address.clone(), of: std::marker::PhantomData }))
    }

    /// The bytes that a ticket names.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Refused`], [`Error::Unreachable`].
    pub async fn get(&self, ticket: Ticket) -> Result<Buffer, Error> {
        let mut client = self.client.clone();
        let request = FlightTicket { ticket: ticket.to_string().into() };
        let failed = |status: Status| Error::of(&status, &self.address);
        let mut stream = client.do_get(request).await.map_err(failed)?.into_inner();
        let first = stream.next().await.transpose().map_err(failed)?;
        gather(first.unwrap_or_default(), stream, ticket.nbytes_max()).await.map_err(failed)
    }

    /// A result of about so many bytes: mapped where the other process is on this machine and hands it over so, and
    /// otherwise sent.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn get_result(&self, name: ResultName, pass: Pass, nbytes: u64) -> Result<Buffer, Error> {
        if nbytes >= SHARED_NBYTES_MIN && self.is_near.load(Ordering::Relaxed) {
            // What cannot be mapped is sent.
            match self.map(Ticket::Shared(name, pass)).await {
                Ok(Some(mapped)) => return Ok(mapped),
                Ok(None) => self.is_near.store(false, Ordering::Relaxed),
                Err(_) => {}
            }
        }
        self.get(Ticket::Result(name, pass)).await
    }

    async fn map(&self, ticket: Ticket) -> Result<Option<Buffer>, Status> {
        let mut client = self.client.clone();
        let request = FlightTicket { ticket: ticket.to_string().into() };
        // The file is there until this is dropped.
        let mut stream = client.do_get(request).await?.into_inner();
        let first = stream.next().await.transpose()?.unwrap_or_default();
        let name: Option<FileName> = serde_json::from_slice(&first.app_metadata).ok();
        Ok(name.and_then(FileName::map))
    }

    /// Brings something.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub async fn put(&self, ticket: Ticket, payload: Payload) -> Result<(), Error> {
        let mut client = self.client.clone();
        let descriptor = FlightDescriptor::new_path(vec![ticket.to_string()]);
        let first = FlightData { flight_descriptor: Some(descriptor), ..FlightData::default() };
        let pieces = ReceiverStream::new(payload.pieces()).filter_map(|piece| std::future::ready(piece.ok()));
        let failed = |status: Status| Error::of(&status, &self.address);
        let answer = client.do_put(stream::iter([first]).chain(pieces)).await.map_err(failed)?;
        answer.into_inner().next().await.transpose().map_err(failed).map(drop)
    }

    /// Asks a question.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Unreachable`], [`Error::Malformed`].
    pub fn ask<A: DeserializeOwned>(&self, question: &impl Serialize) -> Result<A, Error> {
        let malformed = |reason: String| Error::Malformed { address: self.address.to_string(), reason };
        let body = postcard::to_stdvec(question).map_err(|error| malformed(error.to_string()))?;
        let mut client = self.client.clone();
        let answer = self.network.wait(async move {
            let action = Action { r#type: ASK.to_owned(), body: body.into() };
            client.do_action(action).await?.into_inner().next().await.transpose()
        });
        let answer = answer.map_err(|status| Error::of(&status, &self.address))?.unwrap_or_default();
        postcard::from_bytes(&answer.body).map_err(|error| malformed(error.to_string()))
    }
}

impl<M: DeserializeOwned> Mailbox<M> {
    /// That what has come makes no sense.
    #[must_use]
    pub fn malformed(&self, reason: &str) -> Error {
        Error::Malformed { address: self.address.to_string(), reason: reason.to_owned() }
    }

    /// The next messages; none when the stream has ended.
    ///
    /// # Errors
    /// Why it has ended, if not as it should.
    pub async fn next(&mut self) -> Result<Option<Vec<M>>, Error> {
        match self.stream.next().await {
            None => Ok(None),
            Some(Ok(data)) => frame::decode(&data)
                .map(Some)
                .map_err(|reason| Error::Malformed { address: self.address.to_string(), reason }),
            Some(Err(status)) => Err(Error::of(&status, &self.address)),
        }
    }
}

fn endpoint(network: &Network, address: &str) -> Result<Endpoint, Error> {
    let no_address = |reason: String| Error::Address { given: address.to_owned(), reason };
    let (host, port) = address.rsplit_once(':').ok_or_else(|| no_address("there is no port".to_owned()))?;
    port.parse::<u16>().map_err(|error| no_address(error.to_string()))?;
    if host.is_empty() {
        return Err(no_address("there is no host".to_owned()));
    }
    let scheme = if network.token().is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}"));
    let endpoint = endpoint.map_err(|error| no_address(error.to_string()))?;
    let endpoint = match network.token() {
        Some(token) => {
            endpoint.tls_config(token.client()).map_err(|error| Error::Network(error.to_string()))?
        }
        None => endpoint,
    };
    Ok(endpoint
        .connect_timeout(HEARTBEAT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(HEARTBEAT_INTERVAL)
        .keep_alive_timeout(HEARTBEAT_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW_NBYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_NBYTES))
}

/// Whether an address is one of this machine's: packets to it come from it.
fn is_near(address: &str) -> bool {
    let there = address.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    there.is_some_and(|there| own_address(there).is_ok_and(|own| own == there.ip()))
}

/// The address of this machine that packets to another have.
///
/// # Errors
/// What the system says when there is no way there.
pub fn own_address(there: SocketAddr) -> std::io::Result<IpAddr> {
    let any: SocketAddr = match there {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    // Nothing is sent: connecting such a socket chooses its address.
    let socket = UdpSocket::bind(any)?;
    socket.connect(there)?;
    Ok(socket.local_addr()?.ip())
}

/// All pieces of a stream in one buffer; the first says how many bytes are expected.
pub(crate) async fn gather(
    first: FlightData,
    mut stream: Streaming<FlightData>,
    nbytes_max: usize,
) -> Result<Buffer, Status> {
    let expected = |data: &FlightData| {
        let expected = data.app_metadata.as_ref().try_into().map_or(0, u64::from_le_bytes);
        expected.min(EXPECTED_NBYTES_MAX) as usize
    };
    let mut bytes = MutableBuffer::with_capacity(expected(&first));
    bytes.extend_from_slice(&first.data_body);
    while let Some(data) = stream.next().await {
        let data = data?;
        if bytes.len().saturating_add(data.data_body.len()) > nbytes_max {
            return Err(Status::resource_exhausted(format!("more than {nbytes_max} B")));
        }
        bytes.reserve(expected(&data));
        bytes.extend_from_slice(&data.data_body);
    }
    Ok(bytes.into())
}
