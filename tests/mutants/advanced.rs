//! Wrong edits of examples-advanced.

use super::Mutant;

pub static MUTANTS: &[Mutant] = &[
    Mutant {
        example: "advanced::batching",
        name: "all_at_a_time",
        edits: &[(".buffer_unordered(BATCH)", ".buffer_unordered(20 * BATCH)")],
        red: "advanced::batching",
        says: "50 at a time[..]about the same[..]<- unexpected",
    },
    Mutant {
        example: "advanced::buffer_unordered",
        name: "more_at_a_time",
        edits: &[(
            r"        .buffer_unordered(LIMIT)
",
            r"        .buffer_unordered(2 * LIMIT)
",
        )],
        red: "advanced::buffer_unordered",
        says: "at most 20 open",
    },
    Mutant {
        example: "advanced::buffer_unordered",
        name: "in_any_order",
        edits: &[(
            r"        .buffered(LIMIT)
",
            r"        .buffer_unordered(LIMIT)
",
        )],
        red: "advanced::buffer_unordered",
        says: "buffered: [..]<- early",
    },
    Mutant {
        example: "advanced::bulk_insert",
        name: "no_commit",
        edits: &[(
            r"    transaction.commit().await
",
            r"    transaction.rollback().await
",
        )],
        red: "advanced::bulk_insert",
        says: "1000 rows in the table",
    },
    Mutant {
        example: "advanced::join_by_hand",
        name: "wakes_all",
        edits: &[(
            "self.woken.numbers.lock().unwrap().push(self.number);",
            "self.woken.numbers.lock().unwrap().extend(0..100);",
        )],
        red: "advanced::join_by_hand",
        says: "after 1s, 5150 polls[..]<- unexpected",
    },
    Mutant {
        example: "advanced::row_stream",
        name: "holds_all",
        edits: &[(
            r"    while let Some(reading) = readings.next().await {
        let _at_and_celsius = reading?;",
            r"    let mut all = Vec::new();
    while let Some(reading) = readings.next().await {
        all.push(reading?);",
        )],
        red: "advanced::row_stream",
        says: "fetch: 20000 rows[..]is out of range",
    },
    Mutant {
        example: "advanced::sqlite_write_lock",
        name: "no_wal",
        edits: &[(
            ".journal_mode(SqliteJournalMode::Wal)",
            ".journal_mode(SqliteJournalMode::Delete)",
        )],
        red: "advanced::sqlite_write_lock",
        says: "fixed, WAL mode[..]database is locked",
    },
    Mutant {
        example: "advanced::sqlite_write_lock",
        name: "no_immediate",
        edits: &[(
            r#"let result = tills("BEGIN IMMEDIATE", &wal)"#,
            r#"let result = tills("BEGIN", &wal)"#,
        )],
        red: "advanced::sqlite_write_lock",
        says: "fixed, BEGIN IMMEDIATE: 4 of 4 sold[..]<- missing",
    },
    Mutant {
        example: "advanced::sqlite_write_lock",
        name: "takes_all_back",
        edits: &[(
            r"    transaction.commit().await
",
            r"    transaction.rollback().await
",
        )],
        red: "scenarios::advanced::sqlite_write_lock::counts",
        says: "the counter has 0",
    },
    Mutant {
        example: "advanced::state_machine",
        name: "forgets_its_state",
        edits: &[(
            r"                        *self = Self::Waiting { sum, postage };
                        return Poll::Pending;",
            "                        return Poll::Pending;",
        )],
        red: "advanced::state_machine",
        says: "after: Ready(Ok(124))[..]<- missing",
    },
    Mutant {
        example: "advanced::transaction",
        name: "error_ignored",
        edits: &[(
            "    add(&mut transaction, to, amount).await?;",
            "    let _ = add(&mut transaction, to, amount).await;",
        )],
        red: "advanced::transaction",
        says: "savepoints, 3 of 3 bills paid: Ann 10, Ben 150, 160 in all",
    },
    Mutant {
        example: "advanced::transaction",
        name: "no_commit",
        edits: &[(
            r"    transaction.commit().await?;
    Ok(())
}

/// Pays",
            r"    Ok(())
}

/// Pays",
        )],
        red: "advanced::transaction",
        says: "fixed, sent to Ben: Ann 100, Ben 100, 200 in all",
    },
    Mutant {
        example: "advanced::waker",
        name: "looks_first",
        edits: &[(
            r"        bell.waker.register(context.waker());
        thread::sleep(pause);
        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
",
            r"        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
        thread::sleep(pause);
        bell.waker.register(context.waker());
",
        )],
        red: "advanced::waker",
        says: "fixed, with a pause: asleep, has rung: true",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "interruption_is_an_error",
        edits: &[(
            r"            Err(error) if error.kind() == ErrorKind::Interrupted => {}
",
            "",
        )],
        red: "scenarios::advanced::mini_runtime::interrupted",
        says: "Interrupted system call",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "busy_loop",
        edits: &[(
            "self.reactor.sleep_until_event()?;",
            "self.reactor.look_for_events()?;",
        )],
        red: "advanced::mini_runtime",
        says: "4 tasks done in too many rounds",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "sleeps_too_long",
        edits: &[(
            "next.map(|due| due.saturating_duration_since(Instant::now()))",
            "next.map(|due| 2 * due.saturating_duration_since(Instant::now()))",
        )],
        red: "advanced::mini_runtime",
        says: "tea: done[..]<- late",
    },
    Mutant {
        example: "advanced::database_handler",
        name: "waits_twice_as_long",
        edits: &[(
            ".acquire_timeout(Duration::from_millis(300))",
            ".acquire_timeout(Duration::from_millis(600))",
        )],
        red: "advanced::database_handler",
        says: "cannot connect: pool timed out while waiting[..]<- late",
    },
    Mutant {
        example: "advanced::database_handler",
        name: "always_500",
        edits: &[(
            "Self::Connect(_) => (StatusCode::SERVICE_UNAVAILABLE,",
            "Self::Connect(_) => (StatusCode::INTERNAL_SERVER_ERROR,",
        )],
        red: "advanced::database_handler",
        says: "GET /users/1: 500 try again later",
    },
    Mutant {
        example: "advanced::process_request",
        name: "merges_names",
        edits: &[("SELECT name FROM users", "SELECT DISTINCT name FROM users")],
        red: "scenarios::advanced::process_request::sorts",
        says: "200 OK Ann, Ann, Ben",
    },
    Mutant {
        example: "advanced::pin",
        name: "compares_a_place_with_itself",
        edits: &[(
            r"    let old_place = ptr::from_ref(&*page);
    let mut pages = Vec::from([page]);
",
            r"    let mut pages = Vec::from([page]);
    let old_place = ptr::from_ref(&*pages[0]);
",
        )],
        red: "scenarios::advanced::pin::other_place",
        says: "same place: true",
    },
    Mutant {
        example: "advanced::process_request",
        name: "error_ignored",
        edits: &[(
            r#"    sqlx::query_scalar("SELECT name FROM users ORDER BY name")
        .fetch_all(db)
        .await
        .map_err(RequestError::Query)"#,
            r#"    let users = sqlx::query_scalar("SELECT name FROM users ORDER BY name")
        .fetch_all(db)
        .await;
    Ok(users.unwrap_or_default())"#,
        )],
        red: "advanced::process_request",
        says: "empty.db: there are no users",
    },
    Mutant {
        example: "advanced::waker",
        name: "leaves_no_waker",
        edits: &[(
            r"        bell.waker.register(context.waker());
        thread::sleep(pause);
        if",
            r"        thread::sleep(pause);
        if",
        )],
        red: "advanced::waker",
        says: "fixed, without a pause: asleep",
    },
    Mutant {
        example: "advanced::future_by_hand",
        name: "wakes_itself",
        edits: &[(
            r"        bell.waker = Some(context.waker().clone());
",
            r"        bell.waker = Some(context.waker().clone());
        if self.polls < 5 {
            context.waker().wake_by_ref();
        }
",
        )],
        red: "advanced::future_by_hand",
        says: "poll 2: too soft[..]<- unexpected",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "fewer_attempts",
        edits: &[(
            "pub const MAX_ATTEMPTS: i32 = 5;",
            "pub const MAX_ATTEMPTS: i32 = 4;",
        )],
        red: "advanced::job_queue",
        says: "dead: order 207, attempt 4",
    },
    Mutant {
        example: "advanced::read_batching",
        name: "small_batches",
        edits: &[(
            "const MAX_BATCH: usize = 100;",
            "const MAX_BATCH: usize = 10;",
        )],
        red: "advanced::read_batching",
        says: "UserLoader: 25 queries[..]<- missing",
    },
    Mutant {
        example: "advanced::silent_connection",
        name: "untested",
        edits: &[(
            "    let pool = create_pool(server().await?);",
            "    let pool = simple_pool(server().await?);",
        )],
        red: "advanced::silent_connection",
        says: "timeout and create_pool: 0 of 3",
    },
    Mutant {
        example: "advanced::outbox",
        name: "error_is_an_answer",
        edits: &[(
            "Answer::Lost => break,",
            r#"Answer::Lost => "DELETE FROM outbox WHERE id = $1","#,
        )],
        red: "advanced::outbox",
        says: "events [7][..]<- unexpected",
    },
    Mutant {
        example: "advanced::pool",
        name: "more_connections",
        edits: &[(
            ".max_connections(connections)",
            ".max_connections(connections + 4)",
        )],
        red: "advanced::pool",
        says: "at most 9 connections in use",
    },
    Mutant {
        example: "advanced::pool",
        name: "another_connection",
        edits: &[(
            r#"    transaction.execute("SELECT 1").await?;
    transaction.commit().await"#,
            r#"    pool.execute("SELECT 1").await?;
    transaction.rollback().await"#,
        )],
        red: "advanced::pool",
        says: "Error: pool timed out",
    },
    Mutant {
        example: "advanced::pool",
        name: "connects_without_a_limit",
        edits: &[(
            "timeout(CONNECT_TIMEOUT, try_once)",
            "timeout(20 * CONNECT_TIMEOUT, try_once)",
        )],
        red: "scenarios::advanced::pool::silent_server",
        says: "pool runs on",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "no_retry",
        edits: &[(
            "Err(error) if is_conflict(&error) => println!(",
            "Err(error) if is_conflict(&error) && begin.is_empty() => println!(",
        )],
        red: "advanced::transaction_retry",
        says: "with retries: 1 made",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "one_bad_result_stops_all",
        edits: &[(
            r"            Err(error) if self.queue.refuses(&error) => self.write_one_by_one().await?,
",
            "",
        )],
        red: "scenarios::advanced::job_queue::refused::sqlite",
        says: "SELECT COUNT(*) FROM charges: Ok(0)",
    },
    Mutant {
        example: "advanced::web_api",
        name: "no_auth",
        edits: &[(
            r"        .layer(from_fn_with_state(app.clone(), auth::check))
",
            "",
        )],
        red: "scenarios::advanced::web_api::roles",
        says: "GET /users: Answer { status: 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "readers_write",
        edits: &[(
            "client.role == Role::Reader && !request.method().is_safe()",
            r#"client.role == Role::Reader && request.method() == "DELETE""#,
        )],
        red: "scenarios::advanced::web_api::roles",
        says: "POST /users: Answer { status: 422",
    },
    Mutant {
        example: "advanced::web_api",
        name: "key_not_kept",
        edits: &[(
            r"if let Some((client, key)) = &self.0 {
            let body",
            r"if let Some((client, key)) = self.0.as_ref().filter(|_| false) {
            let body",
        )],
        red: "scenarios::advanced::web_api::idempotency",
        says: "location: /orders/2",
    },
    Mutant {
        example: "advanced::web_api",
        name: "answers_before_its_end",
        edits: &[("let _ = work.rollback().await;", "drop(work);")],
        red: "scenarios::advanced::web_api::postgres_requests",
        says: "a request with this Idempotency-Key is in progress",
    },
    Mutant {
        example: "advanced::web_api",
        name: "key_of_anyone_s_request",
        edits: &[(
            "if first.request != request {",
            "if first.request.is_empty() {",
        )],
        red: "scenarios::advanced::web_api::idempotency",
        says: "Answer { status: 201",
    },
    Mutant {
        example: "advanced::web_api",
        name: "if_match_ignored",
        edits: &[(
            "if self.0.is_any() {",
            "if self.0.is_any() || version > 0 {",
        )],
        red: "scenarios::advanced::web_api::conditions",
        says: "[200, 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "commit_ignored",
        edits: &[(
            r"    let user = store::update(&mut work, id, input, version).await?;
    work.commit().await?;",
            r"    let user = store::update(&mut work, id, input, version).await?;
    let _ = work.commit().await;",
        )],
        red: "scenarios::advanced::web_api::disk_full",
        says: "expected: Answer { status: 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "one_pool",
        edits: &[(
            "let writers = if is_sqlite {",
            "let writers = if is_sqlite && CONNECTIONS == 1 {",
        )],
        red: "scenarios::advanced::web_api::reads_beside_writes",
        says: "beside 12 writers: Answer { status: 503",
    },
    Mutant {
        example: "advanced::web_api",
        name: "ready_by_the_pool",
        edits: &[(
            "            pool: pool(&url, is_sqlite, 1)?,",
            "            pool: readers.clone(),",
        )],
        red: "scenarios::advanced::web_api::database_stalls",
        says: "with a full pool: Answer { status: 503",
    },
    Mutant {
        example: "advanced::web_api",
        name: "no_statement_limit",
        edits: &[(
            "SET statement_timeout = '5s'; SET lock_timeout = '2s';",
            "SET statement_timeout = '0'; SET lock_timeout = '0';",
        )],
        red: "scenarios::advanced::web_api::database_stalls",
        says: "of a locked table: Answer { status: 504",
    },
    Mutant {
        example: "advanced::web_api",
        name: "always_ready",
        edits: &[(
            "if !database.is_ready().await {",
            "if !database.is_ready().await && stop.is_cancelled() {",
        )],
        red: "scenarios::advanced::web_api::failover",
        says: "ready with a replica: Answer { status: 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "ping_without_limit",
        edits: &[(
            "timeout(PING_TIMEOUT, takes_writes",
            "timeout(100 * PING_TIMEOUT, takes_writes",
        )],
        red: "scenarios::advanced::web_api::silent_connection",
        says: " after ",
    },
    Mutant {
        example: "advanced::web_api",
        name: "old_server_kept",
        edits: &[(r#"Ok(read_only == "off")"#, "Ok(!read_only.is_empty())")],
        red: "scenarios::advanced::web_api::failover",
        says: "ready with a replica: Answer { status: 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "waits_for_first",
        edits: &[(
            "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0)) IS NOT NULL",
        )],
        red: "scenarios::advanced::web_api::retry_in_progress",
        says: "Answer { status: 503",
    },
    Mutant {
        example: "advanced::web_api",
        name: "no_drain_deadline",
        edits: &[(
            r"    server.close.cancel();
    tokio::select! {
        () = server.connections.wait() => {}
        () = sleep(DRAIN_TIMEOUT) => {}
",
            r"    server.close.cancel();
    tokio::select! {
        () = server.connections.wait() => {}
",
        )],
        red: "scenarios::advanced::web_api::drain_deadline",
        says: "still runs after 20s",
    },
    Mutant {
        example: "advanced::web_api",
        name: "second_signal_unheard",
        edits: &[(
            r"        stop_signals.recv().await;
        cut.cancel();
",
            "",
        )],
        red: "scenarios::advanced::web_api::second_signal",
        says: "still runs after 3s",
    },
    Mutant {
        example: "advanced::web_api",
        name: "no_goodbye",
        edits: &[(
            "if goodbye.is_cancelled() {",
            "if goodbye.is_cancelled() && peer.port() == 0 {",
        )],
        red: "scenarios::advanced::web_api::stops_under_load",
        says: "",
    },
    Mutant {
        example: "advanced::web_api",
        name: "more_connections",
        edits: &[("const_new(4096)", "const_new(4097)")],
        red: "scenarios::advanced::web_api::connections",
        says: "4097 clients are served",
    },
    Mutant {
        example: "advanced::web_api",
        name: "long_headers_kept",
        edits: &[("max_buf_size(MAX_HEADER)", "max_buf_size(16 * MAX_HEADER)")],
        red: "scenarios::advanced::web_api::long_header",
        says: "no answer",
    },
    Mutant {
        example: "advanced::web_api",
        name: "unread_answers_wait",
        edits: &[(
            r"    stream.as_mut().set_timeout_pinned(Some(WRITE_TIMEOUT));
",
            r"    stream.as_mut().set_timeout_pinned(Some(10 * WRITE_TIMEOUT));
",
        )],
        red: "scenarios::advanced::web_api::no_reader",
        says: "open after",
    },
    Mutant {
        example: "advanced::web_api",
        name: "slot_before_body",
        edits: &[(
            r"        .layer(from_fn(extract::receive))
        .layer(from_fn_with_state(app.clone(), limits::admit));",
            r"        .layer(from_fn_with_state(app.clone(), limits::admit))
        .layer(from_fn(extract::receive));",
        )],
        red: "scenarios::advanced::web_api::slow_bodies",
        says: "http_requests_in_flight 21",
    },
    Mutant {
        example: "advanced::web_api",
        name: "leaver_uncounted",
        edits: &[(
            r#"let status = self.status.map_or("none".into(), |it| it.to_string());"#,
            r"let Some(status) = self.status.map(|it| it.to_string()) else {
            return;
        };",
        )],
        red: "scenarios::advanced::web_api::client_leaves",
        says: "http_requests_in_flight 1",
    },
    Mutant {
        example: "advanced::web_api",
        name: "scans_emails",
        edits: &[(
            "WHERE email = $1 AND id > $2",
            "WHERE COALESCE($1, email) = email AND id > $2",
        )],
        red: "scenarios::advanced::web_api::many_rows",
        says: "by id ",
    },
    Mutant {
        example: "advanced::web_api",
        name: "ipv4_is_one_client",
        edits: &[("match address.to_canonical() {", "match address {")],
        red: "scenarios::advanced::web_api::both_protocols",
        says: "from another address: Answer { status: 429",
    },
    Mutant {
        example: "advanced::web_api",
        name: "migrations_race",
        edits: &[(
            r#"let mut lock = connection.begin_with("BEGIN IMMEDIATE").await?;
        migrator.run(&mut *lock).await.context("migrations")?;
        lock.commit().await?;"#,
            r#"migrator.run(&mut connection).await.context("migrations")?;"#,
        )],
        red: "scenarios::advanced::web_api::two_instances",
        says: "does not say where it listens",
    },
    Mutant {
        example: "advanced::web_api",
        name: "schema_race",
        edits: &[(
            r"        connection.execute(lock).await?;
",
            r"        let _ = lock;
",
        )],
        red: "scenarios::advanced::web_api::two_instances_postgres",
        says: "does not say where it listens",
    },
    Mutant {
        example: "advanced::web_api",
        name: "keys_forgotten_in_one_go",
        edits: &[("const BATCH: u32 = 1000;", "const BATCH: u32 = 1_000_000;")],
        red: "scenarios::advanced::web_api::old_keys",
        says: "Answer { status: 503",
    },
    Mutant {
        example: "advanced::web_api",
        name: "nameless_file",
        edits: &[("!in_memory && !file.is_empty()", "!in_memory")],
        red: "scenarios::advanced::web_api::settings",
        says: "sqlite://",
    },
    Mutant {
        example: "advanced::web_api",
        name: "half_a_password",
        edits: &[("!options.contains('@')", "options.len() < 1000")],
        red: "scenarios::advanced::web_api::settings",
        says: "secret",
    },
    Mutant {
        example: "advanced::web_api",
        name: "any_origin",
        edits: &[("written.is_ok_and(|it| it == origin)", "written.is_ok()")],
        red: "scenarios::advanced::web_api::settings",
        says: "https://example.com/",
    },
    Mutant {
        example: "advanced::web_api",
        name: "any_host",
        edits: &[(
            "Authority::try_from(host.as_bytes()).is_ok()",
            "Authority::try_from(host.as_bytes()).is_ok() || host.len() < 100",
        )],
        red: "scenarios::advanced::web_api::hosts",
        says: "host: ",
    },
    Mutant {
        example: "advanced::web_api",
        name: "resets_logged",
        edits: &[(
            r#"tracing::debug!(%peer, %error, "the connection ended early");"#,
            r#"tracing::info!(%peer, %error, "the connection ended early");"#,
        )],
        red: "scenarios::advanced::web_api::quiet_about_resets",
        says: "the connection ended early",
    },
    Mutant {
        example: "advanced::web_api",
        name: "long_errors",
        edits: &[(
            "Self::Malformed(detail.chars().take(200).collect())",
            "Self::Malformed(detail.into())",
        )],
        red: "scenarios::advanced::web_api::long_header",
        says: "an answer of 20",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "any_claim_finishes",
        edits: &[(
            r#""DELETE FROM jobs WHERE id = $1 AND attempt = $2""#,
            r#""DELETE FROM jobs WHERE id = $1 AND $2 > 0""#,
        )],
        red: "scenarios::advanced::job_queue::last_claim::sqlite",
        says: "the first worker has written 98 results",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "any_claim_finishes_postgres",
        edits: &[(
            r"WHERE jobs.id = mine.id AND jobs.attempt = mine.attempt
        RETURNING",
            r"WHERE jobs.id = mine.id
        RETURNING",
        )],
        red: "scenarios::advanced::job_queue::last_claim::postgresql",
        says: "the first worker has written 98 results",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "index_without_due",
        edits: &[(
            r"error TEXT
    );
    CREATE INDEX IF NOT EXISTS jobs_to_do ON jobs (due)",
            r"error TEXT
    );
    CREATE INDEX IF NOT EXISTS jobs_to_do ON jobs (id)",
        )],
        red: "scenarios::advanced::job_queue::delayed::sqlite",
        says: "idle, it uses",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "waits_for_locks",
        edits: &[(
            r"FOR UPDATE SKIP LOCKED
    )",
            r"FOR UPDATE
    )",
        )],
        red: "scenarios::advanced::job_queue::skips_locked",
        says: "",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "add_0_adds_1",
        edits: &[("SELECT 1 WHERE $1 > 0", "SELECT 1")],
        red: "scenarios::advanced::job_queue::add_nothing::sqlite",
        says: "ready: 2",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "urgent_last",
        edits: &[(
            "now() - i64::from(priority) *",
            "now() + i64::from(priority) *",
        )],
        red: "scenarios::advanced::job_queue::priority::sqlite",
        says: "",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "no_limit",
        edits: &[(
            "timeout(DATABASE_TIMEOUT, question)",
            "timeout(20 * DATABASE_TIMEOUT, question)",
        )],
        red: "scenarios::advanced::job_queue::silent",
        says: "",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "adds_silently",
        edits: &[(
            "        tx.execute(NOTIFY).await?;\n",
            "        let _ = NOTIFY;\n",
        )],
        red: "scenarios::advanced::job_queue::idle",
        says: "woken after ",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "deaf",
        edits: &[(
            r"    tokio::select! {
        () = worker.stop() => {}
        () = stop.recv() => {}
    }
",
            r"    worker.stop().await;
",
        )],
        red: "scenarios::advanced::job_queue::silent_stop",
        says: "",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "status_panics",
        edits: &[(
            r#"say(&format!("{status:?}"));"#,
            r#"println!("{status:?}");"#,
        )],
        red: "scenarios::advanced::job_queue::nobody_reads::sqlite",
        says: "status 101",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "demonstration_panics",
        edits: &[(
            r#"say("3 other workers continue");"#,
            r#"println!("3 other workers continue");"#,
        )],
        red: "scenarios::advanced::job_queue::demonstration_unheard::postgresql",
        says: "status 101",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "a_queue_in_memory",
        edits: &[("if file.is_empty() {", "if file.len() > 4096 {")],
        red: "scenarios::advanced::job_queue::refuses",
        says: "DATABASE_URL=sqlite::memory:",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "listener_not_asked",
        edits: &[(
            r#"Err(_) => limited(self.listener.execute("SELECT 1")).await.map(|_| ()),"#,
            "Err(_) => limited(std::future::ready(Ok(()))).await,",
        )],
        red: "scenarios::advanced::job_queue::silent_listener",
        says: "LISTEN",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "asks_all_the_time",
        edits: &[(".clamp(MIN_IDLE, POLL)", ".clamp(MIN_IDLE / 1000, POLL)")],
        red: "scenarios::advanced::job_queue::skips_locked",
        says: "scans for jobs that are locked",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "loses_the_reason",
        edits: &[
            (
                r"    let mut connection = PgConnection::connect(url).await?;
    // A channel",
                r"    let mut connection = PgListener::connect(url).await?;
    // A channel",
            ),
            (
                r"    connection.close().await?;
    let mut listener",
                r"    let mut listener",
            ),
        ],
        red: "scenarios::advanced::job_queue::one_connection",
        says: "no answer within 3s",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "commit_twice",
        edits: &[
            (
                r#"        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;"#,
                "        let mut transaction = self.0.acquire().await?;",
            ),
            (
                r"        transaction.commit().await
    }

    fn refuses",
                r"        Ok(())
    }

    fn refuses",
            ),
        ],
        red: "scenarios::advanced::job_queue::refused::sqlite",
        says: "dead: []",
    },
    Mutant {
        example: "advanced::leader",
        name: "no_fence",
        edits: &[(
            "SELECT term, $2 FROM leader WHERE term = $1 FOR SHARE",
            "SELECT $1, $2 FROM leader WHERE term >= $1 FOR SHARE",
        )],
        red: "scenarios::advanced::leader::header",
        says: "term 1: still leads: false, may write: true",
    },
    Mutant {
        example: "advanced::leader",
        name: "lock_of_a_statement",
        edits: &[(
            "SELECT pg_try_advisory_lock(",
            "SELECT pg_try_advisory_xact_lock(",
        )],
        red: "scenarios::advanced::leader::header",
        says: "another process leads: true",
    },
    Mutant {
        example: "advanced::leader",
        name: "same_term",
        edits: &[(
            "UPDATE leader SET term = term + 1 RETURNING term",
            "UPDATE leader SET term = 1 RETURNING term",
        )],
        red: "scenarios::advanced::leader::header",
        says: "the connection is cut: term 1 leads",
    },
    Mutant {
        example: "advanced::leader",
        name: "schema_stays",
        edits: &[
            (
                r#"[("search_path", &schema)])).await;"#,
                r#"[("search_path", &schema)])).await?;"#,
            ),
            (
                r"    done
}",
                r"    Ok(done)
}",
            ),
        ],
        red: "scenarios::advanced::leader::one_connection",
        says: "1 schemas are left",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "nothing_at_the_start",
        edits: &[(
            r"        timeout(TIMEOUT, listener.listen(channel)).await??;
        Ok",
            r"        timeout(TIMEOUT, listener.listen(channel)).await??;
        timeout(TIMEOUT, listener.recv()).await??;
        Ok",
        )],
        red: "scenarios::advanced::catch_up::header",
        says: "Error: deadline",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "waits_for_a_connection",
        edits: &[(
            r#"PgPool::connect_lazy_with(options.options([("search_path", &name)]));"#,
            r#"PgPool::connect_with(options.options([("search_path", &name)])).await?;"#,
        )],
        red: "scenarios::advanced::catch_up::one_connection",
        says: "catch_up runs on",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "forgets_its_place",
        edits: &[(
            r"                self.last = last;
",
            r"                self.last = last.min(1);
",
        )],
        red: "scenarios::advanced::catch_up::header",
        says: "at a notification: [2",
    },
    Mutant {
        example: "advanced::listen_notify",
        name: "committed",
        edits: &[(
            "    transaction.rollback().await?;",
            "    transaction.commit().await?;",
        )],
        red: "scenarios::advanced::listen_notify::header",
        says: r#"order 3, rolled back: received ["order 3"]"#,
    },
    Mutant {
        example: "advanced::listen_notify",
        name: "listens_without_a_limit",
        edits: &[(
            "timeout(CONNECT_TIMEOUT, PgListener",
            "timeout(20 * CONNECT_TIMEOUT, PgListener",
        )],
        red: "scenarios::advanced::listen_notify::one_connection",
        says: "listen_notify runs on",
    },
    Mutant {
        example: "advanced::listen_notify",
        name: "connects_without_a_limit",
        edits: &[(
            "timeout(CONNECT_TIMEOUT, PgConnection",
            "timeout(20 * CONNECT_TIMEOUT, PgConnection",
        )],
        red: "scenarios::advanced::listen_notify::silent_server",
        says: "listen_notify runs on",
    },
    Mutant {
        example: "advanced::silent_connection",
        name: "ping_without_limit",
        edits: &[(
            "timeout(Duration::from_millis(100), connection.ping())",
            "timeout(Duration::from_secs(100), connection.ping())",
        )],
        red: "advanced::silent_connection",
        says: "timeout and create_pool: 0 of 3",
    },
    Mutant {
        example: "advanced::read_batching",
        name: "one_at_a_time",
        edits: &[(
            "recv_many(&mut batch, Self::MAX_BATCH)",
            "recv_many(&mut batch, 1)",
        )],
        red: "advanced::read_batching",
        says: "UserLoader: 1600 queries",
    },
    Mutant {
        example: "advanced::database_tests",
        name: "one_for_all",
        edits: &[(
            "let (one, other) = (test_database().await?, test_database().await?);",
            r"let one = test_database().await?;
    let other = one.clone();",
        )],
        red: "advanced::database_tests",
        says: "fixed, a database for each test: 1 of 2 pass",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "longer_than_its_lease",
        edits: &[(
            "const JOB_TIMEOUT: Duration = Duration::from_secs(1);",
            "const JOB_TIMEOUT: Duration = Duration::from_secs(3);",
        )],
        red: "scenarios::advanced::job_queue::long_job",
        says: "error LIKE 'it took longer than%': Ok(0)",
    },
    Mutant {
        example: "advanced::pin",
        name: "another_download",
        edits: &[
            (
                "let mut page = Box::pin(download());",
                "let page = Box::pin(download());",
            ),
            (
                "timeout(Duration::from_millis(150), &mut page)",
                "timeout(Duration::from_millis(150), download())",
            ),
        ],
        red: "advanced::pin",
        says: "5120 bytes[..]<- late",
    },
    Mutant {
        example: "advanced::listen_notify",
        name: "one_channel",
        edits: &[("md5(random()::text)", "current_database()")],
        red: "scenarios::advanced::listen_notify::eight_runs",
        says: "an order 2 and an order 5 are expected",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "looks_at_all_timers",
        edits: &[(
            "        let mut timers = self.timers.borrow_mut();
        while let",
            "        let mut timers = self.timers.borrow_mut();
        std::hint::black_box(timers.values().map(Vec::len).sum::<usize>());
        while let",
        )],
        red: "scenarios::advanced::mini_runtime::many_timers",
        says: "ns of the processor beside 10 sleepers, and [..] ns beside 30,000",
    },
    Mutant {
        example: "advanced::waker",
        name: "registers_last",
        edits: &[(
            r"        bell.waker.register(context.waker());
        thread::sleep(pause);
        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
        Poll::Pending
",
            r"        thread::sleep(pause);
        if bell.has_rung.load(SeqCst) {
            return Poll::Ready(());
        }
        bell.waker.register(context.waker());
        Poll::Pending
",
        )],
        red: "scenarios::advanced::waker::slow_register",
        says: "slow: asleep, has rung: true",
    },
    Mutant {
        example: "advanced::latency",
        name: "from_the_start",
        edits: &[(
            r"            handle().await;
            due.elapsed()
",
            r"            let begin = Instant::now();
            handle().await;
            begin.elapsed()
",
        )],
        red: "scenarios::advanced::latency::late_start",
        says: "p50 is to be 750 ms or more",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "only_readable",
        edits: &[(
            "Interest::READABLE | Interest::WRITABLE",
            "Interest::READABLE",
        )],
        red: "scenarios::advanced::mini_runtime::slow_reader",
        says: "0 bytes short[..]is expected, not 1",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "sends_a_part",
        edits: &[(
            "rest = &rest[sent..];",
            "rest = &rest[sent.max(rest.len())..];",
        )],
        red: "scenarios::advanced::mini_runtime::slow_reader",
        says: "bytes short",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "one_timer_a_moment",
        edits: &[(
            "timers.entry(due).or_default().push(context.waker().clone());",
            "timers.insert(due, vec![context.waker().clone()]);",
        )],
        red: "scenarios::advanced::mini_runtime::same_moment",
        says: "still runs after",
    },
    Mutant {
        example: "advanced::mini_runtime",
        name: "alarm_first",
        edits: &[(
            r#"        self.woken.lock().unwrap().insert(task);
        // The task may be woken by another thread while the reactor sleeps.
        self.alarm.wake().expect("the system wakes the reactor");
"#,
            r#"        self.alarm.wake().expect("the system wakes the reactor");
        self.woken.lock().unwrap().insert(task);
"#,
        )],
        red: "scenarios::advanced::mini_runtime::slow_alarm",
        says: "before the tea is done",
    },
    Mutant {
        example: "advanced::row_stream",
        name: "ends_at_an_error",
        edits: &[(
            r"    while let Some(reading) = readings.next().await {
        let _at_and_celsius = reading?;",
            "    while let Some(Ok(_at_and_celsius)) = readings.next().await {",
        )],
        red: "scenarios::advanced::row_stream::bad_row",
        says: "fetch: 99 rows",
    },
    Mutant {
        example: "advanced::listen_notify",
        name: "failure_is_silence",
        edits: &[(
            r"    while let Ok(message) = timeout(Duration::from_millis(200), listener.recv()).await {
        received.push(message?.payload().to_string());",
            r"    while let Ok(Ok(message)) = timeout(Duration::from_millis(200), listener.recv()).await {
        received.push(message.payload().to_string());",
        )],
        red: "scenarios::advanced::listen_notify::listener_fails",
        says: "order 2, sent to a listener: received []",
    },
    Mutant {
        example: "advanced::bulk_insert",
        name: "full_batches_only",
        edits: &[("readings.chunks(", "readings.chunks_exact(")],
        red: "scenarios::advanced::bulk_insert::small_last_batch",
        says: "49600 rows in the table",
    },
    Mutant {
        example: "advanced::batching",
        name: "full_batches_only",
        edits: &[("items.chunks(BATCH)", "items.chunks_exact(BATCH)")],
        red: "scenarios::advanced::batching::small_last_batch",
        says: "left: 990",
    },
    Mutant {
        example: "advanced::batching",
        name: "waits_longer",
        edits: &[(
            "sleep(Duration::from_millis(5))",
            "sleep(Duration::from_millis(8))",
        )],
        red: "scenarios::advanced::batching::exact_waits",
        says: "a task for each: 5.00 ms",
    },
    Mutant {
        example: "advanced::batching",
        name: "slowest_round",
        edits: &[(
            "each = each.min(measure(task_for_each, work).await);",
            "each = measure(task_for_each, work).await;",
        )],
        red: "scenarios::advanced::batching::known_times",
        says: "batches of 50: 2.90 ms, faster",
    },
    Mutant {
        example: "advanced::batching",
        name: "one_worker",
        edits: &[(
            "#[tokio::main(worker_threads = 2)]",
            "#[tokio::main(worker_threads = 1)]",
        )],
        red: "scenarios::advanced::batching::known_times",
        says: "2 workers",
    },
    Mutant {
        example: "advanced::pool",
        name: "no_commit",
        edits: &[(
            r#"    transaction.execute("SELECT 1").await?;
    transaction.commit().await"#,
            r#"    transaction.execute("SELECT 1").await?;
    Ok(())"#,
        )],
        red: "scenarios::advanced::pool::writes",
        says: "no such table: written",
    },
    Mutant {
        example: "advanced::future_by_hand",
        name: "timer_at_each_poll",
        edits: &[("if self.polls == 1 {", "if self.polls > 0 {")],
        red: "scenarios::advanced::future_by_hand::new_waker",
        says: "not 0: [..]timer: rings[..]timer: rings",
    },
    Mutant {
        example: "advanced::state_machine",
        name: "wakes_nobody",
        edits: &[(
            "Pin::new(&mut postage).poll(context)",
            "Pin::new(&mut postage).poll(&mut Context::from_waker(Waker::noop()))",
        )],
        red: "scenarios::advanced::state_machine::is_woken",
        says: "Err(Elapsed(()))",
    },
    Mutant {
        example: "advanced::join_by_hand",
        name: "polls_under_the_lock",
        edits: &[(
            r"        let numbers = mem::take(&mut *woken.numbers.lock().unwrap());
        for number in numbers {",
            "        for number in mem::take(&mut *woken.numbers.lock().unwrap()) {",
        )],
        red: "scenarios::advanced::join_by_hand::wakes_itself",
        says: "it still runs after 20s and has printed [..]join_sharing",
    },
    Mutant {
        example: "advanced::buffer_unordered",
        name: "never_reset",
        edits: &[("MOST_OPEN.swap(0, Relaxed)", "MOST_OPEN.load(Relaxed)")],
        red: "scenarios::advanced::buffer_unordered::smaller_limit",
        says: "concurrent_processing: [..]at most 10 open",
    },
    Mutant {
        example: "advanced::waker",
        name: "wakes_first",
        edits: &[(
            r"    bell.has_rung.store(true, SeqCst);
    bell.waker.wake();
",
            r"    bell.waker.wake();
    bell.has_rung.store(true, SeqCst);
",
        )],
        red: "scenarios::advanced::waker::slow_register",
        says: "slow: asleep, has rung: true",
    },
    Mutant {
        example: "advanced::latency",
        name: "neighbors_go_on",
        edits: &[(
            r"    neighbors.shutdown().await;
",
            "",
        )],
        red: "scenarios::advanced::latency::one_cause_at_a_time",
        says: "blocked: average[..]stopped:",
    },
    Mutant {
        example: "advanced::latency",
        name: "every_other_millisecond",
        edits: &[(
            "start + number * Duration::from_millis(1)",
            "start + number * Duration::from_millis(2)",
        )],
        red: "scenarios::advanced::latency::paused",
        says: "p99 516 ms",
    },
    Mutant {
        example: "advanced::latency",
        name: "unsorted",
        edits: &[(
            r"    latencies.sort();
",
            "",
        )],
        red: "scenarios::advanced::latency::paused",
        says: "p99 516 ms",
    },
    Mutant {
        example: "advanced::latency",
        name: "long_slices",
        edits: &[(
            "while start.elapsed() < Duration::from_millis(1) {}",
            "while start.elapsed() < Duration::from_millis(10) {}",
        )],
        red: "scenarios::advanced::latency::one_cause_at_a_time",
        says: "compute for 1 ms at a time",
    },
    Mutant {
        example: "advanced::row_stream",
        name: "counts_too_late",
        edits: &[(
            "NOW.fetch_add(layout.size(), Relaxed) + layout.size()",
            "NOW.fetch_add(layout.size(), Relaxed)",
        )],
        red: "scenarios::advanced::row_stream::known_size",
        says: "1000000 rows, at most 0 kB",
    },
    Mutant {
        example: "advanced::state_machine",
        name: "no_postage_is_free",
        edits: &[("postage.await?;", "postage.await.unwrap_or_default();")],
        red: "scenarios::advanced::state_machine::is_woken",
        says: "Ok(119), Err(RecvError(()))",
    },
    Mutant {
        example: "advanced::state_machine",
        name: "pending_forever",
        edits: &[(
            r#"Self::Done => panic!("polled after it was done"),"#,
            "Self::Done => return Poll::Pending,",
        )],
        red: "scenarios::advanced::state_machine::is_woken",
        says: "panics: false",
    },
    Mutant {
        example: "advanced::future_by_hand",
        name: "bell_between_two_locks",
        edits: &[
            (
                r"        let mut bell = self.bell.lock().unwrap();
        if bell.has_rung {",
                r"        let has_rung = self.bell.lock().unwrap().has_rung;
        if has_rung {",
            ),
            (
                "        bell.waker = Some(",
                "        self.bell.lock().unwrap().waker = Some(",
            ),
        ],
        red: "scenarios::advanced::future_by_hand::new_waker",
        says: "it still runs after",
    },
    Mutant {
        example: "advanced::buffer_unordered",
        name: "first_error_only",
        edits: &[(
            "    for error in answers.iter().filter_map(",
            "    if let Some(error) = answers.iter().find_map(",
        )],
        red: "scenarios::advanced::buffer_unordered::smaller_limit",
        says: "are expected three times",
    },
    Mutant {
        example: "advanced::buffer_unordered",
        name: "last_count",
        edits: &[(
            "MOST_OPEN.fetch_max(open, Relaxed);",
            "MOST_OPEN.store(open, Relaxed);",
        )],
        red: "scenarios::advanced::buffer_unordered::smaller_limit",
        says: "at most 10 and then 3 open are expected",
    },
    Mutant {
        example: "advanced::buffer_unordered",
        name: "limit_of_one",
        edits: &[(".buffer_unordered(0);", ".buffer_unordered(1);")],
        red: "scenarios::advanced::buffer_unordered::smaller_limit",
        says: r#"no answer after 100 ms" is expected at the end"#,
    },
    Mutant {
        example: "advanced::process_request",
        name: "any_order",
        edits: &[("FROM users ORDER BY name", "FROM users")],
        red: "scenarios::advanced::process_request::sorts",
        says: "200 OK Ben, Ann",
    },
    Mutant {
        example: "advanced::database_handler",
        name: "closes_its_database",
        edits: &[(
            r"        .idle_timeout(None)
",
            "",
        )],
        red: "repository::text::advanced::database_handler",
        says: "loses the database in memory",
    },
    Mutant {
        example: "advanced::database_handler",
        name: "logs_to_stdout",
        edits: &[(
            r#"eprintln!("log: {self}: {cause}");"#,
            r#"println!("log: {self}: {cause}");"#,
        )],
        red: "scenarios::advanced::database_handler::logs_to_stderr",
        says: "four answers are expected",
    },
    Mutant {
        example: "advanced::silent_connection",
        name: "error_is_an_answer",
        edits: &[(
            r#"if let Ok(Ok(_)) = timeout(QUERY_TIMEOUT, pool.execute("SELECT 1")).await {"#,
            r#"if timeout(QUERY_TIMEOUT, pool.execute("SELECT 1")).await.is_ok() {"#,
        )],
        red: "scenarios::advanced::silent_connection::no_answer",
        says: "3 answered",
    },
    Mutant {
        example: "advanced::transaction",
        name: "two_accounts_are_one",
        edits: &[(
            "updated.rows_affected() == 1",
            "updated.rows_affected() > 0",
        )],
        red: "scenarios::advanced::transaction::two_accounts",
        says: "3 of 3 bills paid",
    },
    Mutant {
        example: "advanced::transaction",
        name: "commit_ignored",
        edits: &[(
            r"    transaction.commit().await?;
    Ok(())",
            r"    let _ = transaction.commit().await;
    Ok(())",
        )],
        red: "scenarios::advanced::transaction::refused_commit",
        says: "in the third line: [..]fixed, sent to Ben: Ann 100, Ben 100",
    },
    Mutant {
        example: "advanced::bulk_insert",
        name: "commit_ignored",
        edits: &[(
            r"    transaction.commit().await
",
            r"    let _ = transaction.commit().await;
    Ok(())
",
        )],
        red: "scenarios::advanced::bulk_insert::all_or_nothing",
        says: "refused: false",
    },
    Mutant {
        example: "advanced::bulk_insert",
        name: "small_statements",
        edits: &[(
            "const ROWS_PER_STATEMENT: usize = 500;",
            "const ROWS_PER_STATEMENT: usize = 100;",
        )],
        red: "scenarios::advanced::bulk_insert::each_row",
        says: "98 statements of 500 rows",
    },
    Mutant {
        example: "advanced::bulk_insert",
        name: "time_is_temperature",
        edits: &[(
            "row.push_bind(at).push_bind(celsius);",
            "row.push_bind(at).push_bind(at);",
        )],
        red: "scenarios::advanced::bulk_insert::each_row",
        says: "each with its time and 20.5",
    },
    Mutant {
        example: "advanced::bulk_insert",
        name: "one_clock",
        edits: &[(
            r"    let start = Instant::now();
    in_bulk",
            "    in_bulk",
        )],
        red: "scenarios::advanced::bulk_insert::each_row",
        says: "less than 80,000 ns",
    },
    Mutant {
        example: "advanced::row_stream",
        name: "table_stays",
        edits: &[("CREATE TEMPORARY TABLE", "CREATE TABLE")],
        red: "advanced::row_stream::postgresql",
        says: r#"it leaves tables in the database: Some("readings")"#,
    },
    Mutant {
        example: "advanced::transaction",
        name: "table_stays",
        edits: &[("CREATE TEMPORARY TABLE", "CREATE TABLE")],
        red: "advanced::transaction::postgresql",
        says: r#"it leaves tables in the database: Some("accounts")"#,
    },
    Mutant {
        example: "advanced::listen_notify",
        name: "one_scheme",
        edits: &[(
            r#"matches!(scheme, "postgres" | "postgresql")"#,
            r#"scheme == "postgres""#,
        )],
        red: "scenarios::advanced::listen_notify::no_server",
        says: "postgresql is not supported",
    },
    Mutant {
        example: "advanced::join_by_hand",
        name: "wakes_first",
        edits: &[(
            r"        self.woken.numbers.lock().unwrap().push(self.number);
        self.woken.task.wake();
",
            r"        self.woken.task.wake();
        self.woken.numbers.lock().unwrap().push(self.number);
",
        )],
        red: "scenarios::advanced::join_by_hand::slow_wake",
        says: "it still runs after 20s and has printed [..]join_sharing",
    },
    Mutant {
        example: "advanced::join_by_hand",
        name: "registers_last",
        edits: &[(
            r"        woken.task.register(context.waker());
        let numbers = mem::take(&mut *woken.numbers.lock().unwrap());
",
            r"        let numbers = mem::take(&mut *woken.numbers.lock().unwrap());
        woken.task.register(context.waker());
",
        )],
        red: "scenarios::advanced::join_by_hand::on_threads",
        says: "it still runs after 20s and has printed [..]join_sharing",
    },
    Mutant {
        example: "advanced::join_by_hand",
        name: "first_waker",
        edits: &[
            (
                r"    let mut polls = 0;
    poll_fn(|context| {
        // Register the task",
                r"    let mut polls = 0;
    let mut is_registered = false;
    poll_fn(|context| {
        // Register the task",
            ),
            (
                r"        woken.task.register(context.waker());
",
                r"        if !mem::replace(&mut is_registered, true) {
            woken.task.register(context.waker());
        }
",
            ),
        ],
        red: "scenarios::advanced::join_by_hand::new_waker",
        says: "still runs after",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "any_claim_fails",
        edits: &[(
            r"SET error = $3, dead = $4, due = $5
    WHERE id = $1 AND attempt = $2",
            r"SET error = $3, dead = $4, due = $5
    WHERE id = $1",
        )],
        red: "scenarios::advanced::job_queue::last_claim::sqlite",
        says: "the first one has changed 2 of them",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "any_claim_fails_postgres",
        edits: &[(
            r"AS mine (id, attempt, error, dead, pause)
    WHERE jobs.id = mine.id AND jobs.attempt = mine.attempt",
            r"AS mine (id, attempt, error, dead, pause)
    WHERE jobs.id = mine.id",
        )],
        red: "scenarios::advanced::job_queue::last_claim::postgresql",
        says: "the first one has changed 2 of them",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "double_lease",
        edits: &[(
            "pub const LEASE: Duration = Duration::from_secs(2);",
            "pub const LEASE: Duration = Duration::from_secs(4);",
        )],
        red: "scenarios::advanced::job_queue::lease::sqlite",
        says: "a claim is valid for 2000 ms",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "tried_forever",
        edits: &[(
            "if job.attempt > MAX_ATTEMPTS {",
            "if job.attempt > 100 * MAX_ATTEMPTS {",
        )],
        red: "scenarios::advanced::job_queue::attempts::sqlite",
        says: "no worker has survived it",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "no_back_off",
        edits: &[(
            "Duration::from_millis(50) * 2_u32.pow(",
            "Duration::from_millis(1) * 2_u32.pow(",
        )],
        red: "scenarios::advanced::job_queue::attempts::sqlite",
        says: "the pauses take 1.5 s",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "doubles_unseen",
        edits: &[(
            r#"                (SELECT count(*) - count(DISTINCT job) FROM charges) AS doubled
            FROM jobs";
        sqlx::query_as(status).bind(now())"#,
            r#"                (SELECT count(*) - count(DISTINCT id) FROM charges) AS doubled
            FROM jobs";
        sqlx::query_as(status).bind(now())"#,
        )],
        red: "scenarios::advanced::job_queue::counts::sqlite",
        says: "doubled: 1 }",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "polls_rarely",
        edits: &[(
            "sleep(limit.min(POLL)).await;",
            "sleep(limit.max(POLL)).await;",
        )],
        red: "scenarios::advanced::job_queue::hears::sqlite",
        says: "it heard of a new job after",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "panic_spreads",
        edits: &[(
            r#"        match done {
            Ok(finished) => self.finished.push(finished),
            // Its lease expires, as if the worker had died.
            Err(error) => log(&format!("worker: a job panicked: {error}")),
        }"#,
            "        self.finished.push(done.unwrap());",
        )],
        red: "scenarios::advanced::job_queue::panics",
        says: "SELECT COUNT(*) FROM charges",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "tables_race",
        edits: &[(
            r"    SELECT pg_advisory_xact_lock(20260501);
",
            "",
        )],
        red: "scenarios::advanced::job_queue::two_starts",
        says: "status 0 is expected",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "short_add",
        edits: &[(
            r#"        tx.execute("SET LOCAL statement_timeout = 0").await?;
"#,
            "",
        )],
        red: "scenarios::advanced::job_queue::long_add",
        says: "status 0 is expected",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "no_pause",
        edits: &[(
            r"                sleep(PAUSE).await;
",
            r"                sleep(PAUSE / 100).await;
",
        )],
        red: "scenarios::advanced::job_queue::server_away",
        says: "1 to 10 tries",
    },
    Mutant {
        example: "advanced::job_queue",
        name: "schema_stays",
        edits: &[(
            r#"            say("stopped by a signal");
            Ok(())
        }"#,
            r#"            say("stopped by a signal");
            return Ok(());
        }"#,
        )],
        red: "scenarios::advanced::job_queue::demonstration_stopped::postgresql",
        says: "1 schemas are left",
    },
    Mutant {
        example: "advanced::web_api",
        name: "version_checked_once",
        edits: &[(
            r"        if self.0.is_any() {
            return Ok(None);
        }
        if self.0.precondition_passes(&etag(version)) {
            return Ok(Some(version));
        }
",
            r"        if self.0.is_any() || self.0.precondition_passes(&etag(version)) {
            return Ok(None);
        }
",
        )],
        red: "scenarios::advanced::web_api::changed_meanwhile",
        says: "so 412 is expected: Answer { status: 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "any_is_the_one_read",
        edits: &[(
            r"        if self.0.is_any() {
            return Ok(None);
        }
",
            "",
        )],
        red: "scenarios::advanced::web_api::changed_meanwhile",
        says: "so 200 is expected: Answer { status: 412",
    },
    Mutant {
        example: "advanced::web_api",
        name: "key_of_any_client",
        edits: &[(
            r#"     WHERE client = $1 AND key = $2";"#,
            r#"     WHERE key = $2 AND $1 = $1";"#,
        )],
        red: "scenarios::advanced::web_api::idempotency",
        says: "another client with the same key",
    },
    Mutant {
        example: "advanced::web_api",
        name: "name_not_compared",
        edits: &[(
            r#"format!("POST /users {email} {name}")"#,
            r#"format!("POST /users {email} {}", name.is_empty())"#,
        )],
        red: "scenarios::advanced::web_api::idempotency",
        says: "with a used key",
    },
    Mutant {
        example: "advanced::web_api",
        name: "status_not_stored",
        edits: &[(
            "     SET quantity = $2, status = $3, version",
            "     SET quantity = $2, status = COALESCE(status, $3), version",
        )],
        red: "scenarios::advanced::web_api::changes",
        says: r#""status":"paid", of version 2"#,
    },
    Mutant {
        example: "advanced::web_api",
        name: "orders_of_all",
        edits: &[(
            "FROM orders WHERE user_id = $1 AND id > $2",
            "FROM orders WHERE $1 = $1 AND id > $2",
        )],
        red: "scenarios::advanced::web_api::changes",
        says: "1 2 4 null is expected",
    },
    Mutant {
        example: "advanced::web_api",
        name: "id_again",
        edits: &[(
            r"PRIMARY KEY AUTOINCREMENT,
    name",
            r"PRIMARY KEY,
    name",
        )],
        red: "scenarios::advanced::web_api::changes",
        says: "an id that nobody had",
    },
    Mutant {
        example: "advanced::web_api",
        name: "capital_email",
        edits: &[(
            r"        .bind(input.email.to_ascii_lowercase())
        .bind(Timestamp",
            r"        .bind(input.email)
        .bind(Timestamp",
        )],
        red: "scenarios::advanced::web_api::bad_requests",
        says: "ANN@Example.com",
    },
    Mutant {
        example: "advanced::web_api",
        name: "bytes_for_characters",
        edits: &[(
            "text.chars().count() <= self.max_length",
            "text.len() <= self.max_length",
        )],
        red: "scenarios::advanced::web_api::lengths",
        says: "201 is expected",
    },
    Mutant {
        example: "advanced::web_api",
        name: "any_quantity",
        edits: &[(
            r"    #[garde(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, required = true)]",
            r"    #[garde(range(min = 1))]
    #[schema(minimum = 1, maximum = 1000, required = true)]",
        )],
        red: "scenarios::advanced::web_api::bad_requests",
        says: "422 expected",
    },
    Mutant {
        example: "advanced::web_api",
        name: "token_without_colons",
        edits: &[("entry.trim().splitn(3, ':')", "entry.trim().split(':')")],
        red: "scenarios::advanced::web_api::roles",
        says: "it:has:colons",
    },
    Mutant {
        example: "advanced::web_api",
        name: "reads_without_end",
        edits: &[(
            r"        } else if size > MAX_DISCARDED {
            break;
        }",
            "        }",
        )],
        red: "scenarios::advanced::web_api::body_limit",
        says: "a body without an end",
    },
    Mutant {
        example: "advanced::web_api",
        name: "no_wal",
        edits: &[(
            r#"        connection.execute("PRAGMA journal_mode = WAL").await?;
"#,
            "",
        )],
        red: "scenarios::advanced::web_api::reads_beside_writes",
        says: "beside 12 writers",
    },
    Mutant {
        example: "advanced::web_api",
        name: "keys_for_minutes",
        edits: &[(
            "const KEPT: i64 = 24 * 60 * 60;",
            "const KEPT: i64 = 24 * 60;",
        )],
        red: "scenarios::advanced::web_api::old_keys",
        says: "are to stay, not 6",
    },
    Mutant {
        example: "advanced::web_api",
        name: "waits_for_each_chunk",
        edits: &[
            (
                r"    let body = timeout(BODY_TIMEOUT, collect(body))
        .await
        .map_err(|_| Error::SlowBody)??;",
                "    let body = collect(body).await?;",
            ),
            (
                "    while let Some(chunk) = chunks.next().await {",
                r"    while let Some(chunk) = timeout(BODY_TIMEOUT, chunks.next())
        .await
        .map_err(|_| Error::SlowBody)?
    {",
            ),
        ],
        red: "scenarios::advanced::web_api::slow_body",
        says: "no answers within 12 s",
    },
    Mutant {
        example: "advanced::web_api",
        name: "slow_request",
        edits: &[(
            "timeout(REQUEST_TIMEOUT, next.run(request))",
            "timeout(10 * REQUEST_TIMEOUT, next.run(request))",
        )],
        red: "scenarios::advanced::web_api::silent_connection",
        says: "no answer within 15 s",
    },
    Mutant {
        example: "advanced::web_api",
        name: "half_of_a_password",
        edits: &[("place.rsplit_once('@')", "place.split_once('@')")],
        red: "scenarios::advanced::web_api::settings",
        says: "my@secret",
    },
    Mutant {
        example: "advanced::web_api",
        name: "starts_without_a_limit",
        edits: &[(
            "timeout(START_TIMEOUT, prepare",
            "timeout(10 * START_TIMEOUT, prepare",
        )],
        red: "scenarios::advanced::web_api::silent_start",
        says: "still runs after",
    },
    Mutant {
        example: "advanced::web_api",
        name: "statements_unchecked",
        edits: &[(
            "schemas.iter().flat_map(|schema| schema.statements)",
            "schemas.iter().take(1).flat_map(|schema| schema.statements)",
        )],
        red: "scenarios::advanced::web_api::old_tables",
        says: "it starts after ALTER TABLE orders",
    },
    Mutant {
        example: "advanced::web_api",
        name: "ready_to_the_end",
        edits: &[(
            r"    if stop.is_cancelled() {
        return Err(Error::Stopping);
    }
",
            r"    let _ = (stop, Error::Stopping);
",
        )],
        red: "scenarios::advanced::web_api::not_ready_at_stop",
        says: "never says that the server is about to stop",
    },
    Mutant {
        example: "advanced::web_api",
        name: "logs_to_stdout",
        edits: &[(
            "        .with_writer(io::stderr);",
            "        .with_writer(io::stdout);",
        )],
        red: "scenarios::advanced::web_api::logs_to_stderr",
        says: "two lines are expected",
    },
    Mutant {
        example: "advanced::web_api",
        name: "full_log",
        edits: &[(
            "                if quiet_until <= Instant::now() {",
            "                if quiet_until <= Instant::now() + Duration::from_secs(60) {",
        )],
        red: "scenarios::advanced::web_api::too_many_files",
        says: "one line is expected",
    },
    Mutant {
        example: "advanced::web_api",
        name: "reason_for_all",
        edits: &[(
            r#"                let detail = "the database is away or busy; come back later";
                (detail.into(), Some(error.to_string()))"#,
            "                (error.to_string(), Some(error.to_string()))",
        )],
        red: "scenarios::advanced::web_api::disk_full",
        says: "Answer { status: 503",
    },
    Mutant {
        example: "advanced::web_api",
        name: "reason_lost",
        edits: &[(
            "            response.extensions_mut().insert(Cause(cause.into()));",
            "            let _ = Cause(cause.into());",
        )],
        red: "scenarios::advanced::web_api::disk_full",
        says: "0 of 1 lines",
    },
    Mutant {
        example: "advanced::web_api",
        name: "paths_counted",
        edits: &[(
            r#"        let route = request
            .extensions()
            .get()
            .map_or("none", MatchedPath::as_str);"#,
            r"        let route = request.extensions().get();
        let route = route.map_or(request.uri().path(), MatchedPath::as_str);",
        )],
        red: "scenarios::advanced::web_api::observable",
        says: "/nothing/coffee",
    },
    Mutant {
        example: "advanced::web_api",
        name: "headers_unseen",
        edits: &[
            (
                "        .expose_headers([ETAG, LOCATION, observe::REQUEST_ID])",
                "        .expose_headers([LOCATION, observe::REQUEST_ID])",
            ),
            (
                "    AUTHORIZATION, CONTENT_TYPE, ETAG, HOST,",
                "    AUTHORIZATION, CONTENT_TYPE, HOST,",
            ),
        ],
        red: "scenarios::advanced::web_api::origins",
        says: "etag,location",
    },
    Mutant {
        example: "advanced::web_api",
        name: "shorter_ids",
        edits: &[("(1..=64).contains", "(1..64).contains")],
        red: "scenarios::advanced::web_api::request_ids",
        says: "Answer { status: 200",
    },
    Mutant {
        example: "advanced::web_api",
        name: "idle_is_used",
        edits: &[(
            r#"[("idle", idle), ("used", used)]"#,
            r#"[("used", idle), ("idle", used)]"#,
        )],
        red: "scenarios::advanced::web_api::observable",
        says: "database_connections",
    },
    Mutant {
        example: "advanced::web_api",
        name: "creation_lost",
        edits: &[(
            r"    let answer = key.keep(&mut work, &request, user).await?;
    work.commit().await?;",
            r"    let answer = key.keep(&mut work, &request, user).await?;
    let _ = work.commit().await;",
        )],
        red: "scenarios::advanced::web_api::disk_full",
        says: "POST /users: Answer { status: 201",
    },
    Mutant {
        example: "advanced::web_api",
        name: "deletion_lost",
        edits: &[(
            r"    let order = store::find(&mut work, id).await?;
    let version = condition.check(order.version)?;
    store::delete(&mut work, id, version).await?;
    work.commit().await?;",
            r"    let order = store::find(&mut work, id).await?;
    let version = condition.check(order.version)?;
    store::delete(&mut work, id, version).await?;
    let _ = work.commit().await;",
        )],
        red: "scenarios::advanced::web_api::disk_full",
        says: "Answer { status: 204",
    },
    Mutant {
        example: "advanced::transaction",
        name: "prints_a_password",
        edits: &[(
            r#"    let host = url.host_str().unwrap_or_default();
    println!("database: {} {host}{}", url.scheme(), url.path());
"#,
            r#"    println!("database: {url}");
"#,
        )],
        red: "scenarios::advanced::transaction::no_server",
        says: "transaction prints the password: database: [..]ann:secret@",
    },
    Mutant {
        example: "advanced::future_by_hand",
        name: "keeps_its_first_waker",
        edits: &[(
            "bell.waker = Some(context.waker().clone());",
            "bell.waker.get_or_insert_with(|| context.waker().clone());",
        )],
        red: "scenarios::advanced::future_by_hand::new_waker",
        says: "it still runs after",
    },
    Mutant {
        example: "advanced::future_by_hand",
        name: "wakes_under_the_lock",
        edits: &[(
            r"        drop(bell); // `poll` needs the lock, maybe immediately.
",
            "",
        )],
        red: "scenarios::advanced::future_by_hand::lazy",
        says: "the lock is free: false",
    },
    Mutant {
        example: "advanced::future_by_hand",
        name: "starts_early",
        edits: &[
            (
                r"        Self {
            duration,
            polls: 0,
            bell: Arc::default(),
        }",
                r"        let bell = Arc::default();
        start_timer(duration, Arc::clone(&bell));
        Self {
            duration,
            polls: 0,
            bell,
        }",
            ),
            (
                r"        if self.polls == 1 {
            start_timer(self.duration, Arc::clone(&self.bell));
        }
",
                "",
            ),
        ],
        red: "scenarios::advanced::future_by_hand::lazy",
        says: "poll 1: too soft",
    },
    Mutant {
        example: "advanced::stream",
        name: "filters_first",
        edits: &[(
            r"        .throttle(Duration::from_millis(100))
        .filter(|celsius| *celsius > 20);
",
            r"        .filter(|celsius| *celsius > 20)
        .throttle(Duration::from_millis(100));
",
        )],
        red: "advanced::stream",
        says: "warm: 21[..]<- early",
    },
];

pub static REBUILT: &[Mutant] = &[
    Mutant {
        example: "advanced::web_api",
        name: "forgotten_resource_builds",
        edits: &[(
            r"#![deny(dead_code)]
",
            "",
        )],
        red: "scenarios::advanced::web_api::new_resource",
        says: "compiles without its line in the router",
    },
    Mutant {
        example: "advanced::web_api",
        name: "forgets_no_address",
        edits: &[("            self.addresses.retain_recent();\n", "")],
        red: "scenarios::advanced::web_api::addresses",
        says: "a new address is served: [..]\"0 later\"",
    },
    Mutant {
        example: "advanced::web_api",
        name: "remembers_all_addresses",
        edits: &[("            return Err(Error::TooManyRequests);\n", "")],
        red: "scenarios::advanced::web_api::addresses",
        says: "10,000 addresses are remembered: [..]\"10100 of 10100 others\"",
    },
    Mutant {
        example: "advanced::web_api",
        name: "each_address_of_a_network",
        edits: &[("check_key(&network(address))", "check_key(&address)")],
        red: "scenarios::advanced::web_api::addresses",
        says: "of each network one is served: [..]\"1 of 2001:db8::ffff:ffff:ffff:ffff\"",
    },
    Mutant {
        example: "advanced::outbox",
        name: "two_transactions",
        edits: &[(
            "sqlx::query(insert).bind(order).execute(&mut *tx).await?;",
            r"sqlx::query(insert).bind(order).execute(&mut *tx).await?;
        tx.commit().await?;
        tx = shop.begin().await?;",
        )],
        red: "scenarios::advanced::outbox::cut_off::sqlite",
        says: "orders {",
    },
    Mutant {
        example: "advanced::outbox",
        name: "never_set_aside",
        edits: &[("WHERE refusals < 3 ", "WHERE refusals < 30 ")],
        red: "scenarios::advanced::outbox::brokers",
        says: "events: [1, 2, 1, 1, 1, 1]",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "stale_read_is_an_error",
        edits: &[(
            r#"Some("40001" | "40P01" | "5" | "517")"#,
            r#"Some("40001" | "40P01" | "5")"#,
        )],
        red: "scenarios::advanced::transaction_retry::sqlite_wal",
        says: "database is locked",
    },
    Mutant {
        example: "advanced::web_api",
        name: "driver_bug_passes",
        edits: &[(
            "            | sqlx::Error::WorkerCrashed => Self::Passing,",
            r"            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Passing,",
        )],
        red: "scenarios::advanced::web_api::kinds_of_errors",
        says: "Protocol(",
    },
    Mutant {
        example: "advanced::leader",
        name: "silence_is_leading",
        edits: &[(
            "matches!(timeout(TIMEOUT, self.connection.ping()).await, Ok(Ok(())))",
            "!matches!(timeout(TIMEOUT, self.connection.ping()).await, Ok(Err(_)))",
        )],
        red: "scenarios::advanced::leader::silent",
        says: "it leads on a silent connection: Ok(true)",
    },
    Mutant {
        example: "advanced::leader",
        name: "asks_forever",
        edits: &[(
            "matches!(timeout(TIMEOUT, self.connection.ping()).await, Ok(Ok(())))",
            "self.connection.ping().await.is_ok()",
        )],
        red: "scenarios::advanced::leader::silent",
        says: "it leads on a silent connection: Err(Elapsed(()))",
    },
    Mutant {
        example: "advanced::leader",
        name: "keeps_the_lock",
        edits: &[(
            "SET idle_session_timeout='10s'",
            "SET idle_session_timeout='1h'",
        )],
        red: "scenarios::advanced::leader::lost_machine",
        says: "nobody leads for 14",
    },
    Mutant {
        example: "advanced::leader",
        name: "no_wait_for_writers",
        edits: &[("WHERE term = $1 FOR SHARE", "WHERE term = $1")],
        red: "scenarios::advanced::leader::waits_for_writers",
        says: "term 2 begins before the report of term 1",
    },
    Mutant {
        example: "advanced::leader",
        name: "one_lock_for_all",
        edits: &[(
            "pg_try_advisory_lock('leader'::regclass::oid::bigint)",
            "pg_try_advisory_lock(4711)",
        )],
        red: "scenarios::advanced::leader::two_schemas",
        says: "another program's leader",
    },
    Mutant {
        example: "advanced::leader",
        name: "elects_without_a_limit",
        edits: &[(
            "timeout(TIMEOUT, election)",
            "timeout(20 * TIMEOUT, election)",
        )],
        red: "scenarios::advanced::leader::no_answer",
        says: "a candidate is to have an error",
    },
    Mutant {
        example: "advanced::leader",
        name: "writes_without_a_limit",
        edits: &[(
            "Ok(timeout(TIMEOUT, insert).await??",
            "Ok(timeout(20 * TIMEOUT, insert).await??",
        )],
        red: "scenarios::advanced::leader::no_answer",
        says: "a writer is to have an error",
    },
    Mutant {
        example: "advanced::outbox",
        name: "deleted_first",
        edits: &[(
            "SELECT id FROM outbox WHERE refusals < 3 ORDER BY id LIMIT 100",
            "DELETE FROM outbox WHERE refusals < 3 RETURNING id",
        )],
        red: "scenarios::advanced::outbox::cut_off::sqlite",
        says: "orders {",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "senders_together",
        edits: &[(
            r#"        tx.execute("LOCK messages IN EXCLUSIVE MODE").await?;
"#,
            "",
        )],
        red: "scenarios::advanced::catch_up::late_commit",
        says: "only [2]",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "reads_without_a_limit",
        edits: &[(
            "timeout(TIMEOUT, new.fetch_all(&mut self.listener)).await??",
            "new.fetch_all(&mut self.listener).await?",
        )],
        red: "scenarios::advanced::catch_up::silent",
        says: "it waits on a silent connection",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "cut_unseen",
        edits: &[(
            "timeout(POLL_INTERVAL, self.listener.try_recv())",
            "timeout(POLL_INTERVAL, self.listener.recv())",
        )],
        red: "scenarios::advanced::catch_up::cut_off",
        says: "it has missed the message",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "any_order",
        edits: &[("WHERE id > $1 ORDER BY id", "WHERE id > $1")],
        red: "scenarios::advanced::catch_up::in_order",
        says: "11, 12, 13 are expected",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "no_notification",
        edits: &[(
            r"        sqlx::query(NOTIFY).bind(channel).execute(&mut *tx).await?;
",
            r"        let _ = (NOTIFY, channel);
",
        )],
        red: "scenarios::advanced::catch_up::late_commit",
        says: "within 5 s it has received only",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "sends_without_a_limit",
        edits: &[(
            r#"Ok(timeout(TIMEOUT, send).await.context("cannot send")??)"#,
            r#"Ok(timeout(20 * TIMEOUT, send).await.context("cannot send")??)"#,
        )],
        red: "scenarios::advanced::catch_up::no_answer",
        says: "a sender is to have an error",
    },
    Mutant {
        example: "advanced::catch_up",
        name: "commit_ignored",
        edits: &[(
            r"        tx.commit().await
    };
    Ok(timeout(TIMEOUT, send)",
            r"        let _ = tx.commit().await;
        Ok::<_, sqlx::Error>(())
    };
    Ok(timeout(TIMEOUT, send)",
        )],
        red: "scenarios::advanced::catch_up::refused_commit",
        says: "a commit that is refused",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "refused_for_good",
        edits: &[(r#"Some("40001" | "#, "Some(")],
        red: "scenarios::advanced::transaction_retry::postgresql",
        says: "could not serialize access",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "no_pause",
        edits: &[(
            r"            sleep(BACKOFF).await;
",
            r"            sleep(BACKOFF / 1000).await;
",
        )],
        red: "scenarios::advanced::transaction_retry::pause",
        says: "1 s or more: false",
    },
    Mutant {
        example: "advanced::silent_connection",
        name: "any_connection_is_kept",
        edits: &[(
            "Ok(pong.is_ok_and(|pong| pong.is_ok()))",
            "Ok(pong.is_ok_and(|pong| pong.is_ok()) || connection.cached_statements_size() < 9)",
        )],
        red: "scenarios::advanced::silent_connection::postgresql",
        says: "silent ",
    },
    Mutant {
        example: "advanced::read_batching",
        name: "no_limit",
        edits: &[(
            "timeout(Self::QUERY_TIMEOUT, users)",
            "timeout(20 * Self::QUERY_TIMEOUT, users)",
        )],
        red: "scenarios::advanced::read_batching::no_answer",
        says: "an error after ",
    },
    Mutant {
        example: "advanced::read_batching",
        name: "answers_mixed_up",
        edits: &[(
            "users.get(&id).cloned()",
            "users.values().next().cloned().filter(|_| id > 0)",
        )],
        red: "scenarios::advanced::read_batching::each_its_own",
        says: "is Some(",
    },
    Mutant {
        example: "advanced::read_batching",
        name: "an_error_ends_it",
        edits: &[(
            r"            let users = users.map_err(|error| error.to_string());
",
            r"            let Ok(users) = users.map(Ok::<_, String>) else {
                return;
            };
",
        )],
        red: "scenarios::advanced::read_batching::no_answer",
        says: "channel closed",
    },
    Mutant {
        example: "advanced::outbox",
        name: "lost_is_refused",
        edits: &[
            ("Answer::Refused =>", "Answer::Refused | Answer::Lost =>"),
            ("                Answer::Lost => break,\n", ""),
        ],
        red: "scenarios::advanced::outbox::brokers",
        says: "no answer: events [1, 2, 1, 2, 1, 2]",
    },
    Mutant {
        example: "advanced::outbox",
        name: "any_order",
        edits: &[(
            "WHERE refusals < 3 ORDER BY id LIMIT 100",
            "WHERE refusals < 3 LIMIT 100",
        )],
        red: "scenarios::advanced::outbox::in_order",
        says: "1, 2, 3 are expected",
    },
    Mutant {
        example: "advanced::outbox",
        name: "takes_without_a_limit",
        edits: &[(
            "Ok(timeout(TIMEOUT, both).await??)",
            "Ok(timeout(20 * TIMEOUT, both).await??)",
        )],
        red: "scenarios::advanced::outbox::locked",
        says: "an error within 4.5 s",
    },
    Mutant {
        example: "advanced::outbox",
        name: "commit_ignored",
        edits: &[(
            r"        tx.commit().await
    };
    Ok(timeout(TIMEOUT, both)",
            r"        let _ = tx.commit().await;
        Ok::<_, sqlx::Error>(())
    };
    Ok(timeout(TIMEOUT, both)",
        )],
        red: "scenarios::advanced::outbox::refused_commit",
        says: "an error and no order are expected",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "timeout_for_each_try",
        edits: &[
            (
                "match try_deposit(pool, begin).await {",
                "match timeout(DEPOSIT_TIMEOUT, try_deposit(pool, begin)).await? {",
            ),
            ("done => return done,", "done => return anyhow::Ok(done?),"),
            (
                "Ok(timeout(DEPOSIT_TIMEOUT, deposit).await??)",
                "deposit.await",
            ),
        ],
        red: "scenarios::advanced::transaction_retry::gives_up",
        says: "Err(Elapsed(()))",
    },
    Mutant {
        example: "advanced::database_tests",
        name: "many_connections",
        edits: &[("        .max_connections(1)\n", "")],
        red: "scenarios::advanced::database_tests::waits",
        says: "beside a transaction: Ok(Err([..]table is locked",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "any_error_is_a_conflict",
        edits: &[(
            r#"matches!(code.as_deref(), Some("40001" | "40P01" | "5" | "517"))"#,
            "code.is_some()",
        )],
        red: "scenarios::advanced::transaction_retry::sqlite",
        says: "without a table: Err(Elapsed(()))",
    },
    Mutant {
        example: "advanced::silent_connection",
        name: "statements_without_limit",
        edits: &[(
            r#"    let server = server.options([("statement_timeout", "3s")]);
"#,
            "",
        )],
        red: "scenarios::advanced::silent_connection::long_statement",
        says: r#"the server's limit is "0""#,
    },
    Mutant {
        example: "advanced::silent_connection",
        name: "waits_for_a_connection",
        edits: &[(
            r"        .acquire_timeout(Duration::from_secs(3))
",
            "",
        )],
        red: "scenarios::advanced::silent_connection::silent_server",
        says: "an error within 5 s is expected",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "commit_ignored",
        edits: &[(
            r"    transaction.commit().await
",
            r"    let _ = transaction.commit().await;
    Ok(())
",
        )],
        red: "scenarios::advanced::transaction_retry::refused_commit",
        says: "the balance is 100 after Ok(())",
    },
    Mutant {
        example: "advanced::transaction_retry",
        name: "deadlock_is_final",
        edits: &[(r#""40001" | "40P01" | "5""#, r#""40001" | "5""#)],
        red: "scenarios::advanced::transaction_retry::codes",
        says: "40P01: a balance of 110",
    },
];
