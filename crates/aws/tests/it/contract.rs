//! The contract of every store, by one handle and by two that know nothing of each other.

use reprise_aws::testing;
use reprise_aws::{Aws, DynamoStore};
use reprise_core::testing::contract::Pair;

async fn cloned() -> ((), Pair<DynamoStore>) {
    let (store, _) = testing::store().await;
    ((), Pair::new(store.clone(), store))
}

/// Two processes, as far as DynamoDB can tell; the other was deployed with fewer parts of the index.
async fn opened_twice() -> ((), Pair<DynamoStore>) {
    let (one, address) = testing::store().await;
    ((), Pair::new(one, Aws::at_endpoint(&address).store("reprise", 3)))
}

mod one_handle {
    reprise_core::store_contract!(super::super::cloned);
}

mod two_handles {
    reprise_core::store_contract!(super::super::opened_twice);
}
