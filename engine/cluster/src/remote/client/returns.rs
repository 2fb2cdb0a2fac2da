//! A client that has lost its scheduler looks for it, or another at the same address, and submits again what it holds.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use gristmill_client::{Error, Status};
use gristmill_data::{TaskError, TaskErrorKind};
use gristmill_graph::Key;
use gristmill_scheduling::ClientMsg;
use gristmill_wire::{Error as WireError, FromClient, Mailbox, ToClient, on_thread};

use super::kept::Kept;
use super::state::Answered;
use super::{Remote, role};

/// How often a client without a scheduler looks for one.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Takes in what schedulers say until none is left, or the client is gone.
pub(super) async fn stay(remote: Weak<Remote>, mut mailbox: Mailbox<ToClient>) {
    loop {
        let lost = match read(&remote, &mut mailbox).await {
            Some(Ok(reason)) => return lose(&remote, &reason),
            Some(Err(lost)) => lost,
            None => return,
        };
        mailbox = match come_back(&remote).await {
            Some(Ok(again)) => again,
            Some(Err(refused)) => return lose(&remote, refused.as_deref().unwrap_or(&lost)),
            None => return,
        };
    }
}

fn lose(remote: &Weak<Remote>, reason: &str) {
    if let Some(remote) = remote.upgrade() {
        remote.state.lock().lose(reason);
    }
}

/// Takes in what the scheduler says until it ends the cluster, or is lost; nothing if the client is gone.
async fn read(remote: &Weak<Remote>, mailbox: &mut Mailbox<ToClient>) -> Option<Result<String, String>> {
    loop {
        let messages = mailbox.next().await;
        let remote = remote.upgrade()?;
        let messages = match messages {
            Ok(Some(messages)) => messages,
            Ok(None) => return Some(Err("the scheduler has ended".to_owned())),
            Err(error) => return Some(Err(error.to_string())),
        };
        if messages.iter().any(|message| matches!(message, ToClient::End)) {
            return Some(Ok("the cluster was ended".to_owned()));
        }
        let mut state = remote.state.lock();
        messages.into_iter().for_each(|message| state.on(message));
        let late = state.take_late();
        drop(state);
        remote.send_release(late);
    }
}

/// Joins a scheduler at the address of the one that was lost; an error is why there is none, if that is known better than
/// before. Nothing if the client is gone.
async fn come_back(remote: &Weak<Remote>) -> Option<Result<Mailbox<ToClient>, Option<String>>> {
    let (scheduler, tenant, until) = {
        let remote = remote.upgrade()?;
        remote.state.lock().on_lost();
        (remote.scheduler.clone(), remote.tenant, Instant::now() + remote.patience)
    };
    while Instant::now() < until {
        match scheduler.join(&role(tenant, true)).await {
            Ok((outbox, mailbox)) => {
                let remote = remote.upgrade()?;
                let n_losses = {
                    let mut state = remote.state.lock();
                    state.on_back(outbox);
                    state.n_losses
                };
                // What is said meanwhile must be read.
                on_thread(move || remote.catch_up(n_losses));
                return Some(Ok(mailbox));
            }
            Err(refused @ WireError::Refused { .. }) => return Some(Err(Some(refused.to_string()))),
            Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
        remote.upgrade()?;
    }
    Some(Err(None))
}

impl Remote {
    /// Gives a scheduler all that it must know of what is held, unless it is lost again.
    fn catch_up(self: Arc<Self>, n_losses: u32) {
        let (programs, needed, values) = {
            let state = self.state.lock();
            let keys = state.clients.keys();
            let pending: Vec<Key> =
                keys.into_iter().filter(|key| state.clients.status(key) == Status::Pending).collect();
            let (programs, needed) = state.programs.of(&pending);
            let values = pending.into_iter().filter(|key| !state.programs.computes(key)).collect();
            (programs, needed, values)
        };
        let want = |kept: &Kept| {
            let state = self.state.lock();
            kept.wanting(|key| state.clients.status(key) == Status::Pending || needed.contains(key))
        };
        for kept in programs {
            let Some((program, keys)) = want(&kept) else { continue };
            let (answer, answered) = sync_channel(1);
            let submitted = self.bring(&kept.components).and_then(|()| {
                self.state.lock().submit_again(answer, program, n_losses)?;
                answered.recv().unwrap_or_else(|_| Err(Error::Unavailable("it is lost again".to_owned())))
            });
            let mut state = self.state.lock();
            if state.n_losses != n_losses {
                return;
            }
            match submitted {
                Ok(Answered::Keys(_) | Answered::Places(..)) => {}
                Err(error) => {
                    let message = format!("a scheduler that has started anew does not take it: {error}");
                    state.fail(&keys, &TaskError::new(TaskErrorKind::Cancelled, message));
                }
            }
        }
        // Whoever waits to be taken as well has brought them elsewhere.
        let components = self.state.lock().waiting_components();
        // Programs whose components could not be brought are refused with that.
        let _refused = self.bring(&components);
        let mut state = self.state.lock();
        if state.n_losses == n_losses {
            state.say_now(FromClient::Client(ClientMsg::Want { keys: values }));
            state.on_caught_up();
        }
    }
}
