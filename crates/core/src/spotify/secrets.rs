//! Secrets of the OAuth flows, exposed only in the line that sends or seals them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes the text over; it is wiped when dropped.
            pub fn new(text: impl Into<String>) -> Self {
                Self(SecretString::from(text.into()))
            }

            /// The secret itself: for the line that sends or seals it, and no other.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

secret!(
    /// Lets its bearer act for a listener for an hour.
    AccessToken
);
secret!(
    /// Gets new access tokens for up to six months after the listener's consent.
    RefreshToken
);
secret!(
    /// The operator's proof to be the registered application.
    ClientSecret
);
secret!(
    /// What the consent page hands back, good for one exchange.
    AuthorizationCode
);
