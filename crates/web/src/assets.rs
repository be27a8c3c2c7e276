//! Stylesheet, script, typefaces and icon, compiled in and cached for ever.
//!
//! One hash over all of them names the folder they are served from, so that the relative
//! addresses inside the stylesheet stay valid and any change reaches every browser at once.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::paths;

/// One embedded file.
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) bytes: &'static [u8],
}

const TEXT: &str = "text/plain; charset=utf-8";

/// Everything the pages need, from our own origin.
pub(crate) static ASSETS: [Asset; 7] = [
    Asset { name: "app.css", mime: "text/css; charset=utf-8", bytes: include_bytes!("../assets/app.css") },
    Asset {
        name: "app.js",
        mime: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/app.js"),
    },
    Asset { name: "icon.svg", mime: "image/svg+xml", bytes: include_bytes!("../assets/icon.svg") },
    Asset { name: "fraunces.woff2", mime: "font/woff2", bytes: include_bytes!("../assets/fraunces.woff2") },
    Asset { name: "inter.woff2", mime: "font/woff2", bytes: include_bytes!("../assets/inter.woff2") },
    Asset { name: "fraunces-OFL.txt", mime: TEXT, bytes: include_bytes!("../assets/fraunces-OFL.txt") },
    Asset { name: "inter-OFL.txt", mime: TEXT, bytes: include_bytes!("../assets/inter-OFL.txt") },
];

/// The bundle's hash: FNV-1a over names and bytes. It guards a cache, not a secret.
pub(crate) static BUNDLE: LazyLock<String> = LazyLock::new(|| {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for asset in &ASSETS {
        for byte in asset.name.bytes().chain(asset.bytes.iter().copied()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
});

/// The address of an asset, with the hash that makes it immutable.
pub(crate) fn url(name: &str) -> String {
    debug_assert!(ASSETS.iter().any(|asset| asset.name == name), "no asset {name}");
    format!("{}/{}/{name}", paths::ASSETS, *BUNDLE)
}

/// Routes `/assets/{hash}/{name}`; to be merged into a router of any state.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let handler = async |Path((hash, name)): Path<(String, String)>| serve(&hash, &name);
    Router::new().route(&format!("{}/{{hash}}/{{name}}", paths::ASSETS), get(handler))
}

/// A page from before an update asks under an old hash: it gets today's file, not to be kept.
fn serve(hash: &str, name: &str) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cache = if hash == *BUNDLE { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, asset.mime),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_hash_is_kept_for_ever_and_an_old_one_is_not() {
        let fresh = serve(&BUNDLE, "app.css");
        assert_eq!(fresh.status(), StatusCode::OK);
        assert!(fresh.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let old = serve("0000000000000000", "app.css");
        assert_eq!(old.headers()[header::CACHE_CONTROL], "no-cache");
    }

    #[test]
    fn what_is_not_in_the_table_is_not_found() {
        assert_eq!(serve(&BUNDLE, "../Cargo.toml").status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_stylesheet_names_only_assets_of_the_table() {
        let css = std::str::from_utf8(ASSETS[0].bytes).unwrap();
        for part in css.split("url(").skip(1) {
            let name = part.split(')').next().unwrap().trim_matches('"');
            assert!(ASSETS.iter().any(|asset| asset.name == name), "{name}");
        }
    }
}
