//! Reports of made-up runs: what they say, what they must never let through, how large they get.

use super::format::{count, duration, escape, nbytes, utc};
use super::*;
use gristmill_sandbox::Level;

fn span(function: u32, thread: u32, start_ns: u64, end_ns: u64) -> TaskSpan {
    TaskSpan {
        function,
        key: format!("{start_ns:012x}"),
        worker: 0,
        thread,
        start_ns,
        end_ns,
        nbytes_in: 1024,
        nbytes_out: 2048,
        outcome: Outcome::Done,
        log: Vec::new(),
    }
}

/// A run on one worker with two threads; every name is the same text.
fn report(name: &str, tasks: Vec<TaskSpan>) -> Report {
    let functions = [0, 1].map(|function| {
        FunctionStats::measure(name, name, tasks.iter().filter(|span| span.function == function))
    });
    let text = || name.to_owned();
    Report {
        title: text(),
        started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_357_034_707),
        wall: Duration::from_millis(100),
        facts: vec![(text(), text())],
        workers: vec![WorkerInfo { name: text(), n_threads: 2, memory_limit_nbytes: 1 << 30 }],
        functions: functions.to_vec(),
        tasks,
        samples: vec![MemorySample { at_ns: 50_000_000, held_nbytes: 3 << 20, spilled_nbytes: 1 << 20 }],
        spilled_nbytes: 1 << 20,
        graph_svg: Some(text()),
        results: vec![ResultTable {
            name: text(),
            columns: vec![ResultColumn { name: text(), numeric: true }],
            rows: vec![vec![text(), text()]],
            n_rows: 7,
        }],
        errors: vec![TaskFailure {
            name: text(),
            key: text(),
            kind: text(),
            message: text(),
            backtrace: vec![text()],
            log: vec![text()],
        }],
        log: vec![LogLine { function: name.into(), key: None, level: Level::Info, text: text() }],
    }
}

fn bars(page: &str) -> usize {
    page.matches("<rect class=\"f").count()
}

#[test]
fn a_hostile_name_never_becomes_markup() {
    let hostile =
        "</title></style></script><script>alert('x')</script>\"'><img src=x onerror=alert(1)>&\u{202e}\0";
    let mut failed = span(0, 0, 0, 1_000_000);
    failed.outcome = Outcome::Failed;
    failed.key = hostile.to_owned();
    let page = render(&report(hostile, vec![failed, span(1, 1, 0, 2_000_000)]));
    assert_eq!(page.matches("<script").count(), 1, "the report's own script and no other");
    assert_eq!(page.matches("<img").count(), 0);
    assert!(!page.contains(['\0', '\u{202e}']));
    let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&#39;&gt;&lt;img";
    // The title twice, facts, a worker's label twice a thread, functions and identities, bars, results, errors, graph.
    assert!(page.matches(escaped).count() >= 20, "{}", page.matches(escaped).count());
}

#[test]
fn escape_covers_text_and_attributes() {
    assert_eq!(escape("a<b>&\"'\n\tü"), "a&lt;b&gt;&amp;&quot;&#39;\n\tü");
    assert_eq!(escape("\u{0}\u{7f}\u{85}\u{2066}"), "\u{fffd}".repeat(4));
}

#[test]
fn the_policy_allows_this_script_alone() {
    let page = render(&report("x", Vec::new()));
    let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let allowed = page.split_once("script-src 'sha256-").unwrap().1.split_once('\'').unwrap().0;
    assert_eq!(
        base64(&<sha2::Sha256 as sha2::Digest>::digest(script)),
        allowed,
        "page.js changed: set its new hash"
    );
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("http://") && !page.contains("https://"), "the page loads nothing");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |group: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(group.get(at).copied().unwrap_or(0)));
        let digit =
            |at: usize| if at <= group.len() { DIGITS[bits >> (18 - 6 * at) & 63] as char } else { '=' };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(encode).collect()
}

#[test]
fn every_long_task_has_a_bar_with_its_story() {
    let tasks =
        (0..50).map(|at| span(at as u32 % 2, at as u32 % 2, at * 2_000_000, at * 2_000_000 + 1_500_000));
    let page = render(&report("model_a", tasks.collect()));
    assert_eq!(bars(&page), 50);
    assert!(page.contains("model_a (0000001e8480)\n1.50 ms from 2.00 ms\nin 1.00 KiB, out 2.00 KiB"));
}

#[test]
fn a_hundred_thousand_tiny_tasks_stay_small_and_keep_their_failures() {
    let mut tasks: Vec<TaskSpan> =
        (0..100_000).map(|at| span(at as u32 % 2, 0, at * 1000, at * 1000 + 600)).collect();
    tasks[77_777].outcome = Outcome::Failed;
    let page = render(&report("f", tasks));
    let n_bars = bars(&page);
    assert!((1_000..=8_000).contains(&n_bars), "{n_bars} bars");
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("25 tasks, mostly f\n15.0 µs in all, from 0 s"));
    assert!(page.contains("mostly f, 1 failed"));
    assert_eq!(page.matches(" failed\" x=").count(), 1, "one bar is drawn as failed");
    assert!(page.contains("100,000 tasks in 100 ms on 1 worker, 2 threads"));
}

#[test]
fn many_threads_are_counted_not_drawn() {
    let mut many = report("f", (0..1_000).map(|at| span(0, at, 0, 50_000_000)).collect());
    many.workers[0].n_threads = 1_000;
    let page = render(&many);
    assert_eq!(bars(&page), 256);
    assert!(page.contains("744 threads more are not drawn"), "the rest is counted");
}

/// Positions out of range, clocks that went backwards and an empty run are drawn without a panic.
#[test]
fn odd_input_is_drawn() {
    let mut odd = report("f", vec![span(9, 9, 80, 70), span(u32::MAX, 0, u64::MAX, u64::MAX)]);
    odd.tasks[1].worker = u32::MAX;
    odd.samples = vec![MemorySample { at_ns: u64::MAX, held_nbytes: u64::MAX, spilled_nbytes: 0 }];
    odd.wall = Duration::MAX;
    odd.results[0].rows = vec![Vec::new(), vec!["1".to_owned(); 9]];
    odd.workers[0].n_threads = u32::MAX;
    assert!(render(&odd).contains("unknown"));

    let mut empty = report("f", Vec::new());
    (empty.wall, empty.workers, empty.functions) = (Duration::ZERO, Vec::new(), Vec::new());
    (empty.samples, empty.errors, empty.graph_svg) = (Vec::new(), Vec::new(), None);
    let page = render(&empty);
    assert!(page.contains("No task ran.") && page.contains("finished</span> · 0 tasks"));
}

#[test]
fn a_drawn_graph_is_put_in_as_it_is() {
    let mut drawn = report("f", Vec::new());
    drawn.graph_svg = Some("<svg viewBox=\"0 0 1 1\"></svg>".to_owned());
    assert!(render(&drawn).contains("<div class=graph><svg viewBox=\"0 0 1 1\"></svg></div>"));
}

#[test]
fn percentiles_are_of_the_nearest_rank() {
    let spans: Vec<TaskSpan> = (1..=100).map(|ms| span(0, 0, 0, ms)).collect();
    let stats = FunctionStats::measure("f", "native", &spans);
    assert_eq!((stats.p50_ns, stats.p95_ns, stats.max_ns, stats.mean_ns()), (50, 95, 100, 50));
    assert_eq!((stats.n_tasks, stats.nbytes_in, stats.nbytes_out), (100, 102_400, 204_800));
    let none = FunctionStats::measure("f", "native", &[]);
    assert_eq!((none.p50_ns, none.max_ns, none.mean_ns()), (0, 0, 0));
}

#[test]
fn numbers_have_three_figures_and_a_unit() {
    let durations = [0, 999, 1_000, 12_340, 999_700, 1_500_000_000, 119_000_000_000, 125_000_000_000];
    let expect = ["0 s", "999 ns", "1.00 µs", "12.3 µs", "1.00 ms", "1.50 s", "119 s", "2 min 5 s"];
    assert_eq!(durations.map(duration), expect);
    let sizes = [0, 1023, 1024, 1_048_575, 5_000_000_000, u64::MAX];
    assert_eq!(sizes.map(nbytes), ["0 B", "1023 B", "1.00 KiB", "1.00 MiB", "4.66 GiB", "16777216 TiB"]);
    assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
}

#[test]
fn dates_are_right() {
    let at = |seconds| utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(0), "1970-01-01 00:00:00 UTC");
    assert_eq!(at(951_782_399), "2000-02-28 23:59:59 UTC");
    assert_eq!(at(951_782_400), "2000-02-29 00:00:00 UTC");
    assert_eq!(at(1_357_034_707), "2013-01-01 10:05:07 UTC");
    assert_eq!(at(4_107_542_400), "2100-03-01 00:00:00 UTC");
    assert_eq!(utc(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01 00:00:00 UTC");
}
