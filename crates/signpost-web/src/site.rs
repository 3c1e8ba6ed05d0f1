//! Addresses, and what each looks up.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::Markup;
use signpost_publication::rows::{Freshness, Publication};
use signpost_store::Published;

use crate::missing::Missing;
use crate::shell::page;
use crate::{intervention, measure, overview};

/// All pages, reading through the given account.
pub fn routes(published: Published) -> Router {
    Router::new()
        .route("/", get(overview_page))
        .route("/interventions/{id}", get(intervention_page))
        .route("/interventions/{id}/series.csv", get(intervention_csv))
        .route("/measures/{id}", get(measure_page))
        .route("/measures/{id}/{level}", get(measure_csv))
        .route("/livez", get(|| async { "alive\n" }))
        .fallback(|| async { Missing::Thing("There is no such page.") })
        .layer(axum::middleware::map_response(guarded))
        .with_state(published)
}

/// Nothing but our own text and style may run or load; nobody may frame it.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What stands on every page.
pub(crate) struct Shown {
    pub(crate) publication: Publication,
    pub(crate) freshness: Vec<Freshness>,
}

async fn shown(published: &Published) -> Result<Shown, Missing> {
    let publication = published.publication().await?.ok_or(Missing::Publication)?;
    Ok(Shown { publication, freshness: published.freshness().await? })
}

/// A page is made of several readings: all of them must be of one publication. Publications are
/// minutes apart, so a second try all but always succeeds.
async fn of_one_publication<View, Reading>(published: &Published, read: impl Fn(Published) -> Reading) -> Result<(Shown, View), Missing>
where
    Reading: Future<Output = Result<View, Missing>>,
{
    let mut before = shown(published).await?;
    for _ in 0..5 {
        let view = read(published.clone()).await?;
        let after = shown(published).await?;
        if after.publication.publication == before.publication.publication {
            return Ok((before, view));
        }
        before = after;
    }
    Err(Missing::Publication)
}

fn full(title: &str, shown: &Shown, body: Markup) -> Html<String> {
    Html(page(title, &shown.publication, &shown.freshness, body).into_string())
}

async fn overview_page(State(published): State<Published>, Query(asked): Query<BTreeMap<String, String>>) -> Result<Html<String>, Missing> {
    let (shown, view) = of_one_publication(&published, |published| {
        let asked = asked.clone();
        async move { overview::read(&published, &asked).await }
    })
    .await?;
    Ok(full("Overview", &shown, overview::body(&view)))
}

async fn intervention_page(State(published): State<Published>, Path(id): Path<String>) -> Result<Html<String>, Missing> {
    let (shown, report) = of_one_publication(&published, |published| {
        let id = id.clone();
        async move { intervention::read(&published, &id).await }
    })
    .await?;
    Ok(full(&report.intervention.title, &shown, intervention::body(&report)))
}

async fn intervention_csv(State(published): State<Published>, Path(id): Path<String>) -> Result<Response, Missing> {
    let report = intervention::read(&published, &id).await?;
    Ok(csv(intervention::csv(&report)))
}

async fn measure_page(State(published): State<Published>, Path(id): Path<String>) -> Result<Html<String>, Missing> {
    let (shown, found) = of_one_publication(&published, |published| {
        let id = id.clone();
        async move { measure::find(&published, &id).await }
    })
    .await?;
    Ok(full(&found.title, &shown, measure::body(&found)))
}

async fn measure_csv(State(published): State<Published>, Path((id, file)): Path<(String, String)>) -> Result<Response, Missing> {
    let found = measure::find(&published, &id).await?;
    let level = file.strip_suffix(".csv").filter(|level| signpost_core::Level::parse(level).is_some());
    let level = level.ok_or(Missing::Thing("There is no such level; ask for practice, pcn, sub_icb, icb, region or england."))?;
    let rows = published.measure_months(&found.measure, level, None).await?;
    Ok(csv(measure::csv(&rows)))
}

fn csv(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()
}
