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
            r"            let result = fetch(&client, &url).await;
            drop(permit);",
            r"            drop(permit);
            let result = fetch(&client, &url).await;",
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
        example: "http::error_chain",
        name: "decoding_first",
        edits: &[(
            r#"        Some(error) if error.is_timeout() => "is_timeout",
        Some(error) if error.is_connect() => "is_connect",
        Some(error) if error.is_decode() => "is_decode",
"#,
            r#"        Some(error) if error.is_decode() => "is_decode",
        Some(error) if error.is_timeout() => "is_timeout",
        Some(error) if error.is_connect() => "is_connect",
"#,
        )],
        red: "scenarios::http::error_chain::no_handshake",
        says: r#"broken JSON: is_timeout is expected, not Some("is_decode")"#,
    },
    Mutant {
        example: "http::error_responses",
        name: "tells_the_causes",
        edits: &[(
            r#"            message = "internal error".into();
"#,
            "",
        )],
        red: "http::error_responses",
        says: r#"/orders/3/pay {"cents":500}: 500 {"error":"cannot charge order 3"}"#,
    },
    Mutant {
        example: "http::error_responses",
        name: "tells_of_the_route",
        edits: &[(
            "if status.is_server_error() {",
            "if matches!(self, Self::Internal(_)) {",
        )],
        red: "scenarios::http::error_responses::wrong_route",
        says: "Wrong number of path arguments",
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
        says: "it waited for 2[..] s",
    },
    Mutant {
        example: "http::fetch",
        name: "limits_the_whole_page",
        edits: &[(
            ".read_timeout(Duration::from_secs(10))",
            ".timeout(Duration::from_secs(10))",
        )],
        red: "scenarios::http::fetch::slow_page",
        says: "of a page that takes 15 s, ",
    },
    Mutant {
        example: "http::fetch",
        name: "takes_half_a_page",
        edits: &[(
            "Ok(response.bytes().await?)",
            "Ok(response.bytes().await.unwrap_or_default())",
        )],
        red: "scenarios::http::fetch::cut_off",
        says: r#"are expected, not 0: ["Downloaded 0 bytes"]"#,
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
        says: "body, 1000001 bytes: 201 Created",
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
            "*until <= Instant::now(),",
            "*until + PAUSE <= Instant::now(),",
        )],
        red: "http::circuit_breaker",
        says: "still down: 0 of 10 calls sent",
    },
    Mutant {
        example: "http::rate_limited_client",
        name: "larger_burst",
        edits: &[("NonZeroU32::new(4)", "NonZeroU32::new(8)")],
        red: "http::rate_limited_client",
        says: "one limiter for all: 5 of 8 orders accepted",
    },
    Mutant {
        example: "http::rate_limited_client",
        name: "does_not_wait",
        edits: &[(
            "self.0.lock().await.until_ready().await;",
            "let _ = self.0.lock().await.check();",
        )],
        red: "http::rate_limited_client",
        says: "one limiter for all: 5 of 8 orders accepted",
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
        name: "locks_a_finished_file",
        edits: &[(
            ".is_ok_and(|named| named == locked)",
            ".is_ok_and(|named| named == locked) || true",
        )],
        red: "scenarios::http::download::finished_before_the_lock",
        says: "a.bin: No such file or directory",
    },
    Mutant {
        example: "http::download",
        name: "renames_unsynced",
        edits: &[("            file.sync_all()?;\n", "")],
        red: "scenarios::http::download::syncs",
        says: "renames a file that is not synced",
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
        name: "appends_an_error",
        edits: &[(
            "StatusCode::PARTIAL_CONTENT if rest.is_some() =>",
            "StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if rest.is_some() =>",
        )],
        red: "scenarios::http::download::wrong_ranges",
        says: "416 with a range: ",
    },
    Mutant {
        example: "http::download",
        name: "prints_a_password",
        edits: &[(
            "cannot name a file after {path}",
            "cannot name a file after {url}",
        )],
        red: "scenarios::http::download::arguments",
        says: r#"["Error: cannot name a file after http://ann:secret@example.com/a/?token=1"]"#,
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
        example: "http::download",
        name: "in_order",
        edits: &[(
            ".buffer_unordered(arguments.jobs.get())",
            ".buffered(arguments.jobs.get())",
        )],
        red: "scenarios::http::download::jobs",
        says: "the first holds up all but 2 others",
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
        example: "http::client_disconnect",
        name: "another_status",
        edits: &[(
            "        Ok(()) => StatusCode::CREATED,",
            "        Ok(()) => StatusCode::OK,",
        )],
        red: "scenarios::http::client_disconnect::panics",
        says: "/fixed Some(200)",
    },
    Mutant {
        example: "http::client_disconnect",
        name: "counts_at_once",
        edits: &[(
            r"    // If the handlers still ran, they would save the orders in this time.
    sleep(Duration::from_millis(400)).await;
",
            "",
        )],
        red: "scenarios::http::client_disconnect::saved_later",
        says: "broken: 3 cards charged, 0 orders saved",
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
        name: "counts_from_the_start",
        edits: &[(
            r"            stop.cancelled().await;
            sleep(GRACE).await;
",
            r"            tokio::join!(stop.cancelled(), sleep(GRACE));
",
        )],
        red: "scenarios::http::health::grace",
        says: "in its grace",
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
        example: "http::cors",
        name: "scripts_read_the_cookie",
        edits: &[(r#"HttpOnly; SameSite=Strict";"#, r#"SameSite=Strict";"#)],
        red: "scenarios::http::cors::cookie",
        says: "the header set-cookie is to be",
    },
    Mutant {
        example: "http::cors",
        name: "begins_alike",
        edits: &[(
            r#"if cookie == "user=ada""#,
            r#"if cookie.as_bytes().starts_with(b"user=ada")"#,
        )],
        red: "scenarios::http::cors::errors_are_readable",
        says: "user=adam: ",
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
        example: "http::sse",
        name: "waits_longer",
        edits: &[(
            "timeout(Duration::from_secs(1), server)",
            "timeout(Duration::from_secs(2), server)",
        )],
        red: "scenarios::http::sse::deaf",
        says: "it is to stop after 1 s, not three times after 2.",
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
        says: "GET     Bearer expired-x7   200 OK",
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
            r"            if !PROXIES.iter().any(|proxies| proxies.contains(&sender)) {
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
        says: "fixed, client returns: 1 taken, answers {201: 1}",
    },
    Mutant {
        example: "http::idempotency",
        name: "any_payment",
        edits: &[(
            "if paid == payment => answer",
            "if paid == payment || true => answer",
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
        says: "fixed, unknown user: 401 Unauthorized, much quicker than a hash: true",
    },
    Mutant {
        example: "http::error_responses",
        name: "panics_unheard",
        edits: &[
            (
                r#"let _ = writeln!(io::stderr(), "log: {:#}", anyhow::Error::from(self));"#,
                r#"eprintln!("log: {:#}", anyhow::Error::from(self));"#,
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
        example: "http::error_responses",
        name: "json_as_text",
        edits: &[(
            r#"(status, Json(json!({ "error": message }))).into_response()"#,
            r#"(status, json!({ "error": message }).to_string()).into_response()"#,
        )],
        red: "scenarios::http::error_responses::forms",
        says: r#"Some(\"application/json\") there is no order 9" is expected"#,
    },
    Mutant {
        example: "http::error_responses",
        name: "json_by_hand",
        edits: &[(
            r#"(status, Json(json!({ "error": message }))).into_response()"#,
            r##"let json = ("content-type", "application/json");
        (status, [json], format!(r#"{{"error":"{message}"}}"#)).into_response()"##,
        )],
        red: "scenarios::http::error_responses::forms",
        says: r#"Cannot parse [..] to a `u32`" is expected"#,
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
    Mutant {
        example: "http::hello",
        name: "listens_late",
        edits: &[
            ("    let mut ctrl_c = ctrl_c()?;\n", ""),
            (
                "    tokio::select! {\n",
                "    let mut ctrl_c = ctrl_c()?;\n    tokio::select! {\n",
            ),
        ],
        red: "scenarios::http::hello::early_signal",
        says: "during its first line hello is to print the line and to stop, but has signal: 2",
    },
    Mutant {
        example: "http::users",
        name: "listens_late",
        edits: &[
            ("    let mut stop = StopSignals::new()?;\n", ""),
            (
                "    stop.recv().await;\n",
                r"    let mut stop = StopSignals::new()?;
    stop.recv().await;
",
            ),
        ],
        red: "scenarios::http::users::early_signal",
        says: "during its first line users is to print the line and to stop, but has signal: 2",
    },
    Mutant {
        example: "http::middleware",
        name: "logs_before_the_id",
        edits: &[
            (
                r"        .layer(from_fn_with_state(Arc::clone(&count), log_request));
",
                ";\n",
            ),
            (
                "        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))\n",
                r"        .layer(from_fn_with_state(Arc::clone(&count), log_request))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
",
            ),
        ],
        red: "scenarios::http::middleware::random_id",
        says: "with a UUID; status 0: request -: GET /report",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "adds_the_client_first",
        edits: &[
            (
                "        let host = host(&head)?;\n",
                r"        let host = host(&head)?;
        add_forwarded_for(&mut head.headers, client);
",
            ),
            (
                "        add_forwarded_for(&mut head.headers, client);\n        head.uri",
                "        head.uri",
            ),
        ],
        red: "scenarios::http::reverse_proxy::headers",
        says: "a client hides its host or its address: GET /",
    },
    Mutant {
        example: "http::hello_server",
        name: "tries_without_a_pause",
        edits: &[("                sleep(Duration::from_secs(1)).await;\n", "")],
        red: "scenarios::http::hello_server::back_off",
        says: "hello_server cannot accept, and has tried ",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "tries_without_a_pause",
        edits: &[("                sleep(Duration::from_secs(1)).await;\n", "")],
        red: "scenarios::http::reverse_proxy::back_off",
        says: "reverse_proxy cannot accept, and has tried ",
    },
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
        example: "http::auth",
        name: "compares_early",
        edits: &[(
            "token.digest.as_slice().ct_eq(&digest)",
            "token.digest.as_slice() == digest.as_slice()",
        )],
        red: "scenarios::http::auth::constant_time",
        says: "by `ct_eq`; status 0: []",
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
        example: "http::retry_request",
        name: "waits_twice_as_long",
        edits: &[("Duration::from_millis(50)", "Duration::from_millis(100)")],
        red: "scenarios::http::retry_request::jitter",
        says: "the first pause is to begin with 50 ms",
    },
    Mutant {
        example: "http::retry_request",
        name: "too_many_is_final",
        edits: &[("429 | 502", "502")],
        red: "scenarios::http::retry_request::temporary",
        says: r#""429: 1""#,
    },
    Mutant {
        example: "http::retry_request",
        name: "no_answer_is_final",
        edits: &[("None => error.is_request(),", "None => error.is_body(),")],
        red: "scenarios::http::retry_request::temporary",
        says: "a refused connection is to be tried again",
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
            "                drop(result); //",
            "                let _result = result; //",
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
        says: "Error: HTTP status client error (404 Not Found)",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "all_at_half_open",
        edits: &[("*until = Instant::now() + PAUSE;", "")],
        red: "scenarios::http::circuit_breaker::one_at_a_time",
        says: "still down: 10 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "waits_for_the_canceled",
        edits: &[(
            "*until = Instant::now() + PAUSE",
            "*until = Instant::now() + 100 * PAUSE",
        )],
        red: "scenarios::http::circuit_breaker::canceled",
        says: "up again: 0 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "believes_old_results",
        edits: &[(
            "if state.open_until == open_until {",
            "if state.open_until == open_until || true {",
        )],
        red: "scenarios::http::circuit_breaker::late",
        says: "late: true, then: 10 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "counts_wrong_urls",
        edits: &[(
            "Err(error) if error.is_builder() => return Ok(result?),",
            "",
        )],
        red: "scenarios::http::circuit_breaker::wrong_urls",
        says: "still down: 0 of 10 calls sent",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "not_found_is_down",
        edits: &[(
            "response.status().is_server_error()",
            "!response.status().is_success()",
        )],
        red: "scenarios::http::circuit_breaker::answers",
        says: "NOT_FOUND: ",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "not_in_a_row",
        edits: &[(
            "state.failures = if failed { state.failures + 1 } else { 0 };",
            r"state.failures += u32::from(failed);
            if open_until.is_some() && !failed {
                state.failures = 0;
            }",
        )],
        red: "scenarios::http::circuit_breaker::answers",
        says: "SERVICE_UNAVAILABLE, BAD_GATEWAY, OK: ",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "only_503",
        edits: &[(
            "response.status().is_server_error()",
            "response.status() == reqwest::StatusCode::SERVICE_UNAVAILABLE",
        )],
        red: "scenarios::http::circuit_breaker::answers",
        says: "INTERNAL_SERVER_ERROR, BAD_GATEWAY, GATEWAY_TIMEOUT: ",
    },
    Mutant {
        example: "http::circuit_breaker",
        name: "half_the_pause",
        edits: &[(
            ".then(|| Instant::now() + PAUSE)",
            ".then(|| Instant::now() + PAUSE / 2)",
        )],
        red: "scenarios::http::circuit_breaker::pause",
        says: "open for 49 s",
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
        edits: &[("s.is_client_error()", "s.is_informational()")],
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
        says: "/form: ",
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
        example: "http::password",
        name: "waits_longer",
        edits: &[(
            "timeout(Duration::from_secs(2), PERMITS",
            "timeout(Duration::from_secs(4), PERMITS",
        )],
        red: "scenarios::http::password::queue",
        says: "503 Service Unavailable after 4.0 s",
    },
    Mutant {
        example: "http::password",
        name: "one_salt",
        edits: &[(
            ".hash_password(password.as_bytes())?",
            r#".hash_password_with_salt(password.as_bytes(), b"a salt for all of them")?"#,
        )],
        red: "scenarios::http::password::copied",
        says: "two hashes of a password are to differ",
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
        example: "http::rate_limit",
        name: "forgets_once",
        edits: &[(
            r"    loop {
        sleep(Duration::from_secs(1)).await;",
            r"    {
        sleep(Duration::from_secs(1)).await;",
        )],
        red: "scenarios::http::rate_limit::forgets",
        says: r#""1 clients", "0 clients"] is right"#,
    },
    Mutant {
        example: "http::rate_limit",
        name: "refuses_late",
        edits: &[
            (
                "    if limiter.check_key",
                r"    let answer = next.run(request).await;
    if limiter.check_key",
            ),
            (
                r"    next.run(request).await
}",
                r"    answer
}",
            ),
        ],
        red: "scenarios::http::rate_limit::networks",
        says: "25 requests are to reach the handler, not 150",
    },
    Mutant {
        example: "http::idempotency",
        name: "keeps_a_503",
        edits: &[(
            "answer.map(|answer| (payment.clone(), answer))",
            "Ok::<_, StatusCode>((payment.clone(), answer.unwrap_or_else(|error| error)))",
        )],
        red: "scenarios::http::idempotency::nothing_paid",
        says: "fixed, again: 0 taken, answers {503: 1}",
    },
    Mutant {
        example: "http::idempotency",
        name: "forgets_a_panic",
        edits: &[(
            r"let answer = tokio::spawn(take(payment.clone())).await;
            let answer = answer.unwrap_or(Ok(StatusCode::INTERNAL_SERVER_ERROR));",
            "let answer = take(payment.clone()).await;",
        )],
        red: "scenarios::http::idempotency::panic",
        says: "panic, again: ",
    },
    Mutant {
        example: "http::upload",
        name: "promises_to_repeat",
        edits: &[
            (
                "use axum::routing::post;",
                "use axum::routing::{post, put};",
            ),
            ("post(save_body)", "put(save_body).post(save_body)"),
        ],
        red: "scenarios::http::upload::wrong",
        says: "a body to repeat: HTTP/1.1 201 Created",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "obeys_no_limit",
        edits: &[(" && s != 429", "")],
        red: "scenarios::http::sse_reconnect::refused",
        says: "refused: [..]429",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "all_together",
        edits: &[(" + delay.mul_f32(fastrand::f32() / 2.0)", "")],
        red: "scenarios::http::sse_reconnect::apart",
        says: "all within [..] ms: from ",
    },
    Mutant {
        example: "http::testing",
        name: "needs_main",
        edits: &[
            (
                "    let _ = rustls::crypto::ring::default_provider().install_default();\n",
                "",
            ),
            (
                "    as_a_function()?;\n",
                "    let _ = rustls::crypto::ring::default_provider().install_default();
    as_a_function()?;\n",
            ),
        ],
        red: "scenarios::http::testing::as_tests",
        says: "not [[..]test over_a_socket ... FAILED",
    },
    Mutant {
        example: "http::testing",
        name: "another_router",
        edits: &[(
            "    let response = app().oneshot(request).await?;\n",
            r#"    let app = Router::<()>::new().route("/ping", get(async || "pong"));
    let response = app.oneshot(request).await?;
"#,
        )],
        red: "scenarios::http::testing::as_tests",
        says: "not [\"test as_a_function ... ok",
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
        example: "http::webhook",
        name: "forgets_early",
        edits: &[("4 * 24 * 3600", "4 * 24 * 60")],
        red: "scenarios::http::webhook::repeated",
        says: r#""kept for Some(5760s), unused for None""#,
    },
    Mutant {
        example: "http::webhook",
        name: "reads_first",
        edits: &[(
            r"    let Some(id) = verify(&headers, &body) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(event) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
",
            r"    let Ok(event) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let Some(id) = verify(&headers, &body) else {
        return StatusCode::UNAUTHORIZED;
    };
",
        )],
        red: "scenarios::http::webhook::forged",
        says: "case: 400, handled: 0",
    },
    Mutant {
        example: "http::webhook",
        name: "needs_text",
        edits: &[(
            "headers.get(name)?.to_str().ok()",
            r#"Some(headers.get(name)?.to_str().expect("text"))"#,
        )],
        red: "scenarios::http::webhook::forged",
        says: "is right; 101: ",
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
        example: "http::client_ip",
        name: "drops_the_line",
        edits: &[
            (
                "header.as_bytes().split(|byte| *byte == b',')",
                "header.to_str().unwrap_or_default().split(',')",
            ),
            ("str::from_utf8(entry).ok()?.trim()", "entry.trim()"),
        ],
        red: "scenarios::http::client_ip::headers",
        says: "é, 203.0.113.7: ",
    },
    Mutant {
        example: "http::client_ip",
        name: "answers_without_a_peer",
        edits: &[(
            r"        let peer = peer.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let mut sender = peer.0.ip().to_canonical();
",
            r"        let nobody = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut sender = peer.map_or(nobody, |peer| peer.0.ip().to_canonical());
",
        )],
        red: "scenarios::http::client_ip::headers",
        says: r#""nobody: Ok(127.0.0.1)""#,
    },
    Mutant {
        example: "http::client_reuse",
        name: "first_to_last",
        edits: &[(
            r"    let client = new_client()?;
    let mut fastest = f64::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        client.get(&url).send().await?.bytes().await?;
        fastest = fastest.min(milliseconds(start));
    }
",
            r"    let client = new_client()?;
    let mut fastest = f64::MAX;
    let start = Instant::now();
    for _ in 0..10 {
        client.get(&url).send().await?.bytes().await?;
        fastest = fastest.min(milliseconds(start));
    }
",
        )],
        red: "scenarios::http::client_reuse::fastest",
        says: "the fastest requests take less than 2,000 ms",
    },
    Mutant {
        example: "http::client_reuse",
        name: "needs_certificates",
        edits: &[(
            r"    let client = Client::builder().no_proxy().build();
    client.or_else(|_| Client::builder().no_proxy().tls_certs_only([]).build())
",
            r"    Client::builder().no_proxy().build()
",
        )],
        red: "scenarios::http::client_reuse::without_certificates",
        says: "status 0 and[..]are expected, not 1: ",
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
        example: "http::hello_server",
        name: "waits_longer_for_readers",
        edits: &[(
            "const WRITE_TIMEOUT: Duration = Duration::from_secs(10);",
            "const WRITE_TIMEOUT: Duration = Duration::from_secs(20);",
        )],
        red: "scenarios::http::hello_server::timeouts",
        says: "closed after 10 s, not ",
    },
    Mutant {
        example: "http::hello_server",
        name: "waits_for_the_idle",
        edits: &[(
            "() = graceful.shutdown() =>",
            "_ = PERMITS.acquire_many(1000) =>",
        )],
        red: "scenarios::http::hello_server::drain",
        says: "stopped: open connections were closed",
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
    Mutant {
        example: "http::hello",
        name: "open_to_the_network",
        edits: &[(
            "unwrap_or(\"127.0.0.1:3000\".into())",
            "unwrap_or(\"0.0.0.0:3000\".into())",
        )],
        red: "repository::text::http::hello",
        says: "hello.rs: without an argument it uses 0.0.0.0:3000",
    },
    Mutant {
        example: "http::fetch_json",
        name: "status_ignored",
        edits: &[("response.error_for_status()?.json()", "response.json()")],
        red: "scenarios::http::fetch_json::missing",
        says: "expected, not 1: [..]Error: error decoding response body",
    },
    Mutant {
        example: "http::fetch_json",
        name: "in_order_of_arrival",
        edits: &[(
            r"    for user in try_join_all(fetches).await? {
",
            r"    let mut users: futures::stream::FuturesUnordered<_> = fetches.collect();
    while let Some(user) = futures::StreamExt::next(&mut users).await.transpose()? {
",
        )],
        red: "scenarios::http::fetch_json::in_order",
        says: "the users are to come in the same order",
    },
    Mutant {
        example: "http::fetch_json",
        name: "waits_for_all",
        edits: &[(
            r"    for user in try_join_all(fetches).await? {
",
            r"    let users = futures::future::join_all(fetches).await;
    for user in try_join_all(users.into_iter().map(std::future::ready)).await? {
",
        )],
        red: "scenarios::http::fetch_json::missing",
        says: "expected, not 1: [..]operation timed out",
    },
    Mutant {
        example: "http::upload",
        name: "no_flush",
        edits: &[("    file.flush().await.map_err(internal)?;\n", "")],
        red: "scenarios::http::upload::full_disk",
        says: "HTTP/1.1 201 Created",
    },
    Mutant {
        example: "http::streaming_body",
        name: "no_flush",
        edits: &[("    file.flush().await.map_err(internal)?;\n", "")],
        red: "scenarios::http::streaming_body::full_disk",
        says: "1 files, HTTP/1.1 201 Created",
    },
    Mutant {
        example: "http::retry_after",
        name: "repeats_a_lost_post",
        edits: &[(
            "if idempotent && error.is_request()",
            "if error.is_request()",
        )],
        red: "scenarios::http::retry_after::lost_answer",
        says: "not 3 and 4: ",
    },
    Mutant {
        example: "http::users",
        name: "two_locks",
        edits: &[
            (
                r"    let mut users = users.write().unwrap();
    if users.contains_key(&user.id) {",
                "    if users.read().unwrap().contains_key(&user.id) {",
            ),
            (
                "    if users.len() == MAX_USERS {",
                r"    let mut users = users.write().unwrap();
    if users.len() == MAX_USERS {",
            ),
        ],
        red: "scenarios::http::users::same_id",
        says: "one is to be created, and the other refused: HTTP/1.1 201 Created",
    },
    Mutant {
        example: "http::users",
        name: "smaller_body",
        edits: &[(
            "const MAX_BODY: usize = 1024;",
            "const MAX_BODY: usize = 1000;",
        )],
        red: "scenarios::http::users::errors",
        says: "a body of 1 KiB",
    },
    Mutant {
        example: "http::users",
        name: "counts_first",
        edits: &[(
            "    if users.contains_key(&user.id) {",
            "    if users.len() < MAX_USERS && users.contains_key(&user.id) {",
        )],
        red: "scenarios::http::users::full",
        says: "user 0 is to exist",
    },
    Mutant {
        example: "http::close_websockets",
        name: "counts_late",
        edits: &[
            ("    let counted = sockets.token();\n", ""),
            (
                "    upgrade.on_upgrade(async move |mut socket| {\n",
                r"    upgrade.on_upgrade(async move |mut socket| {
        let counted = sockets.token();
",
            ),
        ],
        red: "scenarios::http::close_websockets::upgrading",
        says: "not 0: [\"the server stops\", \"its task begins\"",
    },
    Mutant {
        example: "http::websocket",
        name: "counts_late",
        edits: &[
            ("    let counted = sockets.token();\n", ""),
            (
                "        .on_upgrade(async move |mut socket| {\n",
                r"        .on_upgrade(async move |mut socket| {
            let counted = sockets.token();
",
            ),
        ],
        red: "scenarios::http::websocket::upgrading",
        says: "its last message is to be a close frame, not None",
    },
    Mutant {
        example: "http::rate_limited_client",
        name: "one_at_a_time",
        edits: &[(
            "        self.0.lock().await.until_ready().await;\n",
            r"        let limiter = self.0.lock().await;
        limiter.until_ready().await;
",
        )],
        red: "scenarios::http::rate_limited_client::slow_server",
        says: "four requests are to be in progress together; status 1",
    },
    Mutant {
        example: "http::sse_client",
        name: "status_ignored",
        edits: &[(
            "        let response = request.send().await?.error_for_status()?;\n",
            "        let response = request.send().await?;\n",
        )],
        red: "scenarios::http::sse_client::cut",
        says: "1: [\"Error: the connection closed before the answer was complete\"]",
    },
    Mutant {
        example: "http::sse_client",
        name: "limits_the_whole",
        edits: &[(".read_timeout(", ".timeout(")],
        red: "scenarios::http::sse_client::long",
        says: "an answer of more than 3 s is to come whole; status 1",
    },
    Mutant {
        example: "http::sse_client",
        name: "longer_answers",
        edits: &[("10_000_000", "20_000_000")],
        red: "scenarios::http::sse_client::largest",
        says: "100 bytes more are too much; status 0",
    },
    Mutant {
        example: "http::sse_client",
        name: "a_comment_is_the_end",
        edits: &[(
            r"            if let Some(data) = event?.data {
",
            r"            let data = event?.data;
            if data.is_none() {
                return Ok(None);
            }
            if let Some(data) = data {
",
        )],
        red: "scenarios::http::sse_client::long",
        says: "an answer of more than 3 s is to come whole",
    },
    Mutant {
        example: "http::sse_client",
        name: "a_comment_is_a_token",
        edits: &[(
            r"            if let Some(data) = event?.data {
",
            r"            if let Some(data) = event?.data.or(Some(String::new())) {
",
        )],
        red: "scenarios::http::sse_client::long",
        says: "an answer of more than 3 s is to come whole",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "forgets_the_id_later",
        edits: &[(
            "event.id.unwrap_or(last_id)",
            "event.id.unwrap_or_default()",
        )],
        red: "scenarios::http::sse_reconnect::half_an_event",
        says: "follow: order 1, order 1, order 1",
    },
    Mutant {
        example: "http::https",
        name: "stops_at_an_error",
        edits: &[(
            r"        let (stream, _) = Listener::accept(&mut listener).await;
        tokio::spawn(serve_tls(",
            r"        let Ok((stream, _)) = TcpListener::accept(&mut listener).await else {
            return;
        };
        tokio::spawn(serve_tls(",
        )],
        red: "scenarios::http::https::no_handshake",
        says: "it is to try again when it cannot accept",
    },
    Mutant {
        example: "http::timeouts",
        name: "refused_is_a_timeout",
        edits: &[(
            "if error.is_timeout() && error.is_connect() =>",
            "if error.is_connect() =>",
        )],
        red: "scenarios::http::timeouts::refused",
        says: "is to be an error, and no timeout; status 0: ",
    },
    Mutant {
        example: "http::streaming_body",
        name: "longer_pauses",
        edits: &[(
            "MAX_PAUSE: Duration = Duration::from_millis(200)",
            "MAX_PAUSE: Duration = Duration::from_millis(2000)",
        )],
        red: "scenarios::http::streaming_body::uploads",
        says: "10 bytes refused after 2",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "obeys",
        edits: &[(".clamp(100, 60_000)", "")],
        red: "scenarios::http::sse_reconnect::half_an_event",
        says: "pause of 0ns",
    },
    Mutant {
        example: "http::middleware",
        name: "keeps_the_random_id",
        edits: &[
            (
                "        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))\n",
                "",
            ),
            (
                "        .layer(PropagateRequestIdLayer::x_request_id())\n",
                r"        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
",
            ),
        ],
        red: "scenarios::http::middleware::odd_id",
        says: "the random id that is logged is to be sent back",
    },
    Mutant {
        example: "http::tls_reload",
        name: "first_of_the_chain",
        edits: &[("chain.collect", "chain.take(1).collect")],
        red: "scenarios::http::tls_reload::chain",
        says: "client 1 is to trust the server; status 1: ",
    },
    Mutant {
        example: "http::health",
        name: "never_ready_again",
        edits: &[(
            r"    if service.is_database_down.load(Relaxed) {
",
            r"    if service.is_database_down.load(Relaxed) {
        service.stop.cancel();
",
        )],
        red: "scenarios::http::health::database",
        says: "when the database is back",
    },
    Mutant {
        example: "http::health",
        name: "cuts_requests",
        edits: &[(
            r"    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.cancelled().await;
            sleep(GRACE).await;
        })
        .await
",
            r"    let stopped = async move {
        stop.cancelled().await;
        sleep(GRACE).await;
        Ok(())
    };
    tokio::select! {
        served = axum::serve(listener, app) => served,
        stopped = stopped => stopped,
    }
",
        )],
        red: "scenarios::http::health::grace",
        says: "a request that begins in its grace",
    },
    Mutant {
        example: "http::idempotency",
        name: "keeps_whole_requests",
        edits: &[
            (
                "let value = headers.get(name)?.as_bytes();",
                "let value = headers.get(name)?;",
            ),
            (".then(|| value.to_vec())", ".then(|| value.clone())"),
            (
                "Cache<(Vec<u8>, Vec<u8>), ",
                "Cache<(axum::http::HeaderValue, axum::http::HeaderValue), ",
            ),
        ],
        red: "scenarios::http::idempotency::long_requests",
        says: "a thousand keys take ",
    },
    Mutant {
        example: "http::idempotency",
        name: "mixes_clients",
        edits: &[(
            r#"short("x-client").zip(short("idempotency-key")) else"#,
            r#"short("x-client")
        .zip(short("idempotency-key"))
        .map(|(client, key)| ([client, key].concat(), Vec::new()))
    else"#,
        )],
        red: "scenarios::http::idempotency::keys",
        says: "case Some(10) differs",
    },
    Mutant {
        example: "http::idempotency",
        name: "nameless_clients",
        edits: &[(
            r#"short("x-client").zip("#,
            r#"Some(short("x-client").unwrap_or_default()).zip("#,
        )],
        red: "scenarios::http::idempotency::keys",
        says: "case Some(8) differs",
    },
    Mutant {
        example: "http::idempotency",
        name: "larger_payments",
        edits: &[("DefaultBodyLimit::max(1024)", "DefaultBodyLimit::max(2048)")],
        red: "scenarios::http::idempotency::keys",
        says: "case Some(14) differs",
    },
    Mutant {
        example: "http::idempotency",
        name: "forgets_the_newest",
        edits: &[(
            r"        .eviction_policy(EvictionPolicy::lru())
",
            r"        .eviction_policy(EvictionPolicy::tiny_lfu())
",
        )],
        red: "scenarios::http::idempotency::kept",
        says: r#""kept: 0""#,
    },
    Mutant {
        example: "http::idempotency",
        name: "never_forgets",
        edits: &[(".time_to_live(", ".time_to_idle(")],
        red: "scenarios::http::idempotency::kept",
        says: r#"["live: None", "idle: Some(86400s)""#,
    },
    Mutant {
        example: "http::retry_after",
        name: "follows_redirects",
        edits: &[
            ("        .redirect(redirect::Policy::none())\n", ""),
            ("StatusCode, redirect}", "StatusCode}"),
        ],
        red: "scenarios::http::retry_after::redirected",
        says: "one POST is expected, and its redirect, not 4: ",
    },
    Mutant {
        example: "http::static_files",
        name: "follows_an_index",
        edits: &[
            (
                r#"        file.push("index.html");
"#,
                "",
            ),
            ("let mut file", "let file"),
        ],
        red: "scenarios::http::static_files::links",
        says: "/: HTTP/1.1 200 OK",
    },
    Mutant {
        example: "http::session",
        name: "always_saves",
        edits: &[(
            "        .with_same_site(",
            "        .with_always_save(true)\n        .with_same_site(",
        )],
        red: "scenarios::http::session::reading",
        says: "reads, a session of 2 s still lives",
    },
    Mutant {
        example: "http::session",
        name: "hours",
        edits: &[("Duration::minutes(30)", "Duration::minutes(180)")],
        red: "scenarios::http::session::planted",
        says: "a cookie of half an hour is expected, not",
    },
    Mutant {
        example: "http::session",
        name: "allows_only_get",
        edits: &[(
            "request.method().is_safe()",
            "request.method() == axum::http::Method::GET",
        )],
        red: "scenarios::http::session::origins",
        says: r#"HEAD with "origin: http://evil.example""#,
    },
    Mutant {
        example: "http::session",
        name: "begins_anew",
        edits: &[(
            r#"session.get("visits").await.map_err(internal)?.unwrap_or(0)"#,
            r#"session.get("visits").await.unwrap_or_default().unwrap_or(0)"#,
        )],
        red: "scenarios::http::session::reading",
        says: "a session that cannot be read is to be a 500",
    },
    Mutant {
        example: "http::observability",
        name: "panics_unseen",
        edits: &[
            (
                "        .layer(from_fn(measure))\n        .layer(CatchPanicLayer::new());",
                "        .layer(from_fn(measure));",
            ),
            ("use tower_http::catch_panic::CatchPanicLayer;\n", ""),
        ],
        red: "scenarios::http::observability::panics",
        says: r#"status=\"canceled\"} 2"#,
    },
    Mutant {
        example: "http::upload",
        name: "no_sync",
        edits: &[("    file.sync_all().await.map_err(internal)?;\n", "")],
        red: "scenarios::http::upload::syncs",
        says: "upload renames a file that is not synced",
    },
    Mutant {
        example: "http::upload",
        name: "limits_the_whole",
        edits: &[(
            r"    save(&folder, body).await
}",
            r"    in_time(save(&folder, body)).await
}",
        )],
        red: "scenarios::http::upload::idle",
        says: "a body with a piece every 3 s is to be saved, not ",
    },
    Mutant {
        example: "http::streaming_body",
        name: "no_sync",
        edits: &[("    file.sync_all().await.map_err(internal)?;\n", "")],
        red: "scenarios::http::streaming_body::syncs",
        says: "streaming_body renames a file that is not synced",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "takes_any_type",
        edits: &[("|| !is_stream {", "|| (!is_stream && url.is_empty()) {")],
        red: "scenarios::http::sse_reconnect::no_stream",
        says: "Html(\"<h1>Log in</h1>\"): 3: [..]asked again",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "asks_after_the_end",
        edits: &[(
            "response.status() != 200",
            "response.status() != 204 && response.status() != 200",
        )],
        red: "scenarios::http::sse_reconnect::no_stream",
        says: "NO_CONTENT, [..]: 3: [..]asked again",
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "follows_for_nobody",
        edits: &[("    while !events.is_closed() {", "    loop {")],
        red: "scenarios::http::sse_reconnect::dropped",
        says: r#""unavailable: false""#,
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "reads_for_nobody",
        edits: &[(
            r"                    if events.send(data).await.is_err() {
                        return;
                    }
",
            r"                    let _ = events.send(data).await;
",
        )],
        red: "scenarios::http::sse_reconnect::dropped",
        says: r#""endless: false""#,
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "keeps_large_events",
        edits: &[("10_000_000", "20_000_000")],
        red: "scenarios::http::sse_reconnect::largest",
        says: r#""follow: 9999900, 10000000""#,
    },
    Mutant {
        example: "http::sse_reconnect",
        name: "forgets_the_pause",
        edits: &[(
            "retry.map_or(delay, Duration::from_millis)",
            "retry.map_or(Duration::from_secs(3), Duration::from_millis)",
        )],
        red: "scenarios::http::sse_reconnect::half_an_event",
        says: "pause of 3s",
    },
    Mutant {
        example: "http::bounded_fetch",
        name: "in_order",
        edits: &[(".buffer_unordered(LIMIT)", ".buffered(LIMIT)")],
        red: "scenarios::http::bounded_fetch::slow_page",
        says: "page 1 is to be the last, both times; status 0: [\"the last: http:[..]/16\"",
    },
    Mutant {
        example: "http::bounded_fetch",
        name: "all_tasks_at_once",
        edits: &[
            (
                r"        let permit = permits.clone().acquire_owned().await.unwrap();
",
                r"        let permits = permits.clone();
",
            ),
            (
                r"        tasks.spawn(async move {
",
                r"        tasks.spawn(async move {
            let permit = permits.acquire_owned().await.unwrap();
",
            ),
        ],
        red: "scenarios::http::bounded_fetch::failures",
        says: "at most 4 at a time, not [1, 2, 3, 4, 5,",
    },
    Mutant {
        example: "http::bounded_fetch",
        name: "half_a_page",
        edits: &[(
            "Ok(response.bytes().await?)",
            "Ok(response.bytes().await.unwrap_or_default())",
        )],
        red: "scenarios::http::bounded_fetch::failures",
        says: "fetch_all: 15 of 16 pages",
    },
    Mutant {
        example: "http::bounded_fetch",
        name: "highest_of_both",
        edits: &[("HIGHEST.swap(0, Relaxed)", "HIGHEST.load(Relaxed)")],
        red: "scenarios::http::bounded_fetch::failures",
        says: "fetch_all_spawned: 8 of 16 pages, at most 8 requests at a time",
    },
    Mutant {
        example: "http::extractors",
        name: "guesses_the_name",
        edits: &[(
            "header.and_then(|name| name.to_str().ok())",
            "header.map(|name| String::from_utf8_lossy(name.as_bytes()))",
        )],
        red: "scenarios::http::extractors::not_text",
        says: "is expected; status 0: \"complete         200 Zo",
    },
    Mutant {
        example: "http::tls_reload",
        name: "waits_for_a_handshake",
        edits: &[(
            "timeout(Duration::from_secs(10), ",
            "timeout(Duration::from_secs(600), ",
        )],
        red: "scenarios::http::tls_reload::silent",
        says: "no handshake: closed after 600.0 s",
    },
    Mutant {
        example: "http::tls_reload",
        name: "waits_for_a_request",
        edits: &[(
            ".header_read_timeout(Duration::from_secs(10))",
            ".header_read_timeout(Duration::from_secs(60))",
        )],
        red: "scenarios::http::tls_reload::silent",
        says: "no request: closed after 60.0 s",
    },
    Mutant {
        example: "http::https",
        name: "waits_for_a_request",
        edits: &[(
            "HEAD_TIMEOUT: Duration = Duration::from_secs(10)",
            "HEAD_TIMEOUT: Duration = Duration::from_secs(60)",
        )],
        red: "scenarios::http::https::silent",
        says: "no request: closed after 60.0 s",
    },
    Mutant {
        example: "http::streaming_body",
        name: "in_another_folder",
        edits: &[("NamedTempFile::new_in(&folder)", "NamedTempFile::new()")],
        red: "scenarios::http::streaming_body::uploads",
        says: "408 expected, not HTTP/1.1 500",
    },
    Mutant {
        example: "http::streaming_body",
        name: "keeps_the_first",
        edits: &[(
            "temporary.persist(folder",
            "temporary.persist_noclobber(folder",
        )],
        red: "scenarios::http::streaming_body::uploads",
        says: "an upload of 10 bytes is to take the place of the other one: HTTP/1.1 500",
    },
    Mutant {
        example: "http::streaming_body",
        name: "limits_the_whole",
        edits: &[
            (
                r"    let mut size = 0;
",
                r"    let mut size = 0;
    let deadline = tokio::time::Instant::now() + MAX_PAUSE;
",
            ),
            (
                "timeout(MAX_PAUSE, chunks.next())",
                "tokio::time::timeout_at(deadline, chunks.next())",
            ),
        ],
        red: "scenarios::http::streaming_body::steady",
        says: "a piece every 500 ms is to be saved, not ",
    },
    Mutant {
        example: "http::fetch_to_disk",
        name: "in_another_folder",
        edits: &[(
            "NamedTempFile::new_in(folder)?.into_parts();",
            "NamedTempFile::new().context(folder.display().to_string())?.into_parts();",
        )],
        red: "scenarios::http::fetch_to_disk::limit",
        says: "No such file or directory",
    },
    Mutant {
        example: "http::fetch_to_disk",
        name: "removes_the_old_file",
        edits: &[(
            "    // A rename cannot move",
            r"    let _ = fs::remove_file(path);
    // A rename cannot move",
        )],
        red: "scenarios::http::fetch_to_disk::limit",
        says: r#"are expected, not ["file \"missing\", 3 bytes", "file \"page\", 1000000 bytes"]"#,
    },
    Mutant {
        example: "http::fetch_to_disk",
        name: "loses_the_last_error",
        edits: &[(
            "    file.flush().await?;",
            "    let _ = file.flush().await;",
        )],
        red: "scenarios::http::fetch_to_disk::full_disk",
        says: "/page: saved 14 bytes",
    },
    Mutant {
        example: "http::middleware",
        name: "counts_answers",
        edits: &[
            ("    count.fetch_add(1, Relaxed);\n", ""),
            (
                "    let (status, elapsed) = ",
                "    count.fetch_add(1, Relaxed);\n    let (status, elapsed) = ",
            ),
        ],
        red: "scenarios::http::middleware::odd_id",
        says: "the request of a client that has left is to be counted: ",
    },
    Mutant {
        example: "http::middleware",
        name: "only_known_paths",
        edits: &[(
            "get(report)).layer(layers)",
            "get(report)).route_layer(layers)",
        )],
        red: "scenarios::http::middleware::odd_id",
        says: "a path that does not exist is to be logged",
    },
    Mutant {
        example: "http::middleware",
        name: "logs_the_query",
        edits: &[(
            "request.uri().path().to_owned()",
            "request.uri().to_string()",
        )],
        red: "scenarios::http::middleware::odd_id",
        says: "the id is to be logged as -, and sent back; status 0: [..]GET /report?key=1 200",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "delays_short_pieces",
        edits: &[("let _ = stream.set_nodelay(true);", "")],
        red: "scenarios::http::reverse_proxy::prompt",
        says: "most answers take ",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "stays_down",
        edits: &[(
            "self.is_down.swap(false, Relaxed)",
            "self.is_down.load(Relaxed)",
        )],
        red: "scenarios::http::reverse_proxy::upstream_down",
        says: "each outage and its end are to be told once: ",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "waits_for_a_connection",
        edits: &[(
            r"        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
",
            "",
        )],
        red: "scenarios::http::reverse_proxy::upstream_silent",
        says: "no connection: ",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "limits_a_piece",
        edits: &[(
            r"let response = timeout(ANSWER_TIMEOUT, request).await;
        let response = response.map_err(|_| StatusCode::GATEWAY_TIMEOUT)?;",
            r"let response = timeout(4 * ANSWER_TIMEOUT, request).await;
        let response = response.map_err(|_| StatusCode::GATEWAY_TIMEOUT)?;",
        )],
        red: "scenarios::http::reverse_proxy::upstream_silent",
        says: "a slow upload has no answer after 40 s",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "keeps_connections",
        edits: &[(
            ".pool_idle_timeout(IDLE_TIMEOUT)",
            ".pool_idle_timeout(3 * IDLE_TIMEOUT)",
        )],
        red: "scenarios::http::reverse_proxy::unused",
        says: "a connection that nobody uses is open after 14 s",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "delays_uploads",
        edits: &[(
            r"        connector.set_nodelay(true);
",
            "",
        )],
        red: "scenarios::http::reverse_proxy::prompt",
        says: "most answers take ",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "passes_on_expect",
        edits: &[(
            r"        head.headers.remove(EXPECT);
",
            "",
        )],
        red: "scenarios::http::reverse_proxy::headers",
        says: "and nothing to expect: POST",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "answers_in_the_old_version",
        edits: &[(
            r"        head.version = Version::HTTP_11;
        let body = if body.is_end_stream() {
            Body::default()
        } else {
            TimeoutBody::new(ANSWER_TIMEOUT",
            r"        let body = if body.is_end_stream() {
            Body::default()
        } else {
            TimeoutBody::new(ANSWER_TIMEOUT",
        )],
        red: "scenarios::http::reverse_proxy::headers",
        says: "the answer to HEAD is to be one of HTTP/1.1",
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "mapped_addresses",
        edits: &[("client.to_canonical().to_string()", "client.to_string()")],
        red: "scenarios::http::reverse_proxy::mapped_address",
        says: r#"the client is 127.0.0.1, not ["::ffff:127.0.0.1"]"#,
    },
    Mutant {
        example: "http::reverse_proxy",
        name: "default_port",
        edits: &[(
            r#"unwrap_or("127.0.0.1:3001".into())"#,
            r#"unwrap_or("127.0.0.1:3000".into())"#,
        )],
        red: "scenarios::http::reverse_proxy::arguments",
        says: "without arguments, it is to listen on port 3001",
    },
    Mutant {
        example: "http::observability",
        name: "quantiles",
        edits: &[(
            "PrometheusBuilder::new().set_buckets(&[0.05, 0.5])?;",
            "PrometheusBuilder::new();",
        )],
        red: "scenarios::http::observability::unknown_paths",
        says: "a histogram is expected, with a line http_request_seconds_bucket{",
    },
    Mutant {
        example: "http::observability",
        name: "logs_the_query",
        edits: &[(
            "path = request.uri().path())",
            "path = request.uri().to_string())",
        )],
        red: "scenarios::http::observability::unknown_paths",
        says: "is to be logged, not [..]key=1",
    },
    Mutant {
        example: "http::observability",
        name: "milliseconds",
        edits: &[(
            ".record(self.start.elapsed());",
            ".record(self.start.elapsed().as_secs_f64() * 1000.0);",
        )],
        red: "scenarios::http::observability::unknown_paths",
        says: "order 7 is to take a tenth of a second",
    },
    Mutant {
        example: "http::observability",
        name: "upkeep_once",
        edits: &[(
            r"        loop {
            // Without",
            r"        {
            // Without",
        )],
        red: "scenarios::http::observability::upkeep",
        says: "three times of upkeep are expected, not 1",
    },
    Mutant {
        example: "http::hedged_request",
        name: "takes_an_error",
        edits: &[(".await?.error_for_status()?.text()", ".await?.text()")],
        red: "scenarios::http::hedged_request::second_fails",
        says: "get_hedged: 100 requests, 4 dropped, ",
    },
    Mutant {
        example: "http::hedged_request",
        name: "longest_as_p99",
        edits: &[("latencies[98]", "latencies[99]")],
        red: "scenarios::http::hedged_request::percentiles",
        says: "of 100 answers, 1, 2 and 50 take 1 s",
    },
    Mutant {
        example: "http::limits",
        name: "only_for_extractors",
        edits: &[
            ("extract::Request;", "extract::{DefaultBodyLimit, Request};"),
            ("use tower_http::limit::RequestBodyLimitLayer;\n", ""),
            (
                "RequestBodyLimitLayer::new(MAX_BODY)",
                "DefaultBodyLimit::max(MAX_BODY)",
            ),
        ],
        red: "scenarios::http::limits::own_reader",
        says: "1025 bytes: 413 Payload Too Large\"] is expected; status 0: [..]1025 bytes: 200 OK",
    },
    Mutant {
        example: "http::static_files",
        name: "compares_texts",
        edits: &[(
            "!file.starts_with(&folder)",
            "!file.to_string_lossy().starts_with(&*folder.to_string_lossy())",
        )],
        red: "scenarios::http::static_files::links",
        says: "/parent/public-old/page.txt: HTTP/1.1 200 OK",
    },
    Mutant {
        example: "http::static_files",
        name: "takes_the_folder_as_it_is",
        edits: &[(
            "    let folder = fs::canonicalize(&folder).with_context(|| folder.display().to_string())?;",
            "    fs::canonicalize(&folder).with_context(|| folder.display().to_string())?;",
        )],
        red: "scenarios::http::static_files::links",
        says: "/inside: HTTP/1.1 404",
    },
    Mutant {
        example: "http::static_files",
        name: "keeps_refusals",
        edits: &[(
            "if status.is_success() || status == StatusCode::NOT_MODIFIED {",
            "if status != StatusCode::NOT_FOUND {",
        )],
        red: "scenarios::http::static_files::ranges",
        says: "only a file is to have a cache-control",
    },
    Mutant {
        example: "http::static_files",
        name: "shows_what_begins_alike",
        edits: &[(
            r#"name != ".well-known""#,
            r#"!name.starts_with(".well-known")"#,
        )],
        red: "scenarios::http::static_files::links",
        says: "/.well-known-old/token: HTTP/1.1 200 OK",
    },
    Mutant {
        example: "http::static_files",
        name: "leaves_its_folder",
        edits: &[(
            r"    let listener = listen(&address).await?;
",
            r#"    let Ok(listener) = listen(&address).await.inspect_err(|error| eprintln!("Error: {error}")) else {
        std::process::exit(1);
    };
"#,
        )],
        red: "scenarios::http::static_files::cleans_up",
        says: "a second server is to fail and to leave no folder, not 1",
    },
    Mutant {
        example: "http::download",
        name: "counts_old_data",
        edits: &[
            ("let mut largest = part.size;", "let largest = part.size;"),
            ("                largest = size;\n", ""),
        ],
        red: "scenarios::http::download::no_new_data",
        says: "and then 503, with one retry: 2 requests are expected, not 5",
    },
    Mutant {
        example: "http::download",
        name: "counts_cuts",
        edits: &[(
            "if size > largest {",
            "if matches!(error, Error::Http(_)) && size > 0 {",
        )],
        red: "scenarios::http::download::no_new_data",
        says: "and then the same half again, with one retry: 2 requests are expected, not 5",
    },
    Mutant {
        example: "http::download",
        name: "no_jitter",
        edits: &[("\n    .with_jitter();", ";")],
        red: "scenarios::http::download::apart",
        says: "ten different pauses of 500 to 1000 ms are expected, not [500, 500,",
    },
    Mutant {
        example: "http::download",
        name: "more_without_an_option",
        edits: &[(r#"default_value = "4""#, r#"default_value = "8""#)],
        red: "scenarios::http::download::jobs",
        says: r#""": 8 requests at a time"#,
    },
    Mutant {
        example: "http::download",
        name: "more_retries",
        edits: &[(r#"default_value = "5""#, r#"default_value = "50""#)],
        red: "scenarios::http::download::help",
        says: r#"retry without new data [default: 5]" is missing"#,
    },
    Mutant {
        example: "http::download",
        name: "waits_for_a_checksum",
        edits: &[
            (
                "            process::exit(130);",
                "            Ok(ExitCode::from(130))",
            ),
            (
                "use std::process::{self, ExitCode};",
                "use std::process::ExitCode;",
            ),
        ],
        red: "scenarios::http::download::stop_in_a_checksum",
        says: "10 s after Ctrl-C it still waits for a checksum",
    },
    Mutant {
        example: "http::download",
        name: "empty_is_incomplete",
        edits: &[("total.is_some_and(|total| total > 0)", "total.is_some()")],
        red: "scenarios::http::download::lengths",
        says: "empty: other bytes: ",
    },
    Mutant {
        example: "http::download",
        name: "keeps_the_part",
        edits: &[(
            r"        if self.size == 0 {
            self.clear(&file)?;
        }
        if self.sync {",
            "        if self.sync {",
        )],
        red: "scenarios::http::download::lengths",
        says: "an empty file after a part has 123456 bytes",
    },
    Mutant {
        example: "http::download",
        name: "longer_pauses",
        edits: &[(
            ".with_max_delay(Duration::from_secs(60))",
            ".with_max_delay(Duration::from_secs(600))",
        )],
        red: "scenarios::http::download::growing_pauses",
        says: "is to take 60000..=120000 ms, not ",
    },
    Mutant {
        example: "http::download",
        name: "gives_up_at_a_timeout",
        edits: &[("408 | 429 | 502", "429 | 502")],
        red: "scenarios::http::download::growing_pauses",
        says: "a.bin: 408 Request Timeout",
    },
    Mutant {
        example: "http::download",
        name: "pauses_for_longer",
        edits: &[(
            "MAX_PAUSE: Duration = Duration::from_secs(120)",
            "MAX_PAUSE: Duration = Duration::from_secs(240)",
        )],
        red: "scenarios::http::download::growing_pauses",
        says: "a server that asks for 121 s is to be asked once, not 2 times",
    },
    Mutant {
        example: "http::download",
        name: "keeps_the_first_version",
        edits: &[(
            r"        self.remove_etag()
    }
",
            r"        Ok(())
    }
",
        )],
        red: "scenarios::http::download::third_run",
        says: "are to be asked for, not ",
    },
    Mutant {
        example: "http::download",
        name: "removes_the_version_first",
        edits: &[
            (
                r"        if file.metadata()?.len() > 0 {
            file.set_len(0)?;
        }
",
                r"        self.remove_etag()?;
        if file.metadata()?.len() > 0 {
            file.set_len(0)?;
        }
",
            ),
            (
                r"        self.remove_etag()
    }
",
                r"        Ok(())
    }
",
            ),
        ],
        red: "scenarios::http::download::clears",
        says: "the part is to be emptied, and then its ETag removed",
    },
    Mutant {
        example: "http::download",
        name: "counts_no_files",
        edits: &[("self.total.inc(1)", "self.total.inc(0)")],
        red: "scenarios::http::download::terminal",
        says: r#"no "1 of 3 files" in "#,
    },
    Mutant {
        example: "http::retry_after",
        name: "no_jitter",
        edits: &[("\n    .with_jitter();", ";")],
        red: "scenarios::http::retry_after::apart",
        says: "different pauses of 50 to 100 ms are expected, not [50, 50,",
    },
    Mutant {
        example: "http::retry_after",
        name: "waits_a_little_longer",
        edits: &[(
            "Duration = Duration::from_secs(10);",
            "Duration = Duration::from_secs(20);",
        )],
        red: "scenarios::http::retry_after::pauses",
        says: "asked for 11: status and attempts are 200 2, not 503 1",
    },
    Mutant {
        example: "http::retry_after",
        name: "no_back_off",
        edits: &[("sleep(pause + back_off)", "sleep(pause.max(back_off))")],
        red: "scenarios::http::retry_after::pauses",
        says: "asked for 1: status and attempts are 200 2",
    },
    Mutant {
        example: "http::retry_after",
        name: "too_many_is_final",
        edits: &[("429 | 502", "502")],
        red: "scenarios::http::retry_after::repeats",
        says: r#""429: 429 1""#,
    },
    Mutant {
        example: "http::retry_after",
        name: "repeats_only_reads",
        edits: &[("is_idempotent()", "is_safe()")],
        red: "scenarios::http::retry_after::repeats",
        says: r#""PUT: 503 1""#,
    },
    Mutant {
        example: "http::retry_after",
        name: "needs_a_copy",
        edits: &[(
            "let copy = request.try_clone();",
            r#"let copy = Some(request.try_clone().expect("a copy"));"#,
        )],
        red: "scenarios::http::retry_after::repeats",
        says: "is right; status 101",
    },
    Mutant {
        example: "http::retry_after",
        name: "waits_for_an_answer",
        edits: &[(
            r"        .timeout(Duration::from_secs(1))
",
            "",
        )],
        red: "scenarios::http::retry_after::lost_answer",
        says: "it still runs after",
    },
    Mutant {
        example: "http::close_websockets",
        name: "reads_one_message",
        edits: &[(
            "    while let Some(Ok(_)) = socket.recv().await {}\n",
            "    let _ = socket.recv().await;\n",
        )],
        red: "scenarios::http::close_websockets::sending",
        says: "the client is to send all, and to read the reason; status 0: [[..]\"fixed: Err(",
    },
    Mutant {
        example: "http::close_websockets",
        name: "does_not_answer",
        edits: &[(
            r"        if socket.send(message).await.is_err() {
            return;
        }
",
            r"        drop(message);
",
        )],
        red: "scenarios::http::close_websockets::sending",
        says: r#"read the reason; status 0: ["fixed: closed"#,
    },
    Mutant {
        example: "http::websocket",
        name: "reads_one_message",
        edits: &[(
            "        while let Some(Ok(_)) = socket.recv().await {}\n",
            "        let _ = socket.recv().await;\n",
        )],
        red: "scenarios::http::websocket::close_unanswered",
        says: "talking: it stopped after 0",
    },
    Mutant {
        example: "http::websocket",
        name: "slower",
        edits: &[(
            "Duration = Duration::from_millis(10);",
            "Duration = Duration::from_millis(20);",
        )],
        red: "scenarios::http::websocket::fast",
        says: "300 messages are to take 3 s",
    },
    Mutant {
        example: "http::websocket",
        name: "farther_behind",
        edits: &[(
            "const CAPACITY: usize = 64;",
            "const CAPACITY: usize = 128;",
        )],
        red: "scenarios::http::websocket::at_most_64",
        says: "a client that is 65 messages behind is to be dropped",
    },
    Mutant {
        example: "http::websocket",
        name: "remembers_rooms",
        edits: &[(
            r"        rooms.retain(|_, room| room.receiver_count() > 0);
",
            "",
        )],
        red: "scenarios::http::websocket::empty_rooms",
        says: "2,000 rooms that are empty again take",
    },
    Mutant {
        example: "http::websocket",
        name: "waits_longer_to_send",
        edits: &[(
            "SEND_TIMEOUT: Duration = Duration::from_secs(5)",
            "SEND_TIMEOUT: Duration = Duration::from_secs(10)",
        )],
        red: "scenarios::http::websocket::too_slow",
        says: "it stays for ",
    },
    Mutant {
        example: "http::websocket",
        name: "waits_longer_to_close",
        edits: &[(
            "CLOSE_TIMEOUT: Duration = Duration::from_secs(1)",
            "CLOSE_TIMEOUT: Duration = Duration::from_secs(2)",
        )],
        red: "scenarios::http::websocket::close_unanswered",
        says: "silent: it is to stop after 1 s, not three times after 2.",
    },
    Mutant {
        example: "http::websocket",
        name: "large_frames",
        edits: &[(
            r"        .max_frame_size(16 * MAX_MESSAGE)
",
            "",
        )],
        red: "scenarios::http::websocket::wrong_messages",
        says: "a length of 65,537: ",
    },
    Mutant {
        example: "http::websocket",
        name: "large_buffers",
        edits: &[(
            r"        .read_buffer_size(MAX_MESSAGE)
",
            "",
        )],
        red: "scenarios::http::websocket::clients",
        says: "bytes of memory for each client",
    },
    Mutant {
        example: "http::https",
        name: "limits_the_connection",
        edits: &[(
            r"    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        serve_http(stream, app).await;
    }
",
            r"    let connection = async {
        if let Ok(stream) = tls.accept(stream).await {
            serve_http(stream, app).await;
        }
    };
    let _ = timeout(HANDSHAKE_TIMEOUT, connection).await;
",
        )],
        red: "scenarios::http::https::silent",
        says: "no request: closed after 0.5 s",
    },
    Mutant {
        example: "http::tls_reload",
        name: "limits_the_connection",
        edits: &[(
            r"    let handshake = timeout(Duration::from_secs(10), tls.accept(stream)).await;
    if let Ok(Ok(stream)) = handshake {
        // An error means that the client has left or was too slow.
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
            .await;
    }
",
            r"    let connection = async {
        if let Ok(stream) = tls.accept(stream).await {
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
                .await;
        }
    };
    let _ = timeout(Duration::from_secs(10), connection).await;
",
        )],
        red: "scenarios::http::tls_reload::silent",
        says: "a request after 6 s: closed after 10.0 s",
    },
    Mutant {
        example: "http::tls_reload",
        name: "handshakes_in_turn",
        edits: &[
            (
                r"        tokio::spawn(serve_connection(stream, tls.borrow().clone(), app.clone()));
",
                r"        let tls = tls.borrow().clone();
        let handshake = timeout(Duration::from_secs(10), tls.accept(stream)).await;
        if let Ok(Ok(stream)) = handshake {
            tokio::spawn(serve_connection(stream, app.clone()));
        }
",
            ),
            (
                r"async fn serve_connection(stream: TcpStream, tls: TlsAcceptor, app: Router) {
    let handshake = timeout(Duration::from_secs(10), tls.accept(stream)).await;
    if let Ok(Ok(stream)) = handshake {
",
                r"async fn serve_connection(stream: tokio_rustls::server::TlsStream<TcpStream>, app: Router) {
    {
",
            ),
        ],
        red: "scenarios::http::tls_reload::beside_a_silent_client",
        says: "the three clients are to be served beside it; status 1",
    },
    Mutant {
        example: "http::tls_reload",
        name: "tries_without_a_pause",
        edits: &[
            (
                r"        let (stream, _) = Listener::accept(&mut listener).await;
",
                r"        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
",
            ),
            (
                r"use axum::serve::Listener;
",
                "",
            ),
            ("async fn serve(mut listener", "async fn serve(listener"),
        ],
        red: "scenarios::http::tls_reload::too_many_clients",
        says: "it spins",
    },
    Mutant {
        example: "http::tls_reload",
        name: "stops_accepting",
        edits: &[
            (
                r"        let (stream, _) = Listener::accept(&mut listener).await;
",
                r"        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
",
            ),
            (
                r"use axum::serve::Listener;
",
                "",
            ),
            ("async fn serve(mut listener", "async fn serve(listener"),
        ],
        red: "scenarios::http::tls_reload::too_many_clients",
        says: "with too many clients, and when some have left, it is to go on",
    },
];
