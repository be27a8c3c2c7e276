//! Secrets of a deployed stack, in the Systems Manager's parameter store.

use secrecy::SecretString;

use crate::Aws;
use crate::failure::{code, failure};

/// Why a parameter could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ParameterError {
    /// Nobody has stored it.
    #[error(
        "there is no parameter {name} in this region; store it (aws ssm put-parameter --type SecureString --name \
         {name} --value …)"
    )]
    NotFound {
        /// Its name.
        name: String,
    },
    /// It is there, and says nothing.
    #[error("the parameter {name} is empty; store it again")]
    Empty {
        /// Its name.
        name: String,
    },
    /// The role may not read it, or not decrypt it.
    #[error(
        "the parameter {name} may not be read: the role needs ssm:GetParameter for it, and kms:Decrypt for its key ({answer})"
    )]
    Denied {
        /// Its name.
        name: String,
        /// What AWS said.
        answer: String,
    },
    /// Something else is wrong.
    #[error("the parameter {name} could not be read: {answer}")]
    Failed {
        /// Its name.
        name: String,
        /// What AWS said.
        answer: String,
    },
}

impl Aws {
    /// A secret by its name, decrypted.
    pub async fn parameter(&self, name: &str) -> Result<SecretString, ParameterError> {
        let name = name.to_owned();
        let answer = match self.ssm().get_parameter().name(&name).with_decryption(true).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let said = || failure("Systems Manager", &error).to_string();
                return Err(match code(&error) {
                    Some("ParameterNotFound" | "ParameterVersionNotFound") => {
                        ParameterError::NotFound { name }
                    }
                    Some("AccessDeniedException") => ParameterError::Denied { name, answer: said() },
                    _ => ParameterError::Failed { name, answer: said() },
                });
            }
        };
        let value = answer.parameter.and_then(|parameter| parameter.value).filter(|value| !value.is_empty());
        value.map(SecretString::from).ok_or(ParameterError::Empty { name })
    }
}
