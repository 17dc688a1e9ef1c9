//! The straight line through samples that were taken over time.

use anyhow::{Result, ensure};

/// The straight line that fits points best (least squares).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Is the growth of the value per unit of time.
    pub slope: f64,
    /// Is the mean of the values.
    pub mean: f64,
}

impl Trend {
    /// Fits a line through points, each a time and a value. Fails unless they have two different times.
    #[allow(clippy::cast_precision_loss, reason = "a bench has few points")]
    pub fn fit(points: &[(f64, f64)]) -> Result<Self> {
        let count = points.len() as f64;
        let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / count;
        let (time, value) = (mean(|(time, _)| *time), mean(|(_, value)| *value));
        let spread: f64 = points.iter().map(|(at, _)| (at - time).powi(2)).sum();
        ensure!(spread > 0.0, "a line needs two points at different times");
        let common: f64 = points.iter().map(|(at, one)| (at - time) * (one - value)).sum();
        Ok(Self { slope: common / spread, mean: value })
    }

    /// Tells whether the value changes over `duration` by no more than `bound`, whichever way.
    ///
    /// A line that falls is no leak, but is no steady state either.
    pub fn is_flat(&self, duration: f64, bound: f64) -> bool {
        (self.slope * duration).abs() <= bound
    }
}

#[cfg(test)]
mod tests {
    use super::Trend;

    #[test]
    fn a_line_is_found_through_points_and_through_noise() {
        let exact = Trend::fit(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap();
        assert_eq!(exact, Trend { slope: 2.0, mean: 3.0 });
        let noisy = Trend::fit(&[(0.0, 10.0), (1.0, 12.0), (2.0, 10.0), (3.0, 12.0), (4.0, 11.0)]).unwrap();
        assert!((noisy.slope - 0.2).abs() < 1e-9, "{noisy:?}");
    }

    #[test]
    fn a_leak_is_not_flat_and_noise_is() {
        let leak = Trend::fit(&[(0.0, 100.0), (10.0, 101.0), (20.0, 102.0)]).unwrap();
        assert!(!leak.is_flat(30.0, 2.0));
        let noise = Trend::fit(&[(0.0, 100.0), (10.0, 101.0), (20.0, 100.0)]).unwrap();
        assert!(noise.is_flat(30.0, 2.0));
    }

    #[test]
    fn one_moment_has_no_line() {
        assert!(Trend::fit(&[]).is_err());
        assert!(Trend::fit(&[(1.0, 2.0), (1.0, 3.0)]).is_err());
    }
}
