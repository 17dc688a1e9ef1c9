//! The drawing beside the table: starts and calls of each server, a panel per quantity.

use std::path::Path;

use anyhow::Result;
use lamplighter_tests::figures::{Figure, Measurement, Unit};
use plotters::coord::Shift;
use plotters::prelude::*;

const SIZE: (u32, u32) = (960, 640);
/// The rows of the table that have a panel.
const PANEL_ROWS: [&str; 4] = ["2", "5", "6", "8"];
/// The name of this project's bars.
const OUR_LABEL: &str = "Lamplighter";

const OUR_COLOR: RGBColor = RGBColor(217, 119, 6);
const OTHER_COLOR: RGBColor = RGBColor(107, 114, 128);
const TEXT_SIZE: i32 = 14;
const TITLE_SIZE: i32 = 18;
/// The room to the right of the longest bar for its value, in lengths of that bar.
const VALUE_ROOM: f64 = 1.35;

/// A quantity of several servers.
struct Panel {
    title: String,
    unit: Unit,
    bars: Vec<(&'static str, f64)>,
}

/// Draws a panel for each row that was measured.
pub(crate) fn draw(file: &Path, measurements: &[Measurement]) -> Result<()> {
    let panels: Vec<_> = PANEL_ROWS.iter().filter_map(|row| Panel::of_row(row, measurements)).collect();
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        for (area, panel) in area.split_evenly((2, 2)).iter().zip(&panels) {
            panel.draw(area)?;
        }
        area.present()?;
    }
    std::fs::write(file, text)?;
    Ok(())
}

impl Panel {
    fn of_row(row: &str, measurements: &[Measurement]) -> Option<Self> {
        let figures: Vec<&Figure> =
            measurements.iter().filter_map(Measurement::figure).filter(|figure| figure.row == row).collect();
        let first = figures.first()?;
        let others = figures.iter().filter_map(|figure| figure.other.as_ref());
        let ours = (OUR_LABEL, first.ours.median);
        let bars = std::iter::once(ours).chain(others.map(|other| (other.name, other.sample.median))).collect();
        Some(Self { title: first.name.clone(), unit: first.unit, bars })
    }

    fn draw(&self, area: &DrawingArea<SVGBackend, Shift>) -> Result<()> {
        let longest = self.bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let rows = self.bars.len();
        let label = |row: &SegmentValue<usize>| match row {
            SegmentValue::CenterOf(row) => self.bars.get(rows - 1 - row).map_or("", |bar| bar.0).to_owned(),
            _ => String::new(),
        };
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, ("sans-serif", TITLE_SIZE))
            .margin(12)
            .x_label_area_size(28)
            .y_label_area_size(96)
            .build_cartesian_2d(0.0..longest * VALUE_ROOM, (0..rows).into_segmented())?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(rows)
            .y_label_formatter(&label)
            .x_labels(5)
            .label_style(("sans-serif", TEXT_SIZE))
            .x_desc(self.unit.symbol())
            .draw()?;
        let bars = self.bars.iter().rev().enumerate();
        chart.draw_series(bars.clone().map(|(row, (name, value))| {
            let color = if *name == OUR_LABEL { OUR_COLOR } else { OTHER_COLOR };
            let corners = [(0.0, SegmentValue::Exact(row)), (*value, SegmentValue::Exact(row + 1))];
            let mut bar = Rectangle::new(corners, color.filled());
            bar.set_margin(5, 5, 0, 0);
            bar
        }))?;
        chart.draw_series(bars.map(|(row, (_, value))| {
            let place = (*value * 1.02, SegmentValue::CenterOf(row));
            Text::new(self.unit.format(*value), place, ("sans-serif", TEXT_SIZE))
        }))?;
        Ok(())
    }
}
