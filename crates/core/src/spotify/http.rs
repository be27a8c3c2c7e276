//! The one HTTP client: TLS by rustls with ring and Mozilla's roots, nothing from the environment.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// Connecting takes no longer than this, so that "never sent" is known early.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why no HTTP client could be built; TLS does not work in this build.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The cipher suites offer no protocol version.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The client refuses its settings.
    #[error("cannot set up the HTTP client")]
    Http(#[from] reqwest::Error),
}

/// Builds the client that everything shares; a whole request, answer included, takes at most
/// `request_timeout`.
///
/// It follows no redirect (a bearer token must not travel), repeats nothing by itself (adding is
/// not idempotent, and every call counts), and ignores proxies named in the environment.
pub fn client(request_timeout: Duration) -> Result<reqwest::Client, ClientError> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .user_agent(concat!("Reprise/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(request_timeout)
        .build()?;
    Ok(client)
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A preconfigured TLS gets no ALPN from reqwest.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
