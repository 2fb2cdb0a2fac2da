//! Tenants of one cluster, in one process: each has its own, whoever guesses what.

use std::time::Duration;

use gristmill_client::Client;
use gristmill_collections::{Callee, Component, args};
use gristmill_data::Value;
use gristmill_graph::Key;
use gristmill_scheduling::ClientMsg;
use gristmill_wire::{
    Authority, Bearer, Connection, Error as WireError, FromClient, Holder, Network, Outbox, Pass, Payload,
    ResultName, Role, Ticket, ToClient, Token,
};

use super::question::{Answer, Question};
use super::*;
use crate::Cluster;

const DAY: Duration = Duration::from_secs(24 * 3600);

struct House {
    authority: Authority,
    scheduler: SchedulerServer,
    _worker: WorkerServer,
    _folder: tempfile::TempDir,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(&folder.path().join("authority")).unwrap();
    let token = |bearer: &Bearer| Some(authority.issue(bearer, DAY).unwrap());
    let settings = Cluster::local().threads(1).memory_limit_nbytes(1 << 30);
    let scheduler = SchedulerServer::start(&settings, "127.0.0.1:0", token(&Bearer::Scheduler)).unwrap();
    let address = scheduler.address().to_string();
    let worker =
        WorkerServer::start(&settings, &address, "127.0.0.1:0", token(&Bearer::Worker), Duration::ZERO);
    House { authority, scheduler, _worker: worker.unwrap(), _folder: folder }
}

impl House {
    fn token(&self, tenant: &str) -> Token {
        self.authority.issue(&Bearer::Client(tenant.to_owned()), DAY).unwrap()
    }

    fn client(&self, tenant: &str) -> Client {
        let options = ConnectOptions::default().token(self.token(tenant));
        Client::connect_with(&self.scheduler.address().to_string(), options).unwrap()
    }

    fn connection(&self, tenant: &str) -> Connection {
        let network = Network::start(Some(self.token(tenant))).unwrap();
        Connection::open(&network, &self.scheduler.address().to_string()).unwrap()
    }
}

fn inc() -> Callee {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt/stats.wasm");
    Component::from_bytes("stats", std::fs::read(path).unwrap()).function("inc")
}

fn holders(connection: &Connection, key: Key) -> Vec<Holder> {
    match connection.ask(&Question::Holders(key)).unwrap() {
        Answer::Holders(holders) => holders,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_tenant_has_its_own_work_and_nobody_elses() {
    let house = house();
    let (north, south) = (house.client("north"), house.client("south"));
    let mine = north.submit(inc(), args![41]).unwrap();
    assert_eq!(mine.result().unwrap(), Value::Int(42));
    // The same work of the same tenant is done once, of another's once more.
    let again = house.client("north").submit(inc(), args![41]).unwrap();
    assert_eq!(again.result().unwrap(), Value::Int(42));
    assert_eq!(house.scheduler.status().n_done, 1);
    assert_eq!(south.submit(inc(), args![41]).unwrap().result().unwrap(), Value::Int(42));
    assert_eq!(house.scheduler.status().n_done, 2);

    // Whoever knows a key, or guesses a ticket, has nothing of it.
    let (own, other) = (house.connection("north"), house.connection("south"));
    let Holder { name, pass, address, .. } = holders(&own, mine.key()).remove(0);
    assert!(holders(&other, mine.key()).is_empty());
    let get = |connection: &Connection, ticket: Ticket| {
        let worker = Connection::open(connection.network(), &address).unwrap();
        connection.network().wait(worker.get(ticket))
    };
    get(&own, Ticket::Result(name, pass)).unwrap();
    for ticket in [
        Ticket::Result(name, pass),
        Ticket::Result(name, Pass::default()),
        Ticket::Batches(name, pass),
        Ticket::Shared(name, pass),
        Ticket::Result(ResultName { worker: gristmill_scheduling::WorkerId(9), ..name }, pass),
    ] {
        let refused = get(&other, ticket).unwrap_err();
        assert!(matches!(refused, WireError::NotFound { .. }), "{refused}");
    }

    // Nor can it stop it.
    let role = Role::Client { name: "rude".to_owned(), returns: false, tenant: None };
    let joined = other.network().wait(other.join::<FromClient, ToClient>(&role));
    let (outbox, mut mailbox): (Outbox<FromClient>, _) = joined.unwrap();
    let keys = vec![mine.key()];
    for msg in [
        ClientMsg::Cancel { keys: keys.clone() },
        ClientMsg::Release { keys: keys.clone() },
        ClientMsg::Want { keys },
    ] {
        outbox.send(FromClient::Client(msg));
    }
    // It is told that there is no such thing.
    let said = std::iter::repeat_with(|| other.network().wait(mailbox.next()).unwrap().unwrap());
    let cancelled = |said: &ToClient| matches!(said, ToClient::Report(gristmill_scheduling::ReportMsg::Cancelled { key }) if *key == mine.key());
    said.take(3).flatten().find(cancelled).unwrap();
    assert_eq!(mine.result().unwrap(), Value::Int(42));
}

#[test]
fn values_and_errors_of_tenants_have_the_names_that_they_know() {
    let house = house();
    let client = house.client("north");
    let held = client.scatter(vec![Value::from("grist")]).unwrap();
    assert_eq!(client.gather(&held).unwrap(), [Value::from("grist")]);
    let same = client.scatter(vec![Value::from("grist")]).unwrap();
    assert_eq!(same[0].key(), held[0].key());
    let wrong = client.submit(inc(), args![&held[0]]).unwrap();
    let error = wrong.result().unwrap_err();
    assert_eq!(error.task.as_ref(), wrong.key().to_string(), "{error}");
}

#[test]
fn tasks_of_workers_with_tokens_open_no_files_unless_told_which() {
    let house = house();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let x = gristmill_collections::Array::arange(0, 10, 1, 5);
    let here = Cluster::local().threads(1).start().unwrap();
    let npy = gristmill_storage::ArrayFormat::Npy;
    here.client().store(&x, &path, npy, gristmill_storage::WriteOptions::default()).unwrap();
    let opened = gristmill_collections::Array::open(&path, None);
    let refused = house.client("north").compute(&[opened]).unwrap_err().to_string();
    assert!(refused.contains("none of the folders that tasks may use"), "{refused}");
}

#[test]
fn a_token_is_good_for_as_long_as_was_said() {
    let house = house();
    let brief = house.authority.issue(&Bearer::Client("north".to_owned()), Duration::ZERO).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let options = ConnectOptions::default().token(brief);
    let expired = Client::connect_with(&house.scheduler.address().to_string(), options).unwrap_err();
    assert!(expired.to_string().to_lowercase().contains("expired"), "{expired}");
}

#[test]
fn what_a_client_says_it_has_put_somewhere_and_has_not_is_not_there() {
    let house = house();
    let own = house.connection("north");
    let role = Role::Client { name: "liar".to_owned(), returns: false, tenant: None };
    let joined = own.network().wait(own.join::<FromClient, ToClient>(&role));
    let (outbox, mut mailbox): (Outbox<FromClient>, _) = joined.unwrap();
    let key = Key([7; 32]);
    let workers = vec![gristmill_scheduling::WorkerId(0)];
    outbox.send(FromClient::Client(ClientMsg::Scatter { key, nbytes: 1 << 40, workers }));
    let said = std::iter::repeat_with(|| own.network().wait(mailbox.next()).unwrap().unwrap());
    said.take(4)
        .flatten()
        .find(|said| matches!(said, ToClient::Erred { key: lost, .. } if *lost == key))
        .unwrap();
    // What is put under a key must be what the key says.
    let Holder { address, .. } = {
        let future = house.client("north").submit(inc(), args![1]).unwrap();
        future.result().unwrap();
        holders(&own, future.key()).remove(0)
    };
    let worker = Connection::open(own.network(), &address).unwrap();
    let put = worker.put(Ticket::Value(key), Payload::Value(Value::Int(3)));
    let refused = own.network().wait(put).unwrap_err().to_string();
    assert!(refused.contains("others than its key says"), "{refused}");
}

#[test]
fn large_results_are_handed_over_on_one_machine_as_files_that_go_again() {
    let house = house();
    let client = house.client("north");
    let chunk = gristmill_data::Chunk::from_vec((0..1_000_000_i64).collect(), &[1000, 1000]).unwrap();
    let held = client.scatter(vec![Value::Chunk(chunk.clone())]).unwrap();
    let own = house.connection("north");
    let Holder { name, pass, nbytes, address } = holders(&own, held[0].key()).remove(0);
    assert_eq!(nbytes, Value::Chunk(chunk.clone()).nbytes());
    let worker = Connection::open(own.network(), &address).unwrap();
    let mapped = own.network().wait(worker.get_result(name, pass, nbytes)).unwrap();
    let sent = own.network().wait(worker.get(Ticket::Result(name, pass))).unwrap();
    assert_eq!(mapped.as_slice(), sent.as_slice());
    // A mapping begins with a page, and what was sent lies behind its allocator's own.
    let is_mapped = (mapped.as_ptr() as usize).is_multiple_of(4096);
    assert!(is_mapped || !std::path::Path::new("/dev/shm").exists(), "it was sent");
    // What is mapped stays whole when its file is gone.
    let files = || {
        let folders = std::fs::read_dir("/dev/shm").into_iter().flatten().flatten();
        let own = format!("gristmill-spill-{}-", std::process::id());
        let folders = folders.filter(|entry| entry.file_name().to_string_lossy().starts_with(&own));
        let files =
            folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files.filter(|file| file.file_name().to_string_lossy().ends_with(".value")).count()
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while files() > 0 {
        assert!(std::time::Instant::now() < deadline, "files are left");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(gristmill_data::decode_value(mapped).unwrap(), Value::Chunk(chunk.clone()));
    assert_eq!(client.gather(&held).unwrap(), [Value::Chunk(chunk)]);
}
