use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use signpost_store::StoreError;

use crate::shell::notice;

/// What keeps a page from being shown.
pub(crate) enum Missing {
    /// Nothing is published yet.
    Publication,
    /// There is no such thing.
    Thing(&'static str),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Missing {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Missing {
    fn into_response(self) -> Response {
        let (status, page) = match self {
            Self::Publication => (
                StatusCode::SERVICE_UNAVAILABLE,
                notice(
                    "Nothing is published yet",
                    "A month is shown once its feed has declared it complete. `signpost status` says how far the pipeline is.",
                ),
            ),
            Self::Thing(what) => (StatusCode::NOT_FOUND, notice("Not found", what)),
            Self::Store(error) => {
                tracing::error!(%error, "a page could not be read");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    notice("The numbers can't be read just now", "The database does not answer. Nothing is lost; try again in a minute."),
                )
            }
        };
        (status, Html(page.into_string())).into_response()
    }
}
