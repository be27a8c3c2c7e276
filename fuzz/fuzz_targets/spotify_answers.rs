//! Feeds whatever a server might send to everything that reads Spotify's answers.
//!
//! Good seeds are the client's own fixtures:
//! `cargo +nightly fuzz run spotify_answers fuzz/corpus/spotify_answers crates/core/tests/spotify/fixtures/{old,new}`
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use reprise_core::spotify::failure::{self, Refusal};
use reprise_core::spotify::{Endpoint, dialect, grant};

fuzz_target!(|body: &[u8]| {
    let now = Timestamp::UNIX_EPOCH;
    let _ = dialect::profile(body);
    let _ = dialect::playlists(body);
    let _ = dialect::playlist(body, None);
    let _ = dialect::items(body, u32::MAX);
    let _ = dialect::snapshot(body);
    let _ = dialect::flags(body);
    let _ = dialect::track(body);
    let _ = dialect::player(body, now);
    let _ = dialect::recently_played(body);
    if let Some(tidied) = grant::tidy(body) {
        assert_eq!(grant::tidy(&tidied).as_ref(), Some(&tidied));
    }
    // The headers are as foreign as the body, so they take its words.
    let header = std::str::from_utf8(body).ok();
    for status in [302, 400, 401, 403, 404, 408, 429, 500] {
        for endpoint in Endpoint::ALL {
            let refusal = Refusal {
                endpoint,
                status,
                retry_after: header,
                content_type: header,
                authenticate: header,
                body,
                secret: "canary",
            };
            let _ = failure::web_api(&refusal, now).to_string();
        }
        let _ = failure::accounts(status, header, header, body, &["canary"], now).to_string();
    }
});
