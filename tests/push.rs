//! `plugin push` to web servers and object stores: what is asked, what is sent, and what becomes of a refusal.
//!
//! The store is a server of a few lines here, which speaks as much of each store's protocol as a push needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use std::process::{Command, Output};

use crate::support::{failure, gristmill, root};

/// A request as the server saw it.
#[derive(Debug)]
struct Request {
    /// The method and the path.
    line: String,
    /// The other lines before the body.
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        found.unwrap_or_default()
    }
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
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let mut request = Request { line, headers: lines, body: Vec::new() };
    if request.header("expect").contains("100") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    request.body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut request.body).unwrap();
    let known = "ETag: \"1\"\r\nLast-Modified: Tue, 01 Jan 2013 05:00:00 GMT\r\nContent-Length: 0\r\n";
    write!(stream, "HTTP/1.1 {status}\r\n{known}Connection: close\r\n\r\n").unwrap();
    request
}

/// Pushes `stats.wasm` as `command` says, which is given the address of a server that gives these answers, one a
/// connection; what it was asked.
fn push_by(
    command: impl FnOnce(&mut Command, &str),
    answers: &'static [&'static str],
) -> (Output, Vec<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let serve_next = |status: &&str| serve(&mut listener.accept().unwrap().0, status);
        answers.iter().map(serve_next).collect()
    });
    let mut push = Command::new(env!("CARGO_BIN_EXE_gristmill"));
    push.current_dir(root()).args(["plugin", "push", "plugins/prebuilt/stats.wasm"]);
    command(&mut push, &address);
    (push.output().unwrap(), server.join().unwrap())
}

/// Pushes to a web server.
fn push(answers: &'static [&'static str]) -> (Output, Vec<Request>) {
    let to = |command: &mut Command, address: &str| {
        command.arg(format!("{address}/plugins/"));
    };
    push_by(to, answers)
}

/// Pushes to the bucket or container `mill` of a store.
fn push_to(store: &str, answers: &'static [&'static str]) -> (Output, Vec<Request>) {
    let settings = |command: &mut Command, address: &str| {
        let google = format!(
            r#"{{"gcs_base_url": "{address}", "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}}"#
        );
        let environment = [
            ("AWS_ENDPOINT", address),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "mill-1"),
            ("AWS_ACCESS_KEY_ID", "miller"),
            ("AWS_SECRET_ACCESS_KEY", "grain"),
            ("AZURE_STORAGE_ENDPOINT", address),
            ("AZURE_ALLOW_HTTP", "true"),
            ("AZURE_STORAGE_ACCOUNT_NAME", "miller"),
            ("AZURE_STORAGE_ACCOUNT_KEY", "Z3JhaW4="),
            ("GOOGLE_SERVICE_ACCOUNT_KEY", &google),
        ];
        command.envs(environment).arg(format!("{store}://mill/plugins/"));
    };
    push_by(settings, answers)
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

/// What each store's protocol asks for is checked where it shows: the path, the whole body, and the signature, which
/// Google's has none of when it is told to do without accounts.
#[test]
fn a_component_is_put_into_an_object_store() {
    let (path, bytes) = expected();
    let stores = [("s3", "AWS4-HMAC-SHA256 Credential=miller/"), ("az", "SharedKey miller:"), ("gs", "")];
    for (store, signature) in stores {
        let (output, requests) = push_to(store, &["404 Not Found", "200 OK"]);
        assert!(output.status.success(), "{store}: {}", String::from_utf8_lossy(&output.stderr));
        // Google's writes a path as one escaped name.
        let unescaped = |line: &str| line.replace("%2F", "/").replace("%2D", "-").replace("%2E", ".");
        let asked: Vec<String> = requests.iter().map(|request| unescaped(&request.line)).collect();
        assert_eq!(asked, [format!("HEAD /mill{path}"), format!("PUT /mill{path}")], "{store}");
        assert!(requests[1].body == bytes, "{store}: {} bytes came", requests[1].body.len());
        for request in requests {
            assert!(request.header("authorization").starts_with(signature), "{store}: {request:?}");
        }
        let (output, requests) = push_to(store, &["200 OK"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.starts_with("already there"), "{store}: {output:?}");
        assert_eq!(requests.len(), 1);
    }
}

#[test]
fn a_store_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (output, requests) = push_to("s3", &["404 Not Found", "503 Slow Down", "200 OK"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(requests.len(), 3);

    // A key that may write and not list gets this for what is not there.
    let (output, requests) = push_to("s3", &["403 Forbidden", "403 Forbidden"]);
    let text = failure(&output);
    assert!(text.contains("the server did not take") && text.contains("403"), "{text}");
    assert!(text.contains("s3://mill/plugins/blake3-") && text.contains("AWS_ACCESS_KEY_ID"), "{text}");
    assert!(!text.contains("grain"), "{text}");
    assert_eq!(requests.len(), 2);
}

#[test]
fn an_address_that_is_none_is_refused() {
    for (to, words) in [
        ("ftp://mill/plugins", "`ftp://` is not known here; s3://"),
        ("s3://", "cannot use the address `s3://`"),
        ("az://mill/plugins", "AZURE_STORAGE_ACCOUNT_NAME"),
        ("http://", "cannot use the address `http://"),
        ("https://m\u{fc}hle.example\u{feff}/", "cannot use the address"),
        ("gs://mill/a//b", "cannot use the address `gs://mill/a//b`"),
    ] {
        let text = failure(&gristmill(root(), &["plugin", "push", "plugins/prebuilt/stats.wasm", to]));
        assert!(text.contains(words), "{to}: {text}");
    }
}
