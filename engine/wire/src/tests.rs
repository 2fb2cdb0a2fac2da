//! One who listens and one who calls, over loopback: what goes well, and what is refused in words.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use arrow_flight::FlightData;
use arrow_flight::flight_service_client::FlightServiceClient;
use futures_util::{StreamExt, stream};
use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, Value, decode_value};
use gristmill_graph::{Digest, Key};
use gristmill_scheduling::{ClientMsg, TaskId, WorkerId};
use parking_lot::Mutex;
use tonic::transport::Endpoint;

use crate::*;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

/// What a test hears of a stream.
#[derive(Debug)]
enum Heard {
    Joined(String),
    Said(usize),
    Ended,
}

struct Ear(Sender<Heard>);

impl Inbox<FromClient> for Ear {
    fn take(&mut self, messages: Vec<FromClient>) {
        let _ = self.0.send(Heard::Said(messages.len()));
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let _ = self.0.send(Heard::Ended);
    }
}

struct House {
    heard: Mutex<Sender<Heard>>,
    outboxes: Mutex<Vec<Outbox<ToClient>>>,
    brought: Mutex<Vec<(Ticket, Buffer)>>,
}

impl Service for House {
    fn client(
        &self,
        name: String,
        _returns: bool,
        _principal: Principal,
        outbox: Outbox<ToClient>,
    ) -> Result<Joined<FromClient>, String> {
        if name == "unwelcome" {
            return Err("the mill is closed".to_owned());
        }
        self.heard.lock().send(Heard::Joined(name)).unwrap();
        self.outboxes.lock().push(outbox);
        Ok(Box::new(Ear(self.heard.lock().clone())))
    }

    fn get(&self, ticket: Ticket, _caller: Option<Bearer>) -> Result<Payload, Refused> {
        match ticket {
            Ticket::Component(_) => Ok(Payload::Bytes(vec![7; 3_000_001].into())),
            Ticket::Result(..) | Ticket::Batches(..) | Ticket::Shared(..) => Ok(Payload::Value(value())),
            Ticket::Value(_) => Err(Refused::NotFound(ticket.to_string())),
        }
    }

    fn put(&self, ticket: Ticket, bytes: Buffer, _caller: Option<Bearer>) -> Result<(), Refused> {
        self.brought.lock().push((ticket, bytes));
        Ok(())
    }

    fn answer(&self, question: &[u8], _caller: Option<Bearer>) -> Result<Vec<u8>, Refused> {
        Ok(question.iter().rev().copied().collect())
    }
}

fn value() -> Value {
    let chunk = Chunk::from_vec((0..600_000).collect::<Vec<i64>>(), &[600, 1000]).unwrap();
    Value::list([Value::Chunk(chunk), Value::from("text"), Value::Int(3)])
}

struct Test {
    network: Arc<Network>,
    house: Arc<House>,
    heard: Receiver<Heard>,
    serving: Serving,
}

fn test() -> Test {
    let network = Network::start(None).unwrap();
    let (sender, heard) = channel();
    let house = House { heard: Mutex::new(sender), outboxes: Mutex::default(), brought: Mutex::default() };
    let house = Arc::new(house);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let serving = serve(&network, listener, house.clone()).unwrap();
    Test { network, house, heard, serving }
}

impl Test {
    fn connection(&self) -> Connection {
        Connection::open(&self.network, &self.serving.address().to_string()).unwrap()
    }

    fn join<O: Outgoing, M: serde::de::DeserializeOwned>(
        &self,
        role: &Role,
    ) -> Result<(Outbox<O>, Mailbox<M>), Error>
    where
        O::Message: Send,
    {
        self.network.wait(self.connection().join(role))
    }

    fn hears(&self) -> Heard {
        self.heard.recv_timeout(SOON).unwrap()
    }

    /// Opens a stream that begins with these messages; the first answer, or why there is none.
    fn raw(&self, messages: Vec<FlightData>) -> Result<Option<FlightData>, String> {
        let address = format!("http://{}", self.serving.address());
        self.network.wait(async {
            let channel = Endpoint::from_shared(address).unwrap().connect().await.unwrap();
            let mut client = FlightServiceClient::new(channel);
            // It stays open until the other end has answered.
            let messages = stream::iter(messages).chain(stream::pending());
            let answer = client.do_exchange(messages).await.map_err(|status| status.message().to_owned())?;
            let first = answer.into_inner().next().await.transpose();
            first.map_err(|status| status.message().to_owned())
        })
    }
}

fn hello(text: &str) -> FlightData {
    FlightData { app_metadata: text.to_owned().into(), ..FlightData::default() }
}

#[test]
fn messages_go_both_ways_until_either_end_is_gone() {
    let test = test();
    let role = Role::Client { name: "one".to_owned(), returns: false, tenant: None };
    let (outbox, mut mailbox) = test.join::<FromClient, ToClient>(&role).unwrap();
    assert!(matches!(test.hears(), Heard::Joined(name) if name == "one"));
    let release = || FromClient::Client(ClientMsg::Release { keys: vec![Key([1; 32])] });
    (0..1000).for_each(|_| outbox.send(release()));
    let mut n = 0;
    while n < 1000 {
        match test.hears() {
            Heard::Said(more) => n += more,
            other => panic!("{other:?}"),
        }
    }
    let back = test.house.outboxes.lock().pop().unwrap();
    back.send(ToClient::Submitted { request: 3, keys: Err("no".to_owned()) });
    let said = test.network.wait(mailbox.next()).unwrap().unwrap();
    assert!(matches!(&said[..], [ToClient::Submitted { request: 3, keys: Err(reason) }] if reason == "no"));
    drop(outbox);
    assert!(matches!(test.hears(), Heard::Ended));
}

#[test]
fn callers_that_cannot_be_understood_are_told_why() {
    let test = test();
    let other = r#"{"protocol": 99, "engine": "9.9", "role": {"unheard": "of"}}"#;
    let refused = test.raw(vec![hello(other)]).unwrap_err();
    assert!(refused.contains("gristmill 9.9 (protocol 99)") && refused.contains("same release"), "{refused}");
    let senseless = format!(r#"{{"protocol": {PROTOCOL}, "engine": "0", "role": {{"unheard": "of"}}}}"#);
    let refused = test.raw(vec![hello(&senseless)]).unwrap_err();
    assert!(refused.contains("the hello makes no sense"), "{refused}");
    let refused = test.raw(vec![hello("good day")]).unwrap_err();
    assert!(refused.contains("the hello makes no sense"), "{refused}");
    let role = Role::Client { name: "unwelcome".to_owned(), returns: false, tenant: None };
    let refused = test.join::<FromClient, ToClient>(&role).unwrap_err();
    assert!(matches!(&refused, Error::Refused { reason, .. } if reason == "the mill is closed"), "{refused}");
    let info = gristmill_scheduling::WorkerInfo::default();
    let role = Role::Worker { info, address: "127.0.0.1:1".to_owned(), returns: None };
    let refused = test.join::<FromWorker, ToWorker>(&role).unwrap_err();
    assert!(
        matches!(&refused, Error::Refused { reason, .. } if reason.contains("no scheduler")),
        "{refused}"
    );
}

#[test]
fn a_stream_that_makes_no_sense_ends_and_others_go_on() {
    let test = test();
    let role = Role::Client { name: "other".to_owned(), returns: false, tenant: None };
    let (outbox, _mailbox) = test.join::<FromClient, ToClient>(&role).unwrap();
    assert!(matches!(test.hears(), Heard::Joined(_)));
    let known = format!(
        r#"{{"protocol": {PROTOCOL}, "engine": "0", "role": {{"client": {{"name": "odd", "returns": false}}}}}}"#
    );
    let garbage = FlightData { data_body: vec![0xff; 100].into(), ..FlightData::default() };
    assert_eq!(test.raw(vec![hello(&known), garbage]), Ok(None));
    assert!(matches!(test.hears(), Heard::Joined(name) if name == "odd"));
    assert!(matches!(test.hears(), Heard::Ended));
    outbox.send(FromClient::Client(ClientMsg::Release { keys: Vec::new() }));
    assert!(matches!(test.hears(), Heard::Said(1)));
}

#[test]
fn values_and_bytes_come_whole_whatever_their_size() {
    let test = test();
    let (worker, task) = (WorkerId(3), TaskId { slot: 5, generation: 1 });
    let name = ResultName { epoch: Epoch(9), worker, task };
    let connection = test.connection();
    let get = |ticket| test.network.wait(connection.get(ticket));
    let bytes = get(Ticket::Result(name, Pass::default())).unwrap();
    assert_eq!(decode_value(bytes).unwrap(), value());
    let component = get(Ticket::Component(Digest([0; 32]))).unwrap();
    assert_eq!(component.as_slice(), vec![7; 3_000_001]);
    let none = get(Ticket::Value(Key([2; 32]))).unwrap_err();
    assert!(matches!(&none, Error::NotFound { what, .. } if what.starts_with("value/0202")), "{none}");
    let put = connection.put(Ticket::Value(Key([4; 32])), Payload::Value(value()));
    test.network.wait(put).unwrap();
    let (ticket, bytes) = test.house.brought.lock().pop().unwrap();
    assert_eq!((ticket, decode_value(bytes).unwrap()), (Ticket::Value(Key([4; 32])), value()));
    assert_eq!(connection.ask::<[u8; 3]>(&[1_u8, 2, 3]).unwrap(), [3, 2, 1]);
}

#[test]
fn tickets_are_text_and_back() {
    let (worker, task) = (WorkerId(3), TaskId { slot: 5, generation: 7 });
    let name = ResultName { epoch: Epoch::draw(), worker, task };
    let tickets = [
        Ticket::Result(name, Pass::default()),
        Ticket::Shared(name, Pass::default()),
        Ticket::Batches(name, Walls::from_secret([7; 32]).tenant("north").pass(&name)),
        Ticket::Component(Digest([9; 32])),
        Ticket::Value(Key([8; 32])),
    ];
    for ticket in tickets {
        assert_eq!(ticket.to_string().parse(), Ok(ticket));
    }
    for wrong in ["", "result", "result/1/2", "result/1/2/3/4", "result/a/2/3", "value/12", "mill/1/2/3"] {
        wrong.parse::<Ticket>().unwrap_err();
    }
}

#[test]
fn addresses_that_are_none_are_said_to_be() {
    let network = Network::start(None).unwrap();
    for wrong in ["mill", "mill:", ":7070", "mill:70000", "mill:7070:x"] {
        let error = Connection::open(&network, wrong).unwrap_err();
        assert!(matches!(error, Error::Address { .. }), "{wrong}: {error}");
    }
}

#[test]
fn tenants_have_keys_and_passes_of_their_own() {
    let walls = Walls::from_secret([3; 32]);
    let (north, south) = (walls.tenant("north"), walls.tenant("south"));
    let key = Key([5; 32]);
    assert_eq!(north.key(north.key(key)), key);
    assert_ne!(north.key(key), key);
    assert_ne!(north.key(key), south.key(key));
    let task = TaskId { slot: 5, generation: 7 };
    let name = ResultName { epoch: Epoch(1), worker: WorkerId(3), task };
    let other = ResultName { worker: WorkerId(4), ..name };
    assert_ne!(north.pass(&name), south.pass(&name));
    assert_ne!(north.pass(&name), north.pass(&other));
    assert_ne!(north.number(), south.number());
    assert_eq!(walls.tenant("north"), north);
    let nobody = Walls::default().tenant("north");
    assert_eq!((nobody.key(key), nobody.number()), (key, 0));
}

#[test]
fn whoever_has_a_runtime_of_its_own_can_wait_all_the_same() {
    let test = test();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async { test.connection().ask::<[u8; 3]>(&[1_u8, 2, 3]) });
    assert_eq!(answer.unwrap(), [3, 2, 1]);
}
