//! What must hold on every page in every state.

use super::{Scene, scenes};

/// Every start tag of a document with its attributes, as written.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter(|tag| !tag.starts_with(['/', '!']))
        .collect()
}

fn named<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    tags(html).into_iter().filter(|tag| tag.split([' ', '\n']).next() == Some(name)).collect()
}

#[track_caller]
fn check(what: &str, holds: impl Fn(&Scene) -> bool) {
    let broken: Vec<_> = scenes().iter().filter(|scene| !holds(scene)).map(|scene| scene.name).collect();
    assert!(broken.is_empty(), "{what}: not so in {broken:?}");
}

#[test]
fn no_style_and_no_script_is_inline() {
    check("no style or on… attribute, no inline script", |scene| {
        tags(&scene.html).iter().all(|tag| {
            !tag.contains(" style=")
                && !tag.split_whitespace().any(|word| word.starts_with("on") && word.contains('='))
                && !tag.starts_with("style")
        }) && named(&scene.html, "script").iter().all(|tag| tag.contains(" src="))
    });
}

#[test]
fn every_form_of_a_session_posts_with_its_token() {
    check("forms post, and carry the token where there is a session", |scene| {
        let signed_in = scene.html.contains("details class=\"account");
        scene.html.split("<form").skip(1).all(|form| {
            form.starts_with(" method=\"post\"")
                && (!signed_in || form.split("</form>").next().unwrap().contains("name=\"csrf\""))
        })
    });
}

#[test]
fn without_a_session_only_the_sign_in_can_be_posted() {
    check("forms of strangers", |scene| {
        scene.html.contains("details class=\"account")
            || named(&scene.html, "form").iter().all(|tag| tag.contains("action=\"/auth/spotify/"))
    });
}

#[test]
fn every_image_has_a_text_and_a_size() {
    check("img has alt, width, height, loading", |scene| {
        named(&scene.html, "img")
            .iter()
            .all(|tag| [" alt=", " width=", " height=", " loading="].iter().all(|it| tag.contains(it)))
    });
}

#[test]
fn headings_come_in_order() {
    check("one h1, first, and no level skipped", |scene| {
        let levels: Vec<u32> = tags(&scene.html)
            .iter()
            .filter_map(|tag| {
                let level = tag.strip_prefix('h')?.chars().next()?.to_digit(10)?;
                (tag.len() == 2 || tag.as_bytes()[2] == b' ').then_some(level)
            })
            .collect();
        levels.first() == Some(&1)
            && levels.iter().filter(|&&level| level == 1).count() == 1
            && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1)
    });
}

#[test]
fn ids_are_unique_and_labels_point_to_them() {
    check("ids", |scene| {
        let value = |tag: &str, name: &str| {
            let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
            Some(rest.split('"').next()?.to_owned())
        };
        let mut ids: Vec<_> = tags(&scene.html).iter().filter_map(|tag| value(tag, "id")).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        let pointing = tags(&scene.html)
            .iter()
            .flat_map(|tag| ["for", "aria-labelledby", "aria-describedby", "list"].map(|it| value(tag, it)))
            .flatten()
            .flat_map(|many| many.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .all(|id| ids.contains(&id));
        all == ids.len() && pointing
    });
}

#[test]
fn every_page_has_its_landmarks_and_spotifys_attribution() {
    check("skip link, header, main, footer", |scene| {
        ["href=\"#main\"", "<header", "<main", "<footer", "Data and covers from "]
            .iter()
            .all(|it| scene.html.contains(it))
    });
}

#[test]
fn what_others_wrote_is_escaped() {
    use crate::pages::error::{Error, ErrorKind, page};
    let model = Error {
        kind: ErrorKind::BadRequest,
        detail: Some("<script>alert(1)</script>".to_owned()),
        reference: None,
    };
    let html = page(&super::data::listener(), &model).into_string();
    assert!(html.contains("&lt;script&gt;alert(1)"));
}
