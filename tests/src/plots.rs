//! Plots of measurements, as SVG files in `docs/plots`.
//!
//! Ours are blue, peers are grey; the background is white, so that they can be read on any page.

use std::error::Error;
use std::path::PathBuf;

use plotters::prelude::*;

/// What goes wrong with a plot.
type Failed = Box<dyn Error>;

/// The colour of what is ours.
const OURS: RGBColor = RGBColor(0x1f, 0x5f, 0xbf);
/// The colour of peers.
const PEERS: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);

/// Where a plot is written.
fn path(name: &str) -> PathBuf {
    crate::root().join("docs/plots").join(name).with_extension("svg")
}

/// One line of a plot.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

/// Draws lines over two logarithmic axes.
///
/// # Errors
///
/// When the file cannot be written.
pub fn lines(name: &str, title: &str, axes: [&str; 2], lines: &[Line]) -> Result<(), Failed> {
    let path = path(name);
    let area = SVGBackend::new(&path, (760, 460)).into_drawing_area();
    area.fill(&WHITE)?;
    let points = || lines.iter().flat_map(|line| &line.points);
    let range = |part: fn(&(f64, f64)) -> f64| {
        let least = points().map(part).fold(f64::INFINITY, f64::min);
        let most = points().map(part).fold(0.0, f64::max);
        (least * 0.8)..(most * 1.3)
    };
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(range(|point| point.0).log_scale(), range(|point| point.1).log_scale())?;
    chart.configure_mesh().x_desc(axes[0]).y_desc(axes[1]).light_line_style(WHITE).draw()?;
    for line in lines {
        let colour = if line.ours { OURS } else { PEERS };
        chart
            .draw_series(LineSeries::new(line.points.clone(), colour.stroke_width(2)))?
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
        chart.draw_series(line.points.iter().map(|point| Circle::new(*point, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(PEERS)
        .draw()?;
    area.present()?;
    Ok(())
}

/// One bar of a plot.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// How long it is.
    pub value: f64,
}

/// Draws bars, one below the other, each with its name and its value.
///
/// # Errors
///
/// When the file cannot be written.
pub fn bars(name: &str, title: &str, unit: &str, bars: &[Bar]) -> Result<(), Failed> {
    const HEIGHT: i32 = 22;
    const NAMES: i32 = 230;
    const WIDTH: i32 = 420;
    let path = path(name);
    let rows = i32::try_from(bars.len())?;
    let size = (u32::try_from(NAMES + WIDTH + 110)?, u32::try_from(60 + rows * HEIGHT)?);
    let area = SVGBackend::new(&path, size).into_drawing_area();
    area.fill(&WHITE)?;
    area.draw(&Text::new(format!("{title} ({unit})"), (12, 14), ("sans-serif", 17)))?;
    let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    for (row, bar) in (0..).zip(bars) {
        let top = 44 + row * HEIGHT;
        #[allow(clippy::cast_possible_truncation, reason = "a width in pixels")]
        let length = (bar.value / most * f64::from(WIDTH)) as i32;
        let colour = if bar.ours { OURS } else { PEERS };
        area.draw(&Text::new(bar.name.clone(), (12, top), ("sans-serif", 14)))?;
        let corners = [(NAMES, top), (NAMES + length.max(1), top + HEIGHT - 7)];
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        let value = if bar.value < 10.0 { format!("{:.2}", bar.value) } else { format!("{:.0}", bar.value) };
        area.draw(&Text::new(value, (NAMES + length + 8, top), ("sans-serif", 14)))?;
    }
    area.present()?;
    Ok(())
}
