//! Tables of figures, for a terminal and for Markdown.

use super::unit::format_number;
use super::{Figure, Goal, Measurement, Sample, Unit, Verdict};

const HEADINGS: [&str; 8] = ["row", "what", "beside", "theirs", "ours", "ratio", "target", "verdict"];

/// Formats the table for a terminal, with columns that line up.
pub fn print_table(measurements: &[Measurement]) -> String {
    let rows: Vec<_> = [HEADINGS.map(str::to_owned)].into_iter().chain(measurements.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &[String; 8]| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Formats the same table as Markdown.
pub fn markdown_table(measurements: &[Measurement]) -> String {
    let line = |cells: &[String; 8]| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
    let rule = HEADINGS.map(|_| "---".to_owned());
    let rows = [HEADINGS.map(str::to_owned), rule].into_iter().chain(measurements.iter().map(cells));
    rows.map(|row| line(&row)).collect()
}

/// Tells in a sentence which targets were missed and how many figures are missing, and whether all is well.
pub fn summarize(measurements: &[Measurement]) -> (String, bool) {
    let figures = measurements.iter().filter_map(Measurement::figure);
    let missed: Vec<_> = figures.filter(|figure| figure.verdict() == Verdict::Missed).map(Figure::title).collect();
    let missing = measurements.iter().filter(|measurement| measurement.figure().is_none()).count();
    match (missed.len(), missing) {
        (0, 0) => ("Every target is met.".to_owned(), true),
        (0, _) => (format!("No target is missed; {missing} not measured."), false),
        (count, _) => (format!("{count} missed: {}; {missing} not measured.", missed.join("; ")), false),
    }
}

impl Measurement {
    /// Returns the figure, if it was taken.
    pub fn figure(&self) -> Option<&Figure> {
        match self {
            Self::Taken(figure) => Some(figure),
            Self::Missing { .. } => None,
        }
    }
}

impl Figure {
    /// Names the figure and what it is compared with.
    pub fn title(&self) -> String {
        let beside = self.other.as_ref().map(|other| format!(" / {}", other.name));
        format!("{} {}{}", self.row, self.name, beside.unwrap_or_default())
    }
}

fn cells(measurement: &Measurement) -> [String; 8] {
    let blank = || "-".to_owned();
    match measurement {
        Measurement::Taken(figure) => [
            figure.row.to_owned(),
            figure.name.clone(),
            figure.other.as_ref().map_or_else(blank, |other| other.name.to_owned()),
            figure.other.as_ref().map_or_else(blank, |other| with_spread(figure.unit, other.sample)),
            with_spread(figure.unit, figure.ours),
            figure.ratio().map_or_else(blank, format_number),
            figure.goal.map_or_else(blank, |goal| format_goal(goal, figure.unit)),
            figure.verdict().word().to_owned(),
        ],
        Measurement::Missing { row, name, reason } => {
            let verdict = format!("not measured: {reason}");
            [(*row).to_owned(), name.clone(), blank(), blank(), blank(), blank(), blank(), verdict]
        }
    }
}

/// Formats the median with its quartiles, which are left out if they are the median.
fn with_spread(unit: Unit, sample: Sample) -> String {
    let [low, high] = [sample.lower_quartile, sample.upper_quartile].map(format_number);
    let median = unit.format(sample.median);
    if low == high { median } else { format!("{median} ({low}–{high})") }
}

fn format_goal(goal: Goal, unit: Unit) -> String {
    match goal {
        Goal::RatioAtMost(most) => format!("≤ {most:.2} ×"),
        Goal::RatioAtLeast(least) => format!("≥ {least:.2} ×"),
        Goal::AtMost(most) => format!("≤ {}", unit.format(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurements() -> Vec<Measurement> {
        let spread = Sample { lower_quartile: 9.0, median: 10.0, upper_quartile: 11.0 };
        let start = Figure::alone("2", "warm start", Unit::Milliseconds, spread);
        let start = start.beside("today", Sample::exact(40.0)).aims_at(Goal::RatioAtMost(0.5));
        let memory = Figure::alone("11", "memory", Unit::Mebibytes, Sample::exact(300.0)).aims_at(Goal::AtMost(200.0));
        let missing = Measurement::Missing { row: "3", name: "Python".into(), reason: "no pip".into() };
        vec![Measurement::Taken(start), missing, Measurement::Taken(memory)]
    }

    #[test]
    fn the_table_shows_both_sides_the_ratio_the_target_and_the_verdict() {
        let expected = "\
| row | what | beside | theirs | ours | ratio | target | verdict |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 2 | warm start | today | 40.0 ms | 10.0 ms (9.00–11.0) | 0.250 | ≤ 0.50 × | met |
| 3 | Python | - | - | - | - | - | not measured: no pip |
| 11 | memory | - | - | 300 MiB | - | ≤ 200 MiB | MISSED |
";
        assert_eq!(markdown_table(&measurements()), expected);
    }

    #[test]
    fn the_columns_line_up_on_a_terminal() {
        let table = print_table(&measurements());
        let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(column(lines[0], "verdict"), column(lines[1], "met"));
        assert_eq!(column(lines[0], "verdict"), column(lines[3], "MISSED"));
    }

    #[test]
    fn the_summary_names_what_is_missed_and_counts_what_is_missing() {
        let all = measurements();
        assert_eq!(summarize(&all), ("1 missed: 11 memory; 1 not measured.".to_owned(), false));
        assert_eq!(summarize(&all[..2]), ("No target is missed; 1 not measured.".to_owned(), false));
        assert_eq!(summarize(&all[..1]), ("Every target is met.".to_owned(), true));
    }
}
