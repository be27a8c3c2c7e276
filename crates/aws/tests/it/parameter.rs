//! Secrets of a deployed stack.

use reprise_aws::{Aws, ParameterError};
use secrecy::ExposeSecret as _;

use crate::double::Double;

const NAME: &str = "/reprise/spotify-client-secret";

#[tokio::test]
async fn a_secret_is_read_decrypted() {
    let double = Double::start().await;
    double.account().parameters.insert(NAME.to_owned(), "canary".to_owned());
    double.account().errors.push_back((400, "ThrottlingException"));
    let secret = Aws::at_endpoint(&double.url).parameter(NAME).await.unwrap();
    assert_eq!(secret.expose_secret(), "canary");
    assert!(!format!("{secret:?}").contains("canary"));
}

#[tokio::test]
async fn what_is_missing_says_how_to_store_it() {
    let double = Double::start().await;
    let aws = Aws::at_endpoint(&double.url);
    let error = aws.parameter(NAME).await.unwrap_err();
    assert!(matches!(&error, ParameterError::NotFound { name } if name == NAME), "{error:?}");
    assert!(error.to_string().contains("aws ssm put-parameter"), "{error}");
    double.account().parameters.insert(NAME.to_owned(), String::new());
    assert!(matches!(aws.parameter(NAME).await.unwrap_err(), ParameterError::Empty { .. }));
}

#[tokio::test]
async fn what_may_not_be_read_says_what_the_role_needs() {
    let double = Double::start().await;
    double.account().errors.push_back((400, "AccessDeniedException"));
    let error = Aws::at_endpoint(&double.url).parameter(NAME).await.unwrap_err();
    assert!(matches!(error, ParameterError::Denied { .. }), "{error:?}");
    assert!(error.to_string().contains("ssm:GetParameter"), "{error}");
    double.account().errors.push_back((400, "InvalidKeyId"));
    let error = Aws::at_endpoint(&double.url).parameter(NAME).await.unwrap_err();
    assert!(matches!(error, ParameterError::Failed { .. }), "{error:?}");
    assert!(error.to_string().contains("InvalidKeyId"), "{error}");
}
