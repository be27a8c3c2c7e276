//! What handlers take: who asks, and the fields of a form that may be believed.

use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::http::{HeaderMap, Method, header, request::Parts};
use reprise_core::ports::{Role, User};

use crate::answer::Failure;
use crate::csrf;
use crate::state::App;
use crate::view::form;

/// No form or document is larger; thirty pasted links need a tenth of it.
const LARGEST_BODY: usize = 64 * 1024;

/// Who asks, read from the session's cookie once a request.
#[derive(Clone, Default)]
pub(crate) struct Visitor(pub(crate) Option<User>);

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// A signed-in listener.
pub(crate) struct Me(pub(crate) User);

impl FromRequestParts<App> for Me {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        match Visitor::from_request_parts(parts, app).await?.0 {
            Some(user) => Ok(Self(user)),
            None => Err(Failure::SignIn { return_to: where_to(parts) }),
        }
    }
}

/// Where to go on after signing in: a page that was asked for, never a form that was sent.
fn where_to(parts: &Parts) -> Option<String> {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    (parts.method == Method::GET).then(|| uri.path().to_owned())
}

/// The operator.
pub(crate) struct Operator(pub(crate) User);

impl Operator {
    fn check(user: User) -> Result<Self, Failure> {
        if user.role == Role::Admin { Ok(Self(user)) } else { Err(Failure::Forbidden) }
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Self::check(Me::from_request_parts(parts, app).await?.0)
    }
}

/// The fields of a form, in order.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field, trimmed; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The value of a field that was filled in.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a box was ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.filled(name).is_some()
    }

    async fn read(request: Request) -> Result<Self, Failure> {
        if !has_type(request.headers(), "application/x-www-form-urlencoded") {
            return Err(Failure::Invalid("A form was expected.".into()));
        }
        let body = body(request).await?;
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// The body, unless it is too large.
pub(crate) async fn body(request: Request) -> Result<Vec<u8>, Failure> {
    let bytes = axum::body::to_bytes(request.into_body(), LARGEST_BODY).await;
    bytes.map(Into::into).map_err(|_| Failure::TooLarge)
}

/// Whether the body says that it is of this type.
pub(crate) fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected))
}

/// A form of a signed-in listener, with the token of their session.
pub(crate) struct Posted {
    pub(crate) user: User,
    pub(crate) fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
        let Some(user) = visitor.0 else { return Err(Failure::SignIn { return_to: None }) };
        let is_own = csrf::is_own_site(&app.address, request.headers());
        let fields = Fields::read(request).await?;
        if is_own && csrf::is_genuine(&app.core, &user, fields.text(form::CSRF)).await? {
            Ok(Self { user, fields })
        } else {
            Err(Failure::StaleForm)
        }
    }
}

/// A form of the operator's.
pub(crate) struct Ordered {
    pub(crate) user: User,
    pub(crate) fields: Fields,
}

impl FromRequest<App> for Ordered {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let Posted { user, fields } = Posted::from_request(request, app).await?;
        let Operator(user) = Operator::check(user)?;
        Ok(Self { user, fields })
    }
}

/// A form of whoever: there may be no session, so there is no token, but it must be from a page of
/// this site.
pub(crate) struct Handed {
    pub(crate) visitor: Option<User>,
    pub(crate) headers: HeaderMap,
    pub(crate) fields: Fields,
}

impl FromRequest<App> for Handed {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default().0;
        if !csrf::is_own_site(&app.address, request.headers()) {
            return Err(Failure::StaleForm);
        }
        let headers = request.headers().clone();
        Ok(Self { visitor, headers, fields: Fields::read(request).await? })
    }
}
