//! Scripts and commands, compared with files.

use std::time::Duration;

use super::*;

fn spec() -> WorkerSpec {
    WorkerSpec {
        program: "/opt/grist mill/gristmill".into(),
        n_threads: 4,
        memory_nbytes: 8_000_000_000,
        token: Some("/home/ann/worker.token".into()),
        patience: "30s".to_owned(),
        more: Vec::new(),
    }
}

fn script(kind: QueueKind) -> String {
    let options = JobOptions {
        queue: Some("long".to_owned()),
        account: Some("weather".to_owned()),
        walltime: Some(Duration::from_secs(5400)),
        directives: vec!["-o worker.log".to_owned()],
        prologue: vec!["module load gcc".to_owned()],
    };
    JobQueue::new(kind, spec(), options).script("mill.example:7070")
}

#[test]
fn each_queue_has_its_script() {
    assert_eq!(script(QueueKind::Slurm), include_str!("golden/slurm.sh"));
    assert_eq!(script(QueueKind::Pbs), include_str!("golden/pbs.sh"));
    assert_eq!(script(QueueKind::Sge), include_str!("golden/sge.sh"));
    assert_eq!(script(QueueKind::Lsf), include_str!("golden/lsf.sh"));
}

#[test]
fn jobs_are_known_by_what_queues_answer() {
    let job = |kind: QueueKind, answer: &str| kind.job(answer);
    assert_eq!(job(QueueKind::Slurm, "4711\n").as_deref(), Some("4711"));
    assert_eq!(job(QueueKind::Slurm, "4711;east\n").as_deref(), Some("4711"));
    assert_eq!(job(QueueKind::Pbs, "4711.mill\n").as_deref(), Some("4711.mill"));
    assert_eq!(job(QueueKind::Sge, "4711\n").as_deref(), Some("4711"));
    assert_eq!(job(QueueKind::Lsf, "Job <4711> is submitted to queue <long>.\n").as_deref(), Some("4711"));
    assert_eq!(job(QueueKind::Lsf, "no such queue"), None);
    assert_eq!(job(QueueKind::Slurm, ""), None);
    let asked = |kind: QueueKind| kind.status(&["12.mill".to_owned(), "13.mill".to_owned()]).join(" ");
    assert_eq!(asked(QueueKind::Slurm), "squeue --noheader --format=%i %T --jobs 12.mill,13.mill");
    assert_eq!(asked(QueueKind::Lsf), "bjobs -noheader -o jobid stat 12.mill 13.mill");
    let there = |kind: QueueKind, said: &str| kind.there(said).join(" ");
    assert_eq!(there(QueueKind::Slurm, "12 RUNNING\n13 PENDING\n14 COMPLETED\n"), "12 13");
    let qstat = "Job id  Name  User  Time Use S Queue\n------ ---- ---- ----\n12.head.clu  gristmill  ann  0 R long\n";
    assert!(there(QueueKind::Pbs, qstat).ends_with(" 12"));
    assert_eq!(
        there(QueueKind::Sge, "=====\njob_number:        12\nexec_file: x\njob_number:  13\n"),
        "12 13"
    );
    assert_eq!(there(QueueKind::Lsf, "12 RUN\n13 DONE\n14 EXIT\n15 PEND\n"), "12 15");
}

#[test]
fn ssh_is_given_one_command_that_its_shell_reads_as_meant() {
    let args = Ssh::new(spec(), vec!["north".to_owned()]).args("north", "mill.example:7070");
    assert_eq!(
        args.last().unwrap(),
        "'/opt/grist mill/gristmill' worker mill.example:7070 --threads 4 --limit-memory 8000000000B --patience 30s --token /home/ann/worker.token"
    );
    assert_eq!(args.iter().rev().nth(1).unwrap(), "north");
    assert_eq!(quoted("it's"), r"'it'\''s'");
    let nobody = Ssh::new(spec(), Vec::new()).start("mill.example:7070").unwrap_err();
    assert!(nobody.contains("no hosts"), "{nobody}");
}
