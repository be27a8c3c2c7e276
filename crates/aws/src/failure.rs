//! What AWS answered, in words: which service, what it said, and what to do.

use std::error::Error;
use std::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;

/// Why a request to AWS did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Failure {
    service: &'static str,
    what: String,
    advice: &'static str,
    request: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.what)?;
        if !self.advice.is_empty() {
            write!(f, "; {}", self.advice)?;
        }
        self.request.iter().try_for_each(|id| write!(f, " (request {id})"))
    }
}

/// The code in an error that a service answered.
pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Puts an error of the SDK in words; nothing of the request is in them.
pub(crate) fn failure<E, R>(service: &'static str, error: &SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug,
    SdkError<E, R>: RequestId,
{
    let request = error.request_id().map(str::to_owned);
    let (what, advice) = match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or("an error without a code");
            let message = answer.err().message().unwrap_or("no message");
            (format!("answered {code}: {message}"), advice(code))
        }
        SdkError::TimeoutError(_) => ("did not answer in time".to_owned(), NETWORK),
        SdkError::DispatchFailure(failure) => {
            let cause = failure.as_connector_error().map(|error| chain(error));
            (format!("could not be reached: {}", cause.unwrap_or_default()), NETWORK)
        }
        SdkError::ConstructionFailure(_) => {
            (format!("was not asked, the request could not be made: {}", chain(error)), CREDENTIALS)
        }
        _ => (format!("gave an answer that could not be read: {}", chain(error)), ""),
    };
    Failure { service, what, advice, request }
}

const NETWORK: &str = "check the network and AWS_ENDPOINT_URL";
const CREDENTIALS: &str = "check AWS_REGION and the credentials";

fn advice(code: &str) -> &'static str {
    match code {
        "ResourceNotFoundException" => "check the table's name and the region",
        "AccessDeniedException" => "the role lacks this action or this resource",
        "ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded" => {
            "too much was asked at once, several times over; try later, or give the table more capacity"
        }
        "UnrecognizedClientException" | "ExpiredTokenException" | "InvalidSignatureException" => {
            "sign in to AWS again"
        }
        _ => "",
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
