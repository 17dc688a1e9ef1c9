//! Contenders take turns: A B A B. What the machine does otherwise strikes all of them alike.

use std::time::Instant;

use anyhow::Result;
use lamplighter_tests::figures::{Figure, Goal, Sample, Unit};

/// The samples of several contenders, of which the first is ours.
pub(crate) struct Contest {
    pub(crate) row: &'static str,
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) samples: Vec<(&'static str, Sample)>,
}

/// Measures each contender once a round, and returns the values of each.
pub(crate) fn take_turns<T>(
    contenders: &mut [T],
    rounds: usize,
    mut measure: impl FnMut(&mut T) -> Result<f64>,
) -> Result<Vec<Vec<f64>>> {
    let mut values = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (contender, values) in contenders.iter_mut().zip(&mut values) {
            values.push(measure(contender)?);
        }
    }
    Ok(values)
}

/// Returns the milliseconds since a moment.
pub(crate) fn milliseconds_since(moment: Instant) -> f64 {
    moment.elapsed().as_secs_f64() * 1e3
}

impl Contest {
    /// Summarises the values of each contender. The names are in the order of the values; the first is ours.
    pub(crate) fn new(
        row: &'static str,
        name: impl Into<String>,
        unit: Unit,
        names: impl IntoIterator<Item = &'static str>,
        values: &[Vec<f64>],
    ) -> Result<Self> {
        let samples = names.into_iter().zip(values).map(|(name, values)| Ok((name, Sample::of(values)?)));
        Ok(Self { row, name: name.into(), unit, samples: samples.collect::<Result<_>>()? })
    }

    /// Returns our sample.
    pub(crate) fn ours(&self) -> Sample {
        self.samples[0].1
    }

    /// Compares ours with each of the others, by the goal that stands beside its name.
    pub(crate) fn figures(&self, goals: &[(&str, Goal)]) -> Vec<Figure> {
        let figure = |(other, sample): &(&'static str, Sample)| {
            let figure = Figure::alone(self.row, self.name.clone(), self.unit, self.ours()).beside(other, *sample);
            let goal = goals.iter().find(|(name, _)| name == other).map(|(_, goal)| *goal);
            Figure { goal, ..figure }
        };
        self.samples.iter().skip(1).map(figure).collect()
    }
}
