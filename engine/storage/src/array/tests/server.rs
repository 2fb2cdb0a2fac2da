//! A server of files for the tests: as much of a web server, and of an object store that speaks as S3 does, as readers
//! and writers of arrays ask for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What is odd about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A web server that knows range requests.
    Web,
    /// One that sends whole files whatever it is asked for.
    WholeFiles,
    /// One that takes requests and never answers.
    Silent,
    /// One that answers, and falls silent in the middle of a file.
    Stuck,
    /// An object store; the first part of each path is the bucket.
    S3,
    /// One that gives and lists, and takes nothing.
    ReadOnly,
}

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) address: String,
    shared: Arc<Shared>,
    socket: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    kind: Kind,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    log: Mutex<Vec<String>>,
    deleted: Mutex<Vec<String>>,
    ended: AtomicBool,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Server {
    /// A server of all files below a folder.
    pub(crate) fn start(kind: Kind, folder: Option<&Path>) -> Self {
        let mut files = BTreeMap::new();
        folder.into_iter().for_each(|folder| load(folder, "", &mut files));
        let (files, log, deleted) = (Mutex::new(files), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { kind, files, log, deleted, ended: AtomicBool::new(false) });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let served = shared.clone();
        let thread = std::thread::spawn(move || {
            // Connections that wait for ever are kept till the end.
            let mut waiting = Vec::new();
            for stream in listener.incoming() {
                if served.ended.load(Ordering::SeqCst) {
                    break;
                }
                let mut stream = stream.unwrap();
                match served.kind {
                    Kind::Silent => waiting.push(stream),
                    Kind::Stuck => {
                        served.answer(&mut stream);
                        waiting.push(stream);
                    }
                    _ => {
                        let served = served.clone();
                        std::thread::spawn(move || served.answer(&mut stream));
                    }
                }
            }
        });
        Self { address: format!("http://{socket}"), shared, socket, thread: Some(thread) }
    }

    /// What was asked for since this was asked last: method, path and range.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.log.lock().unwrap())
    }

    /// What was removed since this was asked last, in order.
    pub(crate) fn deleted(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.deleted.lock().unwrap())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.shared.files.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(self.shared.files.lock().unwrap().entry(name.to_owned()).or_default());
    }

    pub(crate) fn remove(&self, name: &str) {
        self.shared.files.lock().unwrap().remove(name).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.socket);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn load(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            load(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

impl Shared {
    /// Answers the requests of one connection.
    fn answer(&self, stream: &mut TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(request) = read(&mut reader) {
            let range = request.headers.get("range").map_or(String::new(), |range| format!(" {range}"));
            self.log.lock().unwrap().push(format!("{} {}{range}", request.method, request.path));
            let answer = self.answer_to(&request);
            let cut = if self.kind == Kind::Stuck { answer.len() - 10 } else { answer.len() };
            if stream.write_all(&answer[..cut]).is_err() || self.kind == Kind::Stuck {
                return;
            }
        }
    }

    fn answer_to(&self, request: &Request) -> Vec<u8> {
        let mut files = self.files.lock().unwrap();
        let name = request.path.trim_start_matches('/');
        match request.method.as_str() {
            "GET" if request.query.contains("list-type=2") => {
                text("200 OK", &listing(&files, name.trim_end_matches('/'), &request.query))
            }
            "POST" if request.query.contains("delete") => {
                let body = String::from_utf8(request.body.clone()).unwrap();
                let keys = body.split("<Key>").skip(1).map(|rest| rest.split_once("</Key>").unwrap().0);
                let mut deleted = String::new();
                for key in keys {
                    let whole = format!("{}/{key}", name.trim_end_matches('/'));
                    files.remove(&whole);
                    self.deleted.lock().unwrap().push(whole);
                    write!(deleted, "<Deleted><Key>{key}</Key></Deleted>").unwrap();
                }
                text("200 OK", &format!("<DeleteResult>{deleted}</DeleteResult>"))
            }
            "PUT" if self.kind != Kind::ReadOnly => {
                files.insert(name.to_owned(), request.body.clone());
                b"HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 0\r\n\r\n".to_vec()
            }
            "GET" | "HEAD" => match files.get(name) {
                Some(bytes) => self.file(request, bytes),
                None => text("404 Not Found", "no such file"),
            },
            _ => text("405 Method Not Allowed", "no such method"),
        }
    }

    fn file(&self, request: &Request, bytes: &[u8]) -> Vec<u8> {
        let tag = format!("\"{:08x}\"", crc32c::crc32c(bytes));
        if request.headers.get("if-match").is_some_and(|wanted| *wanted != tag) {
            return text("412 Precondition Failed", "another version");
        }
        let wanted = request.headers.get("range").filter(|_| self.kind != Kind::WholeFiles);
        let length = bytes.len();
        let (status, range) = match wanted.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) {
            None => ("200 OK".to_owned(), 0..length),
            Some(("", last)) => {
                let from = length.saturating_sub(last.parse().unwrap());
                ("206 Partial Content".to_owned(), from..length)
            }
            Some((from, to)) => {
                let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
                if from >= length {
                    return text("416 Range Not Satisfiable", "");
                }
                ("206 Partial Content".to_owned(), from..(to + 1).min(length))
            }
        };
        let partial = match wanted {
            Some(_) => format!("Content-Range: bytes {}-{}/{length}\r\n", range.start, range.end - 1),
            None => String::new(),
        };
        let known = format!("ETag: {tag}\r\nLast-Modified: Tue, 01 Jan 2013 05:00:00 GMT\r\n{partial}");
        let head = format!("HTTP/1.1 {status}\r\n{known}Content-Length: {}\r\n\r\n", range.len());
        let body = if request.method == "HEAD" { &[] } else { &bytes[range] };
        [head.as_bytes(), body].concat()
    }
}

fn text(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// What S3 says is in a bucket.
fn listing(files: &BTreeMap<String, Vec<u8>>, bucket: &str, query: &str) -> String {
    let query = query.replace("%2F", "/").replace("%3D", "=");
    let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or("").to_owned();
    let (prefix, delimiter) = (of("prefix="), of("delimiter="));
    let (mut contents, mut folders) = (String::new(), Vec::new());
    for (name, bytes) in files {
        let Some(key) = name.strip_prefix(bucket).and_then(|key| key.strip_prefix('/')) else { continue };
        let Some(below) = key.strip_prefix(&prefix) else { continue };
        match below.split_once('/').filter(|_| delimiter == "/") {
            Some((folder, _)) => folders.push(format!("{prefix}{folder}/")),
            None => {
                let tag = crc32c::crc32c(bytes);
                let known = format!(
                    "<LastModified>2013-01-01T05:00:00.000Z</LastModified><ETag>\"{tag:08x}\"</ETag>"
                );
                let size = bytes.len();
                write!(contents, "<Contents><Key>{key}</Key>{known}<Size>{size}</Size></Contents>").unwrap();
            }
        }
    }
    folders.dedup();
    for folder in folders {
        write!(contents, "<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>").unwrap();
    }
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}

/// The next request of a connection.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.replace("%3D", "="), query.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, query, headers, body })
}
