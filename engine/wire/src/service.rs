//! One who listens: Arrow Flight in front, and behind it what the process does with messages, values and questions.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, Location, PollInfo, PutResult, SchemaResult, Ticket as FlightTicket,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use gristmill_data::arrow::buffer::Buffer;
use gristmill_graph::Key;
use gristmill_scheduling::WorkerInfo;
use serde::de::DeserializeOwned;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use crate::connection::gather;
use crate::frame::{self, FRAME_NBYTES_MAX};
use crate::outbox::TaskOut;
use crate::token::{Bearer, caller};
use crate::{Error, FromClient, FromWorker, Hello, Network, Outbox, Payload, Role, Tenant, Ticket, ToClient};

/// How often the other end is asked whether it is still there.
pub(crate) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);
/// How long it may take to answer.
pub(crate) const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(4);
/// How much may be on its way to one who has not read it yet, of one stream and of all.
///
/// HTTP/2 breaks a connection off on which more small frames wait than half of its window has bytes: streams of messages
/// are such frames, and whoever reads them may be busy.
pub(crate) const STREAM_WINDOW_NBYTES: u32 = 16 << 20;
pub(crate) const CONNECTION_WINDOW_NBYTES: u32 = 256 << 20;
/// The one action that there is.
pub(crate) const ASK: &str = "ask";

/// Takes what the other end of a stream sends; dropped when the stream has ended, however it did.
pub trait Inbox<M>: Send {
    /// What is waited for before anything is taken.
    fn ready(&self) -> Ready {
        Box::pin(std::future::ready(()))
    }

    /// Takes messages, in the order in which they were sent. Must not take long: nothing else is read meanwhile.
    fn take(&mut self, messages: Vec<M>);

    /// Takes a few messages at once, on a thread of the network's, if that is a matter of microseconds; otherwise gives them
    /// back, to be taken by a thread that may wait. Each thread that a message does not pass through saves it some ten
    /// microseconds.
    ///
    /// # Errors
    /// The messages.
    fn take_now(&mut self, messages: Vec<M>) -> Result<(), Vec<M>> {
        Err(messages)
    }
}

/// Something to wait for.
pub type Ready = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The inbox of one who was let in.
pub type Joined<M> = Box<dyn Inbox<M>>;

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such thing here.
    NotFound(String),
    /// It is not done, and this is why.
    Because(String),
}

/// For whom a client calls.
#[derive(Debug, Clone)]
pub enum Principal {
    /// Nobody asks.
    Anyone,
    /// The tenant of this name, as its token says.
    Tenant(String),
    /// A task of this tenant, as its worker says.
    Task(Tenant),
}

/// What a process does for others. Everything may be called by many at the same time, but for the inboxes.
pub trait Service: Send + Sync + 'static {
    /// A worker wants to join, and says whether it returns, from how many. Whether it may call itself one was asked before.
    ///
    /// # Errors
    /// Why it may not.
    fn worker(
        &self,
        info: WorkerInfo,
        address: String,
        returns: Option<u32>,
        outbox: Outbox<TaskOut>,
    ) -> Result<Joined<FromWorker>, String> {
        let _ = (info, address, returns, outbox);
        Err("this process is no scheduler".to_owned())
    }

    /// A client wants to join, for this principal, and says whether it returns.
    ///
    /// # Errors
    /// Why it may not.
    fn client(
        &self,
        name: String,
        returns: bool,
        principal: Principal,
        outbox: Outbox<ToClient>,
    ) -> Result<Joined<FromClient>, String> {
        let _ = (name, returns, principal, outbox);
        Err("this process is no scheduler".to_owned())
    }

    /// What a ticket names, for whoever asks, if that was asked for. May take its time.
    ///
    /// # Errors
    /// [`Refused`].
    fn get(&self, ticket: Ticket, caller: Option<Bearer>) -> Result<Payload, Refused>;

    /// Takes what somebody brings, whoever that is, if that was asked for. May take its time.
    ///
    /// # Errors
    /// [`Refused`].
    fn put(&self, ticket: Ticket, bytes: Buffer, caller: Option<Bearer>) -> Result<(), Refused> {
        let _ = (bytes, caller);
        Err(Refused::Because(format!("nobody may put `{ticket}` here")))
    }

    /// Answers a question, both in the form that [`Connection::ask`](crate::Connection::ask) gives them, to whoever asks, if
    /// that was asked for.
    ///
    /// # Errors
    /// [`Refused`].
    fn answer(&self, question: &[u8], caller: Option<Bearer>) -> Result<Vec<u8>, Refused> {
        let _ = (question, caller);
        Err(Refused::Because("this process answers no questions".to_owned()))
    }

    /// Where a result can be had, as addresses and tickets, for whoever asks, if that was asked for.
    ///
    /// # Errors
    /// [`Refused`].
    fn locate(&self, key: Key, caller: Option<Bearer>) -> Result<Vec<(String, Ticket)>, Refused> {
        let _ = caller;
        Err(Refused::NotFound(format!("result {key}")))
    }
}

/// A process that listens. It stops with this.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Serving {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves on a socket that listens.
///
/// # Errors
/// [`Error::Network`].
pub fn serve(network: &Network, listener: TcpListener, service: Arc<dyn Service>) -> Result<Serving, Error> {
    let failed = |error: std::io::Error| Error::Network(error.to_string());
    let address = listener.local_addr().map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let flight = FlightServiceServer::new(Flight { service, is_secure: network.token().is_some() })
        .max_decoding_message_size(FRAME_NBYTES_MAX)
        .max_encoding_message_size(FRAME_NBYTES_MAX);
    let mut server = Server::builder();
    if let Some(token) = network.token() {
        let failed = |error: tonic::transport::Error| Error::Network(error.to_string());
        server = server.tls_config(token.server()).map_err(failed)?;
    }
    let task = network.spawn(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        // Messages are small and waited for: none is held back until there are more.
        let accepted = TcpListenerStream::new(listener).map(|accepted| {
            let stream = accepted?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        });
        // It ends when the task is aborted, or the socket breaks.
        let _ = server
            .http2_keepalive_interval(Some(HEARTBEAT_INTERVAL))
            .http2_keepalive_timeout(Some(HEARTBEAT_TIMEOUT))
            .initial_stream_window_size(STREAM_WINDOW_NBYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_NBYTES)
            .add_service(flight)
            .serve_with_incoming(accepted)
            .await;
    });
    Ok(Serving { address, task })
}

struct Flight {
    service: Arc<dyn Service>,
    is_secure: bool,
}

type Out<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Flight {
    /// Has the service do something that may take its time.
    async fn has<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Service) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Status> {
        let service = self.service.clone();
        let done = spawn_blocking(move || work(&*service)).await;
        done.map_err(|_| Status::internal("internal error, please report it: it panicked"))?.map_err(
            |refused| match refused {
                Refused::NotFound(what) => Status::not_found(what),
                Refused::Because(reason) => Status::failed_precondition(reason),
            },
        )
    }
}

/// Reads a stream into an inbox until it ends, or makes no sense. What the inbox does may take its time: other threads
/// than the network's decode and take, one batch after the other, but for what is brief.
async fn read<M: DeserializeOwned + Send + 'static>(mut stream: Streaming<FlightData>, inbox: Joined<M>) {
    let mut inbox = inbox;
    while let Some(Ok(data)) = stream.next().await {
        inbox.ready().await;
        let left = match frame::is_brief(&data) {
            true => match frame::decode(&data).map(|messages| inbox.take_now(messages)) {
                Ok(Ok(())) => continue,
                Ok(Err(messages)) => Ok(messages),
                Err(_) => return drop_apart(inbox),
            },
            false => Err(data),
        };
        let taken = spawn_blocking(move || {
            inbox.take(left.or_else(|data| frame::decode(&data))?);
            Ok::<_, String>(inbox)
        });
        match taken.await {
            Ok(Ok(next)) => inbox = next,
            // It was dropped there.
            _ => return,
        }
    }
    drop_apart(inbox);
}

/// Nothing waits for an inbox to be dropped, and it may take its time, too.
fn drop_apart<M: 'static>(inbox: Joined<M>) {
    let _dropped = spawn_blocking(move || drop(inbox));
}

/// The stream of an outbox, which ends when the stream that comes in has.
fn exchange<M: DeserializeOwned + Send + 'static>(
    outgoing: impl Stream<Item = Result<FlightData, String>> + Send + 'static,
    incoming: Streaming<FlightData>,
    inbox: Joined<M>,
) -> Out<FlightData> {
    let ended = tokio::spawn(read(incoming, inbox));
    let outgoing = outgoing.map(|data| data.map_err(Status::resource_exhausted));
    Box::pin(outgoing.take_until(ended))
}

fn ticket(text: &[u8]) -> Result<Ticket, Status> {
    let text = String::from_utf8_lossy(text);
    text.parse().map_err(Status::not_found)
}

fn no<T>(what: &str) -> Result<T, Status> {
    Err(Status::unimplemented(format!("{what} is not offered here")))
}

#[tonic::async_trait]
impl FlightService for Flight {
    type HandshakeStream = Out<HandshakeResponse>;
    type ListFlightsStream = Out<FlightInfo>;
    type DoGetStream = ReceiverStream<Result<FlightData, Status>>;
    type DoPutStream = Out<PutResult>;
    type DoExchangeStream = Out<FlightData>;
    type DoActionStream = Out<arrow_flight::Result>;
    type ListActionsStream = Out<ActionType>;

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        let caller = caller(&request).map_err(Status::permission_denied)?;
        let mut incoming = request.into_inner();
        let first = incoming.next().await.ok_or_else(|| Status::invalid_argument("nobody says hello"))??;
        let hello: Hello = serde_json::from_slice(&first.app_metadata)
            .map_err(|error| Status::invalid_argument(format!("the hello makes no sense: {error}")))?;
        match hello.role().map_err(Status::failed_precondition)? {
            Role::Worker { info, address, returns } => {
                if let Some(caller) = caller.filter(|caller| *caller != Bearer::Worker) {
                    let reason = format!("a {caller} may not join as a worker; issue a token for one");
                    return Err(Status::permission_denied(reason));
                }
                let (outbox, out) = Outbox::new();
                let joined = self.service.worker(info, address, returns, outbox);
                let joined = joined.map_err(Status::failed_precondition)?;
                Ok(Response::new(exchange(out, incoming, joined)))
            }
            Role::Client { name, returns, tenant } => {
                let (outbox, out) = Outbox::new();
                let principal = match (caller, tenant) {
                    (None, _) => Principal::Anyone,
                    (Some(Bearer::Client(tenant)), _) => Principal::Tenant(tenant),
                    (Some(Bearer::Worker), Some(tenant)) => Principal::Task(tenant),
                    (Some(other), _) => {
                        let reason = format!("a {other} may not join as a client; issue a token for one");
                        return Err(Status::permission_denied(reason));
                    }
                };
                let joined = self.service.client(name, returns, principal, outbox);
                let joined = joined.map_err(Status::failed_precondition)?;
                Ok(Response::new(exchange(out, incoming, joined)))
            }
        }
    }

    async fn do_get(&self, request: Request<FlightTicket>) -> Result<Response<Self::DoGetStream>, Status> {
        let caller = caller(&request).map_err(Status::permission_denied)?;
        let ticket = ticket(&request.into_inner().ticket)?;
        let payload = self.has(move |service| service.get(ticket, caller)).await?;
        let pieces = match ticket {
            Ticket::Batches(..) => payload.batches(),
            _ => payload.pieces(),
        };
        Ok(Response::new(ReceiverStream::new(pieces)))
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let caller = caller(&request).map_err(Status::permission_denied)?;
        let mut incoming = request.into_inner();
        let first = incoming.next().await.ok_or_else(|| Status::invalid_argument("nothing is put"))??;
        let path = first.flight_descriptor.as_ref().map(|descriptor| descriptor.path.join("/"));
        let ticket = ticket(path.unwrap_or_default().as_bytes())?;
        let bytes = gather(first, incoming, ticket.nbytes_max()).await?;
        self.has(move |service| service.put(ticket, bytes, caller)).await?;
        Ok(Response::new(Box::pin(stream::iter([Ok(PutResult::default())]))))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let caller = caller(&request).map_err(Status::permission_denied)?;
        let Action { r#type, body } = request.into_inner();
        if r#type != ASK {
            return no(&format!("action `{}`", r#type.chars().take(100).collect::<String>()));
        }
        let body = self.has(move |service| service.answer(&body, caller)).await?;
        let result = arrow_flight::Result { body: Bytes::from(body) };
        Ok(Response::new(Box::pin(stream::iter([Ok(result)]))))
    }

    /// Of a descriptor whose path is a result's key: which workers have it.
    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let caller = caller(&request).map_err(Status::permission_denied)?;
        let descriptor = request.into_inner();
        let path = descriptor.path.join("/");
        let key: Key = path.parse().map_err(|_| Status::not_found(format!("result `{path}`")))?;
        let holders = self.has(move |service| service.locate(key, caller)).await?;
        let scheme = if self.is_secure { "grpc+tls" } else { "grpc+tcp" };
        let endpoint = holders.into_iter().map(|(address, ticket)| FlightEndpoint {
            ticket: Some(FlightTicket { ticket: ticket.to_string().into() }),
            location: vec![Location { uri: format!("{scheme}://{address}") }],
            ..FlightEndpoint::default()
        });
        // Any one of them is enough.
        let endpoint = endpoint.take(1).collect();
        let info = FlightInfo {
            flight_descriptor: Some(descriptor),
            endpoint,
            total_records: -1,
            total_bytes: -1,
            ..FlightInfo::default()
        };
        Ok(Response::new(info))
    }

    async fn handshake(
        &self,
        _: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        no("a handshake")
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        no("a list of results")
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        no("polling")
    }

    async fn get_schema(&self, _: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        no("a schema alone")
    }

    async fn list_actions(&self, _: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        no("a list of actions")
    }
}
