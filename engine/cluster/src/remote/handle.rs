//! A scheduler of another process, for those who look after it.

use gristmill_wire::{Connection, Network, Token};

use super::client::senseless;
use super::question::{Answer, Question};
use crate::ClusterStatus;

/// A scheduler of another process, for those who look after it.
#[derive(Debug)]
pub struct SchedulerHandle(Connection);

impl SchedulerHandle {
    /// Connects to the scheduler at `host:port`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(address: &str, token: Option<Token>) -> Result<Self, crate::Error> {
        Ok(Self(Connection::open(&Network::start(token)?, address)?))
    }

    /// How its cluster is.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn status(&self) -> Result<ClusterStatus, crate::Error> {
        match self.0.ask(&Question::Status)? {
            Answer::Status(status) => Ok(status),
            _ => Err(senseless(&self.0).into()),
        }
    }

    /// Has workers leave, as soon as others have what they hold; returns those that there are.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub fn retire(&self, workers: &[u32]) -> Result<Vec<u32>, crate::Error> {
        match self.0.ask(&Question::Retire(workers.to_vec()))? {
            Answer::Retire(workers) => Ok(workers),
            _ => Err(senseless(&self.0).into()),
        }
    }

    /// Has its provider see to it that there are so many workers; why there may be fewer for now, if that is known.
    ///
    /// # Errors
    /// When it does not answer, or starts no workers.
    pub fn scale(&self, n_workers: u32) -> Result<Option<String>, crate::Error> {
        match self.0.ask(&Question::Scale(n_workers))? {
            Answer::Scale(failure) => Ok(failure),
            _ => Err(senseless(&self.0).into()),
        }
    }

    /// Ends its cluster.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn shut_down(&self) -> Result<(), crate::Error> {
        self.0.ask(&Question::Down).map(|_: Answer| ()).map_err(Into::into)
    }
}
