//! What the documents say of costs and speed, computed again from what was counted, the prices and the
//! template. When one of these changes, `make bench` writes the figures anew.

use reprise_tests::cost::bill::Bill;
use reprise_tests::cost::counts::Counts;
use reprise_tests::cost::prices::Aws;
use reprise_tests::cost::template::Template;
use reprise_tests::cost::{page, speed};

/// The most that one listener who only archives may add to a month's bill, in dollars.
const A_LISTENER: f64 = 0.001;

fn assert_same(name: &str, computed: &str) {
    let written = page::figures(name);
    let differs = written.lines().zip(computed.lines()).find(|(is, should)| is != should);
    assert!(
        written == computed,
        "docs/{name} does not follow from counts, prices and template; run `tests/bench/figures`. It says\n{}\nand should say\n{}",
        differs.map_or("", |(is, _)| is),
        differs.map_or("", |(_, should)| should),
    );
}

#[test]
fn figures_follow_from_what_was_counted() {
    let (aws, template, counts) = (Aws::read(), Template::read(), Counts::read());
    assert_same("COST.md", &page::cost(&aws, &template, &counts));
    assert_same("BENCH.md", &speed::figures(&aws, &template, &counts));
}

#[test]
fn a_listener_costs_what_was_promised() {
    let (aws, template, counts) = (Aws::read(), Template::read(), Counts::read());
    for users in page::USERS.into_iter().filter(|users| *users > 5) {
        let bill = Bill::of(&aws, &template, &counts, users);
        let adds = bill.per_user.usd(&aws);
        assert!(adds <= A_LISTENER, "one of {users} adds {adds} dollars a month: {:?}", bill.per_user);
    }
}

#[test]
fn prices_in_the_document_are_those_that_are_computed_with() {
    let path = page::document("COST.md");
    let text = std::fs::read_to_string(&path).unwrap();
    for (name, price) in Aws::read().prices {
        let head = format!("| {} |", price.row);
        let row = text.lines().find(|line| line.starts_with(&head));
        let row = row.unwrap_or_else(|| panic!("docs/COST.md has no row {:?} for {name}", price.row));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let told: f64 = cells[2].parse().unwrap_or_else(|_| panic!("{row}: {} is no price", cells[2]));
        let usd = price.usd * price.per;
        assert!((told - usd).abs() < usd * 1e-9, "{row}: {name} is {usd}");
        let free = cells[3].replace([',', '–'], "");
        let free = if free.is_empty() { 0.0 } else { free.parse::<f64>().unwrap() };
        // A row that counts in millions tells in millions what is free.
        let unit = if cells[1].contains("million") { price.per } else { 1.0 };
        assert!((free * unit - price.free).abs() < 0.5, "{row}: {} are free", price.free);
    }
}
