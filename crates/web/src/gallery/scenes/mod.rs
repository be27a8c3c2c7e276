//! The scenes: which page in which state.

mod account;
mod archive;
mod doors;
mod running;

use maud::Markup;

use super::Scene;

/// Adds scenes by name.
type Add<'a> = &'a mut dyn FnMut(&'static str, Markup);

pub(super) fn all() -> Vec<Scene> {
    let mut scenes = Vec::new();
    let mut add = |name, page: Markup| {
        scenes.push(Scene { name, html: page.into_string() });
    };
    doors::add(&mut add);
    archive::add(&mut add);
    running::add(&mut add);
    account::add(&mut add);
    scenes
}
