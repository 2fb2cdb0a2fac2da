//! Text that came from a guest, before people see it.

/// `text` on one line of at most `len_max` characters, without control characters.
///
/// A guest must not be able to write escape sequences into a terminal or forge lines of a log.
pub(crate) fn clean(text: &str, len_max: usize) -> String {
    let mut cleaned: String = text.chars().take(len_max).flat_map(visible).collect();
    if text.chars().nth(len_max).is_some() {
        cleaned.push('…');
    }
    cleaned
}

/// The character itself, or how it is written in Rust if it cannot be seen.
fn visible(c: char) -> impl Iterator<Item = char> {
    let hidden = (c.is_control() && c != '\t') || is_direction_mark(c);
    let (shown, escaped) = if hidden { (None, Some(c.escape_default())) } else { (Some(c), None) };
    shown.into_iter().chain(escaped.into_iter().flatten())
}

/// Characters that make text read in another order than it is written.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with its lines kept, each cleaned.
pub(crate) fn clean_lines(text: &str, len_max: usize) -> String {
    let mut left = len_max;
    let lines = text.lines().map_while(|line| {
        let shown = (left > 0).then(|| clean(line, left));
        left = left.saturating_sub(line.chars().count() + 1);
        shown
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names in `among` that are most like `name`, as a hint for people.
pub(crate) fn hint<'a>(name: &str, among: impl Iterator<Item = &'a str>, what: &str) -> String {
    const SHOWN_MAX: usize = 5;
    let mut names: Vec<_> = among.map(|known| (distance(name, known), known)).collect();
    names.sort_unstable();
    let Some(&(nearest, best)) = names.first() else {
        return format!("it has no {what} at all");
    };
    if nearest <= 2.max(name.chars().count() / 3) {
        return format!("did you mean `{best}`?");
    }
    let shown: Vec<_> = names.iter().take(SHOWN_MAX).map(|(_, known)| format!("`{known}`")).collect();
    let more = if names.len() > SHOWN_MAX {
        format!(" and {} more", names.len() - SHOWN_MAX)
    } else {
        String::new()
    };
    format!("its {what} are {}{more}", shown.join(", "))
}

/// How many characters must be put in, left out or changed to make one of the other.
/// Source: Levenshtein's distance, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (cb, pair) in b.chars().zip(row.windows(2)) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(ca != cb)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
