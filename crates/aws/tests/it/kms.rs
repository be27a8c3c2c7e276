//! The wrapping key in KMS.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reprise_aws::{Aws, KmsKeyWrap};
use reprise_core::ports::{DataKeys, KeyWrap as _, Sealed};
use reprise_core::testing::MemoryStore;
use reprise_core::vault::{EPOCH_DAYS, Purpose, Vault};

use crate::double::{Double, KeyState};

const KEY: [u8; 32] = [7; 32];

fn key_wrap(double: &Double) -> KmsKeyWrap {
    Aws::at_endpoint(&double.url).key_wrap("reprise", "home")
}

/// What the double made of a key that another process wrapped.
async fn wrapped(double: &Double, context: &str) -> Vec<u8> {
    key_wrap(double).wrap(&KEY, context).await.unwrap()
}

#[tokio::test]
async fn a_key_opens_for_its_deployment_and_purpose_only() {
    let double = Double::start().await;
    let wrapped = wrapped(&double, "home/data-key/683").await;
    assert_eq!(*key_wrap(&double).unwrap(&wrapped, "home/data-key/683").await.unwrap(), KEY);
    assert!(key_wrap(&double).unwrap(&wrapped, "home/data-key/684").await.is_err());
    let elsewhere = Aws::at_endpoint(&double.url).key_wrap("reprise", "elsewhere");
    assert!(elsewhere.unwrap(&wrapped, "home/data-key/683").await.is_err());
    let mut altered = wrapped.clone();
    *altered.last_mut().unwrap() ^= 1;
    assert!(key_wrap(&double).unwrap(&altered, "home/data-key/683").await.is_err());
}

/// Whatever is wrong, the error says what to do.
#[tokio::test]
async fn every_refusal_names_its_way_out() {
    let double = Double::start().await;
    let wrapped = wrapped(&double, "home/data-key/683").await;
    let said = async |context: &str, blob: &[u8]| {
        let error = key_wrap(&double).unwrap(blob, context).await.unwrap_err().to_string();
        assert!(error.starts_with("the key that protects stored tokens cannot be used: "), "{error}");
        error
    };
    let wrong_context = said("home/data-key/1", &wrapped).await;
    assert!(wrong_context.contains("not wrapped for the deployment home"), "{wrong_context}");

    let cases =
        [(KeyState::Disabled, "aws kms enable-key"), (KeyState::PendingDeletion, "cancel-key-deletion")];
    for (state, way_out) in cases {
        double.account().keys.insert("reprise".to_owned(), state);
        let error = said("home/data-key/683", &wrapped).await;
        assert!(error.contains("the key reprise") && error.contains(way_out), "{error}");
        let error = key_wrap(&double).wrap(&KEY, "home/data-key/684").await.unwrap_err().to_string();
        assert!(error.contains(way_out), "{error}");
    }
    double.account().keys.insert("reprise".to_owned(), KeyState::Enabled);

    let missing = Aws::at_endpoint(&double.url).key_wrap("alias/other", "home");
    let error = missing.wrap(&KEY, "home/data-key/683").await.unwrap_err().to_string();
    assert!(error.contains("there is no key alias/other in this region"), "{error}");
    double.account().keys.insert("alias/other".to_owned(), KeyState::Enabled);
    let error = missing.unwrap(&wrapped, "home/data-key/683").await.unwrap_err().to_string();
    assert!(error.contains("wrapped by another key than alias/other"), "{error}");

    double.account().errors.push_back((400, "AccessDeniedException"));
    let error = said("home/data-key/683", &wrapped).await;
    assert!(error.contains("kms:Decrypt") && error.contains("key's policy"), "{error}");
}

#[tokio::test]
async fn a_throttled_key_is_asked_again_and_not_for_ever() {
    let double = Double::start().await;
    double.account().errors.extend([(400, "ThrottlingException"); 2]);
    let wrapped = wrapped(&double, "home/data-key/683").await;
    assert_eq!(double.count("Encrypt"), 3);
    double.account().errors.extend([(400, "ThrottlingException"); 20]);
    let error = key_wrap(&double).unwrap(&wrapped, "home/data-key/683").await.unwrap_err().to_string();
    assert!(error.contains("asked too much"), "{error}");
    assert_eq!(double.count("Decrypt"), 8);
}

/// A vault in a new process, whatever was stored before.
fn cold_start(double: &Double, keys: &MemoryStore) -> Vault {
    Vault::new("home", Arc::<MemoryStore>::new(keys.clone()) as Arc<dyn DataKeys>, Arc::new(key_wrap(double)))
}

async fn seal(vault: &Vault, now: Timestamp) -> Sealed {
    vault.seal("ana", Purpose::RefreshToken, b"secret", now).await.unwrap()
}

#[tokio::test]
async fn a_cold_start_asks_kms_twice_at_most() {
    let (double, keys) = (Double::start().await, MemoryStore::new());
    let first = Timestamp::from_second(0).unwrap();
    let epoch = SignedDuration::from_hours(24 * EPOCH_DAYS);
    let second = first.checked_add(epoch).unwrap();
    let calls = || double.count("Encrypt") + double.count("Decrypt");

    // The first key of all is wrapped, and need not be unwrapped by whoever made it.
    let old = seal(&cold_start(&double, &keys), first).await;
    assert_eq!((double.count("Encrypt"), double.count("Decrypt")), (1, 0));

    // In the next epoch: the old key is unwrapped, and a new one made.
    let before = calls();
    let vault = cold_start(&double, &keys);
    let opened = vault.open("ana", Purpose::RefreshToken, &old).await.unwrap();
    let new = seal(&vault, second).await;
    assert_eq!((opened.as_slice(), calls() - before), (&b"secret"[..], 2));

    // Whatever a process does after that, with both epochs and many at once.
    let before = calls();
    let vault = Arc::new(cold_start(&double, &keys));
    let many = (0..64).map(|number| {
        let (vault, sealed) = (Arc::clone(&vault), if number % 2 == 0 { old.clone() } else { new.clone() });
        tokio::spawn(async move {
            vault.open("ana", Purpose::RefreshToken, &sealed).await.unwrap();
            seal(&vault, second).await
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert_eq!(calls() - before, 2);
}
