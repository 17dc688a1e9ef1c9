//! Regression bounds: what earlier runs have met, with slack.

use std::collections::BTreeMap;

use super::{Figure, Goal, Measurement, Unit, Verdict};

/// The slack on a measured value, because machines differ from run to run.
const MEASURED_SLACK: f64 = 1.3;
/// The slack on a target: a bound is never looser than this.
const TARGET_SLACK: f64 = 1.1;

/// The bound of each figure, by the figure's title.
///
/// A bound on a ratio holds on any machine. So do bytes and counts. A bound on a time does not, so there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds(BTreeMap<String, f64>);

impl Bounds {
    /// Makes bounds of the figures whose targets are met.
    pub fn from_met(measurements: &[Measurement]) -> Self {
        let met = measurements.iter().filter_map(Measurement::figure).filter(|one| one.verdict() == Verdict::Met);
        Self(met.filter_map(|figure| Some((figure.title(), bound(figure)?))).collect())
    }

    /// Keeps the bounds of `older` for figures that have none here.
    #[must_use]
    pub fn or(mut self, older: Self) -> Self {
        for (title, bound) in older.0 {
            self.0.entry(title).or_insert(bound);
        }
        self
    }

    /// Reads bounds: a line per figure, the bound and the title with a tab between. Lines that begin with `#` are remarks.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let parsed = lines.map(|line| {
            let (bound, title) = line.split_once('\t').ok_or_else(|| anyhow::anyhow!("no tab in {line:?}"))?;
            Ok((title.to_owned(), bound.parse().map_err(|_| anyhow::anyhow!("no number in {line:?}"))?))
        });
        parsed.collect::<anyhow::Result<_>>().map(Self)
    }

    /// Formats bounds as [`parse`](Self::parse) reads them.
    pub fn format(&self) -> String {
        let remark = "# What `cargo xtask bench --check` allows: a ratio, or bytes or a count; `--record` writes it.\n";
        self.0.iter().fold(remark.to_owned(), |text, (title, bound)| text + &format!("{bound:.3}\t{title}\n"))
    }

    /// Returns a sentence for each figure that exceeds its bound.
    pub fn exceeded(&self, measurements: &[Measurement]) -> Vec<String> {
        let exceeds = |figure: &Figure| {
            let (goal, bound) = (figure.goal?, *self.0.get(&figure.title())?);
            let (value, title) = (figure.judged(goal), figure.title());
            (!goal.with_value(bound).is_met_by(value)).then(|| format!("{title}: {value:.3}, and the bound is {bound}"))
        };
        measurements.iter().filter_map(Measurement::figure).filter_map(exceeds).collect()
    }

    /// Returns the titles that have a bound and were not measured.
    pub fn unmeasured(&self, measurements: &[Measurement]) -> Vec<String> {
        let measured: Vec<_> = measurements.iter().filter_map(Measurement::figure).map(Figure::title).collect();
        self.0.keys().filter(|title| !measured.contains(title)).cloned().collect()
    }
}

/// Returns the bound of a met figure: the measured value with slack, and never looser than the target with slack.
fn bound(figure: &Figure) -> Option<f64> {
    let goal = figure.goal?;
    let value = figure.judged(goal);
    let is_time = matches!(figure.unit, Unit::Milliseconds | Unit::Microseconds);
    match goal {
        Goal::AtMost(_) if is_time => None,
        Goal::RatioAtMost(target) | Goal::AtMost(target) => Some((value * MEASURED_SLACK).min(target * TARGET_SLACK)),
        Goal::RatioAtLeast(target) => Some((value / MEASURED_SLACK).max(target / TARGET_SLACK)),
    }
}

impl Goal {
    /// Returns the same kind of goal with another value.
    const fn with_value(self, value: f64) -> Self {
        match self {
            Self::RatioAtMost(_) => Self::RatioAtMost(value),
            Self::RatioAtLeast(_) => Self::RatioAtLeast(value),
            Self::AtMost(_) => Self::AtMost(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    fn ratio(ours: f64, goal: Goal) -> Measurement {
        let figure = Figure::alone("5", "call", Unit::Microseconds, Sample::exact(ours));
        Measurement::Taken(figure.beside("bare", Sample::exact(1.0)).aims_at(goal))
    }

    #[test]
    fn a_bound_is_what_was_measured_with_slack_and_no_looser_than_the_target_with_slack() {
        let table = [
            (ratio(0.1, Goal::RatioAtMost(0.5)), Some(0.13)),
            (ratio(0.49, Goal::RatioAtMost(0.5)), Some(0.55)),
            (ratio(0.8, Goal::RatioAtLeast(0.7)), Some(0.7 / 1.1)),
            (ratio(2.0, Goal::RatioAtLeast(0.7)), Some(2.0 / 1.3)),
            (ratio(0.6, Goal::RatioAtMost(0.5)), None),
        ];
        for (measurement, expected) in table {
            let bounds = Bounds::from_met(std::slice::from_ref(&measurement));
            let bound = bounds.0.get("5 call / bare");
            assert_eq!(bound.map(|it| format!("{it:.3}")), expected.map(|it| format!("{it:.3}")), "{measurement:?}");
        }
    }

    #[test]
    fn a_bound_is_exceeded_in_the_direction_of_its_target() {
        let bounds = Bounds::parse("0.5\t5 call / bare\n").unwrap();
        let table = [(Goal::RatioAtMost(0.4), 0.51, true), (Goal::RatioAtMost(0.4), 0.49, false)];
        let table =
            table.into_iter().chain([(Goal::RatioAtLeast(0.7), 0.49, true), (Goal::RatioAtLeast(0.7), 0.51, false)]);
        for (goal, ours, exceeded) in table {
            assert_eq!(!bounds.exceeded(&[ratio(ours, goal)]).is_empty(), exceeded, "{goal:?} {ours}");
        }
    }

    #[test]
    fn a_time_has_no_bound_and_memory_has() {
        let alone = |unit| {
            let figure = Figure::alone("11", "many", unit, Sample::exact(10.0)).aims_at(Goal::AtMost(20.0));
            Bounds::from_met(&[Measurement::Taken(figure)]).0.len()
        };
        assert_eq!(alone(Unit::Milliseconds), 0);
        assert_eq!(alone(Unit::Mebibytes), 1);
    }

    #[test]
    fn bounds_are_read_as_they_were_written_and_older_ones_stay() {
        let bounds = Bounds::parse("# a remark\n0.125\t1 first start / today\n2\t6 calls\n").unwrap();
        assert_eq!(Bounds::parse(&bounds.format()).unwrap(), bounds);
        let newer = Bounds::parse("0.5\t6 calls\n").unwrap();
        assert_eq!(newer.or(bounds), Bounds::parse("0.125\t1 first start / today\n0.5\t6 calls\n").unwrap());
        assert!(Bounds::parse("no tab").is_err());
    }

    #[test]
    fn what_has_a_bound_and_was_not_measured_is_named() {
        let bounds = Bounds::parse("1\t5 call / bare\n1\t7 cpu / today\n").unwrap();
        assert_eq!(bounds.unmeasured(&[ratio(1.0, Goal::RatioAtMost(1.0))]), ["7 cpu / today"]);
    }
}
