//! Prints figures and their targets as a table for people.

use std::process::ExitCode;

/// One measurement, or the reason why it is missing.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    /// The value that must not be exceeded; `None` for a figure that is shown for comparison.
    pub(crate) target: Option<f64>,
    pub(crate) measured: Measured,
}

pub(crate) enum Measured {
    /// Holds the value, and a remark on how it was measured.
    Value(f64, String),
    /// Holds the reason why there is no value.
    Missing(String),
}

#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Ratio,
    Milliseconds,
    Mebibytes,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Mebibytes => format!("{value:.0} MiB"),
        }
    }
}

impl Figure {
    fn is_missed(&self) -> bool {
        matches!((&self.measured, self.target), (Measured::Value(value, _), Some(target)) if *value > target)
    }

    fn is_missing(&self) -> bool {
        matches!(self.measured, Measured::Missing(_))
    }

    fn state(&self) -> &'static str {
        match (self.is_missing(), self.target, self.is_missed()) {
            (true, _, _) => "not measured",
            (_, None, _) => "-",
            (_, _, true) => "MISSED",
            (_, _, false) => "met",
        }
    }

    fn line(&self) -> String {
        let (value, remark) = match &self.measured {
            Measured::Value(value, remark) => (self.unit.show(*value), remark),
            Measured::Missing(reason) => ("-".to_owned(), reason),
        };
        let target = self.target.map_or_else(|| "-".to_owned(), |target| format!("≤ {}", self.unit.show(target)));
        format!("{:48} {value:>9} {target:>10}  {:12}  {remark}", self.name, self.state())
    }
}

/// Prints the table; the exit code tells whether every target was met.
pub(crate) fn conclude(figures: &[Figure]) -> ExitCode {
    println!("\n{:48} {:>9} {:>10}  {:12}  of what", "figure", "measured", "target", "");
    for figure in figures {
        println!("{}", figure.line());
    }
    let missing = figures.iter().filter(|figure| figure.is_missing()).count();
    let missed: Vec<_> = figures.iter().filter(|figure| figure.is_missed()).map(|figure| figure.name).collect();
    if missed.is_empty() && missing == 0 {
        println!("\nEvery target is met.");
        return ExitCode::SUCCESS;
    }
    let missed = if missed.is_empty() { "nothing".to_owned() } else { missed.join(", ") };
    println!("\nMissed: {missed}; not measured: {missing}.");
    ExitCode::FAILURE
}

/// Returns the value in the middle.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
