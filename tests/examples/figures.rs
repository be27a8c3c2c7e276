//! Writes the figures of documents anew from what the last `make bench` counted: for a change of prices,
//! of limits, or of the template. `tests/bench/figures` runs it.

use reprise_tests::cost::counts::Counts;
use reprise_tests::cost::prices::Aws;
use reprise_tests::cost::template::Template;
use reprise_tests::cost::{page, speed};

fn main() {
    let (aws, template, counts) = (Aws::read(), Template::read(), Counts::read());
    page::put_figures("BENCH.md", &speed::figures(&aws, &template, &counts));
    page::put_figures("COST.md", &page::cost(&aws, &template, &counts));
}
