//! The two cookies: who is signed in, and a login under way.
//!
//! On https the names carry `__Host-`, which browsers accept only with `Secure` and `Path=/`, so that
//! no other host of the domain can plant one. On http, which is loopback only, they are plain.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};
use reprise_core::onboard::{PENDING_MINUTES, state_of_cookie};
use reprise_core::ports::Sealed;
use reprise_core::session::SESSION_DAYS;

use crate::state::Address;

const SESSION: &str = "reprise_session";
const LOGIN: &str = "reprise_login_";

impl Address {
    fn named(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// The name of the session's cookie.
    pub(crate) fn session_cookie(&self) -> String {
        self.named(SESSION)
    }

    fn cookie(&self, name: String, value: String, path: &'static str, life: Duration) -> HeaderValue {
        let cookie = Cookie::build((name, value))
            .path(if self.secure { "/" } else { path })
            .max_age(life)
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax);
        HeaderValue::try_from(cookie.to_string()).expect("names and sealed values are plain ASCII")
    }

    /// Signs in.
    pub(crate) fn begin_session(&self, sealed: Sealed) -> HeaderValue {
        let days = i64::try_from(SESSION_DAYS).unwrap_or(i64::MAX);
        self.cookie(self.session_cookie(), sealed.0, "/", Duration::days(days))
    }

    /// Signs out.
    pub(crate) fn end_session(&self) -> HeaderValue {
        self.cookie(self.session_cookie(), String::new(), "/", Duration::ZERO)
    }

    /// Remembers a login under way; `state` is one of ours.
    pub(crate) fn begin_login(&self, state: &str, sealed: Sealed) -> HeaderValue {
        let minutes = i64::try_from(PENDING_MINUTES).unwrap_or(i64::MAX);
        self.cookie(self.named(&format!("{LOGIN}{state}")), sealed.0, "/auth", Duration::minutes(minutes))
    }

    /// Forgets a login; `None` where `state` cannot be one of ours.
    pub(crate) fn end_login(&self, state: &str) -> Option<HeaderValue> {
        let name = self.named(&format!("{LOGIN}{}", state_of_cookie(state)?));
        Some(self.cookie(name, String::new(), "/auth", Duration::ZERO))
    }

    /// The cookie of the login named `state`, if the browser brought it.
    pub(crate) fn login(&self, headers: &HeaderMap, state: &str) -> Option<String> {
        read(headers, &self.named(&format!("{LOGIN}{}", state_of_cookie(state)?)))
    }

    /// The session's cookie, if the browser brought one.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<String> {
        read(headers, &self.session_cookie())
    }
}

/// The value of a cookie; of several with one name, the first, which is the one of the longest path.
fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| Cookie::split_parse(line.to_owned()))
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "abcdefghijklmnop";

    fn sealed() -> Sealed {
        Sealed("r1.1.abc".to_owned())
    }

    #[test]
    fn https_gives_cookies_that_no_other_host_can_plant() {
        let address = Address::of(&"https://reprise.example".parse().unwrap());
        for cookie in [address.begin_session(sealed()), address.begin_login(STATE, sealed())] {
            let text = cookie.to_str().unwrap();
            assert!(text.starts_with("__Host-reprise_"), "{text}");
            for part in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/;", "; Max-Age="] {
                assert!(format!("{text};").contains(part), "{text}: {part}");
            }
            assert!(!text.contains("Domain"));
        }
    }

    #[test]
    fn http_gives_plain_ones() {
        let address = Address::of(&"http://127.0.0.1:8080".parse().unwrap());
        let session = address.begin_session(sealed());
        assert!(session.to_str().unwrap().starts_with("reprise_session=r1.1.abc;"));
        assert!(!session.to_str().unwrap().contains("Secure"));
        let login = address.begin_login(STATE, sealed());
        assert!(login.to_str().unwrap().starts_with("reprise_login_abcdefghijklmnop="));
        assert!(login.to_str().unwrap().contains("Path=/auth"));
    }

    #[test]
    fn a_strange_state_names_no_cookie() {
        let address = Address::of(&"http://127.0.0.1:8080".parse().unwrap());
        for state in ["", "short", "abcdefghijklmnop; Path=/", "abcdefghijklmnop\r\nSet-Cookie"] {
            assert!(address.end_login(state).is_none(), "{state:?}");
        }
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xreprise_session=no; reprise_session=yes"));
        assert_eq!(read(&headers, "reprise_session").as_deref(), Some("yes"));
        assert_eq!(read(&headers, "session"), None);
    }
}
