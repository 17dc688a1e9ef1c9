//! The summary of the steps, for the person who reads the end of a long log.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// Tells whether a step has passed.
pub(crate) enum Outcome {
    /// The claim holds; the text is a remark.
    Passed(Option<String>),
    /// The claim cannot be checked on this machine, for this reason. The run does not fail.
    Skipped(String),
    Failed(String),
}

impl Outcome {
    pub(crate) const PASSED: Self = Self::Passed(None);
}

/// A step that has ended.
pub(crate) struct Finished {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

impl Finished {
    pub(crate) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, remark) = match &self.outcome {
            Outcome::Passed(remark) => ("passed", remark.as_deref()),
            Outcome::Skipped(reason) => ("skipped", Some(reason.as_str())),
            Outcome::Failed(reason) => ("FAILED", Some(reason.as_str())),
        };
        write!(f, "{:12} {word:8} {:>7}", self.name, seconds(self.took))?;
        match remark {
            Some(remark) => write!(f, "  {}", remark.replace('\n', "\n    ")),
            None => Ok(()),
        }
    }
}

/// Prints the summary and a last line with the verdict, and returns the exit code.
pub(crate) fn print_summary(steps: &[Finished]) -> ExitCode {
    println!("\n=== Summary");
    for step in steps {
        println!("{step}");
    }
    let total = seconds(steps.iter().map(|step| step.took).sum());
    let failed: Vec<_> = steps.iter().filter(|step| step.failed()).map(|step| step.name).collect();
    let skipped = steps.iter().filter(|step| matches!(step.outcome, Outcome::Skipped(_))).count();
    if failed.is_empty() {
        let aside = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
        println!("\nAll is well: {} steps passed{aside}, in {total}.", steps.len() - skipped);
        return ExitCode::SUCCESS;
    }
    println!("\nNot yet: {} of {} steps failed ({}), in {total}.", failed.len(), steps.len(), failed.join(", "));
    println!("Run one alone with: cargo xtask test --only {}", failed[0]);
    ExitCode::FAILURE
}

fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 { format!("{:.1} s", duration.as_secs_f64()) } else { format!("{}m{:02}s", whole / 60, whole % 60) }
}
