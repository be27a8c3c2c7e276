//! Measurements as medians with their range, in a Markdown table.

use std::io::Write as _;

/// Repeated measurements of one thing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    fn sorted(&self) -> Vec<f64> {
        let mut values = self.0.clone();
        values.sort_by(f64::total_cmp);
        values
    }

    pub(crate) fn median(&self) -> Option<f64> {
        let values = self.sorted();
        let middle = values.len() / 2;
        if values.len().is_multiple_of(2) {
            Some(f64::midpoint(*values.get(middle.checked_sub(1)?)?, *values.get(middle)?))
        } else {
            values.get(middle).copied()
        }
    }

    fn told(&self) -> String {
        let values = self.sorted();
        let (Some(median), Some(least), Some(most)) = (self.median(), values.first(), values.last()) else {
            return "–".to_owned();
        };
        let (median, least, most) = (number(median), number(*least), number(*most));
        if least == most { median } else { format!("{median} ({least}–{most})") }
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 || value.fract() == 0.0 {
        format!("{value:.1}").trim_end_matches(".0").to_owned()
    } else {
        format!("{value:.2}")
    }
}

/// A heading and the head of its table.
pub(crate) fn part(title: &str) {
    print(&format!(
        "\n**{title}**\n\n| | Reprise | plain spotipy | Reprise / plain |\n|---|---:|---:|---:|\n"
    ));
}

/// A row; the ratio is of the medians.
pub(crate) fn row(what: &str, ours: &Samples, theirs: &Samples) {
    let ratio = match (ours.median(), theirs.median()) {
        (Some(ours), Some(theirs)) if theirs > 0.0 => number(ours / theirs),
        _ => "–".to_owned(),
    };
    print(&format!("| {what} | {} | {} | {ratio} |\n", ours.told(), theirs.told()));
}

/// Text for whoever reads the results.
pub(crate) fn print(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).expect("standard output");
}
