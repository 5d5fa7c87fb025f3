//! Wrong edits of examples-basics.

use super::Mutant;

pub static MUTANTS: &[Mutant] = &[
    Mutant {
        example: "basics::abort_on_drop",
        name: "detached",
        edits: &[("AbortOnDropHandle::new(task).await", "task.await")],
        red: "basics::abort_on_drop",
        says: "fixed: report saved? true",
    },
    Mutant {
        example: "basics::async_return_value",
        name: "no_end_of_line",
        edits: &[(r#"println!("{data}");"#, r#"print!("{data}");"#)],
        red: "basics::async_return_value",
        says: "[no end of line]",
    },
    Mutant {
        example: "basics::async_closures",
        name: "one_retry",
        edits: &[(
            r"-> Result<T, E>) -> Result<T, E> {
    for pause in [100, 200] {",
            r"-> Result<T, E>) -> Result<T, E> {
    for pause in [100] {",
        )],
        red: "basics::async_closures",
        says: "wind: Err(Busy) after 2 calls",
    },
    Mutant {
        example: "basics::background_task",
        name: "main_returns_first",
        edits: &[(
            "sleep(Duration::from_secs(3))",
            "sleep(Duration::from_secs(1))",
        )],
        red: "basics::background_task",
        says: "Background task completed![..]<- missing",
    },
    Mutant {
        example: "basics::blocking_the_runtime",
        name: "in_the_task",
        edits: &[(
            "let _ = spawn_blocking(cpu_intensive_work).await;",
            "cpu_intensive_work();",
        )],
        red: "basics::blocking_the_runtime",
        says: "2 workers, spawn_blocking[..]is out of range",
    },
    Mutant {
        example: "basics::blocking_the_runtime",
        name: "blocks_less",
        edits: &[(
            "thread::sleep(Duration::from_secs(1));",
            "thread::sleep(Duration::from_millis(110));",
        )],
        red: "basics::blocking_the_runtime",
        says: "16 workers, bad_example[..]is out of range",
    },
    Mutant {
        example: "basics::concurrent_vs_parallel",
        name: "in_one_task",
        edits: &[(
            r"    let handle1 = tokio::spawn(count_primes());
    let handle2 = tokio::spawn(count_primes());
    let threads = (handle1.await?, handle2.await?);",
            r"    let both = async { tokio::join!(count_primes(), count_primes()) };
    let threads = tokio::spawn(both).await?;",
        )],
        red: "basics::concurrent_vs_parallel",
        says: "ms on 1 thread[..]<- unexpected",
    },
    Mutant {
        example: "basics::cooperation",
        name: "no_budget",
        edits: &[(
            r"        consume_budget().await;
",
            "",
        )],
        red: "basics::cooperation",
        says: "consume_budget: total 49995000, the neighbor ran 0 times",
    },
    Mutant {
        example: "basics::deadline",
        name: "limit_for_each_step",
        edits: &[(
            "timeout_at(deadline, calibrate())",
            "timeout(LIMIT, calibrate())",
        )],
        red: "basics::deadline",
        says: "fixed: Ok(())",
    },
    Mutant {
        example: "basics::error_handling",
        name: "stops_at_the_error",
        edits: &[(
            r#"Err(error) => println!("Error: {error}"),"#,
            r#"Err(error) => return println!("Error: {error}"),"#,
        )],
        red: "basics::error_handling",
        says: "Program continues running...[..]<- missing",
    },
    Mutant {
        example: "basics::interval",
        name: "always_burst",
        edits: &[(
            "ticker.set_missed_tick_behavior(missed);",
            "let _ = missed;",
        )],
        red: "basics::interval",
        says: "Delay: [0, 100, 350, 350, 400, 500] ms",
    },
    Mutant {
        example: "basics::join",
        name: "in_sequence",
        edits: &[(
            "tokio::join!(download_file(), process_data())",
            "(download_file().await, process_data().await)",
        )],
        red: "basics::join",
        says: "Data processing started...[..]<- late",
    },
    Mutant {
        example: "basics::join_set",
        name: "stops_at_the_error",
        edits: &[(
            r#"Ok(Err(error)) => println!("{error}"),"#,
            r#"Ok(Err(error)) => return println!("{error}"),"#,
        )],
        red: "basics::join_set",
        says: "music: [][..]<- missing",
    },
    Mutant {
        example: "basics::race",
        name: "biased",
        edits: &[(
            "() = async {} => wins_1 += 1,",
            r"biased;
            () = async {} => wins_1 += 1,",
        )],
        red: "basics::race",
        says: "both ready[..]is out of range",
    },
    Mutant {
        example: "basics::runtime_builder",
        name: "no_name",
        edits: &[(
            r#"        .thread_name("my-worker")
"#,
            "",
        )],
        red: "basics::runtime_builder",
        says: "with a name: block_on runs on main, tasks on tokio-rt-worker",
    },
    Mutant {
        example: "basics::select_forms",
        name: "no_limit",
        edits: &[("if open && cooking.len() < STOVES", "if open")],
        red: "basics::select_forms",
        says: "300 ms: order 3 taken",
    },
    Mutant {
        example: "basics::select_forms",
        name: "not_biased",
        edits: &[("            biased;\n", "")],
        red: "scenarios::basics::select_forms::late_orders",
        says: "1000 ms: order 1 taken",
    },
    Mutant {
        example: "basics::select_forms",
        name: "stops_at_a_panic",
        edits: &[(
            r#"Err(error) => format!("an order is lost: {error}"),"#,
            "Err(_) => break,",
        )],
        red: "scenarios::basics::select_forms::lost_order",
        says: "order 2 burns: [..] are expected, not status 0",
    },
    Mutant {
        example: "basics::select_forms",
        name: "closes_without_orders",
        edits: &[
            (
                "Some(order) = orders.recv(), if open",
                "order = orders.recv(), if open",
            ),
            (
                r"                cooking.spawn(cook(order));
",
                r"                let Some(order) = order else { break };
                cooking.spawn(cook(order));
",
            ),
        ],
        red: "scenarios::basics::select_forms::lost_order",
        says: "order 2 burns: [..] are expected, not status 0",
    },
    Mutant {
        example: "basics::sequential_vs_concurrent",
        name: "awaits_in_turn",
        edits: &[(
            "    tokio::join!(task1(), task2());",
            r"    task1().await;
    task2().await;",
        )],
        red: "basics::sequential_vs_concurrent",
        says: "join!: 1.5 s",
    },
    Mutant {
        example: "basics::sync_bridge",
        name: "in_the_task",
        edits: &[(
            "spawn_blocking(move || count_cups_blocking(&handle)).await",
            "tokio::spawn(async move { count_cups_blocking(&handle) }).await",
        )],
        red: "basics::sync_bridge",
        says: "fixed: 12 cups[..]<- missing",
    },
    Mutant {
        example: "basics::sync_vs_async",
        name: "blocks",
        edits: &[(
            "    sleep(Duration::from_secs(2)).await;",
            "    thread::sleep(Duration::from_secs(2));",
        )],
        red: "basics::sync_vs_async",
        says: "Async took: 6.0 s",
    },
    Mutant {
        example: "basics::task_lifecycle",
        name: "panic_is_an_abort",
        edits: &[(
            r#"        Err(error) if error.is_panic() => println!("panic: {error}"),
"#,
            "",
        )],
        red: "basics::task_lifecycle",
        says: "panic: task [..]<- missing",
    },
    Mutant {
        example: "basics::task_lifecycle",
        name: "aborts_at_once",
        edits: &[(
            r"    sleep(Duration::from_millis(100)).await;
    garden.abort();
",
            r"    garden.abort();
    sleep(Duration::from_millis(100)).await;
",
        )],
        red: "scenarios::basics::task_lifecycle::waits",
        says: "a task that has waited 100 ms is expected before the last line",
    },
    Mutant {
        example: "basics::timeout",
        name: "long_limit",
        edits: &[(r#"("garden", SHORT_LIMIT)"#, r#"("garden", LIMIT)"#)],
        red: "basics::timeout",
        says: "garden: Timeout[..]<- late",
    },
    Mutant {
        example: "basics::timeout_blocking",
        name: "no_flag",
        edits: &[(
            r"    stop.store(true, Ordering::Relaxed);
",
            "",
        )],
        red: "basics::timeout_blocking",
        says: "its thread has copied 3 of 3 files",
    },
    Mutant {
        example: "basics::timeout_blocking",
        name: "looks_after_the_file",
        edits: &[(
            r"        if stop.load(Ordering::Relaxed) {
            return copied;
        }
        // Stands for copying a file.
        thread::sleep(Duration::from_millis(200));
",
            r"        // Stands for copying a file.
        thread::sleep(Duration::from_millis(200));
        if stop.load(Ordering::Relaxed) {
            return copied + 1;
        }
",
        )],
        red: "scenarios::basics::timeout_blocking::before_each_file",
        says: r#""its thread has copied 1 of 3 files"]"#,
    },
    Mutant {
        example: "basics::try_join",
        name: "waits_for_all",
        edits: &[(
            "tokio::try_join!(reserve_stock(), charge_card(), book_courier())",
            "tokio::join!(reserve_stock(), charge_card(), book_courier())",
        )],
        red: "basics::try_join",
        says: "try_join!: (Ok(()), Err(CardRefused), Ok(()))",
    },
    Mutant {
        example: "basics::try_join",
        name: "one_after_the_other",
        edits: &[(
            "tokio::try_join!(reserve_stock(), charge_card(), book_courier());",
            r"async {
        reserve_stock().await?;
        charge_card().await?;
        book_courier().await
    }
    .await;",
        )],
        red: "scenarios::basics::try_join::together",
        says: r#"not ["stock reserved", "try_join!: 300 ms""#,
    },
    Mutant {
        example: "basics::unfinished_task",
        name: "not_awaited",
        edits: &[("saving.await?;", "drop(saving);")],
        red: "basics::unfinished_task",
        says: "fixed: report saved[..]<- missing",
    },
    Mutant {
        example: "basics::timeout",
        name: "limit_doubled",
        edits: &[(
            "const LIMIT: Duration = Duration::from_secs(5);",
            "const LIMIT: Duration = Duration::from_secs(10);",
        )],
        red: "scenarios::basics::timeout::limits",
        says: "garden: Timeout, 6100 ms",
    },
    Mutant {
        example: "basics::runtime_builder",
        name: "one_worker",
        edits: &[(
            "    let runtime = Builder::new_multi_thread().enable_all().build()?;",
            "    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;",
        )],
        red: "scenarios::basics::runtime_builder::workers",
        says: "workers are expected",
    },
    Mutant {
        example: "basics::unfinished_task",
        name: "ignores_the_error",
        edits: &[("    saving.await?;", "    let _ = saving.await;")],
        red: "scenarios::basics::unfinished_task::panics",
        says: "a failure is expected, not status 0",
    },
    Mutant {
        example: "basics::unfinished_task",
        name: "awaits_first",
        edits: &[(
            r#"    let saving = tokio::spawn(save_report("fixed"));
    sleep(Duration::from_millis(100)).await;
    // `?` returns the `JoinError` of a task that has panicked.
    saving.await?;
"#,
            r#"    tokio::spawn(save_report("fixed")).await?;
    sleep(Duration::from_millis(100)).await;
"#,
        )],
        red: "scenarios::basics::unfinished_task::beside",
        says: r#""fixed: 600 ms"]"#,
    },
    Mutant {
        example: "basics::spawn",
        name: "returns_early",
        edits: &[(
            r#"    let (report1, report2) = tokio::join!(handle1, handle2);
    println!("{} and {} are ready", report1?, report2?);"#,
            r#"    println!("{} and {} are ready", handle1.await?, handle2.await?);"#,
        )],
        red: "scenarios::basics::spawn::other_task",
        says: "status 1 after the end of task 2 is expected",
    },
    Mutant {
        example: "basics::spawn",
        name: "ignores_task_2",
        edits: &[(
            "report1?, report2?",
            "report1?, report2.unwrap_or_default()",
        )],
        red: "scenarios::basics::spawn::other_task",
        says: "status 1 after the end of task 1 is expected, not 0",
    },
    Mutant {
        example: "basics::async_closures",
        name: "pauses_do_not_grow",
        edits: &[(
            "    mut operation: impl FnMut() -> F,
) -> Result<T, E> {
    for pause in [100, 200] {",
            "    mut operation: impl FnMut() -> F,
) -> Result<T, E> {
    for pause in [150, 150] {",
        )],
        red: "scenarios::basics::async_closures::first_pause",
        says: "Ok(12), Err(Busy) after 850 ms",
    },
    Mutant {
        example: "basics::timeout",
        name: "a_third_longer",
        edits: &[(
            "SHORT_LIMIT: Duration = Duration::from_millis(300)",
            "SHORT_LIMIT: Duration = Duration::from_millis(390)",
        )],
        red: "scenarios::basics::timeout::limits",
        says: "garden: Timeout, 1490 ms",
    },
    Mutant {
        example: "basics::async_traits",
        name: "not_in_a_task",
        edits: &[(
            "tokio::spawn(async move { sensor.read().await })",
            r"tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(sensor.read())
    })",
        )],
        red: "scenarios::basics::async_traits::aborted",
        says: r#"not with status 0 after ["Ok(\"18 °C\")""#,
    },
    Mutant {
        example: "basics::blocking_the_runtime",
        name: "does_not_wait",
        edits: &[(
            "let _ = spawn_blocking(cpu_intensive_work).await;",
            "let _work = spawn_blocking(cpu_intensive_work);",
        )],
        red: "scenarios::basics::blocking_the_runtime::whole_jobs",
        says: "2 workers, spawn_blocking: done in [..] ms, not 200 or more",
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "does_not_wait",
        edits: &[(
            "tokio::spawn(weigh(parcel)).await?;",
            "tokio::spawn(weigh(parcel));",
        )],
        red: "scenarios::basics::cost_of_spawning::whole_tasks",
        says: r#"there is to be one task, the one that measures: ["tasks: 1001""#,
    },
    Mutant {
        example: "basics::runtime_builder",
        name: "no_timers",
        edits: &[(
            "Builder::new_current_thread().enable_all().build()?",
            "Builder::new_current_thread().build()?",
        )],
        red: "scenarios::basics::runtime_builder::workers",
        says: "tasks that sleep end with status 101",
    },
    Mutant {
        example: "basics::runtime_builder",
        name: "asks_outside",
        edits: &[(
            "let main = runtime.block_on(async { thread_name() });",
            "let main = thread_name();",
        )],
        red: "scenarios::basics::runtime_builder::unnamed_thread",
        says: "are expected, not 101 and []",
    },
    Mutant {
        example: "basics::runtime_builder",
        name: "needs_a_name",
        edits: &[(
            r#"name().unwrap_or("unnamed").into()"#,
            "name().unwrap().into()",
        )],
        red: "scenarios::basics::runtime_builder::unnamed_thread",
        says: "are expected, not 101 and []",
    },
    Mutant {
        example: "basics::sync_bridge",
        name: "blocks_in_place",
        edits: &[(
            "spawn_blocking(move || count_cups_blocking(&handle)).await",
            "Ok(tokio::task::block_in_place(|| count_cups_blocking(&handle)))",
        )],
        red: "scenarios::basics::sync_bridge::one_thread",
        says: "not with status 101",
    },
    Mutant {
        example: "basics::async_closures",
        name: "a_fourth_call",
        edits: &[(
            r"    mut operation: impl FnMut() -> F,
) -> Result<T, E> {
    for pause in [100, 200] {",
            r"    mut operation: impl FnMut() -> F,
) -> Result<T, E> {
    for pause in [100, 200, 400] {",
        )],
        red: "scenarios::basics::async_closures::first_pause",
        says: "Ok(12), Err(Busy) after 1200 ms",
    },
    Mutant {
        example: "basics::concurrent_vs_parallel",
        name: "clock_goes_on",
        edits: &[(
            r"    let start = Instant::now();
    let threads = tokio::join!",
            "    let threads = tokio::join!",
        )],
        red: "scenarios::basics::concurrent_vs_parallel::together",
        says: "join!: 4 ms on 1 thread",
    },
    Mutant {
        example: "basics::many_tasks",
        name: "counts_tasks_as_threads",
        edits: &[(
            r"    let before = memory_in_use();
    for _ in 0..THREADS {",
            "    for _ in 0..THREADS {",
        )],
        red: "scenarios::basics::many_tasks::joins",
        says: "1 threads asleep, 1000 bytes each",
    },
    Mutant {
        example: "basics::recursion",
        name: "ignores_an_error",
        edits: &[(
            "Box::pin(size(&entry.path())).await?",
            "Box::pin(size(&entry.path())).await.unwrap_or(0)",
        )],
        red: "scenarios::basics::recursion::errors",
        says: "what fails: read_dir; 0 sizes and status 1 are expected, not Some(0)",
    },
    Mutant {
        example: "basics::recursion",
        name: "ends_at_an_error",
        edits: &[(
            "while let Some(entry) = entries.next_entry().await? {",
            "while let Ok(Some(entry)) = entries.next_entry().await {",
        )],
        red: "scenarios::basics::recursion::errors",
        says: "what fails: next_entry; 0 sizes and status 1 are expected, not Some(0)",
    },
    Mutant {
        example: "basics::recursion",
        name: "skips_what_it_cannot_read",
        edits: &[(
            "let metadata = entry.metadata().await?;",
            r"let Ok(metadata) = entry.metadata().await else {
            continue;
        };",
        )],
        red: "scenarios::basics::recursion::errors",
        says: "what fails: metadata; 0 sizes and status 1 are expected, not Some(0)",
    },
    Mutant {
        example: "basics::recursion",
        name: "needs_a_name",
        edits: &[(
            "directory.file_name().unwrap_or(directory.as_os_str())",
            "directory.file_name().unwrap()",
        )],
        red: "scenarios::basics::recursion::links",
        says: "are expected, not status 101",
    },
    Mutant {
        example: "basics::spawn_two",
        name: "ignores_task_2",
        edits: &[(
            r"    done1?;
    done2?;
",
            r"    done1?;
    let _ = done2;
",
        )],
        red: "scenarios::basics::spawn_two::either_panics",
        says: "task 2 panics: status 1 after the end of task 1 is expected, not 0",
    },
    Mutant {
        example: "basics::sync_bridge",
        name: "ignores_the_error",
        edits: &[(
            "runtime.block_on(fixed())?",
            "runtime.block_on(fixed()).unwrap_or_default()",
        )],
        red: "scenarios::basics::sync_bridge::panics",
        says: "status 1 and no count are expected, not 0",
    },
    Mutant {
        example: "basics::sync_vs_async",
        name: "clock_starts_late",
        edits: &[(
            r"    let start = Instant::now();
    let one = fetch_data_sync(1);",
            r"    let one = fetch_data_sync(1);
    let start = Instant::now();",
        )],
        red: "basics::sync_vs_async",
        says: "Sync took: 4.0 s[..]is out of range",
    },
    Mutant {
        example: "basics::sequential_vs_concurrent",
        name: "clock_goes_on",
        edits: &[(
            r"    let start = Instant::now();
    let handle1",
            "    let handle1",
        )],
        red: "basics::sequential_vs_concurrent",
        says: "spawn: 2.0 s[..]is out of range",
    },
    Mutant {
        example: "basics::async_arguments",
        name: "blocks",
        edits: &[(
            "    sleep(Duration::from_millis(100)).await;",
            "    std::thread::sleep(Duration::from_millis(100));",
        )],
        red: "repository::text::basics::async_arguments",
        says: "async_arguments.rs: `thread::sleep` stalls all tasks of its thread",
    },
    Mutant {
        example: "basics::borrow_or_spawn",
        name: "ignores_a_panic",
        edits: &[("task.await?;", "task.await.unwrap_or_default();")],
        red: "scenarios::basics::borrow_or_spawn::each_panics",
        says: r#"not Some(1) after "borrowed: 12 + 88 = 100\nmoved: 0, and 0 orders"#,
    },
    Mutant {
        example: "basics::sequential_vs_concurrent",
        name: "ignores_task_2",
        edits: &[("handle2.await?;", "let _ = handle2.await;")],
        red: "scenarios::basics::sequential_vs_concurrent::either_panics",
        says: "task 2 panics: status 1 is expected, not Some(0)",
    },
    Mutant {
        example: "basics::deadline",
        name: "first_step_without",
        edits: &[("timeout_at(deadline, log_in()).await?;", "log_in().await;")],
        red: "scenarios::basics::deadline::first_step",
        says: r#"not with status 0 after ["broken: Err(Elapsed(()))", "logged in", "#,
    },
    Mutant {
        example: "basics::race",
        name: "one_race_more",
        edits: &[("for _ in 0..1000 {", "for _ in 0..=1000 {")],
        red: "scenarios::basics::race::all_races",
        says: "wins are 1001, not 1000",
    },
    Mutant {
        example: "basics::zero_cost",
        name: "multiplies",
        edits: &[(
            "Poll::Ready(total(self.price))",
            "Poll::Ready(self.price * 10)",
        )],
        red: "scenarios::basics::zero_cost::same_work",
        says: "five equal numbers of additions are expected",
    },
    Mutant {
        example: "basics::zero_cost",
        name: "last_round_counts",
        edits: &[(
            r"            black_box(call(price).await);
        }
        best = best.min(start.elapsed());",
            r"            black_box(call(price).await);
        }
        best = start.elapsed();",
        )],
        red: "scenarios::basics::zero_cost::fastest_round",
        says: "the fastest round takes 1 s for ten calls, not",
    },
    Mutant {
        example: "basics::async_arguments",
        name: "on_standard_error",
        edits: &[(
            r#"    println!("Result: {result}");"#,
            r#"    eprintln!("Result: {result}");"#,
        )],
        red: "repository::text::basics::async_arguments",
        says: "results go to standard output",
    },
    Mutant {
        example: "basics::cooperation",
        name: "takes_what_is_there",
        edits: &[(
            r"    while let Some(price) = prices.recv().await {
        total += price;
    }",
            r"    while let Ok(price) = prices.try_recv() {
        total += price;
        consume_budget().await;
    }",
        )],
        red: "scenarios::basics::cooperation::channel",
        says: r#""channel: total 0, the neighbor ran "#,
    },
    Mutant {
        example: "basics::cooperation",
        name: "its_own_budget",
        edits: &[(
            r"    while let Some(price) = prices.recv().await {
        total += price;
    }",
            r"    while let Some(price) = tokio::task::unconstrained(prices.recv()).await {
        total += price;
        consume_budget().await;
    }",
        )],
        red: "scenarios::basics::cooperation::channel",
        says: r#""channel: total 49995000, the neighbor ran 0 times""#,
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "in_main",
        edits: &[(
            "    tokio::spawn(measure()).await?\n",
            "    measure().await\n",
        )],
        red: "scenarios::basics::cost_of_spawning::whole_tasks",
        says: r#"there is to be one task, the one that measures: ["tasks: 0""#,
    },
    Mutant {
        example: "basics::timeout",
        name: "in_a_task",
        edits: &[
            (
                "fetch_with_timeout(sensor: &str,",
                "fetch_with_timeout(sensor: &'static str,",
            ),
            (
                r"    match timeout(limit, fetch_data(sensor)).await {
        Ok(Ok(data)) => Ok(data),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(Error::Timeout),
    }",
                r"    match timeout(limit, tokio::spawn(fetch_data(sensor))).await {
        Ok(Ok(fetched)) => fetched,
        _ => Err(Error::Timeout),
    }",
            ),
        ],
        red: "scenarios::basics::timeout::cancels",
        says: r#"are expected first: ["garden: Timeout", "#,
    },
    Mutant {
        example: "basics::timeout",
        name: "hides_a_panic",
        edits: &[
            (
                "fetch_with_timeout(sensor: &str,",
                "fetch_with_timeout(sensor: &'static str,",
            ),
            (
                r"    match timeout(limit, fetch_data(sensor)).await {
        Ok(Ok(data)) => Ok(data),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(Error::Timeout),
    }",
                r"    let mut fetch = tokio::spawn(fetch_data(sensor));
    match timeout(limit, &mut fetch).await {
        Ok(Ok(fetched)) => fetched,
        Ok(Err(_panic)) => Err(Error::Timeout),
        Err(_elapsed) => {
            fetch.abort();
            let _ = fetch.await;
            Err(Error::Timeout)
        }
    }",
            ),
        ],
        red: "scenarios::basics::timeout::cancels",
        says: "the fetch from the roof panics: status 101 is expected and no answer, not 0",
    },
    Mutant {
        example: "basics::join_set",
        name: "level_by_level",
        edits: &[
            (
                r#"    tasks.spawn(list("root"));
"#,
                r#"    tasks.spawn(list("root"));
    let mut found = Vec::new();
"#,
            ),
            (
                r"                for subfolder in subfolders {
                    tasks.spawn(list(subfolder));
                }
",
                r"                found.extend(subfolders);
",
            ),
            (
                r#"            Err(error) => println!("a task panicked: {error}"),
        }
"#,
                r#"            Err(error) => println!("a task panicked: {error}"),
        }
        if tasks.is_empty() {
            for subfolder in found.drain(..) {
                tasks.spawn(list(subfolder));
            }
        }
"#,
            ),
        ],
        red: "basics::join_set",
        says: "beach: [][..]<- ",
    },
    Mutant {
        example: "basics::abort_on_drop",
        name: "saves_slower",
        edits: &[("from_millis(200)", "from_millis(250)")],
        red: "scenarios::basics::abort_on_drop::exact_times",
        says: r#""250 ms: broken: report saved? true""#,
    },
    Mutant {
        example: "basics::abort_on_drop",
        name: "without_a_task",
        edits: &[(
            r"    let task = tokio::spawn(save_report(saved));
    AbortOnDropHandle::new(task).await",
            r"    save_report(saved).await;
    Ok(())",
        )],
        red: "scenarios::basics::abort_on_drop::panics",
        says: r#"not with status 101 after ["Ok(Err(JoinError::Panic([..])))", "broken: report saved? false"]"#,
    },
    Mutant {
        example: "basics::abort_on_drop",
        name: "hides_a_panic",
        edits: &[(
            "tasks.join_all().await;",
            "while tasks.join_next().await.is_some() {}",
        )],
        red: "scenarios::basics::abort_on_drop::panics",
        says: r#""fixed with a JoinSet: report saved? false"]"#,
    },
    Mutant {
        example: "basics::async_arguments",
        name: "always_42",
        edits: &[(
            r#"format!("User data for ID: {user_id}")"#,
            r#"String::from("User data for ID: 42")"#,
        )],
        red: "scenarios::basics::async_arguments::other_user",
        says: r#"after ["Result: User data for ID: 42"]"#,
    },
    Mutant {
        example: "basics::async_return_value",
        name: "prints_a_literal",
        edits: &[(
            r#"println!("{data}");"#,
            r#"drop(data);
    println!("Data fetched!");"#,
        )],
        red: "scenarios::basics::async_return_value::other_data",
        says: r#"not with status 0 after ["Data fetched!"]"#,
    },
    Mutant {
        example: "basics::async_closures",
        name: "hides_a_panic",
        edits: &[("task.await?", "task.await.unwrap_or(Err(Busy))")],
        red: "scenarios::basics::async_closures::panics",
        says: r#"not with status 0 after [[..]"wind, in a task: Err(Busy)"]"#,
    },
    Mutant {
        example: "basics::async_traits",
        name: "hides_a_panic",
        edits: &[(
            "spawn_read(Thermometer(18)).await?",
            "spawn_read(Thermometer(18)).await.unwrap_or_default()",
        )],
        red: "scenarios::basics::async_traits::panics",
        says: r#"after ["in a task: ""#,
    },
    Mutant {
        example: "basics::async_traits",
        name: "no_frost",
        edits: &[("struct Thermometer(i32)", "struct Thermometer(u32)")],
        red: "scenarios::basics::async_traits::aborted",
        says: "cannot apply unary operator `-` to type `u32`",
    },
    Mutant {
        example: "basics::await_in_place",
        name: "in_a_task",
        edits: &[(
            "    download_file().await;",
            "    let _ = tokio::spawn(download_file()).await;",
        )],
        red: "scenarios::basics::await_in_place::panics",
        says: r#"not with status 0 after [[..]"All tasks finished!"]"#,
    },
    Mutant {
        example: "basics::await_in_place",
        name: "takes_longer",
        edits: &[("from_secs(2)", "from_millis(2090)")],
        red: "scenarios::basics::await_in_place::exact_times",
        says: r#""2090 ms: File download completed!""#,
    },
    Mutant {
        example: "basics::background_task",
        name: "waits",
        edits: &[
            (
                "    tokio::spawn(async {",
                "    let task = tokio::spawn(async {",
            ),
            (
                r#"    println!("Main task finished!");"#,
                r#"    let _ = task.await;
    println!("Main task finished!");"#,
            ),
        ],
        red: "scenarios::basics::background_task::nothing_waits",
        says: r#""Background task completed!", "Main task finished!"]"#,
    },
    Mutant {
        example: "basics::blocking_the_runtime",
        name: "always_two_workers",
        edits: &[(".worker_threads(workers)", ".worker_threads(2)")],
        red: "scenarios::basics::blocking_the_runtime::whole_jobs",
        says: r#"no "16 workers, bad_example: done in ""#,
    },
    Mutant {
        example: "basics::blocking_the_runtime",
        name: "last_gap",
        edits: &[("longest.max(last_beat.elapsed())", "last_beat.elapsed()")],
        red: "scenarios::basics::blocking_the_runtime::exact_gaps",
        says: r#"after [[..]"1225 ms, 2 workers, bad_example: longest gap 50 ms""#,
    },
    Mutant {
        example: "basics::blocking_the_runtime",
        name: "slower_beat",
        edits: &[(
            "BEAT: Duration = Duration::from_millis(50)",
            "BEAT: Duration = Duration::from_millis(60)",
        )],
        red: "scenarios::basics::blocking_the_runtime::exact_gaps",
        says: "good_example: longest gap 60 ms",
    },
    Mutant {
        example: "basics::borrow_or_spawn",
        name: "copies_the_orders",
        edits: &[("Arc::clone(&orders)", "Arc::new(orders.to_vec())")],
        red: "scenarios::basics::borrow_or_spawn::other_orders",
        says: r#""3 places in memory"]"#,
    },
    Mutant {
        example: "basics::borrow_or_spawn",
        name: "leaves_out_an_order",
        edits: &[("total(&orders[2..]).await", "total(&orders[2..4]).await")],
        red: "scenarios::basics::borrow_or_spawn::other_orders",
        says: r#""shared: 3 + 7 = 10""#,
    },
    Mutant {
        example: "basics::concurrent_vs_parallel",
        name: "counts_squares",
        edits: &[(
            "        divisor * divisor > number",
            "        divisor * divisor >= number",
        )],
        red: "scenarios::basics::concurrent_vs_parallel::together",
        says: r#"not ["41664 primes""#,
    },
    Mutant {
        example: "basics::cooperation",
        name: "hides_a_panic",
        edits: &[("job.await?", "job.await.unwrap_or_default()")],
        red: "scenarios::basics::cooperation::panics",
        says: r#"after ["broken: total 0, "#,
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "last_round",
        edits: &[("best[1].min(start.elapsed())", "start.elapsed()")],
        red: "scenarios::basics::cost_of_spawning::fastest_round",
        says: r#""in a task: 60 ns""#,
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "calls_overlap",
        edits: &[
            (
                r"        for _ in 0..CALLS {
            // Each",
                r"        for parcel in 0..CALLS {
            // Each",
            ),
            ("weigh(sum)", "weigh(parcel)"),
        ],
        red: "scenarios::basics::cost_of_spawning::fastest_round",
        says: r#""10 parcels, 51 tasks""#,
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "threads_at_once",
        edits: &[(
            r"    for parcel in 0..CALLS {
        // `scope` returns when its thread is done.
        thread::scope(|scope| {
            scope.spawn(|| checksum(parcel));
        });
    }
",
            r"    thread::scope(|scope| {
        for parcel in 0..CALLS {
            scope.spawn(move || checksum(parcel));
        }
    });
",
        )],
        red: "scenarios::basics::cost_of_spawning::fastest_round",
        says: "one thread at a time",
    },
    Mutant {
        example: "basics::deadline",
        name: "goes_on_in_a_task",
        edits: &[(
            "timeout_at(deadline, calibrate()).await?;",
            "let _ = timeout_at(deadline, tokio::spawn(calibrate())).await?;",
        )],
        red: "scenarios::basics::deadline::second_step",
        says: r#""fixed: Err(Elapsed(()))", "calibrated"]"#,
    },
    Mutant {
        example: "basics::error_handling",
        name: "refuses_id_1",
        edits: &[("user_id == 0", "user_id <= 1")],
        red: "scenarios::basics::error_handling::other_users",
        says: r#"after ["Fetching user data...", "Error: Invalid user ID!""#,
    },
    Mutant {
        example: "basics::join",
        name: "in_tasks",
        edits: &[(
            "    let (bytes, rows) = tokio::join!(download_file(), process_data());",
            r"    let (download, process) = (tokio::spawn(download_file()), tokio::spawn(process_data()));
    let (bytes, rows) = tokio::try_join!(download, process).unwrap();",
        )],
        red: "scenarios::basics::join::in_place",
        says: "not with status 101",
    },
    Mutant {
        example: "basics::join_many",
        name: "wrong_name",
        edits: &[(
            r#"println!("Slow source won: {data}")"#,
            r#"println!("Fast source won: {data}")"#,
        )],
        red: "scenarios::basics::join_many::sources",
        says: "with slow, status 0 [..]Fast source won: Data from Slow",
    },
    Mutant {
        example: "basics::join_many",
        name: "hides_a_panic",
        edits: &[("four?", "four.unwrap_or_default()")],
        red: "scenarios::basics::join_many::sources",
        says: "with API-4, status 1 [..], not Some(0)",
    },
    Mutant {
        example: "basics::join_many",
        name: "asks_on",
        edits: &[(
            r#"data = fetch_data("Slow", 500)"#,
            r#"Ok(data) = tokio::spawn(fetch_data("Slow", 500))"#,
        )],
        red: "scenarios::basics::join_many::sources",
        says: r"with none, [..]Fast source won: Data from Fast\nSlow\n",
    },
    Mutant {
        example: "basics::join_set",
        name: "stops_at_a_panic",
        edits: &[(
            r#"Err(error) => println!("a task panicked: {error}"),"#,
            r#"Err(error) => return println!("a task panicked: {error}"),"#,
        )],
        red: "scenarios::basics::join_set::panics",
        says: r#"after [[..]"a task panicked: [..]"]"#,
    },
    Mutant {
        example: "basics::lazy_future",
        name: "starts_it",
        edits: &[(
            r#"let _never_awaited = say_hello("Ada");"#,
            r#"let _never_awaited = tokio::spawn(say_hello("Ada"));"#,
        )],
        red: "scenarios::basics::lazy_future::other_value",
        says: r#""Hello, Eve!", "Hello, Ada!"]"#,
    },
    Mutant {
        example: "basics::lazy_future",
        name: "called_after_the_line",
        edits: &[
            ("    let future = example_future();\n", ""),
            ("future.await", "example_future().await"),
        ],
        red: "scenarios::basics::lazy_future::called",
        says: r#"after ["example_future was called", "its body runs""#,
    },
    Mutant {
        example: "basics::many_tasks",
        name: "prints_the_constant",
        edits: &[
            ("{asleep} tasks asleep", "{TASKS} tasks asleep"),
            ("let asleep =", "let _ ="),
        ],
        red: "scenarios::basics::many_tasks::joins",
        says: r#"not ["10 tasks asleep"#,
    },
    Mutant {
        example: "basics::many_tasks",
        name: "clock_starts_late",
        edits: &[
            (
                r"    let start = Instant::now();

",
                "",
            ),
            (
                "    let bytes = (memory_in_use() - before) / TASKS;",
                r"    let start = Instant::now();
    let bytes = (memory_in_use() - before) / TASKS;",
            ),
        ],
        red: "scenarios::basics::many_tasks::joins",
        says: r#""10 tasks woke up, 2.0 s after the start""#,
    },
    Mutant {
        example: "basics::async_traits",
        name: "box_is_not_send",
        edits: &[
            (
                "fn read_boxed(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>>;",
                "fn read_boxed(&self) -> Pin<Box<dyn Future<Output = String> + '_>>;",
            ),
            (
                "fn read_boxed(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {",
                "fn read_boxed(&self) -> Pin<Box<dyn Future<Output = String> + '_>> {",
            ),
        ],
        red: "scenarios::basics::async_traits::aborted",
        says: "cannot be sent between threads safely",
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "blocks_a_worker",
        edits: &[("spawn_blocking(start_threads).await?", "start_threads()")],
        red: "scenarios::basics::cost_of_spawning::fastest_round",
        says: "it blocks a worker",
    },
    Mutant {
        example: "basics::cost_of_spawning",
        name: "hides_a_panic",
        edits: &[(
            "tokio::spawn(weigh(parcel)).await?;",
            "let _ = tokio::spawn(weigh(parcel)).await;",
        )],
        red: "scenarios::basics::cost_of_spawning::each_panics",
        says: "call 2 panics: status 1 after 0 lines is expected, not Some(0)",
    },
    Mutant {
        example: "basics::select",
        name: "near_in_any_case",
        edits: &[(
            r#"        name = fetch("far", Duration::from_millis(500)) => name,"#,
            r#"        _ = fetch("far", Duration::from_millis(500)) => "near","#,
        )],
        red: "scenarios::basics::select::far_is_faster",
        says: r#"not ["near: asked", [..]"page from the near mirror"]"#,
    },
    Mutant {
        example: "basics::thread_sleep",
        name: "does_not_await_the_first",
        edits: &[("    task.await?;\n", "    drop(task);\n")],
        red: "scenarios::basics::thread_sleep::panics",
        says: "task 1 panics: 1 lines and status 1 are expected, not Some(0)",
    },
    Mutant {
        example: "basics::typed_error",
        name: "asks_first",
        edits: &[
            (
                "    let id: u32 = input.parse()?;\n",
                r"    sleep(Duration::from_millis(100)).await;
    let id: u32 = input.parse()?;
",
            ),
            (
                r"{
    sleep(Duration::from_millis(100)).await;
    if id",
                r"{
    if id",
            ),
        ],
        red: "scenarios::basics::typed_error::two_lookups",
        says: r#""300 ms: not a user ID: invalid digit found in string"]"#,
    },
];
