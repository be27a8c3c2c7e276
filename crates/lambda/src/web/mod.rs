//! The role `web`: requests of a function URL, or of an HTTP API, answered by the pages' router.

mod payload;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use lambda_runtime::tower::ServiceExt;
use lambda_runtime::{Diagnostic, LambdaEvent};
use reprise_core::machine::settings::is_loopback;
use reprise_web::Site;
use serde_json::Value;
use url::Url;

use self::payload::{Answer, Asked};
use crate::house::House;

/// The pages, built for the address that is asked.
pub(crate) struct Pages {
    house: Arc<House>,
    /// The last address, and the router that knows it. A function has one address, so it is built once.
    built: Mutex<Option<(Url, Router)>>,
}

impl Pages {
    pub(crate) fn new(house: Arc<House>) -> Self {
        Self { house, built: Mutex::default() }
    }

    async fn at(&self, address: Url) -> anyhow::Result<Router> {
        if let Some((known, router)) = &*self.built.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == address
        {
            return Ok(router.clone());
        }
        let core = self.house.core().await?.at(address.clone());
        let mut site = Site::new(Arc::new(core));
        let api_url = &self.house.settings.choices.api_url;
        if is_loopback(api_url) {
            // A simulated Spotify serves its covers itself.
            site = site.with_image_origin(api_url);
        }
        let router = reprise_web::router(site);
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        *built = Some((address, router.clone()));
        Ok(router)
    }

    async fn answer(&self, event: Value) -> anyhow::Result<Answer> {
        let asked: Asked = serde_json::from_value(event).context(
            "this function takes requests of a function URL or an HTTP API, with payloads of version 2.0",
        )?;
        let address = match &self.house.settings.base_url {
            Some(address) => address.clone(),
            None => asked.address()?,
        };
        let router = self.at(address).await?;
        let response = match router.oneshot(asked.request()?).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        Answer::of(response).await
    }
}

/// Answers one request.
pub(crate) async fn answer(pages: Arc<Pages>, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
    pages.answer(event.payload).await.map_err(|error| Diagnostic {
        error_type: "Reprise.Web".to_owned(),
        error_message: format!("{error:#}"),
    })
}
