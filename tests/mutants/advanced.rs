//! Wrong edits of examples-advanced.

use super::Mutant;

pub static MUTANTS: &[Mutant] = &[
    Mutant {
        example: "advanced::batching",
        name: "all_at_a_time",
        edits: &[(".buffer_unordered(BATCH)", ".buffer_unordered(10 * BATCH)")],
        red: "advanced::batching",
        says: "100 at a time[..]about the same[..]<- unexpected",
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
        says: "fetch: 50000 rows[..]is out of range",
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
        says: "UserLoader: 100 queries[..]<- missing",
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
            "timeout(CONNECT_TIMEOUT, AnyConnection::connect_with(options))",
            "timeout(20 * CONNECT_TIMEOUT, AnyConnection::connect_with(options))",
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
];

pub static REBUILT: &[Mutant] = &[
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
];
