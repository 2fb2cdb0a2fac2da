//! `plugin push` to a web server: what is asked, what is sent, and what becomes of a refusal.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::support::{failure, gristmill, root};

/// A request as the server saw it.
#[derive(Debug)]
struct Request {
    /// The method and the path.
    line: String,
    body: Vec<u8>,
}

/// Reads one request and answers it with `status`.
fn serve(stream: &mut TcpStream, status: &str) -> Request {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let found = lines.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    };
    if header("expect").contains("100") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    let line = lines.remove(0);
    Request { line: line.trim_end_matches(" HTTP/1.1").to_owned(), body }
}

/// Pushes `stats.wasm` to a server that gives these answers, one a connection; what it was asked.
fn push(answers: &'static [&'static str]) -> (std::process::Output, Vec<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/plugins/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let serve_next = |status: &&str| serve(&mut listener.accept().unwrap().0, status);
        answers.iter().map(serve_next).collect()
    });
    let output = gristmill(root(), &["plugin", "push", "plugins/prebuilt/stats.wasm", &address]);
    (output, server.join().unwrap())
}

fn expected() -> (String, Vec<u8>) {
    let bytes = std::fs::read(root().join("plugins/prebuilt/stats.wasm")).unwrap();
    (format!("/plugins/blake3-{}.wasm", gristmill::graph::Digest::of(&bytes)), bytes)
}

#[test]
fn a_component_is_put_under_its_digest() {
    let (output, requests) = push(&["404 Not Found", "201 Created"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("pushed stats"));
    let (path, bytes) = expected();
    let lines: Vec<&str> = requests.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(lines, [format!("HEAD {path}"), format!("PUT {path}")]);
    assert!(requests[1].body == bytes, "{} of {} bytes came", requests[1].body.len(), bytes.len());
}

#[test]
fn a_component_that_is_there_is_not_sent() {
    let (output, requests) = push(&["200 OK"]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("already there"), "{output:?}");
    assert_eq!(requests.len(), 1);
}

#[test]
fn a_server_that_refuses_is_an_error() {
    let (output, requests) = push(&["404 Not Found", "500 Internal Server Error"]);
    let text = failure(&output);
    assert!(text.contains("the server did not take") && text.contains("500"), "{text}");
    assert!(text.contains(&expected().0) && output.stdout.is_empty(), "{text}");
    assert_eq!(requests.len(), 2);
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let to = format!("http://{address}");
    let text = failure(&gristmill(root(), &["plugin", "push", "plugins/prebuilt/stats.wasm", &to]));
    assert!(text.contains(&to), "{text}");
}
