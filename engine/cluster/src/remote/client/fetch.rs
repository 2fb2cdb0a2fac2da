//! Results fetched from the workers that have them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use gristmill_data::{TaskError, TaskErrorKind, Value, decode_value};
use gristmill_graph::Key;
use gristmill_wire::Holder;
use tokio::task::JoinHandle;

use super::Remote;
use crate::remote::question::{Answer, Question};

/// How often it is tried to fetch a result from whoever is said to have it.
const UNREACHABLE_MAX: u32 = 1000;
/// Results that are fetched at a time.
const FETCHES_MAX: usize = 16;
/// How long a client waits before it looks again for a result that is on the move.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

impl Remote {
    /// Fetches results from whoever has them, several at a time; none of those that nobody has now.
    pub(super) fn fetch(&self, keys: &[Key]) -> Vec<Option<Result<Value, TaskError>>> {
        let located: Vec<Option<Holder>> = {
            let state = self.state.lock();
            keys.iter().map(|key| state.located.get(key).cloned()).collect()
        };
        let asked = located.iter().map(|holder| self.get(holder.clone()?));
        let asked = stream::iter(asked).map(|get| async { get?.await.ok()? }).buffered(FETCHES_MAX);
        let fetched = self.scheduler.network().wait(asked.collect::<Vec<_>>());
        let found = keys.iter().zip(fetched).map(|(key, fetched)| match fetched {
            Some(value) => Some(value.map_err(|error| error.of("fetch", key.to_string()))),
            None => self.search(key),
        });
        found.collect()
    }

    /// Has a result fetched; it comes as none when it is not there.
    fn get(&self, holder: Holder) -> Option<JoinHandle<Option<Result<Value, TaskError>>>> {
        let Holder { name, pass, nbytes, address } = holder;
        let connection = self.holder(&address).ok()?;
        Some(self.scheduler.network().spawn(async move {
            let bytes = connection.get_result(name, pass, nbytes).await.ok()?;
            Some(decode_value(bytes).map_err(|error| {
                TaskError::new(TaskErrorKind::Io, format!("what {address} sends is no value: {error}"))
            }))
        }))
    }

    /// Fetches a result from whoever the scheduler says has it; none if it has moved, or its worker is about to be found
    /// lost: then it is computed again.
    fn search(&self, key: &Key) -> Option<Result<Value, TaskError>> {
        let Ok(Answer::Holders(holders)) = self.ask(&Question::Holders(self.said(*key))) else {
            // The stream is about to end, too, and says why.
            std::thread::sleep(LOOK_AGAIN);
            return None;
        };
        let addresses: Vec<Arc<str>> = holders.iter().map(|holder| holder.address.clone()).collect();
        for holder in holders {
            let fetched = self.get(holder).and_then(|get| self.scheduler.network().wait(get).ok()?);
            if let Some(value) = fetched {
                return Some(value.map_err(|error| error.of("fetch", key.to_string())));
            }
        }
        std::thread::sleep(LOOK_AGAIN);
        self.give_up(key, &addresses)
    }

    /// After many tries, the error of a result that somebody has and that cannot be fetched.
    fn give_up(&self, key: &Key, addresses: &[Arc<str>]) -> Option<Result<Value, TaskError>> {
        let mut state = self.state.lock();
        let n_tries = state.unreachable.entry(*key).or_default();
        *n_tries = if addresses.is_empty() { 0 } else { *n_tries + 1 };
        if *n_tries < UNREACHABLE_MAX {
            return None;
        }
        let message = format!("it is at {}, which cannot be reached from here", addresses.join(", "));
        Some(Err(TaskError::new(TaskErrorKind::Io, message).of("fetch", key.to_string())))
    }
}
