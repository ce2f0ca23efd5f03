//! What those who run the site ask: is it ready, how is it doing, what can it be asked.

use super::{
    ask::{Answer, Ask, Open, json, json_with},
    openapi,
    problem::Edge,
    route::Route,
};
use axum::{
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::json as object;
use std::{fmt::Write, sync::atomic::Ordering};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/health", Open, health)
            .says("Whether the server is ready; 503 while it stops")
            .gives("Health")
            .always(),
        Route::get("/api/openapi.json", Open, document)
            .says("This description, with the forms the caller may see")
            .gives("object"),
        Route::get("/metrics", Open, metrics)
            .says("Numbers for Prometheus; only for this machine and for administrators")
            .gives("text")
            .always(),
    ]
}

async fn health(ask: Ask<Open>) -> Answer {
    if *ask.shared.stopping.borrow() {
        return json_with(
            StatusCode::SERVICE_UNAVAILABLE,
            &object!({ "status": "stopping" }),
        );
    }
    json(&ask.site.health())
}

async fn document(ask: Ask<Open>) -> Answer {
    let document = openapi::document();
    match &ask.caller {
        Some(caller) => json(&openapi::with_forms(document, &ask.site, caller).await?),
        None => json(&document),
    }
}

async fn metrics(ask: Ask<Open>) -> Answer {
    let admin = ask.caller.as_ref().is_some_and(|c| c.admin);
    // Behind a proxy every request seems to come from this machine.
    let near = !ask.shared.options.behind_proxy && ask.peer.is_none_or(|p| p.is_loopback());
    if !admin && !near {
        return Err(Edge::not_found().into());
    }
    let mut text = ask.site.metrics();
    let mut put = |name: &str, help: &str, rows: Vec<(String, String)>| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for (labels, value) in rows {
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    };
    let (mut answers, mut seconds) = (vec![], vec![]);
    for route in &ask.shared.routes {
        let labels = format!("method=\"{}\",route=\"{}\"", route.method, route.path);
        let micros = route.tally.micros.load(Ordering::Relaxed);
        for (n, count) in route.tally.answers.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                answers.push((
                    format!("{labels},status=\"{}xx\"", n + 1),
                    count.to_string(),
                ));
            }
        }
        if micros > 0 {
            let value = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            seconds.push((labels, value));
        }
    }
    put(
        "formwork_http_answers_total",
        "Answers by route and status.",
        answers,
    );
    put(
        "formwork_http_seconds_total",
        "Time spent on answers by route.",
        seconds,
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
