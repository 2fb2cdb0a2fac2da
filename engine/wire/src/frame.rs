//! Batches of messages as the bodies of Flight messages.

use arrow_flight::FlightData;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of one Flight message at most, sent and received: a batch of messages, or a value as one record batch.
pub(crate) const FRAME_NBYTES_MAX: usize = 1 << 30;

/// Bytes of a batch that is decoded in a few microseconds: some dozen messages about tasks.
const BRIEF_NBYTES_MAX: usize = 2048;

/// A batch as a Flight message.
pub(crate) fn encode<M: Serialize>(messages: &[M]) -> Result<FlightData, String> {
    let bytes = postcard::to_stdvec(messages).map_err(|error| error.to_string())?;
    if bytes.len() > FRAME_NBYTES_MAX {
        return Err(format!("messages of {} B, of at most {FRAME_NBYTES_MAX} B", bytes.len()));
    }
    Ok(body(bytes.into()))
}

/// The batch in a Flight message.
pub(crate) fn decode<M: DeserializeOwned>(data: &FlightData) -> Result<Vec<M>, String> {
    postcard::from_bytes(&data.data_body).map_err(|error| error.to_string())
}

/// Whether a batch is decoded in a few microseconds.
pub(crate) fn is_brief(data: &FlightData) -> bool {
    data.data_body.len() <= BRIEF_NBYTES_MAX
}

/// A Flight message that has a body alone.
pub(crate) fn body(bytes: Bytes) -> FlightData {
    FlightData { data_body: bytes, ..FlightData::default() }
}
