//! Figures of the bench: samples, ratios, targets and verdicts, and the tables that show them.
//!
//! They measure nothing themselves: `tests/benches/platform` does.

mod bounds;
mod figure;
mod page;
mod sample;
mod table;
mod trend;
mod unit;

pub use bounds::Bounds;
pub use figure::{Figure, Goal, Measurement, Other, Verdict};
pub use page::replace_section;
pub use sample::Sample;
pub use table::{markdown_table, print_table, summarize};
pub use trend::Trend;
pub use unit::Unit;
