//! Wrong edits of examples-http.

use super::Mutant;

pub static MUTANTS: &[Mutant] = &[
    Mutant {
        example: "http::hello",
        name: "finishes_requests",
        edits: &[(
            r"    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = ctrl_c.recv() => {}
    }",
            r"    let stop = async move {
        ctrl_c.recv().await;
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;",
        )],
        red: "scenarios::http::hello::stops",
        says: "still runs after 5s",
    },
    Mutant {
        example: "http::hello_server",
        name: "cuts_requests",
        edits: &[(
            "const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);",
            "const DRAIN_TIMEOUT: Duration = Duration::from_millis(1);",
        )],
        red: "scenarios::http::hello_server::drain",
        says: "stopped: open connections were closed",
    },
    Mutant {
        example: "http::hello_server",
        name: "slow_head",
        edits: &[(
            r"    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);",
            "    http.timer(TokioTimer::new()).header_read_timeout(None);",
        )],
        red: "scenarios::http::hello_server::timeouts",
        says: "a connection stays",
    },
    Mutant {
        example: "http::hello_server",
        name: "unread_answer",
        edits: &[(
            "stream.set_timeout(Some(WRITE_TIMEOUT));",
            "stream.set_timeout(None);",
        )],
        red: "scenarios::http::hello_server::timeouts",
        says: "a connection stays",
    },
    Mutant {
        example: "http::hello_server",
        name: "second_signal_ignored",
        edits: &[(
            r#"        () = sleep(DRAIN_TIMEOUT) => "open connections were closed",
        () = stop.recv() => "open connections were closed",
"#,
            r#"        () = sleep(DRAIN_TIMEOUT) => "open connections were closed",
"#,
        )],
        red: "scenarios::http::hello_server::second_signal",
        says: "it stopped after 3.",
    },
    Mutant {
        example: "http::users",
        name: "cuts_requests",
        edits: &[(
            "const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);",
            "const DRAIN_TIMEOUT: Duration = Duration::from_millis(1);",
        )],
        red: "scenarios::http::users::drain",
        says: "stopped: open connections were closed",
    },
    Mutant {
        example: "http::users",
        name: "larger_body",
        edits: &[(
            "DefaultBodyLimit::max(MAX_BODY)",
            "DefaultBodyLimit::max(2 * MAX_BODY)",
        )],
        red: "scenarios::http::users::errors",
        says: "EOF while parsing a value at line 1 column 1025",
    },
    Mutant {
        example: "http::users",
        name: "more_users",
        edits: &[(
            "if users.len() == MAX_USERS {",
            "if users.len() == 2 * MAX_USERS {",
        )],
        red: "scenarios::http::users::full",
        says: "10001 users",
    },
    Mutant {
        example: "http::users",
        name: "slow_body",
        edits: &[(
            r"        .layer(middleware::from_fn(limit_time))
",
            "",
        )],
        red: "scenarios::http::users::slow_body",
        says: "no answer: deadline has elapsed",
    },
    Mutant {
        example: "http::users",
        name: "replaces_a_user",
        edits: &[(
            "if users.contains_key(&user.id) {",
            "if users.contains_key(&user.id) && user.id > 1 {",
        )],
        red: "http::users",
        says: r#"{"id":1,"name":"Ben"} 201"#,
    },
    Mutant {
        example: "http::bounded_fetch",
        name: "more_at_a_time",
        edits: &[(".buffer_unordered(LIMIT)", ".buffer_unordered(2 * LIMIT)")],
        red: "http::bounded_fetch",
        says: "fetch_all: 15 of 16 pages, at most 8 requests at a time",
    },
    Mutant {
        example: "http::bounded_fetch",
        name: "permit_dropped_early",
        edits: &[(
            r"            let page = fetch(&client, &url).await;
            drop(permit);",
            r"            drop(permit);
            let page = fetch(&client, &url).await;",
        )],
        red: "http::bounded_fetch",
        says: "fetch_all_spawned: 15 of 16 pages, at most 16 requests at a time",
    },
    Mutant {
        example: "http::error_chain",
        name: "status_ignored",
        edits: &[(".error_for_status()?;", ";")],
        red: "http::error_chain",
        says: "{:#}  error decoding [..]: EOF while parsing a value at line 1 column 0",
    },
    Mutant {
        example: "http::error_responses",
        name: "tells_the_causes",
        edits: &[(r#"#[error("internal error")]"#, r#"#[error("{0:#}")]"#)],
        red: "http::error_responses",
        says: r#"/orders/3/pay {"cents":500}: 500 {"error":"cannot charge order 3: bank.internal refused the key k-4711"}"#,
    },
    Mutant {
        example: "http::error_responses",
        name: "always_400",
        edits: &[(
            "Self::Json(rejection) => rejection.status(),",
            "Self::Json(_) => StatusCode::BAD_REQUEST,",
        )],
        red: "http::error_responses",
        says: r#"{"cent":500}: 400"#,
    },
    Mutant {
        example: "http::extractors",
        name: "query_is_required",
        edits: &[(
            r"    #[serde(default)]
",
            "",
        )],
        red: "http::extractors",
        says: "no query         400 Failed to deserialize query string: missing field `urgent`",
    },
    Mutant {
        example: "http::fetch",
        name: "status_ignored",
        edits: &[(".error_for_status()?;", ";")],
        red: "http::fetch",
        says: "Downloaded 0 bytes",
    },
    Mutant {
        example: "http::fetch",
        name: "waits_twice_as_long",
        edits: &[(
            ".read_timeout(Duration::from_secs(10))",
            ".read_timeout(Duration::from_secs(20))",
        )],
        red: "scenarios::http::fetch::silent_server",
        says: "it took 20 s",
    },
    Mutant {
        example: "http::fetch_json",
        name: "in_sequence",
        edits: &[(
            r"    for user in try_join_all(fetches).await? {
",
            r"    for fetch in fetches {
        let user = try_join_all([fetch]).await?;
",
        )],
        red: "http::fetch_json",
        says: r#"Fetched: [User { id: 1, name: "Ada" }]"#,
    },
    Mutant {
        example: "http::timeouts",
        name: "limits_the_whole",
        edits: &[(".read_timeout(READ_TIMEOUT)", ".timeout(READ_TIMEOUT)")],
        red: "http::timeouts",
        says: "read_timeout of 600ms, a byte every 100 ms: timed out",
    },
    Mutant {
        example: "http::hello_server",
        name: "drains_longer",
        edits: &[("() = sleep(DRAIN_TIMEOUT)", "() = sleep(2 * DRAIN_TIMEOUT)")],
        red: "scenarios::http::hello_server::half_a_request",
        says: "it stopped after 6 s",
    },
    Mutant {
        example: "http::users",
        name: "drains_longer",
        edits: &[("() = sleep(DRAIN_TIMEOUT)", "() = sleep(2 * DRAIN_TIMEOUT)")],
        red: "scenarios::http::users::half_a_request",
        says: "it stopped after 6 s",
    },
    Mutant {
        example: "http::hello",
        name: "names_nothing",
        edits: &[(
            r#"anyhow!("cannot listen on {address}: {error}; give another address as an argument")"#,
            r#"anyhow!("{error}")"#,
        )],
        red: "http::hello",
        says: "Error: cannot listen on[..]<- missing",
    },
    Mutant {
        example: "http::hello_server",
        name: "permit_dropped_early",
        edits: &[(
            r"                    let _ = connection.await;
                    drop(permit);",
            r"                    drop(permit);
                    let _ = connection.await;",
        )],
        red: "scenarios::http::hello_server::connections",
        says: "1,001 clients are served",
    },
    Mutant {
        example: "http::retry_request",
        name: "gives_up_early",
        edits: &[(".with_max_times(3)", ".with_max_times(2)")],
        red: "http::retry_request",
        says: "down, 100 calls of get: 300 attempts",
    },
    Mutant {
        example: "http::retry_request",
        name: "no_budget",
        edits: &[(
            "delay.filter(|_| budget.withdraw())",
            "delay.filter(|_| budget.withdraw() || true)",
        )],
        red: "http::retry_request",
        says: "down, 100 calls of get_within_budget: 400 attempts",
    },
    Mutant {
        example: "http::retry_after",
        name: "repeats_a_post",
        edits: &[(
            "if idempotent && is_temporary(response.status())",
            "if is_temporary(response.status())",
        )],
        red: "http::retry_after",
        says: "POST: 200 OK, attempts: 2",
    },
    Mutant {
        example: "http::sse_client",
        name: "keeps_the_connection",
        edits: &[("    drop(answer);\n", "    std::mem::forget(answer);\n")],
        red: "http::sse_client",
        says: "server: the client is gone[..]<- missing",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "forgets_the_id",
        edits: &[(
            ".header(\"last-event-id\", last_id)",
            ".header(\"last-event\", last_id)",
        )],
        red: "http::sse_reconnect",
        says: "follow: order 1, order 2, order 3, order 1, order 2, order 3",
    },
    Mutant {
        example: "http::upload",
        name: "one_byte_more",
        edits: &[("if size > MAX_FILE {", "if size > MAX_FILE + 1 {")],
        red: "http::upload",
        says: "PUT, 1000001 bytes: 201 Created",
    },
    Mutant {
        example: "http::hedged_request",
        name: "hedges_all",
        edits: &[(
            "timeout(HEDGE_AFTER, &mut first)",
            "timeout(HEDGE_AFTER / 10, &mut first)",
        )],
        red: "http::hedged_request",
        says: "get_hedged: 120 requests",
    },
    Mutant {
        example: "http::hedged_request",
        name: "no_budget",
        edits: &[(
            "if !budget.withdraw() {",
            "if !budget.withdraw() && false {",
        )],
        red: "http::hedged_request",
        says: "all slow, budget: 200 requests",
    },
    Mutant {
        example: "http::hedged_request",
        name: "waits_for_both",
        edits: &[(
            "let (answer, _slower) = select_ok([first, second]).await?;",
            "let answer = try_join_all([first, second]).await?.remove(0);",
        )],
        red: "http::hedged_request",
        says: "get_hedged: 104 requests, 0 dropped",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "opens_late",
        edits: &[(
            "state.failures >= MAX_FAILURES",
            "state.failures > MAX_FAILURES",
        )],
        red: "http::circuit_breaker",
        says: "down: 4 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "stays_open",
        edits: &[(
            "is_some_and(|until| now < until)",
            "is_some_and(|until| now < until + PAUSE)",
        )],
        red: "http::circuit_breaker",
        says: "still down: 0 of 10 calls sent",
    },
    Mutant {
        example: "http::rate_limited_client",
        name: "larger_burst",
        edits: &[("NonZeroU32::new(4)", "NonZeroU32::new(8)")],
        red: "http::rate_limited_client",
        says: "one limiter for all: 5 of 8 orders placed",
    },
    Mutant {
        example: "http::rate_limited_client",
        name: "does_not_wait",
        edits: &[(
            "self.0.lock().await.until_ready().await;",
            "let _ = self.0.lock().await.check();",
        )],
        red: "http::rate_limited_client",
        says: "one limiter for all: 5 of 8 orders placed",
    },
    Mutant {
        example: "http::download",
        name: "appends_any_range",
        edits: &[(
            r#"    let rest = range.strip_prefix(&format!("bytes {size}-"))?;"#,
            r#"    let rest = range.strip_prefix("bytes ").filter(|_| size > 0)?;"#,
        )],
        red: "scenarios::http::download::wrong_ranges",
        says: "from 0: ",
    },
    Mutant {
        example: "http::download",
        name: "a_part_as_a_target",
        edits: &[(" == name && !is_part)", " == name)")],
        red: "scenarios::http::download::arguments",
        says: r#"expected 1, "Error: cannot name a file after [..].part"#,
    },
    Mutant {
        example: "http::download",
        name: "mixes_versions",
        edits: &[(".header(IF_RANGE, etag)", "")],
        red: "scenarios::http::download::resume_after_a_cut",
        says: "[None, None, None]",
    },
    Mutant {
        example: "http::download",
        name: "appends_the_whole_file",
        edits: &[(
            r"        self.size = 0;
        self.total = total;",
            "        self.total = total.map(|total| total + self.size);",
        )],
        red: "scenarios::http::download::another_version",
        says: "a mixture",
    },
    Mutant {
        example: "http::download",
        name: "forgets_the_pause",
        edits: &[(
            "let delay = pause + delay;",
            "let delay = pause / 9 + delay;",
        )],
        red: "scenarios::http::download::pauses",
        says: "429 Too Many Requests, 2: ",
    },
    Mutant {
        example: "http::download",
        name: "more_at_a_time",
        edits: &[(
            ".buffer_unordered(arguments.jobs.get())",
            ".buffer_unordered(2 * arguments.jobs.get())",
        )],
        red: "scenarios::http::download::jobs",
        says: "6 requests at a time",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "passes_on_what_connection_names",
        edits: &[(
            r"    for name in named {
        headers.remove(name);
    }",
            "    drop(named);",
        )],
        red: "scenarios::http::reverse_proxy::headers",
        says: "x-secret: GET /a?b=%2f HTTP/1.1",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "two_hosts",
        edits: &[(
            "if is_missing || more.is_some() {",
            "if is_missing || more.is_some_and(HeaderValue::is_sensitive) {",
        )],
        red: "scenarios::http::reverse_proxy::targets",
        says: ": HTTP/1.1 200 OK",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "larger_bodies",
        edits: &[(
            "const MAX_REQUEST_BODY: usize = 10_000_000;",
            "const MAX_REQUEST_BODY: usize = 20_000_000;",
        )],
        red: "scenarios::http::reverse_proxy::large_bodies",
        says: "HTTP/1.1 ",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "reports_every_client",
        edits: &[(
            "self.is_down.swap(true, Relaxed)",
            "self.is_down.swap(true, Relaxed).then_some(false).unwrap_or(false)",
        )],
        red: "scenarios::http::reverse_proxy::upstream_down",
        says: "cannot reach",
    },
    Mutant {
        example: "http::client_disconnect",
        name: "without_a_task",
        edits: &[(
            "match tasks.spawn(place_order()).await {",
            "match tasks.track_future(async { Ok::<_, ()>(place_order().await) }).await {",
        )],
        red: "http::client_disconnect",
        says: "fixed: 3 cards charged, 0 orders saved",
    },
    Mutant {
        example: "http::client_disconnect",
        name: "does_not_wait",
        edits: &[(
            r"    tasks.wait().await;
",
            "",
        )],
        red: "http::client_disconnect",
        says: "fixed: 3 cards charged, 0 orders saved",
    },
    Mutant {
        example: "http::shutdown",
        name: "endless_stream",
        edits: &[(
            "Sse::new(news().take_until(stop.cancelled_owned()))",
            "Sse::new(news().take_until(async move { drop(stop) }).chain(news()))",
        )],
        red: "http::shutdown",
        says: "fixed: the server hangs",
    },
    Mutant {
        example: "http::close_websockets",
        name: "no_goodbye",
        edits: &[(
            "let _ = timeout(Duration::from_secs(1), close(socket)).await;",
            "drop(socket);",
        )],
        red: "http::close_websockets",
        says: "fixed: cut off",
    },
    Mutant {
        example: "http::middleware",
        name: "swapped",
        edits: &[(
            "ServiceBuilder::new().layer(first).layer(second)",
            "ServiceBuilder::new().layer(second).layer(first)",
        )],
        red: "http::middleware",
        says: "added with ServiceBuilder: second in, first in, handler, first out, second out",
    },
    Mutant {
        example: "http::limits",
        name: "larger_body",
        edits: &[(
            "RequestBodyLimitLayer::new(MAX_BODY)",
            "RequestBodyLimitLayer::new(2 * MAX_BODY)",
        )],
        red: "http::limits",
        says: "body of 1025 bytes: 200 OK",
    },
    Mutant {
        example: "http::limits",
        name: "for_each_route",
        edits: &[
            (
                ".layer(GlobalConcurrencyLimitLayer::new(MAX_REQUESTS))",
                ".layer(ConcurrencyLimitLayer::new(MAX_REQUESTS))",
            ),
            (
                "tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer}",
                "tower::limit::ConcurrencyLimitLayer",
            ),
        ],
        red: "http::limits",
        says: "fixed: 8 requests served, 12 refused",
    },
    Mutant {
        example: "http::streaming_body",
        name: "all_in_memory",
        edits: &[(
            r"    Body::from_stream(pages(500))
}",
            r"    Body::from((0..500).map(page).collect::<String>())
}",
        )],
        red: "http::streaming_body",
        says: "/report: 10000 kB made before the first chunk arrives",
    },
    Mutant {
        example: "http::streaming_body",
        name: "unlimited",
        edits: &[("if size > MAX_SIZE {", "if size > 2 * MAX_SIZE {")],
        red: "http::streaming_body",
        says: "upload of 13 MB: 201 Created",
    },
    Mutant {
        example: "http::observability",
        name: "path_as_label",
        edits: &[(
            r#"let route = route.map_or("none", MatchedPath::as_str).to_owned();"#,
            r#"let route = route.map_or("none".into(), |_| request.uri().path().to_owned());"#,
        )],
        red: "http::observability",
        says: r#"route="/orders/7""#,
    },
    Mutant {
        example: "http::observability",
        name: "counts_answers_only",
        edits: &[(
            r"impl Drop for Measured {
    fn drop(&mut self) {
",
            r#"impl Drop for Measured {
    fn drop(&mut self) {
        if self.labels[1].1 == "canceled" {
            return;
        }
"#,
        )],
        red: "http::observability",
        says: r#"status="canceled"} 1[..]<- missing"#,
    },
    Mutant {
        example: "http::observability",
        name: "no_id",
        edits: &[
            (
                r"        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
",
                "",
            ),
            (
                r"use tower_http::request_id::{MakeRequestUuid, SetRequestIdLayer};
",
                "",
            ),
        ],
        red: "http::observability",
        says: r#"request{path="/orders/8"}"#,
    },
    Mutant {
        example: "http::health",
        name: "ready_until_the_end",
        edits: &[(
            r"    if service.stop.is_cancelled() {
",
            r"    if service.stop.is_cancelled() && GRACE.is_zero() {
",
        )],
        red: "http::health",
        says: "told to stop: /health 200, /ready 200",
    },
    Mutant {
        example: "http::health",
        name: "half_the_grace",
        edits: &[(
            r"            sleep(GRACE).await;
",
            r"            sleep(GRACE / 2).await;
",
        )],
        red: "http::health",
        says: "stopped[..]<- early",
    },
    Mutant {
        example: "http::testing",
        name: "longer_timeout",
        edits: &[("Duration::from_secs(30))", "Duration::from_secs(60))")],
        red: "http::testing",
        says: "504 Gateway Timeout after 60 s",
    },
    Mutant {
        example: "http::https",
        name: "handshake_in_the_loop",
        edits: &[(
            r"        tokio::spawn(serve_tls(stream, tls.clone(), app.clone()));
",
            r"        serve_tls(stream, tls.clone(), app.clone()).await;
",
        )],
        red: "http::https",
        says: "serve, beside a silent client: operation timed out",
    },
    Mutant {
        example: "http::https",
        name: "another_name",
        edits: &[(
            r#"generate_simple_self_signed(["localhost".into()])"#,
            r#"generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()])"#,
        )],
        red: "http::https",
        says: "127.0.0.1: 200 OK",
    },
    Mutant {
        example: "http::tls_reload",
        name: "keeps_the_first",
        edits: &[(
            r"    loop {
        // Unlike",
            r"    let tls = watch::channel(tls.borrow().clone()).1;
    loop {
        // Unlike",
        )],
        red: "http::tls_reload",
        says: "Error: ",
    },
    Mutant {
        example: "http::cors",
        name: "authenticates_the_preflight",
        edits: &[(
            "let fixed = orders.layer(auth).layer(cors);",
            "let fixed = orders.layer(cors).layer(auth);",
        )],
        red: "http::cors",
        says: r#"200, allows "http://app.shop.localhost:3000"[..]<- missing"#,
    },
    Mutant {
        example: "http::cors",
        name: "allows_every_origin",
        edits: &[(
            ".allow_origin([origin])",
            ".allow_origin(tower_http::cors::AllowOrigin::mirror_request())",
        )],
        red: "scenarios::http::cors::origins",
        says: "OPTIONS from null",
    },
    Mutant {
        example: "http::cors",
        name: "cookie_of_one_host",
        edits: &[("user=ada; Domain=shop.localhost;", "user=ada;")],
        red: "scenarios::http::cors::page",
        says: "app.shop.localhost shows",
    },
    Mutant {
        example: "http::sse",
        name: "silent_about_losses",
        edits: &[(
            r#"Err(Lagged(count)) => Event::default().event("lagged").data(count.to_string()),"#,
            r#"Err(Lagged(_)) => Event::default().comment("lagged"),"#,
        )],
        red: "http::sse",
        says: "event: lagged[..]<- missing",
    },
    Mutant {
        example: "http::sse",
        name: "endless_streams",
        edits: &[("events.take_until(stop.cancelled_owned())", "events")],
        red: "scenarios::http::sse::streams_end",
        says: "cut off after",
    },
    Mutant {
        example: "http::sse",
        name: "waits_for_the_deaf",
        edits: &[(
            "let _ = timeout(Duration::from_secs(1), server).await;",
            "let _ = server.await;",
        )],
        red: "scenarios::http::sse::deaf",
        says: "still runs after 5s",
    },
    Mutant {
        example: "http::websocket",
        name: "every_page_may_connect",
        edits: &[(
            "origin.is_some_and(|(_scheme, origin)| Some(origin) == host)",
            "origin.is_some() || host.is_none()",
        )],
        red: "scenarios::http::websocket::origins",
        says: "from http://localhost",
    },
    Mutant {
        example: "http::websocket",
        name: "keeps_pace_with_the_fast",
        edits: &[("            sleep_until(turn).await;\n", "")],
        red: "scenarios::http::websocket::fast",
        says: "too many messages behind",
    },
    Mutant {
        example: "http::websocket",
        name: "keeps_the_slow",
        edits: &[(
            r#"Err(_) => return (POLICY, "too many messages behind"),"#,
            "Err(_) => continue,",
        )],
        red: "scenarios::http::websocket::behind",
        says: "messages: Ok(Ping(",
    },
    Mutant {
        example: "http::websocket",
        name: "keeps_the_silent",
        edits: &[(
            "                has_answered = false;",
            "                has_answered = true;",
        )],
        red: "scenarios::http::websocket::pings",
        says: "the silent client stays",
    },
    Mutant {
        example: "http::websocket",
        name: "no_close_handshake",
        edits: &[(
            r"        while let Some(Ok(_)) = socket.recv().await {}
",
            "",
        )],
        red: "scenarios::http::websocket::close_unanswered",
        says: "it stopped after 0",
    },
    Mutant {
        example: "http::session",
        name: "keeps_the_id",
        edits: &[(
            r"    session.cycle_id().await.map_err(internal)?;
",
            "",
        )],
        red: "scenarios::http::session::planted",
        says: "the id stays",
    },
    Mutant {
        example: "http::session",
        name: "trusts_every_origin",
        edits: &[(
            r#"|| origin == header("host")"#,
            r#"|| header("host").is_some()"#,
        )],
        red: "scenarios::http::session::page",
        says: "<body> shows \"logged out\", and never",
    },
    Mutant {
        example: "http::auth",
        name: "never_expires",
        edits: &[(
            "Some(token) if SystemTime::now() < token.expires => Ok",
            "Some(token) => Ok",
        )],
        red: "http::auth",
        says: "GET     Bearer expired-5d   200 OK",
    },
    Mutant {
        example: "http::auth",
        name: "all_may_edit",
        edits: &[("if client.may_edit {", "if client.may_edit || true {")],
        red: "http::auth",
        says: "DELETE  Bearer reader-8f    204 No Content",
    },
    Mutant {
        example: "http::client_ip",
        name: "trusts_everybody",
        edits: &[(
            r"            if !PROXIES.iter().any(|proxies| proxies.contains(&client)) {
                break;
            }
",
            "",
        )],
        red: "http::client_ip",
        says: "direct, forged        broken: 192.0.2.1    fixed: 192.0.2.1",
    },
    Mutant {
        example: "http::client_ip",
        name: "first_line_only",
        edits: &[(
            r#"headers.get_all("x-forwarded-for").iter()"#,
            r#"headers.get("x-forwarded-for").into_iter()"#,
        )],
        red: "http::client_ip",
        says: "two headers, forged   broken: 192.0.2.1    fixed: 192.0.2.1",
    },
    Mutant {
        example: "http::idempotency",
        name: "stops_with_its_client",
        edits: &[
            (
                r"    let task = tokio::spawn(async move {
",
                r"    let task = async move {
",
            ),
            (
                r"            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    });
    task.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)",
                r"            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    };
    task.await",
            ),
        ],
        red: "http::idempotency",
        says: "fixed, it asks again: 1 taken, answers {201: 1}",
    },
    Mutant {
        example: "http::idempotency",
        name: "any_payment",
        edits: &[(
            "(first, answer) if first == payment => answer",
            "(first, answer) if first == payment || true => answer",
        )],
        red: "http::idempotency",
        says: "fixed, another payment: 0 taken, answers {201: 1}",
    },
    Mutant {
        example: "http::rate_limit",
        name: "each_address",
        edits: &[(
            "match address.to_canonical() {",
            r"match address.to_canonical() {
        address if address.is_ipv6() => address,",
        )],
        red: "http::rate_limit",
        says: "fixed, 2001:db8::1 and 2001:db8::2: 10 served, 40 refused, Retry-After: 1",
    },
    Mutant {
        example: "http::webhook",
        name: "never_too_old",
        edits: &[("> TOLERANCE {", "> 1000 * TOLERANCE {")],
        red: "http::webhook",
        says: "fixed, six minutes old: 200 OK, handled: 1",
    },
    Mutant {
        example: "http::webhook",
        name: "handles_again",
        edits: &[(
            "seen.try_get_with(id, handle(event)).await }",
            "drop((seen, id)); handle(event).await }",
        )],
        red: "http::webhook",
        says: "fixed, sent again: 200 OK, handled: 1",
    },
    Mutant {
        example: "http::static_files",
        name: "follows_links",
        edits: &[(
            "if is_hidden || !file.starts_with(&folder) {",
            "if is_hidden && !file.starts_with(&folder) {",
        )],
        red: "scenarios::http::static_files::links",
        says: "/outside: HTTP/1.1 200 OK",
    },
    Mutant {
        example: "http::static_files",
        name: "shows_hidden_files",
        edits: &[(
            "name.starts_with('.') && name != ",
            r#"name.starts_with("..") && name != "#,
        )],
        red: "http::static_files",
        says: "[..]<- missing",
    },
    Mutant {
        example: "http::password",
        name: "tells_who_has_an_account",
        edits: &[(
            r"    let known = users.hashes.get(name);
",
            r"    let known = users.hashes.get(name);
    if known.is_none() {
        return StatusCode::UNAUTHORIZED;
    }
",
        )],
        red: "http::password",
        says: "fixed, unknown user: 401 Unauthorized, quicker than a hash: true",
    },
    Mutant {
        example: "http::error_responses",
        name: "panics_unheard",
        edits: &[
            (
                r#"let _ = writeln!(io::stderr(), "log: {error:#}");"#,
                r#"eprintln!("log: {error:#}");"#,
            ),
            (
                r"use std::io::{self, Write};

",
                "",
            ),
        ],
        red: "scenarios::http::error_responses::unheard",
        says: "status: exit status: 101",
    },
    Mutant {
        example: "http::static_files",
        name: "hides_only_the_last_part",
        edits: &[(
            "names.any(|name| name.starts_with('.')",
            "names.last().is_some_and(|name| name.starts_with('.')",
        )],
        red: "scenarios::http::static_files::links",
        says: "/.git/config",
    },
];

pub static REBUILT: &[Mutant] = &[
    Mutant {
        example: "http::auth",
        name: "compares_a_prefix",
        edits: &[(
            "token.digest.as_slice().ct_eq(&digest)",
            "token.digest[..2].ct_eq(&digest[..2])",
        )],
        red: "scenarios::http::auth::headers",
        says: "(200, None)",
    },
    Mutant {
        example: "http::webhook",
        name: "default_policy",
        edits: &[(
            ".eviction_policy(EvictionPolicy::lru())",
            ".eviction_policy(EvictionPolicy::tiny_lfu())",
        )],
        red: "scenarios::http::webhook::repeated",
        says: "full: 10, handled: 2",
    },
    Mutant {
        example: "http::webhook",
        name: "without_a_task",
        edits: &[
            (
                "let task = tokio::spawn(async move { seen.try_get_with(id, handle(event)).await });",
                "let task = async move { Some(seen.try_get_with(id, handle(event)).await) };",
            ),
            ("Ok(Ok(())) =>", "Some(Ok(())) =>"),
        ],
        red: "scenarios::http::webhook::repeated",
        says: "left: true, handled: 0",
    },
    Mutant {
        example: "http::webhook",
        name: "secret_as_text",
        edits: &[
            (
                r#"BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap_or(SECRET))?;"#,
                "SECRET;",
            ),
            (
                "new_from_slice(&secret)",
                "new_from_slice(secret.as_bytes())",
            ),
        ],
        red: "scenarios::http::webhook::forged",
        says: "known: g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= is right",
    },
    Mutant {
        example: "http::fetch_to_disk",
        name: "larger_pages",
        edits: &[("ensure!(size <= MAX_SIZE,", "ensure!(size <= 2 * MAX_SIZE,")],
        red: "scenarios::http::fetch_to_disk::limit",
        says: "/endless: saved 1000001 bytes",
    },
    Mutant {
        example: "http::fetch_to_disk",
        name: "no_flush",
        edits: &[(
            r"    file.flush().await?;
",
            "",
        )],
        red: "scenarios::http::fetch_to_disk::flushed",
        says: "of 100 files are whole",
    },
    Mutant {
        example: "http::retry_request",
        name: "no_jitter",
        edits: &[("\n    .with_jitter();", ";")],
        red: "scenarios::http::retry_request::jitter",
        says: "all within [..] ms: from ",
    },
    Mutant {
        example: "http::retry_request",
        name: "always_temporary",
        edits: &[("429 | 502 | 503 | 504", "404 | 429 | 502 | 503 | 504")],
        red: "scenarios::http::retry_request::not_found",
        says: "down, 100 calls of get: 400 attempts",
    },
    Mutant {
        example: "http::retry_after",
        name: "only_numbers",
        edits: &[(
            "        (_, Ok(date)) => date.duration_since(SystemTime::now()).unwrap_or_default(),\n",
            "        (_, Ok(date)) => date.duration_since(date).unwrap_or_default(),\n",
        )],
        red: "scenarios::http::retry_after::pauses",
        says: "asked for a date in 3 s: status and attempts are 200 2, not 200 2",
    },
    Mutant {
        example: "http::retry_after",
        name: "obeys",
        edits: &[("pause <= MAX_PAUSE", "pause <= 1000 * MAX_PAUSE")],
        red: "scenarios::http::retry_after::pauses",
        says: "it still runs after",
    },
    Mutant {
        example: "http::retry_after",
        name: "holds_the_connection",
        edits: &[(
            "        drop(result); //",
            "        let _result = result; //",
        )],
        red: "scenarios::http::retry_after::connection",
        says: "the connection stays open",
    },
    Mutant {
        example: "http::sse_client",
        name: "part_is_whole",
        edits: &[(
            "        bail!(\"the connection closed before the answer was complete\");",
            "        if true { return Ok(None) }\n        bail!(\"the connection closed\");",
        )],
        red: "scenarios::http::sse_client::cut",
        says: "Answer: A café crème is",
    },
    Mutant {
        example: "http::sse_client",
        name: "no_limit",
        edits: &[("10_000_000", "10_000_000_000")],
        red: "scenarios::http::sse_client::endless",
        says: "the connection closed before the answer was complete",
    },
    Mutant {
        example: "http::upload",
        name: "name_of_the_client",
        edits: &[(
            "            return save(&folder, field.map_err(|error| error.status())).await;",
            "            let folder = folder.join(field.file_name().unwrap_or_default());
            return save(&folder, field.map_err(|error| error.status())).await;",
        )],
        red: "scenarios::http::upload::names",
        says: "../../evil: HTTP/1.1 500 Internal Server Error",
    },
    Mutant {
        example: "http::upload",
        name: "leaves_the_file",
        edits: &[(
            "let mut file = File::from_std(temporary.reopen().map_err(internal)?);",
            "let mut file = File::from_std(temporary.reopen().map_err(internal)?);
    std::mem::forget(NamedTempFile::with_prefix_in(\"upload-\", folder));",
        )],
        red: "scenarios::http::upload::leaves",
        says: "not 1 files but ",
    },
    Mutant {
        example: "http::upload",
        name: "waits_forever",
        edits: &[("Duration::from_secs(10)", "Duration::from_secs(10_000)")],
        red: "scenarios::http::upload::idle",
        says: "no answer: deadline has elapsed",
    },
    Mutant {
        example: "http::upload",
        name: "no_limit_for_a_form",
        edits: &[(
            "DefaultBodyLimit::max(2 * MAX_FILE)",
            "DefaultBodyLimit::disable()",
        )],
        red: "scenarios::http::upload::endless",
        says: "a note: [..] bytes",
    },
    Mutant {
        example: "http::hedged_request",
        name: "first_of_two",
        edits: &[
            (
                "select_ok([first, second]).await?;",
                "select_all([first, second]).await;\n    let answer = answer?;",
            ),
            ("let (answer, _slower)", "let (answer, _index, _slower)"),
            ("{select_ok, try_join_all}", "{select_all, try_join_all}"),
        ],
        red: "scenarios::http::hedged_request::second_fails",
        says: "Error: error sending request",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "all_at_half_open",
        edits: &[(
            "        state.open_until = state.open_until.map(|_| now + PAUSE);\n",
            "",
        )],
        red: "scenarios::http::circuit_breaker::one_at_a_time",
        says: "still down: 10 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "waits_for_the_canceled",
        edits: &[("map(|_| now + PAUSE)", "map(|_| now + 100 * PAUSE)")],
        red: "scenarios::http::circuit_breaker::canceled",
        says: "up again: 0 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "not_found_is_down",
        edits: &[(
            "!response.status().is_server_error()",
            "response.status().is_success()",
        )],
        red: "scenarios::http::circuit_breaker::answers",
        says: "NOT_FOUND: ",
    },
    Mutant {
        example: "http::rate_limited_client",
        name: "no_queue",
        edits: &[
            (
                "struct Limiter(Mutex<DefaultDirectRateLimiter>);",
                "struct Limiter(DefaultDirectRateLimiter);",
            ),
            (
                "Self(Mutex::new(RateLimiter::direct(quota)))",
                "Self(RateLimiter::direct(quota))",
            ),
            (
                "self.0.lock().await.until_ready().await;",
                "self.0.until_ready().await;",
            ),
            ("use tokio::sync::Mutex;\n", ""),
        ],
        red: "scenarios::http::rate_limited_client::tasks",
        says: "task 12: ",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "stops_at_an_error",
        edits: &[(
            "while let Some(Ok(event)) = connection.next().await {",
            "while let Some(event) = connection.next().await {
                    let Ok(event) = event else { return };",
        )],
        red: "scenarios::http::sse_reconnect::half_an_event",
        says: r#"0: ["follow: order 1"]"#,
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "never_gives_up",
        edits: &[("it.is_client_error()", "it.is_informational()")],
        red: "scenarios::http::sse_reconnect::refused",
        says: "3: [..]cannot connect: [..]404",
    },
    Mutant {
        example: "http::upload",
        name: "waits_for_a_field",
        edits: &[(
            "in_time(form.next_field().map_err(|error| error.status())).await?",
            "form.next_field().map_err(|error| error.status()).await?",
        )],
        red: "scenarios::http::upload::idle",
        says: "a [..]: no answer: deadline has elapsed",
    },
    Mutant {
        example: "http::upload",
        name: "default_limit_for_a_form",
        edits: &[("        .layer(DefaultBodyLimit::max(2 * MAX_FILE))\n", "")],
        red: "scenarios::http::upload::memory",
        says: "POST: ",
    },
    Mutant {
        example: "http::upload",
        name: "holds_all",
        edits: &[(
            "    let body = body.into_data_stream()",
            "    let body = axum::body::to_bytes(body, usize::MAX).await;
    let body = Body::from(body.unwrap_or_default()).into_data_stream()",
        )],
        red: "scenarios::http::upload::memory",
        says: "grown by ",
    },
    Mutant {
        example: "http::upload",
        name: "nothing_is_created",
        edits: &[(
            "    Err(StatusCode::BAD_REQUEST)\n",
            "    Ok(StatusCode::CREATED)\n",
        )],
        red: "scenarios::http::upload::wrong",
        says: "no report: HTTP/1.1 201 Created",
    },
    Mutant {
        example: "http::hedged_request",
        name: "early_error_ignored",
        edits: &[(
            "    if let Ok(answer) = timeout(HEDGE_AFTER, &mut first).await {
        return answer;",
            "    if let Ok(Ok(answer)) = timeout(HEDGE_AFTER, &mut first).await {
        return Ok(answer);",
        )],
        red: "scenarios::http::hedged_request::first_fails",
        says: "early: 101: ",
    },
    Mutant {
        example: "http::close_websockets",
        name: "waits_longer",
        edits: &[(
            "timeout(Duration::from_secs(1), close(socket))",
            "timeout(Duration::from_secs(5), close(socket))",
        )],
        red: "scenarios::http::close_websockets::unread",
        says: "fixed: stopped after 5 s",
    },
    Mutant {
        example: "http::close_websockets",
        name: "no_handshake",
        edits: &[(
            r"    while let Some(Ok(_)) = socket.recv().await {}
",
            "",
        )],
        red: "scenarios::http::close_websockets::sending",
        says: "fixed: Err(",
    },
    Mutant {
        example: "http::https",
        name: "longer_handshake",
        edits: &[(
            "HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(500)",
            "HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3)",
        )],
        red: "scenarios::http::https::no_handshake",
        says: "silence: closed after 3",
    },
    Mutant {
        example: "http::password",
        name: "forgets_its_permit",
        edits: &[("let _permit = permit;", "drop(permit);")],
        red: "scenarios::http::password::bounded",
        says: r#""at most 2""#,
    },
    Mutant {
        example: "http::rate_limit",
        name: "remembers_all",
        edits: &[(
            r"        limiter.retain_recent();
",
            r"        limiter.shrink_to_fit();
",
        )],
        red: "scenarios::http::rate_limit::forgets",
        says: r#""2 clients", [..]"2 clients""#,
    },
    Mutant {
        example: "http::idempotency",
        name: "forgets_a_panic",
        edits: &[(
            r"let answer = tokio::spawn(take(payment.clone())).await;
            let answer = answer.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);",
            "let answer = take(payment.clone()).await;",
        )],
        red: "scenarios::http::idempotency::panic",
        says: "panic, again: ",
    },
    Mutant {
        example: "http::webhook",
        name: "early",
        edits: &[(
            "now.abs_diff(time.parse().ok()?)",
            "now.saturating_sub(time.parse().ok()?)",
        )],
        red: "scenarios::http::webhook::forged",
        says: r#"sign("event-7", -310, PAID) PAID: case: 200, handled: 1"#,
    },
    Mutant {
        example: "http::client_ip",
        name: "skips_what_is_no_address",
        edits: &[(
            r"let Some(address) = address else {
                break;",
            r"let Some(address) = address else {
                continue;",
        )],
        red: "scenarios::http::client_ip::headers",
        says: "203.0.113.7, unknown: ",
    },
    Mutant {
        example: "http::hello_server",
        name: "layers_for_each_request",
        edits: &[(
            r"    let app = app.with_state(());
",
            "",
        )],
        red: "scenarios::http::hello_server::layers",
        says: "a layer is built after the first request",
    },
    Mutant {
        example: "http::https",
        name: "layers_for_each_request",
        edits: &[(
            r"    let app = app.with_state(());
",
            "",
        )],
        red: "scenarios::http::https::layers",
        says: "a layer is built after the first request",
    },
    Mutant {
        example: "http::tls_reload",
        name: "layers_for_each_request",
        edits: &[(
            r"    let app = app.with_state(());
",
            "",
        )],
        red: "scenarios::http::tls_reload::layers",
        says: "a layer is built after the first request",
    },
];
