//! Machines on one machine: network namespaces of Linux around a bridge, each with a card of its own.
//!
//! Needs root, and `ip` and `tc` of iproute2.

use std::process::Command;

/// The first numbers of all addresses; the caller's own ends with 1.
pub(crate) const PREFIX: &str = "10.77.0";
const BRIDGE: &str = "gristmill";

/// Machines that can reach each other and the caller, as long as this lives. There is one such network at a time.
pub(crate) struct Network {
    n_machines: usize,
}

/// The name of a machine.
fn name(machine: usize) -> String {
    format!("gristmill{machine}")
}

/// The address of a machine.
fn address(machine: usize) -> String {
    format!("{PREFIX}.{}", machine + 10)
}

impl Network {
    /// Machines whose cards carry so many bytes a second each way; nothing where that is not to be had.
    pub(crate) fn start(n_machines: usize, card_nbytes_per_s: u64) -> Option<Self> {
        // Dropped on the way out of a failure, it removes what there is.
        let network = Self { n_machines };
        network.remove();
        run(&format!("ip link add {BRIDGE} type bridge"))?;
        run(&format!("ip addr add {PREFIX}.1/24 dev {BRIDGE}"))?;
        run(&format!("ip link set {BRIDGE} up"))?;
        let slow = format!("tbf rate {}bit burst 64kb latency 400ms", card_nbytes_per_s * 8);
        for machine in 0..n_machines {
            let (name, address) = (name(machine), address(machine));
            let (inside, outside) = (format!("ip netns exec {name}"), format!("{name}.out"));
            run(&format!("ip netns add {name}"))?;
            run(&format!("ip link add {outside} type veth peer name card netns {name}"))?;
            run(&format!("ip link set {outside} master {BRIDGE} up"))?;
            run(&format!("{inside} ip addr add {address}/24 dev card"))?;
            run(&format!("{inside} ip link set card up"))?;
            run(&format!("{inside} ip link set lo up"))?;
            run(&format!("tc qdisc add dev {outside} root {slow}"))?;
            run(&format!("{inside} tc qdisc add dev card root {slow}"))?;
        }
        Some(network)
    }

    /// A command that runs a program on a machine.
    pub(crate) fn command(&self, machine: usize, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &name(machine), program]);
        command
    }

    /// Bytes that a machine has sent so far.
    #[allow(dead_code, reason = "whoever includes this file uses what it needs")]
    pub(crate) fn sent_nbytes(&self, machine: usize) -> u64 {
        let file = "/sys/class/net/card/statistics/tx_bytes";
        count(&format!("ip netns exec {} cat {file}", name(machine)))
    }

    /// Bytes that the caller has got from all machines so far.
    #[allow(dead_code, reason = "whoever includes this file uses what it needs")]
    pub(crate) fn received_nbytes(&self) -> u64 {
        count(&format!("cat /sys/class/net/{BRIDGE}/statistics/rx_bytes"))
    }

    /// From now on what the caller sends to a machine does not arrive, or does again.
    #[allow(dead_code, reason = "whoever includes this file uses what it needs")]
    pub(crate) fn set_deaf(&self, machine: usize, deaf: bool) {
        set_astray("", BRIDGE, &address(machine), deaf);
    }

    /// From now on what a machine sends to the caller does not arrive, or does again.
    #[allow(dead_code, reason = "whoever includes this file uses what it needs")]
    pub(crate) fn set_dumb(&self, machine: usize, dumb: bool) {
        set_astray(&format!("ip netns exec {} ", name(machine)), "card", &format!("{PREFIX}.1"), dumb);
    }

    fn remove(&self) {
        (0..self.n_machines).for_each(|machine| drop(run(&format!("ip netns del {}", name(machine)))));
        drop(run(&format!("ip link del {BRIDGE}")));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Has packets for an address go to a card that nobody has.
fn set_astray(inside: &str, card: &str, address: &str, astray: bool) {
    let change = match astray {
        true => format!("replace {address} lladdr 02:00:00:00:00:99 nud permanent dev {card}"),
        false => format!("del {address} dev {card}"),
    };
    assert!(run(&format!("{inside}ip neigh {change}")).is_some(), "ip neigh {change}");
}

/// The number that a command prints.
fn count(command: &str) -> u64 {
    run(command).and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// What a command prints; nothing if it fails.
fn run(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next()?).args(words).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
