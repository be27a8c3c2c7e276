//! The headers that make a page safe to show.

/// The content security policy of every page.
///
/// `images` are the origins of covers. `accounts` is the origin of Spotify's consent page:
/// browsers hold `form-action` against the redirect that follows a form as well, so without it
/// *Connect Spotify* would be blocked.
pub(crate) fn content_security_policy(images: &[&str], accounts: &str) -> String {
    let mut img = String::from("'self'");
    for origin in images {
        img.push(' ');
        img.push_str(origin);
    }
    format!(
        "default-src 'none'; style-src 'self'; font-src 'self'; script-src 'self'; \
         img-src {img}; connect-src 'self'; form-action 'self' {accounts}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
