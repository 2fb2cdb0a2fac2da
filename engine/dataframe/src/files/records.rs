//! Where records of text end: at newlines that are not inside of a quoted field.

use memchr::memchr;

use super::{Dialect, Format};

/// How far a text is, byte by byte, as readers of CSV see it: a quote opens a field only at its start.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// Delimiter and quote; none where every newline ends a record.
    marks: Option<(u8, u8)>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote inside of a quoted field: another one makes it a character of the field.
    QuoteSeen,
}

impl Scan {
    pub(super) fn of(format: Format) -> Self {
        let marks = match format {
            Format::Csv(Dialect { delimiter, quote, .. }) => Some((delimiter, quote)),
            _ => None,
        };
        Self { marks, state: State::FieldStart }
    }

    /// Takes the next byte; whether it ends a record.
    pub(super) fn ends_record(&mut self, byte: u8) -> bool {
        let Some((delimiter, quote)) = self.marks else { return byte == b'\n' };
        self.state = match (self.state, byte) {
            (State::Quoted, byte) if byte == quote => State::QuoteSeen,
            (State::Quoted, _) => State::Quoted,
            (State::FieldStart | State::QuoteSeen, byte) if byte == quote => State::Quoted,
            (_, b'\n') => {
                self.state = State::FieldStart;
                return true;
            }
            (_, byte) if byte == delimiter => State::FieldStart,
            _ => State::Plain,
        };
        false
    }

    /// Takes many bytes, wherever records end among them.
    pub(super) fn skip(&mut self, bytes: &[u8]) {
        let Some((delimiter, quote)) = self.marks else { return };
        let Some(&last) = bytes.last() else { return };
        if self.state != State::Quoted && memchr(quote, bytes).is_none() {
            // Without quotes the last byte alone tells.
            let is_start = last == b'\n' || last == delimiter;
            self.state = if is_start { State::FieldStart } else { State::Plain };
            return;
        }
        bytes.iter().for_each(|&byte| {
            self.ends_record(byte);
        });
    }
}
