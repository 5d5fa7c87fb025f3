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
        says: "is_status[..]<- missing",
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
];

pub static REBUILT: &[Mutant] = &[
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
];
