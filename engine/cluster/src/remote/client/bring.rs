//! What a client brings before a program can run: components to the scheduler, values to workers.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use gristmill_client::Error;
use gristmill_collections::Component;
use gristmill_data::Value;
use gristmill_graph::{Digest, Key};
use gristmill_scheduling::ClientMsg;
use gristmill_wire::{Connection, FromClient, Payload, Place, Ticket};

use super::state::Answered;
use super::{Remote, senseless, unavailable};
use crate::remote::question::{Answer, Question};

/// How often it is tried to bring a value to a worker, and how long after each other.
const PLACINGS_MAX: usize = 300;
const PLACE_AGAIN: Duration = Duration::from_millis(100);

impl Remote {
    /// Brings those components that the scheduler does not have.
    pub(super) fn bring(&self, components: &[Component]) -> Result<(), Error> {
        loop {
            let (digests, n_losses): (Vec<Digest>, u32) = {
                let state = self.state.lock();
                let digests = components.iter().map(Component::digest);
                (digests.filter(|digest| !state.brought.contains(digest)).collect(), state.n_losses)
            };
            if digests.is_empty() {
                return Ok(());
            }
            self.bring_unknown(components, digests)?;
            let mut state = self.state.lock();
            // Otherwise the scheduler that has them may be gone.
            if state.n_losses == n_losses {
                state.brought.extend(components.iter().map(Component::digest));
            }
        }
    }

    fn bring_unknown(&self, components: &[Component], digests: Vec<Digest>) -> Result<(), Error> {
        let Answer::Unknown(unknown) = self.ask(&Question::Unknown(digests))? else {
            return Err(unavailable(senseless(&self.scheduler)));
        };
        for component in components.iter().filter(|component| unknown.contains(&component.digest())) {
            let ticket = Ticket::Component(component.digest());
            let brought = self.patiently(|| {
                let payload = Payload::Bytes(component.bytes().clone());
                self.scheduler.network().wait(self.scheduler.put(ticket, payload))
            });
            brought.map_err(|source| Error::Component {
                name: component.name().clone(),
                source: Arc::new(source),
            })?;
        }
        Ok(())
    }

    /// Brings values to workers that have none of their keys, each held once. Waits for a worker if there is none.
    pub(super) fn place(&self, values: Vec<(Key, Value)>) -> Result<(), Error> {
        let mut left = values;
        for _ in 0..PLACINGS_MAX {
            if left.is_empty() {
                return Ok(());
            }
            let values = left.iter().map(|(key, value)| (*key, value.nbytes())).collect();
            let (sender, answer) = sync_channel(1);
            self.state.lock().ask(sender, |request| FromClient::Place { request, values })?;
            let Answered::Places(places, n_losses) = self.answered(&answer)? else {
                return Err(unavailable(senseless(&self.scheduler)));
            };
            if places.len() != left.len() {
                return Err(unavailable(senseless(&self.scheduler)));
            }
            let mut again = Vec::new();
            for ((key, value), (_, place)) in left.into_iter().zip(places) {
                if !self.place_one(key, &value, place, n_losses) {
                    again.push((key, value));
                }
            }
            left = again;
            if !left.is_empty() {
                std::thread::sleep(PLACE_AGAIN);
            }
        }
        match left.len() {
            0 => Ok(()),
            n => Err(Error::Unavailable(format!("no worker takes {n} values; are there any workers?"))),
        }
    }

    /// Brings a value where it should go; false if that was of no avail.
    fn place_one(&self, key: Key, value: &Value, place: Place, n_losses: u32) -> bool {
        let Place::At(worker, address) = place else { return matches!(place, Place::There) };
        let Ok(holder) = self.holder(&address) else { return false };
        let put = holder.put(Ticket::Value(self.said(key)), Payload::Value(value.clone()));
        if self.scheduler.network().wait(put).is_err() {
            return false;
        }
        let mut state = self.state.lock();
        // Another scheduler means another worker by this number.
        if state.n_losses != n_losses {
            return false;
        }
        state.clients.hold(key);
        let msg = ClientMsg::Scatter { key, nbytes: value.nbytes(), workers: vec![worker] };
        state.say(FromClient::Client(msg));
        true
    }

    pub(super) fn holder(&self, address: &Arc<str>) -> Result<Connection, Error> {
        let mut holders = self.holders.lock();
        if let Some(holder) = holders.get(address) {
            return Ok(holder.clone());
        }
        let holder = Connection::lazy(self.scheduler.network(), address).map_err(unavailable)?;
        holders.insert(address.clone(), holder.clone());
        Ok(holder)
    }
}
