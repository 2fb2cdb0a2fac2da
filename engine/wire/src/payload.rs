//! Values and other bytes in pieces, as Flight messages.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_flight::FlightData;
use bytes::{Bytes, BytesMut};
use gristmill_data::{Chunk, Value, encode_value, ipc_messages};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tonic::Status;

use crate::SharedFile;
use crate::frame::body;
use crate::shared::FileName;

/// Bytes of one piece.
const PIECE_NBYTES: usize = 1 << 20;
/// Pieces that wait for the socket.
const PIECES_MAX: usize = 4;

/// Something to send, in whichever form.
#[derive(Debug, Clone)]
pub enum Payload {
    /// A value.
    Value(Value),
    /// Bytes as they are.
    Bytes(Arc<[u8]>),
    /// A file for a process of this machine.
    File(SharedFile),
}

type Piece = Result<FlightData, Status>;

impl Payload {
    /// In pieces, with how many bytes are expected in the first one. Encoding waits for the socket, on a thread of its own.
    pub(crate) fn pieces(self) -> Receiver<Piece> {
        let this = match self {
            Self::File(file) => return shared(file),
            other => other,
        };
        this.send(|payload, sender| {
            let expected = match &payload {
                Self::File(_) => 0,
                Self::Value(value) => value.nbytes(),
                Self::Bytes(bytes) => bytes.len() as u64,
            };
            let first = Bytes::copy_from_slice(&expected.to_le_bytes());
            let data = FlightData { app_metadata: first, ..FlightData::default() };
            sender.blocking_send(Ok(data)).map_err(|_| "nobody reads it".to_owned())?;
            let mut pieces = Pieces { piece: BytesMut::new(), sender };
            match payload {
                Self::Value(value) => {
                    encode_value(&value, &mut pieces).map(drop).map_err(|error| error.to_string())?
                }
                Self::Bytes(bytes) => pieces.write_all(&bytes).map_err(|error| error.to_string())?,
                Self::File(_) => {}
            }
            pieces.flush().map_err(|error| error.to_string())
        })
    }

    /// As record batches for any Flight client: partitions as they are, chunks as one column of elements in C order, and
    /// anything else as one column of the bytes of its encoding.
    pub(crate) fn batches(self) -> Receiver<Piece> {
        self.send(|payload, sender| {
            let mut bytes = Vec::new();
            let plain = match &payload {
                Self::Value(value @ (Value::Chunk(_) | Value::Partition(_))) => Some(value.clone()),
                Self::Value(other) => {
                    encode_value(other, &mut bytes).map_err(|error| error.to_string())?;
                    None
                }
                Self::Bytes(given) => {
                    bytes.extend_from_slice(given);
                    None
                }
                Self::File(_) => None,
            };
            let value = match plain {
                Some(value) => value,
                None => {
                    let shape = [bytes.len() as u64];
                    let bytes = std::mem::take(&mut bytes);
                    Value::Chunk(Chunk::from_vec(bytes, &shape).map_err(|error| error.to_string())?)
                }
            };
            encode_value(&value, &mut bytes).map_err(|error| error.to_string())?;
            let bytes = Bytes::from(bytes);
            for message in ipc_messages(&bytes).map_err(|error| error.to_string())? {
                let data = FlightData {
                    data_header: bytes.slice(message.header),
                    data_body: bytes.slice(message.body),
                    ..FlightData::default()
                };
                sender.blocking_send(Ok(data)).map_err(|_| "nobody reads it".to_owned())?;
            }
            Ok(())
        })
    }

    fn send(
        self,
        work: impl FnOnce(Self, Sender<Piece>) -> Result<(), String> + Send + 'static,
    ) -> Receiver<Piece> {
        let (sender, receiver) = channel(PIECES_MAX);
        tokio::task::spawn_blocking(move || {
            let failed = sender.clone();
            if let Err(reason) = work(self, sender) {
                // If nobody reads it, nobody reads that either.
                let _ = failed.blocking_send(Err(Status::internal(reason)));
            }
        });
        receiver
    }
}

/// Says where a file is, and keeps it until whoever reads that reads no more.
fn shared(file: SharedFile) -> Receiver<Piece> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let SharedFile { path, held } = file;
        let name = FileName::of(path).map_err(|error| error.to_string());
        let name = name.and_then(|name| serde_json::to_vec(&name).map_err(|error| error.to_string()));
        let piece = match name {
            Ok(name) => Ok(FlightData { app_metadata: name.into(), ..FlightData::default() }),
            Err(reason) => Err(Status::not_found(reason)),
        };
        if sender.send(piece).await.is_ok() {
            sender.closed().await;
        }
        drop(held);
    });
    receiver
}

/// Gathers bytes into pieces.
struct Pieces {
    piece: BytesMut,
    sender: Sender<Piece>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.capacity() == 0 {
            self.piece.reserve(PIECE_NBYTES);
        }
        let n = bytes.len().min(PIECE_NBYTES - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..n).unwrap_or(bytes));
        if self.piece.len() >= PIECE_NBYTES {
            self.flush()?;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.piece).freeze();
        if piece.is_empty() {
            return Ok(());
        }
        self.sender.blocking_send(Ok(body(piece))).map_err(|_| io::Error::other("nobody reads it"))
    }
}
