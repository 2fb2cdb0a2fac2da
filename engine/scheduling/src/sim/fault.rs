//! What goes wrong in a simulation, and how often.

use std::collections::BTreeMap;

use gristmill_graph::Key;

use super::run::{DETECT_NS, Happening, Sim, client};
use crate::{ClientId, ClientMsg, SchedulerEvent, SplitMix, WorkerId, idmap::IdMap};

/// How long a worker keeps what it has brought along to another scheduler, and has no name for.
const UNCLAIMED_NS: u64 = 20_000_000;

/// What goes wrong; the default is nothing. Chances are "one in", 0 being never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Workers killed, each replaced a little later.
    pub n_kills: u32,
    /// Workers cut off from the scheduler while their peers still reach them, each replaced a little later.
    pub n_cut_offs: u32,
    /// One-way network splits between workers, each healed a little later.
    pub n_splits: u32,
    /// Tasks that always fail, one in so many.
    pub bad_task_one_in: u32,
    /// Calls that fail once, one in so many; each task has three retries.
    pub flaky_call_one_in: u32,
    /// Ends of tasks that are told twice, one in so many.
    pub duplicate_one_in: u32,
    /// Whether results turn out to be of another size than was told when they arrive elsewhere.
    pub lying_sizes: bool,
    /// Bytes that a worker's disk takes; 0 is no limit.
    pub disk_nbytes: u64,
    /// Spill files that can't be read back, one in so many.
    pub bad_disk_one_in: u32,
    /// How many times slower disks are.
    pub slow_disk: u64,
    /// Whether the client also cancels, releases and asks for other results along the way.
    pub restless_client: bool,
    /// Schedulers that end and are started anew; workers bring along what they hold, and the client its graph.
    pub n_restarts: u32,
    /// Workers asked to leave, each replaced a little later.
    pub n_retires: u32,
    /// Calls that wait for other tasks while they run, one in so many.
    pub nested_one_in: u32,
}

impl Faults {
    /// Everything that can go wrong, in doses that vary with the seed.
    pub fn random(random: &mut SplitMix) -> Self {
        let mut sometimes = |n: usize| if random.one_in(2) { 0 } else { 1 + random.below(n) as u32 };
        Self {
            n_kills: sometimes(4),
            n_cut_offs: sometimes(2),
            n_splits: sometimes(4),
            bad_task_one_in: sometimes(2) * 40,
            flaky_call_one_in: sometimes(2) * 20,
            duplicate_one_in: sometimes(2) * 10,
            lying_sizes: sometimes(1) == 1,
            disk_nbytes: u64::from(sometimes(3)) * 3_000_000,
            bad_disk_one_in: sometimes(2) * 30,
            slow_disk: 1 + u64::from(sometimes(20)),
            restless_client: sometimes(1) == 1,
            n_restarts: sometimes(3),
            n_retires: sometimes(3),
            nested_one_in: sometimes(3) * 3,
        }
    }
}

/// True once in `one_in` times; never if that is 0.
pub(super) fn happens(random: &mut SplitMix, one_in: u32) -> bool {
    one_in > 0 && random.one_in(one_in as usize)
}

impl Sim<'_> {
    /// Kills a worker's process, or only cuts it off from the scheduler; another one joins later.
    pub(super) fn kill(&mut self, only_cut_off: bool) {
        let alive: Vec<usize> = (0..self.nodes.len()).filter(|&at| self.nodes[at].connected).collect();
        let Some(&at) = alive.get(self.random.below(alive.len())) else { return };
        let node = &mut self.nodes[at];
        node.connected = false;
        node.runs = only_cut_off;
        let worker = WorkerId(at as u32);
        if !only_cut_off {
            self.resume_at(worker, None);
        }
        self.push(DETECT_NS, Happening::ToScheduler(SchedulerEvent::WorkerLost { worker }));
        let later_ns = self.random.below(20_000_000) as u64;
        self.push(later_ns, Happening::Join);
    }

    /// A worker is asked to leave; another one joins later.
    pub(super) fn retire(&mut self) {
        let alive: Vec<usize> = (0..self.nodes.len()).filter(|&at| self.nodes[at].connected).collect();
        let Some(&at) = alive.get(self.random.below(alive.len())) else { return };
        let worker = WorkerId(at as u32);
        self.push(0, Happening::ToScheduler(SchedulerEvent::Retire { worker }));
        let later_ns = self.random.below(20_000_000) as u64;
        self.push(later_ns, Happening::Join);
    }

    /// It has left, with what others have too.
    pub(super) fn leave(&mut self, worker: WorkerId) {
        let node = &mut self.nodes[worker.idx()];
        (node.connected, node.runs) = (false, false);
        self.resume_at(worker, None);
        self.report.n_retired += 1;
        self.push(0, Happening::ToScheduler(SchedulerEvent::WorkerLost { worker }));
    }

    /// The scheduler starts anew: workers join it with what they hold, and the client submits its graph again.
    pub(super) fn restart(&mut self) {
        self.restart_scheduler();
        self.resume(|_| true);
        self.report.n_restarts += 1;
        let row_of: IdMap<u64, u32> = self.expected.values.iter().copied().zip(0..).collect();
        let mut found = BTreeMap::<Key, (u64, Vec<WorkerId>)>::new();
        for at in 0..self.nodes.len() {
            if !self.nodes[at].connected {
                continue;
            }
            let worker = self.join();
            self.push(UNCLAIMED_NS, Happening::Unclaimed(worker));
            let node = &mut self.nodes[at];
            (node.connected, node.runs) = (false, false);
            let (store, found_before) = (std::mem::take(&mut node.store), std::mem::take(&mut node.found));
            let disk_nbytes = node.disk_nbytes;
            for value in store.into_values().chain(found_before.into_values()) {
                let key = self.graph.submission.keys[row_of[&value.hash] as usize];
                found.entry(key).or_insert((value.nbytes, Vec::new())).1.push(worker);
                self.nodes[worker.idx()].found.insert(key, value);
            }
            self.nodes[worker.idx()].disk_nbytes = disk_nbytes;
        }
        let keys: Vec<Key> = found.keys().copied().collect();
        for (key, (nbytes, mut workers)) in found {
            workers.dedup();
            self.tell_as_finder(ClientMsg::Scatter { key, nbytes, workers });
        }
        let wanted = self.expected.reopen();
        if !wanted.is_empty() && !self.is_over {
            self.submit(wanted);
        }
        self.tell_as_finder(ClientMsg::Release { keys });
    }

    /// Who wants what was found until it is known who else does.
    fn tell_as_finder(&mut self, msg: ClientMsg) {
        let event = SchedulerEvent::Client { client: ClientId(1), msg };
        self.push(0, Happening::ToScheduler(event));
    }

    /// Breaks the network from one worker to another for a while.
    pub(super) fn split(&mut self) {
        let n = self.nodes.len();
        let (from, to) = (self.random.below(n) as u32, self.random.below(n) as u32);
        if self.splits.insert((from, to)) {
            let later_ns = self.random.below(100_000_000) as u64;
            self.push(later_ns, Happening::Heal(from, to));
        }
    }

    /// The client does something else: it cancels, releases, or asks for another result.
    pub(super) fn restless(&mut self) {
        if self.is_over {
            return;
        }
        let keys: Vec<Key> = (0..3).map(|_| self.random_key()).collect();
        let msg = match self.random.below(4) {
            0 => {
                keys.iter().for_each(|&key| self.expected.release(key));
                ClientMsg::Release { keys }
            }
            1 => ClientMsg::Cancel { keys },
            2 => ClientMsg::Retry { keys },
            _ => {
                keys.iter().for_each(|&key| self.expected.want(key));
                ClientMsg::Want { keys }
            }
        };
        self.push(0, Happening::ToScheduler(client(msg)));
    }

    fn random_key(&mut self) -> Key {
        let keys = &self.graph.submission.keys;
        keys[self.random.below(keys.len())]
    }
}
