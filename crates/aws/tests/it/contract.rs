//! The contract of every store, on a good day and on a bad one.

use reprise_aws::testing;
use reprise_aws::{Aws, DynamoStore};
use reprise_core::testing::contract::Pair;

use crate::unkind::{Unkind, bad_day};

/// Two processes, as far as DynamoDB can tell; the other was deployed with fewer parts of the index.
async fn opened_twice() -> ((), Pair<DynamoStore>) {
    let (one, address) = testing::store().await;
    ((), Pair::new(one, Aws::at_endpoint(&address).store("reprise", 3)))
}

/// Two processes on a bad day.
async fn on_a_bad_day() -> (Unkind, Pair<DynamoStore>) {
    let (one, address) = testing::store().await;
    drop(one);
    let between = Unkind::before(&address, bad_day).await;
    let store = || Aws::at_endpoint(&between.url).store("reprise", 2);
    let pair = Pair::new(store(), store());
    (between, pair)
}

mod on_bad_days {
    reprise_core::store_contract!(super::super::on_a_bad_day);
}

mod two_handles {
    reprise_core::store_contract!(super::super::opened_twice);
}
