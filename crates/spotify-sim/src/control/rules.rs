//! Settings, faults and limits.

use super::{No, absent, each, patched};
use crate::fault::Fault;
use crate::sim::Sim;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Sim> {
    Router::new()
        .route("/_sim/settings", get(settings).patch(change_settings))
        .route("/_sim/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/_sim/faults/{id}", delete(remove_fault))
        .route("/_sim/limits/{developer}", get(used_today))
        .route("/_sim/limits", delete(reset_limits))
}

async fn settings(State(sim): State<Sim>) -> Response {
    Json(sim.settings()).into_response()
}

async fn change_settings(State(sim): State<Sim>, Json(patch): Json<Value>) -> Result<Response, No> {
    let changed = patched(&sim.settings(), patch)?;
    sim.change_settings(|settings| *settings = changed);
    Ok(Json(sim.settings()).into_response())
}

async fn faults(State(sim): State<Sim>) -> Response {
    Json(sim.faults().list()).into_response()
}

async fn add_faults(State(sim): State<Sim>, Json(body): Json<Value>) -> Result<Json<Value>, No> {
    let faults: Vec<Fault> = each(body)?;
    let ids: Vec<u64> = faults.into_iter().map(|fault| sim.faults().add(fault)).collect();
    Ok(Json(json!({ "ids": ids })))
}

async fn clear_faults(State(sim): State<Sim>) -> StatusCode {
    sim.faults().clear();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(sim): State<Sim>, Path(id): Path<u64>) -> Result<StatusCode, No> {
    if sim.faults().remove(id) { Ok(StatusCode::NO_CONTENT) } else { Err(absent(&format!("fault {id}"))) }
}

async fn used_today(State(sim): State<Sim>, Path(developer): Path<String>) -> Json<Value> {
    Json(json!({ "used_today": sim.used_today(&developer) }))
}

async fn reset_limits(State(sim): State<Sim>) -> StatusCode {
    sim.reset_limits();
    StatusCode::NO_CONTENT
}
