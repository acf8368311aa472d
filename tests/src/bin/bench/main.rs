//! `cargo xtask bench`: what things cost, as ratios of two variants measured in turns within one
//! run. Times by themselves say more about the machine than about the program.

mod engine;
mod kernels;
mod loudness;
mod ratio;
mod signals;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use ratio::Ratio;

/// Where the results go, beside the table.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench.json");

/// What is compared.
struct Bench {
    name: &'static str,
    what: &'static str,
    run: fn() -> Vec<Finding>,
}

/// What is asked of a ratio.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Only to be known.
    None,
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(goal) => value <= goal,
            Self::AtLeast(goal) => value >= goal,
            Self::None => true,
        }
    }
}

/// What came out at one level of vector instructions.
struct Finding {
    level: &'static str,
    ratio: Ratio,
    goal: Goal,
    /// How near that is to what the processor could do, where it can be said.
    bound: String,
}

const BENCHES: &[&[Bench]] = &[engine::BENCHES, kernels::BENCHES, loudness::BENCHES];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let benches = || BENCHES.iter().copied().flatten();
    if let Some(unknown) = wanted.iter().find(|name| !benches().any(|b| b.name == **name)) {
        let names: Vec<_> = benches().map(|bench| bench.name).collect();
        eprintln!("bench: there is no {unknown}, only {}", names.join(", "));
        return ExitCode::from(2);
    }
    println!(
        "{:<15} {:<8} {:>7} {:>6}  {:<8} {:<7} ratio of",
        "bench", "level", "ratio", "±", "goal", ""
    );
    let mut rows = Vec::new();
    let mut missed = 0;
    for bench in benches().filter(|b| wanted.is_empty() || wanted.iter().any(|w| w == b.name)) {
        for finding in (bench.run)() {
            missed += usize::from(!finding.goal.is_met(finding.ratio.median));
            println!("{}", line(bench, &finding));
            rows.push(row(bench, &finding));
        }
    }
    let json = format!("[\n{}\n]\n", rows.join(",\n"));
    if let Err(error) = std::fs::write(Path::new(RESULTS), json) {
        eprintln!("bench: cannot write {RESULTS}: {error}");
        return ExitCode::FAILURE;
    }
    println!(
        "\n± is half the distance between the quartiles of the rounds; also in target/bench.json"
    );
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn line(bench: &Bench, finding: &Finding) -> String {
    let goal = match finding.goal {
        Goal::AtMost(goal) => format!("≤ {goal}"),
        Goal::AtLeast(goal) => format!("≥ {goal}"),
        Goal::None => String::new(),
    };
    let verdict = match finding.goal {
        Goal::None => "",
        goal if goal.is_met(finding.ratio.median) => "ok",
        _ => "MISSED",
    };
    let mut line = format!(
        "{:<15} {:<8} {:>7.2} {:>5.1}%  {goal:<8} {verdict:<7} {}",
        bench.name,
        finding.level,
        finding.ratio.median,
        100.0 * finding.ratio.noise,
        bench.what,
    );
    if !finding.bound.is_empty() {
        let _ = write!(line, "; {}", finding.bound);
    }
    line
}

fn row(bench: &Bench, finding: &Finding) -> String {
    let (name, level, value) = (bench.name, finding.level, finding.ratio.median);
    let goal = match finding.goal {
        Goal::AtMost(goal) | Goal::AtLeast(goal) => goal.to_string(),
        Goal::None => "null".to_owned(),
    };
    let pass = finding.goal.is_met(value);
    format!(
        r#"  {{"name": "{name}", "level": "{level}", "value": {value:.4}, "unit": "ratio", "goal": {goal}, "pass": {pass}}}"#
    )
}
