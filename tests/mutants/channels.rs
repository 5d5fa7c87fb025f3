//! Wrong edits of examples-channels.

use super::Mutant;

pub static MUTANTS: &[Mutant] = &[
    Mutant {
        example: "channels::event_bus",
        name: "mail_leaves_at_lag",
        edits: &[(
            r#"Err(RecvError::Lagged(lost)) => println!("mail: {lost} users lost"),"#,
            "Err(RecvError::Lagged(_)) => break,",
        )],
        red: "scenarios::channels::event_bus::mail_lags",
        says: r#""mail: welcome, Ada"] are expected: []"#,
    },
    Mutant {
        example: "channels::semaphore",
        name: "never_joins",
        edits: &[(
            "while let Some(done) = tasks.try_join_next() {",
            "while let Some(done) = None::<Result<(), tokio::task::JoinError>> {",
        )],
        red: "scenarios::channels::semaphore::joins",
        says: "the set has 12 tasks at the end, not 6 or fewer of 12",
    },
    Mutant {
        example: "channels::actor",
        name: "stop_does_not_wait",
        edits: &[(
            r"        self.inbox.closed().await;
",
            "",
        )],
        red: "channels::actor",
        says: "recorded until stop: 101",
    },
    Mutant {
        example: "channels::backpressure",
        name: "more_room",
        edits: &[("mpsc::channel(2)", "mpsc::channel(4)")],
        red: "channels::backpressure",
        says: "bounded: read in 950 ms, at most 4 lines waited",
    },
    Mutant {
        example: "channels::barrier_once",
        name: "fetches_for_each",
        edits: &[(
            "race.kilometers.get_or_init(fetch_map).await;",
            "fetch_map().await;",
        )],
        red: "channels::barrier_once",
        says: "fetching the map[..]<- unexpected",
    },
    Mutant {
        example: "channels::barrier_once",
        name: "leads_by_name",
        edits: &[(
            "    if race.start.wait().await.is_leader() {",
            r#"    race.start.wait().await;
    if name == "Cleo" {"#,
        )],
        red: "scenarios::channels::barrier_once::leader",
        says: r#""Eve is ready for 10 km", "the winner is Dan""#,
    },
    Mutant {
        example: "channels::broadcast",
        name: "stops_at_a_gap",
        edits: &[(
            "Err(RecvError::Lagged(count)) => missed += count,",
            r"Err(RecvError::Lagged(count)) => {
                missed += count;
                break;
            }",
        )],
        red: "channels::broadcast",
        says: "slow: missed 6, received []",
    },
    Mutant {
        example: "channels::deadlock",
        name: "any_order",
        edits: &[(
            "if from.number < to.number {",
            "if from.number != to.number {",
        )],
        red: "channels::deadlock",
        says: "fixed: timeout, Ann has 100, Bob has 100",
    },
    Mutant {
        example: "channels::deadlock",
        name: "loses_money",
        edits: &[(
            r"        payer = from.balance.lock().await;
    }
    *payer -= amount;
    *payee += amount;",
            r"        payer = from.balance.lock().await;
    }
    *payer -= amount;
    *payee += 0;",
        )],
        red: "channels::deadlock",
        says: "fixed: done, Ann has 90, Bob has 70",
    },
    Mutant {
        example: "channels::debounce",
        name: "acts_in_the_burst",
        edits: &[("while let Ok(Ok(())) =", "if let Ok(Ok(())) =")],
        red: "channels::debounce",
        says: "debounce at 100 ms: to",
    },
    Mutant {
        example: "channels::event_bus",
        name: "keeps_more",
        edits: &[("const CAPACITY: usize = 4;", "const CAPACITY: usize = 8;")],
        red: "channels::event_bus",
        says: "stock: order 1[..]<- unexpected",
    },
    Mutant {
        example: "channels::event_bus",
        name: "gap_ignored",
        edits: &[(
            r#"Err(RecvError::Lagged(lost)) => println!("stock: {lost} events lost"),"#,
            "Err(RecvError::Lagged(_)) => {}",
        )],
        red: "channels::event_bus",
        says: "stock: 3 events lost[..]<- missing",
    },
    Mutant {
        example: "channels::fan_in_fan_out",
        name: "in_turn",
        edits: &[(
            "|_turn, order| order % WORKERS",
            "|turn, _order| turn % WORKERS",
        )],
        red: "channels::fan_in_fan_out",
        says: "fixed: 8 of 12 steps out of order, in 120 ms",
    },
    Mutant {
        example: "channels::guard_scope",
        name: "holds_the_guard",
        edits: &[(
            r"    let parcels = mem::take(&mut *shelf.lock().await);
    for parcel in parcels {",
            "    for parcel in mem::take(&mut shelf.lock().await as &mut Vec<_>).drain(..) {",
        )],
        red: "channels::guard_scope",
        says: "fixed: timeout, 0 of 3 parcels delivered",
    },
    Mutant {
        example: "channels::merge_select",
        name: "biased",
        edits: &[(
            r"-> String {
    let mut before = 0;
    loop {
        tokio::select! {",
            r"-> String {
    let mut before = 0;
    loop {
        tokio::select! {
            biased;",
        )],
        red: "channels::merge_select",
        says: "random: the first door event comes after 100 of 100 cameras",
    },
    Mutant {
        example: "channels::mpsc",
        name: "receiver_stays",
        edits: &[(
            r"    drop(rx);
",
            r"    let _rx = rx;
",
        )],
        red: "channels::mpsc",
        says: "cannot send 0: channel closed[..]<- missing",
    },
    Mutant {
        example: "channels::never_closes",
        name: "keeps_the_sender",
        edits: &[(
            r"    drop(tx);
",
            r"    let _tx = tx;
",
        )],
        red: "channels::never_closes",
        says: "fixed: 3 reports, then timed out",
    },
    Mutant {
        example: "channels::notify",
        name: "wakes_one",
        edits: &[(
            "async { bell.notify_waiters() }",
            "async { bell.notify_one() }",
        )],
        red: "channels::notify",
        says: "two waiters, then notify_waiters: woken true, false",
    },
    Mutant {
        example: "channels::notify_enable",
        name: "no_enable",
        edits: &[(
            r"        filled.as_mut().enable();
",
            r"        let _ = filled.as_mut();
",
        )],
        red: "channels::notify_enable",
        says: "fixed: first courier served true, second false",
    },
    Mutant {
        example: "channels::oneshot",
        name: "cooks_on",
        edits: &[(
            r#"        () = tx.closed() => println!("{dish}: canceled"),
"#,
            "",
        )],
        red: "channels::oneshot",
        says: "roast: thrown away",
    },
    Mutant {
        example: "channels::pipeline",
        name: "error_ignored",
        edits: &[(
            "let done = work(item).await?;",
            r"let Ok(done) = work(item).await else {
            continue;
        };",
        )],
        red: "channels::pipeline",
        says: "saved: photo 3[..]<- unexpected",
    },
    Mutant {
        example: "channels::rate_limiter",
        name: "saves_up",
        edits: &[(
            "(*full_at).max(Instant::now()) + self.period",
            "*full_at + self.period",
        )],
        red: "channels::rate_limiter",
        says: "a minute later, 4 calls pass at 0 0 0 0 ms, 0 are refused",
    },
    Mutant {
        example: "channels::rate_limiter",
        name: "takes_the_token_first",
        edits: &[
            (
                r"        if !wait.is_zero() {
",
                r"        *full_at = (*full_at).max(Instant::now()) + self.period;
        if !wait.is_zero() {
",
            ),
            (
                r"        *full_at = (*full_at).max(Instant::now()) + self.period;
        Ok(())",
                "        Ok(())",
            ),
        ],
        red: "channels::rate_limiter",
        says: "2 calls pass at 300 500 ms, 0 are refused",
    },
    Mutant {
        example: "channels::rate_limiter",
        name: "more_wait",
        edits: &[(
            "waiting: Semaphore::new(waiting)",
            "waiting: Semaphore::new(2 * waiting)",
        )],
        red: "channels::rate_limiter",
        says: "12 calls pass at 0 0 0 200 400 600 800 1000 1200 1400 1600 1800 ms, 0 are refused",
    },
    Mutant {
        example: "channels::request_reply",
        name: "seat_is_lost",
        edits: &[(
            r"                    free.insert(seat);
",
            "",
        )],
        red: "channels::request_reply",
        says: "Cleo: sold out",
    },
    Mutant {
        example: "channels::rwlock",
        name: "readers_exclude_each_other",
        edits: &[(
            "let _prices = prices.read().await;",
            "let _prices = prices.write().await;",
        )],
        red: "channels::rwlock",
        says: "RwLock, three readers: 300 ms",
    },
    Mutant {
        example: "channels::semaphore",
        name: "permit_dropped_early",
        edits: &[(
            r"nobody calls here.
            let _permit = ",
            r"nobody calls here.
            let _ = ",
        )],
        red: "channels::semaphore",
        says: "fixed: at most 12 downloads, 12 tasks",
    },
    Mutant {
        example: "channels::semaphore",
        name: "permit_dropped_before_the_work",
        edits: &[(
            r"            download().await;
            drop(permit);",
            r"            drop(permit);
            download().await;",
        )],
        red: "channels::semaphore",
        says: "permit_before_spawn: at most 12 downloads, 12 tasks",
    },
    Mutant {
        example: "channels::send_timeout",
        name: "waits_twice_as_long",
        edits: &[(
            "timeout(SEND_TIMEOUT, tx.reserve())",
            "timeout(SEND_TIMEOUT * 2, tx.reserve())",
        )],
        red: "channels::send_timeout",
        says: "fixed: 0 timeouts, received [0, 1, 2, 3, 4, 5]",
    },
    Mutant {
        example: "channels::single_flight",
        name: "keeps_the_key",
        edits: &[(
            r"if *callers == 0 || self.value.initialized() {
                flights.remove(&self.key);",
            r"if *callers == 0 || self.value.initialized() {
                flights.get(&self.key);",
        )],
        red: "channels::single_flight",
        says: "keys left: 0[..]<- missing",
    },
    Mutant {
        example: "channels::single_flight",
        name: "fetches_for_each",
        edits: &[(
            "caller.value.get_or_try_init(fetch).await.cloned()",
            r"let value = fetch().await?;
        let _ = caller.value.set(value.clone());
        Ok(value)",
        )],
        red: "channels::single_flight",
        says: "the first fetch fails: 2 calls[..]<- missing",
    },
    Mutant {
        example: "channels::supervisor",
        name: "no_back_off",
        edits: &[(
            r"        sleep(back_off).await;
",
            "",
        )],
        red: "channels::supervisor",
        says: "label 1: Lea[..]<- early",
    },
    Mutant {
        example: "channels::supervisor",
        name: "one_restart_more",
        edits: &[(
            "if restarts == MAX_RESTARTS {",
            "if restarts > MAX_RESTARTS {",
        )],
        red: "channels::supervisor",
        says: "the supervisor gave up, 1 name was left[..]<- missing",
    },
    Mutant {
        example: "channels::watch",
        name: "any_value",
        edits: &[(
            "wait_for(|percent| *percent == 100)",
            "wait_for(|percent| *percent > 0)",
        )],
        red: "channels::watch",
        says: "the file is complete[..]<- early",
    },
    Mutant {
        example: "channels::worker_pool",
        name: "one_cook_at_a_time",
        edits: &[(
            r"        let next = jobs.lock().await.recv().await;
        let Some(job) = next else { return };",
            r"        let mut jobs = jobs.lock().await;
        let Some(job) = jobs.recv().await else { return };",
        )],
        red: "channels::worker_pool",
        says: "cook 1: soup[..]<- unexpected",
    },
    Mutant {
        example: "channels::worker_pool",
        name: "more_room",
        edits: &[("mpsc::channel(2)", "mpsc::channel(6)")],
        red: "channels::worker_pool",
        says: "are ordered[..]<- early",
    },
    Mutant {
        example: "channels::worker_pool_panics",
        name: "not_replaced",
        edits: &[(
            r"        let Some(Err(_panic)) = worker.join_next().await else {
            return;
        };",
            r"        worker.join_next().await;
        return;",
        )],
        red: "channels::worker_pool_panics",
        says: "bread: Ok(1)[..]<- missing",
    },
    Mutant {
        example: "channels::worker_pool_panics",
        name: "stop_does_not_wait",
        edits: &[("self.workers.join_all().await;", "drop(self.workers);")],
        red: "channels::worker_pool_panics",
        says: "Ok(1)[..]<- missing",
    },
    Mutant {
        example: "channels::priority_queue",
        name: "five_in_a_row",
        edits: &[(
            "if self.urgent_taken >= self.urgent_in_a_row",
            "if self.urgent_taken > self.urgent_in_a_row",
        )],
        red: "channels::priority_queue",
        says: "number 6, 12, 15, 16 of 16",
    },
    Mutant {
        example: "channels::which_mutex",
        name: "confirms_before_it_locks",
        edits: &[(
            r"    let mut sales = sales.lock().await;
    confirm().await;",
            r"    confirm().await;
    let mut sales = sales.lock().await;",
        )],
        red: "channels::which_mutex",
        says: "tokio_mutex[..]10 ms[..]<- unexpected",
    },
    Mutant {
        example: "channels::watch",
        name: "complete_in_any_case",
        edits: &[(
            r#"        println!("the download has stopped early");"#,
            r#"        println!("the file is complete");"#,
        )],
        red: "scenarios::channels::watch::stops_early",
        says: "the download has stopped early",
    },
    Mutant {
        example: "channels::mpsc",
        name: "capacity_doubled",
        edits: &[(
            "channel(32);
    let task",
            "channel(64);
    let task",
        )],
        red: "scenarios::channels::mpsc::holds",
        says: "32 places are expected",
    },
    Mutant {
        example: "channels::merge_select",
        name: "fixed_is_biased",
        edits: &[(
            "            Some(_event) = cameras.recv() => {}",
            "            biased;
            Some(_event) = cameras.recv() => {}",
        )],
        red: "scenarios::channels::merge_select::busy_cameras",
        says: "the first door comes after 100 rounds",
    },
    Mutant {
        example: "channels::request_reply",
        name: "closes_later",
        edits: &[("Command::Close => break", "Command::Close => rx.close()")],
        red: "scenarios::channels::request_reply::behind_close",
        says: "Eve gets an error",
    },
    Mutant {
        example: "channels::actor_cycle",
        name: "serves_before_it_cooks",
        edits: &[
            (
                r"(dish, ready)) = orders.recv().await {
            cook(dish).await;",
                "(dish, ready)) = orders.recv().await {",
            ),
            (
                r"            let _ = ready.send(());
",
                r"            let _ = ready.send(());
            cook(dish).await;
",
            ),
        ],
        red: "scenarios::channels::actor_cycle::cooked_first",
        says: r#""Ok(()) after 0 ms""#,
    },
    Mutant {
        example: "channels::capacity",
        name: "receives_in_main",
        edits: &[(
            "let one = tokio::spawn(throughput(|| mpsc::channel(1))).await?;",
            "let one = throughput(|| mpsc::channel(1)).await;",
        )],
        red: "scenarios::channels::capacity::receivers",
        says: r#"are expected, not ["in main: true, capacity 1""#,
    },
    Mutant {
        example: "channels::event_bus",
        name: "looks_before_it_inserts",
        edits: &[
            (
                r"        let mut topics = self.topics.lock().unwrap();
        topics
            .entry(TypeId::of::<E>())
            .or_insert_with(|| Box::new(Sender::<E>::new(CAPACITY)))
",
                r"        let known = self.topics.lock().unwrap().contains_key(&TypeId::of::<E>());
        if !known {
            let topic = Box::new(Sender::<E>::new(CAPACITY));
            self.topics.lock().unwrap().insert(TypeId::of::<E>(), topic);
        }
        let topics = self.topics.lock().unwrap();
        topics
            .get(&TypeId::of::<E>())
",
            ),
            (
                ".downcast_ref::<Sender<E>>()",
                ".and_then(|topic| topic.downcast_ref::<Sender<E>>())",
            ),
        ],
        red: "scenarios::channels::event_bus::first_subscribers",
        says: r#"is expected first: ["order 0, subscribers: 1""#,
    },
    Mutant {
        example: "channels::supervisor",
        name: "counts_from_its_own_start",
        edits: &[(
            r"    let mut restarts = 0;
    loop {
        let started = Instant::now();
",
            r"    let mut restarts = 0;
    let started = Instant::now();
    loop {
",
        )],
        red: "scenarios::channels::supervisor::healthy",
        says: r#"with from_millis(150), [..], not [..]200 ms", "restart 1 of 3 in 100 ms"]"#,
    },
    Mutant {
        example: "channels::sync_bridge_channel",
        name: "does_not_wait",
        edits: &[(
            r"        if receipts.blocking_send(label).is_err() {
            break;
        }
",
            r"        let _ = receipts.try_send(label);
",
        )],
        red: "scenarios::channels::sync_bridge_channel::late_receipts",
        says: r#"lines end with " is printed", not 9"#,
    },
    Mutant {
        example: "channels::sync_bridge_channel",
        name: "prints_on",
        edits: &[(
            r"if receipts.blocking_send(label).is_err() {
            break;
        }",
            "let _ = receipts.blocking_send(label);",
        )],
        red: "scenarios::channels::sync_bridge_channel::no_receipts",
        says: r#"3 lines end with " comes out", not 1"#,
    },
    Mutant {
        example: "channels::sync_bridge_channel",
        name: "holds_all_receipts",
        edits: &[(
            "let (receipts_tx, mut receipts_rx) = mpsc::channel(2);",
            "let (receipts_tx, mut receipts_rx) = mpsc::channel(200);",
        )],
        red: "scenarios::channels::sync_bridge_channel::late_receipts",
        says: "9 labels come out before the first receipt is taken",
    },
    Mutant {
        example: "channels::sync_bridge_channel",
        name: "ignores_the_driver",
        edits: &[(
            r#"    if driver.join().is_err() {
        println!("the driver panicked");
    }
"#,
            "    drop(driver);\n",
        )],
        red: "scenarios::channels::sync_bridge_channel::driver_panics",
        says: r#"0 lines end with "the driver panicked", not 1"#,
    },
    Mutant {
        example: "channels::watch",
        name: "waits_for_a_change",
        edits: &[(
            r#"    if progress.wait_for(|percent| *percent == 100).await.is_ok() {
        println!("the file is complete");
    } else {
        println!("the download has stopped early");
    }
"#,
            r#"    while progress.changed().await.is_ok() {
        if *progress.borrow_and_update() == 100 {
            println!("the file is complete");
            return;
        }
    }
    println!("the download has stopped early");
"#,
        )],
        red: "scenarios::channels::watch::late_receivers",
        says: r#"expected: ["late: 50 %", "the download has stopped early"]"#,
    },
    Mutant {
        example: "channels::which_mutex",
        name: "adds_under_two_locks",
        edits: &[(
            "self.sales.lock().unwrap().push(sale);",
            r"let mut sales = self.sales();
        sales.push(sale);
        *self.sales.lock().unwrap() = sales;",
        )],
        red: "scenarios::channels::which_mutex::two_threads",
        says: r#"with status 0 and "10001 of 10001 sales, the last is tea", not with status 0"#,
    },
    Mutant {
        example: "channels::which_mutex",
        name: "takes_the_sales",
        edits: &[(
            "self.sales.lock().unwrap().clone()",
            "std::mem::take(&mut *self.sales.lock().unwrap())",
        )],
        red: "scenarios::channels::which_mutex::two_threads",
        says: r#"after ["0 of 10001 sales, the last is tea"]"#,
    },
    Mutant {
        example: "channels::actor_cycle",
        name: "counts_all_dishes",
        edits: &[(
            "Some(Ok(dish)) = dishes.join_next() => served += usize::from(dish.is_ok()),",
            "Some(Ok(_)) = dishes.join_next() => served += 1,",
        )],
        red: "scenarios::channels::actor_cycle::cooked_first",
        says: r#""fixed: 10 of 10 dishes served in 100 ms"]"#,
    },
    Mutant {
        example: "channels::backpressure",
        name: "reads_on",
        edits: &[(
            r"            if tx.send(line).await.is_err() {
                break;
            }
",
            r"            let _ = tx.send(line).await;
",
        )],
        red: "scenarios::channels::backpressure::no_writer",
        says: r#"each reader is to stop at line 1: ["reads line 1", "reads line 2""#,
    },
    Mutant {
        example: "channels::broadcast",
        name: "needs_a_subscriber",
        edits: &[(
            "let _ = tx.send(number);",
            r#"tx.send(number).expect("somebody listens");"#,
        )],
        red: "scenarios::channels::broadcast::no_subscriber",
        says: "not with status 101",
    },
    Mutant {
        example: "channels::capacity",
        name: "timed_when_there_is_room",
        edits: &[(
            r"        while tx.send(Instant::now()).await.is_ok() {}
",
            r"        while let Ok(permit) = tx.reserve().await {
            permit.send(Instant::now());
        }
",
        )],
        red: "scenarios::channels::capacity::receivers",
        says: "capacity 1: 200 frames/s, 1 wait, 5 ms old",
    },
    Mutant {
        example: "channels::deadlock",
        name: "one_lock_at_a_time",
        edits: &[(
            r"    let (mut payer, mut payee);
    if from.number < to.number {
        payer = from.balance.lock().await;
        yield_now().await;
        payee = to.balance.lock().await;
    } else {
        payee = to.balance.lock().await;
        yield_now().await;
        payer = from.balance.lock().await;
    }
    *payer -= amount;
    *payee += amount;
",
            r"    *from.balance.lock().await -= amount;
    yield_now().await;
    *to.balance.lock().await += amount;
",
        )],
        red: "scenarios::channels::deadlock::whole_transfers",
        says: "first: done, Ann has 90, Bob has 100",
    },
    Mutant {
        example: "channels::never_closes",
        name: "drops_reports",
        edits: &[(
            "let _ = tx.send(station).await;",
            "let _ = tx.try_send(station);",
        )],
        red: "scenarios::channels::never_closes::many_stations",
        says: "fixed: 8 reports, then closed",
    },
    Mutant {
        example: "channels::oneshot",
        name: "loses_the_dish",
        edits: &[(
            r#"            if let Err(dish) = tx.send(dish) {
                println!("{dish}: thrown away");
            }
"#,
            r"            let _ = tx.send(dish);
",
        )],
        red: "scenarios::channels::oneshot::left_too_late",
        says: r#""roast: thrown away", not with status 0, after"#,
    },
    Mutant {
        example: "channels::send_timeout",
        name: "tries_again_without_end",
        edits: &[(
            r"                Ok(Err(_)) => return timeouts, // The receiver is gone.
                Err(_) => timeouts += 1,
",
            r"                Ok(Err(_)) | Err(_) => timeouts += 1,
",
        )],
        red: "scenarios::channels::send_timeout::no_receiver",
        says: "attempt to add with overflow",
    },
    Mutant {
        example: "channels::supervisor",
        name: "back_off_does_not_double",
        edits: &[(
            "FIRST_BACK_OFF * 2_u32.pow(restarts)",
            "FIRST_BACK_OFF * (restarts + 1)",
        )],
        red: "scenarios::channels::supervisor::healthy",
        says: "not [..]restart 3 of 3 in 300 ms",
    },
    Mutant {
        example: "channels::supervisor",
        name: "gives_up_a_healthy_actor",
        edits: &[(
            r"        if started.elapsed() >= HEALTHY {
            restarts = 0;
        }
        if restarts == MAX_RESTARTS {
            let left = names.lock().await.len();
            return Err(GaveUp { left });
        }
",
            r"        if restarts == MAX_RESTARTS {
            let left = names.lock().await.len();
            return Err(GaveUp { left });
        }
        if started.elapsed() >= HEALTHY {
            restarts = 0;
        }
",
        )],
        red: "scenarios::channels::supervisor::healthy",
        says: r#"with ZERO, [..] are expected, not ["restart 1 of 1 in 100 ms"]"#,
    },
    Mutant {
        example: "channels::watch",
        name: "needs_a_receiver",
        edits: &[(
            r"        progress.send_replace(percent);
",
            r"        let _ = progress.send(percent);
",
        )],
        red: "scenarios::channels::watch::late_receivers",
        says: r#"expected: ["late: 0 %""#,
    },
    Mutant {
        example: "channels::watch",
        name: "leaves_the_value_unseen",
        edits: &[("*progress.borrow_and_update()", "*progress.borrow()")],
        red: "scenarios::channels::watch::slow_display",
        says: r#"not ["display: 50 %", "display: 50 %", "#,
    },
    Mutant {
        example: "channels::fan_in_fan_out",
        name: "ignores_panics",
        edits: &[(
            r"    tasks.join_all().await;
",
            "",
        )],
        red: "scenarios::channels::fan_in_fan_out::panics",
        says: "no summary are expected, not 0 and",
    },
    Mutant {
        example: "channels::guard_scope",
        name: "takes_a_copy",
        edits: &[(
            "mem::take(&mut *shelf.lock().await)",
            "mem::take(&mut shelf.lock().await.clone())",
        )],
        red: "scenarios::channels::guard_scope::empty_shelf",
        says: "on the shelf: [1, 2, 3]",
    },
    Mutant {
        example: "channels::notify",
        name: "waits_longer",
        edits: &[(
            "timeout(Duration::from_secs(1)",
            "timeout(Duration::from_secs(10)",
        )],
        red: "scenarios::channels::notify::limit",
        says: "10000 ms",
    },
    Mutant {
        example: "channels::worker_pool",
        name: "cook_leaves_too",
        edits: &[(
            "let _ = job.result.send(job.dish);",
            r"if job.result.send(job.dish).is_err() {
            return;
        }",
        )],
        red: "scenarios::channels::worker_pool::guest_leaves",
        says: "nobody waits for the salad",
    },
    Mutant {
        example: "channels::worker_pool",
        name: "leaves_the_cooks",
        edits: &[(
            r"    drop(queue);
    cooks.join_all().await;
",
            r"    drop(queue);
",
        )],
        red: "scenarios::channels::worker_pool::guest_leaves",
        says: "nobody waits for the soup",
    },
    Mutant {
        example: "channels::worker_pool",
        name: "serves_what_there_is",
        edits: &[(
            "        served.push(meal.await?);\n",
            "        served.extend(meal.await);\n",
        )],
        red: "scenarios::channels::worker_pool::lost_dish",
        says: "the steak burns: status 1 is expected and nothing served, not 101",
    },
    Mutant {
        example: "channels::semaphore",
        name: "ignores_a_panic",
        edits: &[("done.unwrap();", "let _ = done;")],
        red: "scenarios::channels::semaphore::panics",
        says: "a download panics: status 101 is expected, not 0",
    },
    Mutant {
        example: "channels::backpressure",
        name: "stops_with_the_reader",
        edits: &[(
            r#"    let writer = async move {
        let mut most = 0;
        while let Some(line) = rx.recv().await {
            save(line).await;
            most = most.max(rx.len());
        }
        most
    };
    let (time, most) = tokio::join!(reader, writer);
    println!("bounded: read in {time} ms"#,
            r#"    let mut most = 0;
    let writer = async {
        while let Some(line) = rx.recv().await {
            save(line).await;
            most = most.max(rx.len());
        }
    };
    let time = tokio::select! {
        time = reader => time,
        () = writer => unreachable!("the reader ends first"),
    };
    println!("bounded: read in {time} ms"#,
        )],
        red: "scenarios::channels::backpressure::saves_all",
        says: r#""saved 97", "bounded: read in 970 ms"#,
    },
    Mutant {
        example: "channels::barrier_once",
        name: "looks_before_it_sets",
        edits: &[(
            r#"    if race.winner.set(name).is_err() {
        println!("{name} comes after {}", race.winner.wait().await);
    }"#,
            r#"    if let Some(winner) = race.winner.get() {
        println!("{name} comes after {winner}");
    } else {
        let _ = race.winner.set(name);
    }"#,
        )],
        red: "scenarios::channels::barrier_once::on_threads",
        says: r#"in any order, not ["Ada is ready for 12 km", "Ben is ready for 12 km", "#,
    },
    Mutant {
        example: "channels::actor",
        name: "ignores_lost_readings",
        edits: &[("recorded??;", "let _ = recorded?;")],
        red: "scenarios::channels::actor::not_recorded",
        says: "are expected, not 0 and",
    },
    Mutant {
        example: "channels::actor_cycle",
        name: "larger_inbox",
        edits: &[(
            r"mpsc::channel(2);
    let waiter = async move {",
            r"mpsc::channel(100);
    let waiter = async move {",
        )],
        red: "scenarios::channels::actor_cycle::cooked_first",
        says: "each inbox has room for two",
    },
    Mutant {
        example: "channels::barrier_once",
        name: "says_what_it_expects",
        edits: &[(
            r#"println!("{name} is ready for {kilometers} km");"#,
            r#"let _ = kilometers;
    println!("{name} is ready for 10 km");"#,
        )],
        red: "scenarios::channels::barrier_once::on_threads",
        says: r#"in any order, not [[..]"Ada is ready for 10 km""#,
    },
    Mutant {
        example: "channels::broadcast",
        name: "counts_the_last_gap",
        edits: &[("missed += count", "missed = count")],
        red: "scenarios::channels::broadcast::no_subscriber",
        says: r#""twice: missed 6, "#,
    },
    Mutant {
        example: "channels::broadcast",
        name: "clock_runs",
        edits: &[(", start_paused = true", "")],
        red: "repository::text::channels::broadcast",
        says: "without `start_paused = true` it runs",
    },
    Mutant {
        example: "channels::capacity",
        name: "last_round",
        edits: &[(
            "best = best.max(f64::from(received) / milliseconds);",
            "best = f64::from(received) / milliseconds;",
        )],
        red: "scenarios::channels::capacity::receivers",
        says: r#"not [[..]"to a task: 17 thousand/s with capacity 1"#,
    },
    Mutant {
        example: "channels::deadlock",
        name: "larger_number_first",
        edits: &[(
            "if from.number < to.number {",
            "if from.number > to.number {",
        )],
        red: "scenarios::channels::deadlock::whole_transfers",
        says: r#"are expected last: [[..]"locked: Ann false, Bob true""#,
    },
    Mutant {
        example: "channels::debounce",
        name: "searches_again",
        edits: &[(
            r"input.changed()).await {}
    Some(input.borrow_and_update()",
            r"input.changed()).await {}
    Some(input.borrow()",
        )],
        red: "scenarios::channels::debounce::other_users",
        says: r#""debounce at 300 ms: late", "debounce at 300 ms: late""#,
    },
    Mutant {
        example: "channels::debounce",
        name: "catches_up",
        edits: &[
            (
                "    while let Some(text) = throttle(&mut typed).await {",
                r"    let mut pace = tokio::time::interval(PERIOD);
    pace.tick().await;
    while let Some(text) = throttle(&mut typed).await {",
            ),
            ("        sleep(PERIOD).await;", "        pace.tick().await;"),
        ],
        red: "scenarios::channels::debounce::other_users",
        says: r#""throttle at 760 ms: a""#,
    },
    Mutant {
        example: "channels::event_bus",
        name: "ignores_a_panic",
        edits: &[(
            r#"    if tokio::try_join!(stock, mail).is_err() {
        println!("a subscriber panicked");
    }"#,
            "    let _ = tokio::join!(stock, mail);",
        )],
        red: "scenarios::channels::event_bus::first_subscribers",
        says: r#""a subscriber panicked" is expected last"#,
    },
    Mutant {
        example: "channels::guard_scope",
        name: "more_room",
        edits: &[(
            r"mpsc::channel(1);
    let mut delivered = 0;
    let work = async { tokio::join!(fixed(",
            r"mpsc::channel(8);
    let mut delivered = 0;
    let work = async { tokio::join!(fixed(",
        )],
        red: "scenarios::channels::guard_scope::empty_shelf",
        says: r#"are expected last: [[..]"room for 8""#,
    },
    Mutant {
        example: "channels::merge_select",
        name: "leaves_with_the_doors",
        edits: &[(
            r"        rounds += 1;
        tokio::select! {
            Some(_event)",
            r"        rounds += 1;
        if doors.is_empty() && doors.is_closed() {
            return rounds;
        }
        tokio::select! {
            Some(_event)",
        )],
        red: "scenarios::channels::merge_select::busy_cameras",
        says: r#"all are closed after [..], not [[..]"1 rounds""#,
    },
    Mutant {
        example: "channels::merge_select",
        name: "doors_first",
        edits: &[(
            r"        rounds += 1;
        tokio::select! {
            Some(_event) = cameras.recv() => {}
            Some(_event) = doors.recv() => {}
",
            r"        rounds += 1;
        tokio::select! {
            biased;
            Some(_event) = doors.recv() => {}
            Some(_event) = cameras.recv() => {}
",
        )],
        red: "scenarios::channels::merge_select::busy_cameras",
        says: "the first camera comes after 100 rounds",
    },
    Mutant {
        example: "channels::fan_in_fan_out",
        name: "drops_steps",
        edits: &[(
            "if queue.send(Step { order, number }).await.is_err() {",
            "if queue.try_send(Step { order, number }).is_err() {",
        )],
        red: "scenarios::channels::fan_in_fan_out::full_queues",
        says: "all steps of 4 orders are expected, not [",
    },
    Mutant {
        example: "channels::request_reply",
        name: "does_not_wait_for_room",
        edits: &[(
            r"    tx.send(Command::Reserve { resp })
        .await
",
            r"    tx.try_send(Command::Reserve { resp })
",
        )],
        red: "scenarios::channels::request_reply::full_office",
        says: r#"expected: ["Ok(\"seat 1\") Ok(\"seat 2\") Err("#,
    },
    Mutant {
        example: "channels::mpsc",
        name: "does_not_wait_for_room",
        edits: &[("tx.send(i).await", "tx.try_send(i)")],
        red: "scenarios::channels::mpsc::holds",
        says: "the numbers 0 to 38 are to be received",
    },
    Mutant {
        example: "channels::mpsc",
        name: "ignores_a_panic",
        edits: &[("task.await?;", "let _ = task.await;")],
        red: "scenarios::channels::mpsc::holds",
        says: "status 1 is expected, not 0",
    },
    Mutant {
        example: "channels::notify",
        name: "rings_once",
        edits: &[(
            r"    bell.notify_one();
    bell.notify_one();
",
            r"    bell.notify_one();
",
        )],
        red: "scenarios::channels::notify::limit",
        says: r#"are expected, not ["rings for one", "notify_one twice"#,
    },
    Mutant {
        example: "channels::notify_enable",
        name: "waits_longer",
        edits: &[("from_secs(1)", "from_secs(10)")],
        red: "scenarios::channels::notify_enable::two_threads",
        says: r#""gives up after 10 s""#,
    },
    Mutant {
        example: "channels::pipeline",
        name: "puts_in_before_it_takes_out",
        edits: &[
            (
                r"    tokio::spawn(async move {
        for photo in all {",
                r"    {
        let photos = photos;
        for photo in all {",
            ),
            (
                r"            }
        }
    });
    let mut count",
                r"            }
        }
    }
    let mut count",
            ),
        ],
        red: "scenarios::channels::pipeline::many_photos",
        says: "it still runs after 20s",
    },
    Mutant {
        example: "channels::semaphore",
        name: "ignores_the_last_panic",
        edits: &[(
            r"            download().await;
        });
    }
    tasks.join_all().await;
}

async fn permit_before_spawn",
            r"            download().await;
        });
    }
    while tasks.join_next().await.is_some() {}
}

async fn permit_before_spawn",
        )],
        red: "scenarios::channels::semaphore::last_panics",
        says: "the last download panics in",
    },
    Mutant {
        example: "channels::send_timeout",
        name: "counts_a_missing_receiver",
        edits: &[(
            "Ok(Err(_)) => break,     // The receiver is gone.",
            "Ok(Err(_)) => timeouts += 1,",
        )],
        red: "scenarios::channels::send_timeout::no_receiver",
        says: "broken: 6 timeouts, received",
    },
    Mutant {
        example: "channels::send_timeout",
        name: "clock_runs",
        edits: &[(", start_paused = true", "")],
        red: "scenarios::channels::send_timeout::paused",
        says: "still runs after",
    },
];

pub static REBUILT: &[Mutant] = &[
    Mutant {
        example: "channels::actor",
        name: "drops_what_it_accepted",
        edits: &[(
            "Request::Stop => requests.close(),",
            "Request::Stop => break,",
        )],
        red: "scenarios::channels::actor::stops",
        says: "with seed [..]: the actor has recorded ",
    },
    Mutant {
        example: "channels::actor",
        name: "unbounded_inbox",
        edits: &[(
            "mpsc::channel(INBOX_CAPACITY)",
            "mpsc::channel(INBOX_CAPACITY * 100)",
        )],
        red: "scenarios::channels::actor::is_bounded",
        says: "the inbox holds 20 requests",
    },
    Mutant {
        example: "channels::pipeline",
        name: "unbounded",
        edits: &[(
            "const CAPACITY: usize = 1;",
            "const CAPACITY: usize = 1000;",
        )],
        red: "scenarios::channels::pipeline::is_bounded",
        says: "photos are in the pipeline",
    },
    Mutant {
        example: "channels::rate_limiter",
        name: "larger_burst",
        edits: &[("period * burst.saturating_sub(1)", "period * burst")],
        red: "scenarios::channels::rate_limiter::rate",
        says: "with seed 1: 0 to 1",
    },
    Mutant {
        example: "channels::single_flight",
        name: "stale_value",
        edits: &[(
            "if *callers == 0 || self.value.initialized() {",
            "if *callers == 0 {",
        )],
        red: "scenarios::channels::single_flight::fetches_again",
        says: "a stale value: Ok(1)",
    },
    Mutant {
        example: "channels::single_flight",
        name: "removes_a_later_flight",
        edits: &[(
            r"            && Arc::ptr_eq(value, &self.value)
",
            r"            && (Arc::ptr_eq(value, &self.value) || *callers > 0)
",
        )],
        red: "scenarios::channels::single_flight::later_flight",
        says: "the later flight is off the list",
    },
    Mutant {
        example: "channels::worker_pool_panics",
        name: "unbounded",
        edits: &[("mpsc::channel(capacity)", "mpsc::channel(capacity + 1000)")],
        red: "scenarios::channels::worker_pool_panics::is_bounded",
        says: "1 workers and 4 places: 5 jobs are accepted, and then one more: true",
    },
    Mutant {
        example: "channels::worker_pool_panics",
        name: "new_worker_for_each_job",
        edits: &[
            (
                "        let Some(Err(_panic)) = worker.join_next().await else {",
                "        let Some(Err(_) | Ok(true)) = worker.join_next().await else {",
            ),
            (
                r"mut worker: W) {
    loop {
        // In a `while let`, the lock would be held while the job runs.
        let next = requests.lock().await.recv().await;
        let Some((job, reply)) = next else { return };
        // An error means that the caller has left.
        let _ = reply.send(worker.run(job).await);
    }
}",
                r"mut worker: W) -> bool {
    let next = requests.lock().await.recv().await;
    let Some((job, reply)) = next else {
        return false;
    };
    let _ = reply.send(worker.run(job).await);
    true
}",
            ),
        ],
        red: "scenarios::channels::worker_pool_panics::stops",
        says: "workers are expected with those after a panic, and [..] were made",
    },
    Mutant {
        example: "channels::priority_queue",
        name: "accepts_normal_jobs",
        edits: &[(
            r"        self.normal.close();
",
            "",
        )],
        red: "scenarios::channels::priority_queue::order",
        says: "accepted after `close`",
    },
    Mutant {
        example: "channels::notify_enable",
        name: "looks_first",
        edits: &[
            (
                "let mut filled = pin!(",
                r"if let Some(parcel) = shelf.take() {
            return parcel;
        }
        let mut filled = pin!(",
            ),
            (
                r"filled.as_mut().enable();
        if let Some(parcel) = shelf.take() {
            return parcel;
        }",
                "filled.as_mut().enable();",
            ),
        ],
        red: "scenarios::channels::notify_enable::two_threads",
        says: "all couriers are served: [",
    },
    Mutant {
        example: "channels::actor",
        name: "stop_does_not_wait_for_room",
        edits: &[(
            "self.send(Request::Stop).await;",
            "self.inbox.try_send(Request::Stop);",
        )],
        red: "scenarios::channels::actor::is_bounded",
        says: "it does not end within 3600s",
    },
    Mutant {
        example: "channels::notify_enable",
        name: "wakes_before_it_puts",
        edits: &[(
            r"        self.parcels.lock().unwrap().push_back(parcel);
        self.filled.notify_one();
",
            r"        self.filled.notify_one();
        self.parcels.lock().unwrap().push_back(parcel);
",
        )],
        red: "scenarios::channels::notify_enable::two_threads",
        says: r#""third: Ok(false)""#,
    },
    Mutant {
        example: "channels::single_flight",
        name: "counts_who_has_left",
        edits: &[
            (
                r"        let caller = Caller {
            all: self,
            key,
            value,
        };
",
                "",
            ),
            (
                r"        caller.value.get_or_try_init(fetch).await.cloned()
",
                r"        let result = value.get_or_try_init(fetch).await.cloned();
        drop(Caller {
            all: self,
            key,
            value,
        });
        result
",
            ),
        ],
        red: "scenarios::channels::single_flight::all_leave",
        says: "all have left, and a key is left",
    },
    Mutant {
        example: "channels::single_flight",
        name: "counts_later",
        edits: &[(
            r"            let mut flights = self.flights.lock().unwrap();
            let (value, callers) = flights.entry(key.clone()).or_default();
            *callers += 1;
            Arc::clone(value)
",
            r"            let mut flights = self.flights.lock().unwrap();
            let value = Arc::clone(&flights.entry(key.clone()).or_default().0);
            drop(flights);
            std::thread::sleep(std::time::Duration::from_micros(100));
            if let Some((_, callers)) = self.flights.lock().unwrap().get_mut(&key) {
                *callers += 1;
            }
            value
",
        )],
        red: "scenarios::channels::single_flight::two_threads",
        says: "with seed [..]",
    },
    Mutant {
        example: "channels::pipeline",
        name: "aborts_the_others",
        edits: &[("result = result.and(ended);", "ended?;")],
        red: "scenarios::channels::pipeline::panics",
        says: "one stage panics, and the stage that still works is aborted",
    },
    Mutant {
        example: "channels::actor",
        name: "no_answer_is_none",
        edits: &[(
            r#"answer.await.context("the actor has stopped")"#,
            "Ok(answer.await.ok().flatten())",
        )],
        red: "scenarios::channels::actor::answers",
        says: "the actor is aborted, and the answer is Ok(None)",
    },
    Mutant {
        example: "channels::pipeline",
        name: "last_error",
        edits: &[("result.and(ended)", "ended.and(result)")],
        red: "scenarios::channels::pipeline::panics",
        says: "a later error",
    },
    Mutant {
        example: "channels::priority_queue",
        name: "counts_a_canceled_recv",
        edits: &[
            (
                "        tokio::select! {",
                r"        self.urgent_taken += 1;
        tokio::select! {",
            ),
            (
                r"                self.urgent_taken += 1;
",
                "",
            ),
        ],
        red: "scenarios::channels::priority_queue::normal_later",
        says: "instead of UUNUUUNU",
    },
    Mutant {
        example: "channels::priority_queue",
        name: "begins_again_without_normal",
        edits: &[(
            r"if self.urgent_taken >= self.urgent_in_a_row
            && let Ok(job) = self.normal.try_recv()
        {
            self.urgent_taken = 0;
            return Some(job);
        }",
            r"if self.urgent_taken >= self.urgent_in_a_row {
            self.urgent_taken = 0;
            if let Ok(job) = self.normal.try_recv() {
                return Some(job);
            }
        }",
        )],
        red: "scenarios::channels::priority_queue::normal_later",
        says: "UUNUUUUN instead of UUNUUUNU",
    },
    Mutant {
        example: "channels::priority_queue",
        name: "more_room",
        edits: &[(
            "let (to_normal, normal) = mpsc::channel(capacity);",
            "let (to_normal, normal) = mpsc::channel(2 * capacity);",
        )],
        red: "scenarios::channels::priority_queue::is_bounded",
        says: "3 normal jobs may wait, and 6 are accepted",
    },
    Mutant {
        example: "channels::rate_limiter",
        name: "newcomers_pass",
        edits: &[
            (
                r"        let mut full_at = self.full_at.lock().await;
        let until_full",
                r"        let mut full_at = self.full_at.lock().await;
        loop {
        let until_full",
            ),
            (
                r"        if !wait.is_zero() {
            sleep(wait).await;
        }
",
                r"        if wait.is_zero() {
            break;
        }
        drop(full_at);
        sleep(wait).await;
        full_at = self.full_at.lock().await;
        }
",
            ),
        ],
        red: "scenarios::channels::rate_limiter::rate",
        says: "the callers do not pass in the order in which they came",
    },
    Mutant {
        example: "channels::rate_limiter",
        name: "keeps_the_place",
        edits: &[
            (
                "let _place = self.waiting.try_acquire().map_err(|_| Busy)?;",
                "self.waiting.try_acquire().map_err(|_| Busy)?.forget();",
            ),
            (
                r"+ self.period;
        Ok(())",
                r"+ self.period;
        self.waiting.add_permits(1);
        Ok(())",
            ),
        ],
        red: "scenarios::channels::rate_limiter::gives_up",
        says: "time 2: the first is to wait",
    },
];
