//! The units of figures.

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Thousandths of a second.
    Milliseconds,
    /// Millionths of a second.
    Microseconds,
    /// Answered calls in a second.
    CallsPerSecond,
    /// 2^20 bytes.
    Mebibytes,
    /// A quarter of a byte's count: about what a model's tokeniser makes of JSON.
    Tokens,
    /// A number of things.
    Count,
}

impl Unit {
    /// Returns the symbol that follows a value; it is empty for a count.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Microseconds => "µs",
            Self::CallsPerSecond => "calls/s",
            Self::Mebibytes => "MiB",
            Self::Tokens => "tokens",
            Self::Count => "",
        }
    }

    /// Formats a value with its symbol.
    pub fn format(self, value: f64) -> String {
        format!("{} {}", format_number(value), self.symbol()).trim_end().to_owned()
    }
}

/// Formats a number with about three digits that count.
pub(super) fn format_number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn values_have_three_digits_and_their_symbol() {
        let table = [
            (Unit::Milliseconds, 2.345, "2.35 ms"),
            (Unit::Microseconds, 260.4, "260 µs"),
            (Unit::Mebibytes, 43.21, "43.2 MiB"),
            (Unit::Count, 0.0, "0"),
            (Unit::CallsPerSecond, 9876.5, "9876 calls/s"),
        ];
        for (unit, value, formatted) in table {
            assert_eq!(unit.format(value), formatted);
        }
    }
}
