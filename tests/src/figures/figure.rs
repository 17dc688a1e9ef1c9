//! One figure: a quantity of this project beside another's, and what was aimed at.

use super::{Sample, Unit};

/// A quantity as this project has it, beside the same quantity of another.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Names the row of the table that the figure belongs to; several figures may share it.
    pub row: &'static str,
    /// Says what was measured.
    pub name: String,
    /// Is the unit of both samples.
    pub unit: Unit,
    /// Is this project's sample.
    pub ours: Sample,
    /// Is what it is compared with, if anything.
    pub other: Option<Other>,
    /// Is the target; `None` for a figure that is shown for comparison.
    pub goal: Option<Goal>,
}

/// What a figure is compared with.
#[derive(Clone, Debug)]
pub struct Other {
    /// Names it.
    pub name: &'static str,
    /// Is its sample.
    pub sample: Sample,
}

/// A target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The ratio of ours to the other's must not be higher.
    RatioAtMost(f64),
    /// The ratio of ours to the other's must not be lower.
    RatioAtLeast(f64),
    /// Our median itself must not be higher.
    AtMost(f64),
}

/// The judgement of a figure by its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The target is met.
    Met,
    /// The target is missed.
    Missed,
    /// There is no target.
    Shown,
}

/// A figure, or the reason why there is none.
#[derive(Clone, Debug)]
pub enum Measurement {
    /// Was measured.
    Taken(Figure),
    /// Could not be measured.
    Missing {
        /// Names the row of the table.
        row: &'static str,
        /// Says what was to be measured.
        name: String,
        /// Says why it was not.
        reason: String,
    },
}

impl Figure {
    /// Returns a figure that stands alone.
    pub fn alone(row: &'static str, name: impl Into<String>, unit: Unit, ours: Sample) -> Self {
        Self { row, name: name.into(), unit, ours, other: None, goal: None }
    }

    /// Compares the figure with another's sample.
    #[must_use]
    pub fn beside(self, name: &'static str, sample: Sample) -> Self {
        Self { other: Some(Other { name, sample }), ..self }
    }

    /// Sets the target.
    #[must_use]
    pub fn aims_at(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Returns the ratio of our median to the other's, if there is another.
    pub fn ratio(&self) -> Option<f64> {
        self.other.as_ref().map(|other| self.ours.median / other.sample.median)
    }

    /// Returns the value that a goal judges: the ratio, or our median. A ratio of a figure that stands alone is NaN.
    pub fn judged(&self, goal: Goal) -> f64 {
        match goal {
            Goal::AtMost(_) => self.ours.median,
            Goal::RatioAtMost(_) | Goal::RatioAtLeast(_) => self.ratio().unwrap_or(f64::NAN),
        }
    }

    /// Judges the figure by its target.
    pub fn verdict(&self) -> Verdict {
        match self.goal {
            None => Verdict::Shown,
            Some(goal) if goal.is_met_by(self.judged(goal)) => Verdict::Met,
            Some(_) => Verdict::Missed,
        }
    }
}

impl Goal {
    /// Tells whether a value meets the goal; what is no number does not.
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::RatioAtMost(most) | Self::AtMost(most) => value <= most,
            Self::RatioAtLeast(least) => value >= least,
        }
    }
}

impl Verdict {
    /// Returns the word for the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Shown => "-",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(goal: Option<Goal>, ours: f64, other: Option<f64>) -> Verdict {
        let figure = Figure::alone("1", "a figure", Unit::Milliseconds, Sample::exact(ours));
        let other = other.map(|other| Other { name: "other", sample: Sample::exact(other) });
        Figure { other, goal, ..figure }.verdict()
    }

    #[test]
    fn a_verdict_compares_the_ratio_or_the_value_with_the_target() {
        let table = [
            (Some(Goal::RatioAtMost(0.5)), 5.0, Some(10.0), Verdict::Met),
            (Some(Goal::RatioAtMost(0.5)), 5.1, Some(10.0), Verdict::Missed),
            (Some(Goal::RatioAtLeast(1.4)), 14.0, Some(10.0), Verdict::Met),
            (Some(Goal::RatioAtLeast(1.4)), 13.0, Some(10.0), Verdict::Missed),
            (Some(Goal::AtMost(200.0)), 200.0, None, Verdict::Met),
            (Some(Goal::AtMost(200.0)), 201.0, Some(1000.0), Verdict::Missed),
            (None, 1.0, Some(2.0), Verdict::Shown),
        ];
        for (goal, ours, other, expected) in table {
            assert_eq!(verdict(goal, ours, other), expected, "{goal:?} {ours} {other:?}");
        }
    }

    #[test]
    fn a_ratio_that_does_not_exist_meets_no_target() {
        assert_eq!(verdict(Some(Goal::RatioAtMost(0.5)), 1.0, None), Verdict::Missed);
        assert_eq!(verdict(Some(Goal::RatioAtLeast(0.5)), 0.0, Some(0.0)), Verdict::Missed);
    }
}
