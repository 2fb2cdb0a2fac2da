//! Values as text tables.

use gristmill::data::Value;

/// Rows that are printed of a longer table.
const ROWS_MAX: usize = 40;

/// The value for people: a table with aligned columns, or one line.
pub(crate) fn render(value: &Value) -> String {
    match value {
        Value::Partition(partition) => {
            let (header, rows) = gristmill::storage::to_text_rows(partition, ROWS_MAX);
            let hidden = partition.n_rows().saturating_sub(rows.len());
            let mut text = align(&header, &rows);
            if hidden > 0 {
                text.push_str(&format!("  ... and {hidden} rows more\n"));
            }
            text
        }
        other => format!("  {}\n", gristmill::storage::to_json(other)),
    }
}

/// Columns as wide as their widest cell; numbers to the right, text to the left.
fn align(header: &[String], rows: &[Vec<String>]) -> String {
    let width = |idx: usize| {
        let cells = rows.iter().filter_map(|row| row.get(idx)).chain(header.get(idx));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| {
                if cell.parse::<f64>().is_ok() {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    std::iter::once(line(header)).chain([line(&rule)]).chain(rows.iter().map(|row| line(row))).collect()
}
