//! A picture as SVG: plain shapes and a style sheet, nothing from outside.

use std::fmt::Write as _;

use super::{Box, Picture, layout::layout};

/// The hues of families, as degrees; further families start over.
const HUES: [u32; 10] = [212, 150, 32, 275, 350, 182, 55, 318, 96, 240];

/// Lengths in pixels.
const MARGIN: f64 = 16.0;
const BOX_HEIGHT: f64 = 30.0;
const BOX_GAP: f64 = 18.0;
const ROW_GAP: f64 = 44.0;
/// Boxes are as wide as their text, which is guessed from its number of characters.
const CHAR_WIDTH: f64 = 7.1;
const CHARS_MAX: usize = 28;

/// The style sheet, but for the colours of families. Class names are ours alone, as a page may hold several pictures.
const STYLE: &str = "\
.gm text{font:500 12.5px ui-sans-serif,system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;text-anchor:middle}
.gm rect{stroke-width:1.25}
.gm .gm-wanted{stroke-width:2.75}
.gm .gm-held{stroke-dasharray:4 3}
.gm .gm-edge{fill:none;stroke:#8b95a7;stroke-width:1.25}
.gm .gm-tip{fill:#8b95a7}
.gm .gm-note{fill:#6b7588}
.gm .gm-box:hover rect{stroke-width:2.75}
";

/// Draws a picture.
pub(super) fn draw(picture: &Picture) -> String {
    let labels: Vec<String> = picture.boxes.iter().map(label).collect();
    let widths: Vec<f64> =
        labels.iter().map(|label| label.chars().count() as f64 * CHAR_WIDTH + 24.0).collect();
    let layout = layout(picture, &widths, BOX_GAP);
    let note_height = if picture.n_hidden > 0 { 28.0 } else { 0.0 };
    let width = layout.width.max(if picture.n_hidden > 0 { 220.0 } else { 0.0 }) + 2.0 * MARGIN + 6.0;
    let n_rows = layout.n_rows as f64;
    let height = n_rows * BOX_HEIGHT + (n_rows - 1.0).max(0.0) * ROW_GAP + 2.0 * MARGIN + 6.0 + note_height;
    let mut svg = String::new();
    let n_tasks: usize = picture.boxes.iter().map(|drawn| drawn.n_tasks).sum();
    // Writing to a text never fails.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gm\" role=\"img\" aria-label=\"task graph of {n_tasks} tasks\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <style>\n{STYLE}{}</style>\n\
         <defs><marker id=\"gm-tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path class=\"gm-tip\" d=\"M0 0.6 8 4 0 7.4 1.6 4z\"/></marker></defs>\n",
        colours(picture),
    );
    for route in &layout.routes {
        let _ = writeln!(svg, "<path class=\"gm-edge\" marker-end=\"url(#gm-tip)\" d=\"{}\"/>", curve(route));
    }
    for (position, ((drawn, label), &(x, row))) in
        picture.boxes.iter().zip(&labels).zip(&layout.places).enumerate()
    {
        let is_source = !picture.arrows.iter().any(|&(_, to)| to == position);
        draw_box(&mut svg, drawn, label, (x + MARGIN, top(row)), widths[position], is_source);
    }
    if picture.n_hidden > 0 {
        let (x, y) = (width / 2.0, height - MARGIN);
        let _ = writeln!(
            svg,
            "<text class=\"gm-note\" x=\"{x:.1}\" y=\"{y:.1}\">and {} more layers</text>",
            picture.n_hidden
        );
    }
    svg + "</svg>\n"
}

fn draw_box(svg: &mut String, drawn: &Box, label: &str, (x, y): (f64, f64), width: f64, is_source: bool) {
    let (left, middle) = (x - width / 2.0, y + BOX_HEIGHT / 2.0 + 4.5);
    let radius = if is_source { BOX_HEIGHT / 2.0 } else { 7.0 };
    let colour = drawn.colour % HUES.len();
    let wanted = if drawn.wanted { " gm-wanted" } else { "" };
    let held = if drawn.held { " gm-held" } else { "" };
    let _ = write!(svg, "<g class=\"gm-box gm-c{colour}\"><title>{}</title>", escape(&drawn.title));
    let rect = |svg: &mut String, shift: f64, class: &str| {
        let (x, y) = (left + shift, y + shift);
        let _ = write!(
            svg,
            "<rect{class} x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BOX_HEIGHT}\" rx=\"{radius}\"/>"
        );
    };
    if drawn.n_tasks > 1 {
        rect(svg, 5.0, "");
        rect(svg, 2.5, "");
    }
    rect(svg, 0.0, &format!(" class=\"{}\"", format!("{wanted}{held}").trim()));
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{middle:.1}\">{}</text></g>", escape(label));
}

/// The name, shortened, and how many tasks there are.
fn label(drawn: &Box) -> String {
    let mut label: String = drawn.name.chars().take(CHARS_MAX).collect();
    if drawn.name.chars().nth(CHARS_MAX).is_some() {
        label.pop();
        label.push('…');
    }
    match drawn.n_tasks {
        1 => label,
        n => label + " × " + &thousands(n),
    }
}

/// `12 345` with narrow spaces.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let n_digits = digits.len();
    let spaced =
        digits.chars().enumerate().map(|(i, digit)| match i > 0 && (n_digits - i).is_multiple_of(3) {
            true => format!("\u{202f}{digit}"),
            false => digit.to_string(),
        });
    spaced.collect()
}

/// The colours of the families that occur, for light and for dark pages.
fn colours(picture: &Picture) -> String {
    let n = picture.boxes.iter().map(|drawn| drawn.colour + 1).max().unwrap_or(0);
    let (mut light, mut dark) = (String::new(), String::new());
    for (i, hue) in HUES.iter().enumerate().take(n) {
        let _ = writeln!(light, ".gm-c{i} rect{{fill:hsl({hue},75%,95%);stroke:hsl({hue},45%,48%)}}");
        let _ = writeln!(light, ".gm-c{i} text{{fill:hsl({hue},55%,20%)}}");
        let _ = writeln!(dark, ".gm-c{i} rect{{fill:hsl({hue},32%,19%);stroke:hsl({hue},48%,58%)}}");
        let _ = writeln!(dark, ".gm-c{i} text{{fill:hsl({hue},55%,92%)}}");
    }
    format!("{light}@media(prefers-color-scheme:dark){{\n{dark}}}\n")
}

/// A smooth line that leaves each row and enters the next one upright.
fn curve(route: &[(f64, usize)]) -> String {
    let mut path = String::new();
    for pair in route.windows(2) {
        let [(x0, row0), (x1, row1)] = [pair[0], pair[1]].map(|(x, row)| (x + MARGIN, row));
        let (y0, y1) = (top(row0) + BOX_HEIGHT, top(row1) - 1.0);
        if path.is_empty() {
            let _ = write!(path, "M{x0:.1} {y0:.1}");
        } else {
            let _ = write!(path, "V{y0:.1}");
        }
        let bend = (y1 - y0) * 0.5;
        let _ = write!(path, "C{x0:.1} {:.1} {x1:.1} {:.1} {x1:.1} {y1:.1}", y0 + bend, y1 - bend);
    }
    path
}

/// The upper edge of a row.
fn top(row: usize) -> f64 {
    MARGIN + row as f64 * (BOX_HEIGHT + ROW_GAP)
}

/// Text that XML takes as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            // XML has no place for control characters, not even escaped.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
