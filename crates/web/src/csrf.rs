//! Proof that a form came from a page of this session, and a request from a page of this site.

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use reprise_core::Core;
use reprise_core::ports::{Sealed, User};
use reprise_core::vault::{Purpose, VaultError};

use crate::state::Address;

/// What a token is sealed for: this listener, and nobody else's session.
fn owner(user: &User) -> String {
    format!("csrf/{}", user.id)
}

/// What is in it: it ends with the sessions.
fn inside(user: &User) -> Vec<u8> {
    user.session_epoch.to_be_bytes().to_vec()
}

/// The token for the forms of a page.
pub(crate) async fn token(core: &Core, user: &User, now: Timestamp) -> Result<String, VaultError> {
    Ok(core.vault.seal(&owner(user), Purpose::Csrf, &inside(user), now).await?.0)
}

/// Whether `token` was made for this session; opening compares in constant time.
pub(crate) async fn is_genuine(core: &Core, user: &User, token: &str) -> Result<bool, VaultError> {
    let sealed = Sealed(token.to_owned());
    if !core.vault.is_recent(&sealed, core.ports.clock.now()) {
        return Ok(false);
    }
    match core.vault.open(&owner(user), Purpose::Csrf, &sealed).await {
        Ok(text) => Ok(*text == inside(user)),
        Err(VaultError::Unopenable) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the request comes from a page of this site, or from no page at all.
///
/// `Sec-Fetch-Site` goes first: pages that send no referrer post forms with `Origin: null`. Browsers
/// too old for it are judged by `Origin`; a program that sends neither has no session to misuse.
pub(crate) fn is_own_site(address: &Address, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => headers.get(header::ORIGIN).is_none_or(|origin| origin == address.origin.as_str()),
    }
}

/// Whether a script of this site sent it: `Origin` is there and ours.
pub(crate) fn is_own_script(address: &Address, headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| origin == address.origin.as_str())
        && is_own_site(address, headers)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(site: Option<&'static str>, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        site.map(|site| headers.insert("sec-fetch-site", HeaderValue::from_static(site)));
        origin.map(|origin| headers.insert(header::ORIGIN, HeaderValue::from_static(origin)));
        headers
    }

    #[test]
    fn other_sites_are_told_apart() {
        let own = "http://127.0.0.1:8080";
        let address = Address::of(&own.parse().unwrap());
        let table = [
            (None, None, true, false),
            (None, Some(own), true, true),
            (None, Some("null"), false, false),
            (None, Some("http://127.0.0.1:8081"), false, false),
            (None, Some("https://127.0.0.1:8080"), false, false),
            (Some("same-origin"), Some("null"), true, false),
            (Some("same-origin"), Some(own), true, true),
            (Some("none"), None, true, false),
            (Some("same-site"), None, false, false),
            (Some("cross-site"), None, false, false),
            (Some("cross-site"), Some(own), false, false),
        ];
        for (site, origin, form, script) in table {
            let headers = headers(site, origin);
            assert_eq!(is_own_site(&address, &headers), form, "{headers:?}");
            assert_eq!(is_own_script(&address, &headers), script, "{headers:?}");
        }
    }
}
