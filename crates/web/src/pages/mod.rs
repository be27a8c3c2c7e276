//! One file per page: its models and the function that draws it.

pub(crate) mod admin;
pub(crate) mod archive;
pub(crate) mod disconnect;
pub(crate) mod error;
pub(crate) mod home;
pub(crate) mod landing;
pub(crate) mod message;
pub(crate) mod paste;
pub(crate) mod settings;
pub(crate) mod signup;
pub(crate) mod status;
pub(crate) mod week;
