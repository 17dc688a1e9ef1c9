//! The summary of a quantity that was measured many times.

use anyhow::{Result, ensure};

/// A summary of measured values: the median, and the quartiles as their spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Holds a quarter of the values below it.
    pub lower_quartile: f64,
    /// Holds half of the values below it.
    pub median: f64,
    /// Holds three quarters of the values below it.
    pub upper_quartile: f64,
}

impl Sample {
    /// Summarises values. Fails if there are none, or if one of them is no number.
    pub fn of(values: &[f64]) -> Result<Self> {
        ensure!(!values.is_empty(), "nothing was measured");
        ensure!(values.iter().all(|value| value.is_finite()), "a measured value is no number: {values:?}");
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share| quantile(&sorted, share);
        Ok(Self { lower_quartile: at(0.25), median: at(0.5), upper_quartile: at(0.75) })
    }

    /// Returns the sample of a quantity that is counted and has no spread.
    pub const fn exact(value: f64) -> Self {
        Self { lower_quartile: value, median: value, upper_quartile: value }
    }

    /// Returns the sample whose values are divided by a number.
    #[must_use]
    pub fn divided_by(self, divisor: f64) -> Self {
        Self {
            lower_quartile: self.lower_quartile / divisor,
            median: self.median / divisor,
            upper_quartile: self.upper_quartile / divisor,
        }
    }
}

/// Interpolates between the two neighbours of a share of sorted values.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small index"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn the_median_and_the_quartiles_lie_where_they_should() {
        let table: [(&[f64], [f64; 3]); 4] = [
            (&[5.0], [5.0, 5.0, 5.0]),
            (&[1.0, 3.0], [1.5, 2.0, 2.5]),
            (&[4.0, 1.0, 3.0, 2.0, 5.0], [2.0, 3.0, 4.0]),
            (&[10.0, 1.0, 1.0, 1.0], [1.0, 1.0, 3.25]),
        ];
        for (values, [lower_quartile, median, upper_quartile]) in table {
            assert_eq!(Sample::of(values).unwrap(), Sample { lower_quartile, median, upper_quartile }, "{values:?}");
        }
    }

    #[test]
    fn nothing_and_what_is_no_number_have_no_summary() {
        assert!(Sample::of(&[]).is_err());
        assert!(Sample::of(&[1.0, f64::NAN]).is_err());
    }
}
