//! Wrong edits of examples-io.

use super::Mutant;

pub static MUTANTS: &[Mutant] = &[
    Mutant {
        example: "io::connect",
        name: "returns_an_error",
        edits: &[("process::exit(1)", "return Err(error.into());")],
        red: "scenarios::io::connect::server_resets",
        says: "connect is to print ",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "frame_before_room",
        edits: &[(
            r"        let Ok(room) = queue.reserve().await else {
            return;
        };
        room.send(vec![b'f'; FRAME_SIZE]);
",
            r"        let frame = Vec::from(vec![b'f'; FRAME_SIZE]);
        let Ok(room) = queue.reserve().await else {
            return;
        };
        room.send(frame);
",
        )],
        red: "scenarios::io::backpressure_tcp::counts_all",
        says: "all frames that are made are to be counted, in both runs",
    },
    Mutant {
        example: "io::echo",
        name: "reads_once",
        edits: &[(
            r"        stream.write_all(&buffer[..count]).await?;
",
            r"        return stream.write_all(&buffer[..count]).await;
",
        )],
        red: "io::echo",
        says: "100000[..]<- missing",
    },
    Mutant {
        example: "io::echo",
        name: "whole_buffer",
        edits: &[("write_all(&buffer[..count])", "write_all(&buffer)")],
        red: "io::echo",
        says: "100000[..]<- missing",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "second_signal_ignored",
        edits: &[(
            r"        () = sleep(DRAIN_TIMEOUT) => {}
        () = stop.recv() => {}
",
            r"        () = sleep(DRAIN_TIMEOUT) => {}
",
        )],
        red: "scenarios::io::hardened_echo::second_signal",
        says: "still runs after 2s",
    },
    Mutant {
        example: "io::line_server",
        name: "runs_half_a_line",
        edits: &[(
            r#"None if line.len() < MAX_LINE => "ERROR the last line was cut off".into(),"#,
            "None if line.len() < MAX_LINE => execute(&line, &mut store.lock().unwrap()),",
        )],
        red: "io::line_server",
        says: "ERROR the last line was cut off[..]<- missing",
    },
    Mutant {
        example: "io::line_server",
        name: "a_write_for_each",
        edits: &[(r"if !requests.buffer().contains(&b'\n') {", "if true {")],
        red: "scenarios::io::line_server::one_write",
        says: "begin with a write of ",
    },
    Mutant {
        example: "io::line_server",
        name: "more_keys",
        edits: &[(
            "const MAX_KEYS: usize = 16_384;",
            "const MAX_KEYS: usize = 32_768;",
        )],
        red: "scenarios::io::line_server::full",
        says: r#"not by "OK\nOK\nOK y\nOK\nOK\n""#,
    },
    Mutant {
        example: "io::hardened_echo",
        name: "a_line_for_each_reset",
        edits: &[(
            "let _ = echo(stream).await;",
            r"if let Err(error) = echo(stream).await {
                        log(&error.to_string());
                    }",
        )],
        red: "scenarios::io::hardened_echo::quiet_about_resets",
        says: "has printed 1001 lines, not 1",
    },
    Mutant {
        example: "io::chat",
        name: "sends_for_a_quarter_of_an_hour",
        edits: &[(
            "set_tcp_user_timeout(Some(LOST_TIMEOUT))",
            "set_tcp_user_timeout(Some(99 * LOST_TIMEOUT))",
        )],
        red: "scenarios::io::chat::lost_network",
        says: "ann is still in the [..] after 20 s",
    },
    Mutant {
        example: "io::chat",
        name: "keeps_more_lines",
        edits: &[(
            "const KEPT_LINES: usize = 128;",
            "const KEPT_LINES: usize = 256;",
        )],
        red: "scenarios::io::chat::slow_reader",
        says: "the room has kept 256 lines",
    },
    Mutant {
        example: "io::chat",
        name: "seat_is_not_given_up",
        edits: &[(
            r"            members.names.remove(self.name);
",
            "",
        )],
        red: "scenarios::io::chat::rooms",
        says: " is to be answered by ",
    },
    Mutant {
        example: "io::chat",
        name: "passes_on_escapes",
        edits: &[(
            r"                line.retain(|c| !c.is_control());
",
            r"                line.push(' ');
                line.pop();
",
        )],
        red: "scenarios::io::chat::rooms",
        says: " is to be answered by ",
    },
    Mutant {
        example: "io::heartbeat",
        name: "moves_the_deadline",
        edits: &[(
            r"                if answered || stalled {
                    answered = false;
                    deadline = Instant::now() + PONG_TIMEOUT;
                }",
            r"                answered = false;
                deadline = Instant::now() + PONG_TIMEOUT;",
        )],
        red: "io::heartbeat",
        says: "is gone: no answer within 300ms[..]<- missing",
    },
    Mutant {
        example: "io::heartbeat",
        name: "a_stall_takes_time_away",
        edits: &[("if answered || stalled {", "if answered {")],
        red: "scenarios::io::heartbeat::unread_answer",
        says: "is gone: no answer within 1.5s",
    },
    Mutant {
        example: "io::heartbeat",
        name: "sends_missed_pings",
        edits: &[("MissedTickBehavior::Delay);", "MissedTickBehavior::Burst);")],
        red: "scenarios::io::heartbeat::stalled",
        says: "pings after a stall of 1000 ms",
    },
    Mutant {
        example: "io::heartbeat",
        name: "starves_the_others",
        edits: &[(
            r"                consume_budget().await;
",
            "",
        )],
        red: "scenarios::io::heartbeat::line_ends",
        says: "pings in 3 s",
    },
    Mutant {
        example: "io::proxy",
        name: "closes_instead_of_resetting",
        edits: &[(
            r"        let _ = client.set_zero_linger();
        return;",
            "        return;",
        )],
        red: "io::proxy",
        says: "exit status 1 expected, got 0",
    },
    Mutant {
        example: "io::proxy",
        name: "reports_every_client",
        edits: &[("Err(error) if !was_down =>", "Err(error) =>")],
        red: "scenarios::io::proxy::upstream_down",
        says: r#""cannot reach [..]", "cannot reach "#,
    },
    Mutant {
        example: "io::proxy",
        name: "half_an_answer_looks_whole",
        edits: &[(
            r"        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
",
            "",
        )],
        red: "scenarios::io::proxy::resets",
        says: "a reset by the upstream is to be a reset on the other side, not Ok(0)",
    },
    Mutant {
        example: "io::unix_socket",
        name: "open_to_all",
        edits: &[(
            r"        fs::set_permissions(path, Permissions::from_mode(0o600))?;
",
            "",
        )],
        red: "io::unix_socket",
        says: "srw-------[..]<- missing",
    },
    Mutant {
        example: "io::unix_socket",
        name: "any_user",
        edits: &[("if user == owner {", "if user == owner || user > 0 {")],
        red: "scenarios::io::unix_socket::other_user",
        says: "of user 65534",
    },
    Mutant {
        example: "io::unix_socket",
        name: "leaves_the_file",
        edits: &[(
            r#"fs::remove_file(&path).context("cannot remove the socket")"#,
            r#"io::Result::Ok(()).context("cannot remove the socket")"#,
        )],
        red: "io::unix_socket",
        says: "left behind by the commands: bakery.sock",
    },
    Mutant {
        example: "io::stale_socket",
        name: "no_lock",
        edits: &[(
            r#"ensure!(lock.try_lock().is_ok(), "another server holds the lock");"#,
            "let _ = lock.try_lock();",
        )],
        red: "io::stale_socket",
        says: "another process uses it[..]<- unexpected",
    },
    Mutant {
        example: "io::stale_socket",
        name: "takes_a_live_one",
        edits: &[(
            r#"        ensure!(refused, "another process uses it");
"#,
            r"        let _ = refused;
",
        )],
        red: "scenarios::io::stale_socket::in_use",
        says: "is to refuse [..]/other, since another process uses it",
    },
    Mutant {
        example: "io::stale_socket",
        name: "removes_any_file",
        edits: &[(
            r#"        ensure!(file_type.is_socket(), "it is not a socket");
"#,
            r"        let _ = file_type.is_socket();
",
        )],
        red: "scenarios::io::stale_socket::refused_paths",
        says: "is to refuse [..]/file, since it is not a socket",
    },
    Mutant {
        example: "io::stale_socket",
        name: "spins_without_descriptors",
        edits: &[(
            r"                    sleep(Duration::from_secs(1)).await;
",
            r"                    sleep(Duration::from_millis(1)).await;
",
        )],
        red: "scenarios::io::stale_socket::no_descriptor",
        says: "that it cannot accept, not 1 to 3 times",
    },
    Mutant {
        example: "io::stale_socket",
        name: "catches_signals_late",
        edits: &[(
            r#"        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        println!("listening on {shown}");
"#,
            r#"        println!("listening on {shown}");
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
"#,
        )],
        red: "scenarios::io::stale_socket::early_signal",
        says: "at a Ctrl-C during its first line",
    },
    Mutant {
        example: "io::stale_socket",
        name: "hides_that_its_file_is_gone",
        edits: &[(
            r#"fs::remove_file(&path).context("cannot remove the socket")"#,
            r#"let _ = fs::remove_file(&path).context("cannot remove the socket");
        Ok(())"#,
        )],
        red: "scenarios::io::stale_socket::file_is_gone",
        says: "Error: cannot remove the socket",
    },
    Mutant {
        example: "io::stale_socket",
        name: "lock_in_utf_8",
        edits: &[(
            r#"        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
"#,
            r#"        let lock_path = format!("{}.lock", path.display());
"#,
        )],
        red: "scenarios::io::stale_socket::odd_path",
        says: "does not listen in a folder",
    },
    Mutant {
        example: "io::connect",
        name: "broken_pipe_is_an_error",
        edits: &[(
            "Err(error) if error.kind() != ErrorKind::BrokenPipe => {",
            "Err(error) => {",
        )],
        red: "scenarios::io::connect::into_closed_pipe",
        says: "Broken pipe (os error 32)",
    },
    Mutant {
        example: "io::connect",
        name: "waits_twice_as_long",
        edits: &[(
            "const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);",
            "const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);",
        )],
        red: "scenarios::io::connect::no_answer",
        says: "it gave up after 20 s",
    },
    Mutant {
        example: "io::duplex",
        name: "answers_twice_as_long",
        edits: &[(
            "timeout(CUSTOMER_TIMEOUT, answer)",
            "timeout(CUSTOMER_TIMEOUT * 2, answer)",
        )],
        red: "io::duplex",
        says: "deaf customer: deadline has elapsed, after 120s",
    },
    Mutant {
        example: "io::framing",
        name: "allocates_first",
        edits: &[
            (
                "    if length > MAX_FRAME {",
                r"    let mut frame = vec![1; length];
    frame.fill(0);
    if length > MAX_FRAME {",
            ),
            (
                r"    let mut frame = vec![0; length];
    link",
                "    link",
            ),
        ],
        red: "scenarios::io::framing::memory",
        says: "not with status 134",
    },
    Mutant {
        example: "io::happy_eyeballs",
        name: "losers_go_on",
        edits: &[(
            r"                    attempts.shutdown().await;
",
            r"                    attempts.detach_all();
",
        )],
        red: "io::happy_eyeballs",
        says: "fixed, staggered: connected after 0.2 s, 1 attempts left",
    },
    Mutant {
        example: "io::happy_eyeballs",
        name: "one_after_the_other",
        edits: &[("sleep(STAGGER)", "sleep(5 * STAGGER)")],
        red: "io::happy_eyeballs",
        says: "fixed, staggered: connected after 1.0 s, 0 attempts left",
    },
    Mutant {
        example: "io::kill_on_drop",
        name: "not_killed",
        edits: &[(
            r"    command.kill_on_drop(true);
",
            "",
        )],
        red: "io::kill_on_drop",
        says: r#"fixed: dropped, the child answers "still here?""#,
    },
    Mutant {
        example: "io::child_process",
        name: "no_stderr",
        edits: &[(".stderr(Stdio::piped())", ".stderr(Stdio::null())")],
        red: "io::child_process",
        says: "broken, stdout first: 200000 bytes of rows",
    },
    Mutant {
        example: "io::atomic_write",
        name: "leaves_the_temporary_file",
        edits: &[(
            "NamedTempFile::new_in(folder)?.into_parts();",
            r"NamedTempFile::new_in(folder)?.into_parts();
    let mut temporary_path = temporary_path;
    temporary_path.disable_cleanup(true);",
        )],
        red: "io::atomic_write",
        says: "files in the folder: 2",
    },
    Mutant {
        example: "io::atomic_write",
        name: "private_list",
        edits: &[(
            "        file.set_permissions(old.permissions()).await?;",
            "        let _ = old;",
        )],
        red: "io::atomic_write",
        says: "permissions kept: false",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "more_room",
        edits: &[("show(4).await?", "show(8).await?")],
        red: "io::backpressure_tcp",
        says: "9 wait in memory",
    },
    Mutant {
        example: "io::copy_progress",
        name: "deaf",
        edits: &[(
            r"            stop.store(true, Relaxed);
",
            "",
        )],
        red: "scenarios::io::copy_progress::interrupted",
        says: "still runs after 10s",
    },
    Mutant {
        example: "io::copy_progress",
        name: "accepts_a_cut_source",
        edits: &[(
            r#"    ensure!(complete, "{}: cut while it was copied", source.display());
"#,
            r"    let _ = complete;
",
        )],
        red: "scenarios::io::copy_progress::cut",
        says: "Ran { status: 0",
    },
    Mutant {
        example: "io::copy_progress",
        name: "breaks_a_hard_link",
        edits: &[(
            r#"    ensure!(old.nlink() == 1, "has other hard links, which would stay");
"#,
            "",
        )],
        red: "scenarios::io::copy_progress::as_cp",
        says: "Ran { status: 0",
    },
    Mutant {
        example: "io::tail",
        name: "leaves_the_old_log",
        edits: &[(
            "old = Some(mem::replace(&mut current, next));",
            "let _ = mem::replace(&mut current, next);",
        )],
        red: "scenarios::io::tail::late_writer",
        says: r#"then "" instead of "late 0"#,
    },
    Mutant {
        example: "io::walk",
        name: "follows_links",
        edits: &[(
            "match entry.metadata() {",
            "match fs::metadata(entry.path()) {",
        )],
        red: "io::walk",
        says: "Too many levels of symbolic links",
    },
    Mutant {
        example: "io::reconnect",
        name: "no_pause",
        edits: &[(
            r"        sleep(jittered).await;
",
            "",
        )],
        red: "io::reconnect",
        says: "8 of 8 delivered[..]<- early",
    },
    Mutant {
        example: "io::reconnect",
        name: "patient",
        edits: &[(
            "timeout(SERVER_TIMEOUT, stream.read_u8())",
            "timeout(2 * SERVER_TIMEOUT, stream.read_u8())",
        )],
        red: "io::reconnect",
        says: "8 of 8 delivered[..]<- late",
    },
    Mutant {
        example: "io::signals",
        name: "stops_at_a_bad_file",
        edits: &[(
            r#"Err(error) => eprintln!("still at most {limit} loaves: {error:#}"),"#,
            "Err(error) => return Err(error),",
        )],
        red: "io::signals",
        says: "ended by itself, with status 1",
    },
    Mutant {
        example: "io::split",
        name: "no_shutdown",
        edits: &[(
            r"    writer.shutdown().await?;
    drop(writer);",
            r"    writer.flush().await?;
    drop(writer);",
        )],
        red: "io::split",
        says: "fixed, shutdown: the kitchen waits",
    },
    Mutant {
        example: "io::split",
        name: "ignores_a_failed_task",
        edits: &[(
            r"    orders.await??;
",
            r"    let _ = orders.await;
",
        )],
        red: "scenarios::io::split::failures",
        says: "no soup today",
    },
    Mutant {
        example: "io::split",
        name: "takes_an_order_for_the_end",
        edits: &[(
            r#"Ok(Ok(0)) => "sees the end","#,
            r#"Ok(Ok(_)) => "sees the end","#,
        )],
        red: "scenarios::io::split::other_orders",
        says: "fixed, shutdown: the kitchen sees the end",
    },
    Mutant {
        example: "io::stdin",
        name: "reads_in_the_runtime",
        edits: &[(
            "timeout(LIMIT, fixed()).await",
            "timeout(LIMIT, broken()).await",
        )],
        red: "io::stdin",
        says: "back[..]<- late",
    },
    Mutant {
        example: "io::stdin",
        name: "takes_the_end_for_a_line",
        edits: &[(
            "typed_lines().recv().await.transpose()",
            r"let line = typed_lines().recv().await;
    line.unwrap_or(Ok(String::new())).map(Some)",
        )],
        red: "scenarios::io::stdin::answers",
        says: r#"is to be Some("Nobody is there, no tea.")"#,
    },
    Mutant {
        example: "io::stdin",
        name: "broken_by_default",
        edits: &[(r#"== Some("broken")"#, r#"!= Some("fixed")"#)],
        red: "scenarios::io::stdin::nobody_types",
        says: "it still runs after 20s",
    },
    Mutant {
        example: "io::write_file",
        name: "no_flush",
        edits: &[(
            r"    file.flush().await
",
            r"    Ok(())
",
        )],
        red: "io::write_file",
        says: "fixed, flushed: 0 of 200 files are short[..]<- missing",
    },
    Mutant {
        example: "io::read_file",
        name: "exits_with_0",
        edits: &[(
            r"                status = ExitCode::FAILURE;
",
            "",
        )],
        red: "io::read_file",
        says: "> exit status 1 expected, got 0",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "drains_longer",
        edits: &[(
            "        () = sleep(DRAIN_TIMEOUT) => {}",
            "        () = sleep(3 * DRAIN_TIMEOUT) => {}",
        )],
        red: "scenarios::io::hardened_echo::deadline",
        says: "cut after ",
    },
    Mutant {
        example: "io::line_server",
        name: "drains_longer",
        edits: &[(
            "        () = sleep(DRAIN_TIMEOUT) => {}",
            "        () = sleep(3 * DRAIN_TIMEOUT) => {}",
        )],
        red: "scenarios::io::line_server::deadline",
        says: "cut after ",
    },
    Mutant {
        example: "io::chat",
        name: "drains_longer",
        edits: &[(
            "        () = sleep(DRAIN_TIMEOUT) => {}",
            "        () = sleep(3 * DRAIN_TIMEOUT) => {}",
        )],
        red: "scenarios::io::chat::deadline",
        says: "cut after ",
    },
    Mutant {
        example: "io::proxy",
        name: "drains_longer",
        edits: &[(
            "        () = sleep(DRAIN_TIMEOUT) => {}",
            "        () = sleep(3 * DRAIN_TIMEOUT) => {}",
        )],
        red: "scenarios::io::proxy::deadline",
        says: "cut after ",
    },
    Mutant {
        example: "io::proxy",
        name: "waits_longer_for_upstream",
        edits: &[(
            "timeout(CONNECT_TIMEOUT, TcpStream",
            "timeout(3 * CONNECT_TIMEOUT, TcpStream",
        )],
        red: "scenarios::io::proxy::connect_limit",
        says: "after 15 s, not 5",
    },
    Mutant {
        example: "io::unix_socket",
        name: "open_for_a_moment",
        edits: &[(
            r"        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        socket.listen(BACKLOG)",
            r"        let listener = socket.listen(BACKLOG)?;
        std::thread::sleep(Duration::from_millis(1));
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)",
        )],
        red: "scenarios::io::unix_socket::mode_from_the_start",
        says: "at the first connect",
    },
    Mutant {
        example: "io::connect",
        name: "leaves_before_the_answer",
        edits: &[(
            r"            receive.await?;
",
            "",
        )],
        red: "io::echo",
        says: "100000[..]<- missing",
    },
    Mutant {
        example: "io::line_server",
        name: "endless_line",
        edits: &[(".take(MAX_LINE as u64)", ".take(u64::MAX)")],
        red: "scenarios::io::line_server::endless",
        says: "grown by ",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "small_backlog",
        edits: &[(
            r"    SockRef::from(&listener).listen(BACKLOG)?;
",
            "",
        )],
        red: "scenarios::io::hardened_echo::backlog",
        says: "no room for client 129",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "delays_short_answers",
        edits: &[(
            r"    stream.set_nodelay(true)?;
",
            "",
        )],
        red: "scenarios::io::hardened_echo::prompt",
        says: "most answers take ",
    },
    Mutant {
        example: "io::proxy",
        name: "delays_short_messages",
        edits: &[(
            r"    client.set_nodelay(true)?;
",
            "",
        )],
        red: "scenarios::io::proxy::prompt",
        says: "most answers take ",
    },
    Mutant {
        example: "io::line_server",
        name: "delays_short_replies",
        edits: &[(
            r"    stream.set_nodelay(true)?;
",
            "",
        )],
        red: "scenarios::io::line_server::prompt",
        says: "most answers take ",
    },
    Mutant {
        example: "io::chat",
        name: "delays_short_lines",
        edits: &[(
            r"    let _ = stream.set_nodelay(true);
",
            "",
        )],
        red: "scenarios::io::chat::prompt",
        says: "most answers take ",
    },
    Mutant {
        example: "io::echo",
        name: "dies_of_an_accept_error",
        edits: &[(
            r#"                log(&format!("cannot accept: {error}"));
"#,
            r#"                panic!("{error}");
"#,
        )],
        red: "scenarios::io::echo::descriptors",
        says: "Connection re",
    },
    Mutant {
        example: "io::echo",
        name: "one_at_a_time",
        edits: &[
            (
                r"                tokio::spawn(async move {
",
                r"                (async move {
",
            ),
            (
                r"                    }
                });
",
                r"                    }
                })
                .await;
",
            ),
        ],
        red: "scenarios::io::echo::silent_neighbor",
        says: "it waits for its neighbor",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "resets_the_backlog",
        edits: &[(
            r"    let _ = timeout(Duration::ZERO, backlog).await;
",
            r"    drop(backlog);
",
        )],
        red: "scenarios::io::hardened_echo::backlog",
        says: r#"no line "stopping: 600 connections have 3s""#,
    },
    Mutant {
        example: "io::hardened_echo",
        name: "accepts_a_part_of_the_backlog",
        edits: &[(
            "unconstrained(accept_loop(&listener, &connections))",
            "accept_loop(&listener, &connections)",
        )],
        red: "scenarios::io::hardened_echo::backlog",
        says: r#"no line "stopping: 600 connections have 3s""#,
    },
    Mutant {
        example: "io::hardened_echo",
        name: "permit_dropped_early",
        edits: &[(
            r"                    let _ = echo(stream).await;
                    drop(permit);",
            r"                    drop(permit);
                    let _ = echo(stream).await;",
        )],
        red: "scenarios::io::hardened_echo::limit",
        says: "more than there are places",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "floods_the_log",
        edits: &[(
            r"                    quiet_until = Instant::now() + Duration::from_secs(60);
",
            "",
        )],
        red: "scenarios::io::hardened_echo::descriptors",
        says: "times that it cannot accept, not",
    },
    Mutant {
        example: "io::line_server",
        name: "more_connections",
        edits: &[("Semaphore::const_new(1000)", "Semaphore::const_new(2000)")],
        red: "scenarios::io::line_server::limit",
        says: "more than there are places",
    },
    Mutant {
        example: "io::line_server",
        name: "long_replies_wait",
        edits: &[(
            "timeout(CLIENT_TIMEOUT, replies.write_all(reply.as_bytes())).await??;",
            "replies.write_all(reply.as_bytes()).await?;",
        )],
        red: "scenarios::io::line_server::line_limit",
        says: "each is to be cut after a minute",
    },
    Mutant {
        example: "io::line_server",
        name: "refused_client_sends_on",
        edits: &[(
            "timeout(CLIENT_TIMEOUT, copy(&mut requests, &mut sink())).await??;",
            "copy(&mut requests, &mut sink()).await?;",
        )],
        red: "scenarios::io::line_server::line_limit",
        says: "each is to be cut after a minute",
    },
    Mutant {
        example: "io::line_server",
        name: "trims_requests",
        edits: &[(".unwrap_or(request);", ".unwrap_or(request).trim_start();")],
        red: "scenarios::io::line_server::odd_lines",
        says: r#"" GET tea"#,
    },
    Mutant {
        example: "io::heartbeat",
        name: "permit_dropped_early",
        edits: &[(
            r"                    serve(stream, peer).await;
                    drop(permit);",
            r"                    drop(permit);
                    serve(stream, peer).await;",
        )],
        red: "scenarios::io::heartbeat::limit",
        says: "more than there are places",
    },
    Mutant {
        example: "io::heartbeat",
        name: "longer_lines",
        edits: &[(
            "LinesCodec::new_with_max_length(MAX_LINE)",
            "LinesCodec::new_with_max_length(100_000 * MAX_LINE)",
        )],
        red: "scenarios::io::heartbeat::endless_line",
        says: "grown by ",
    },
    Mutant {
        example: "io::proxy",
        name: "more_connections",
        edits: &[("Semaphore::const_new(500)", "Semaphore::const_new(1000)")],
        red: "scenarios::io::proxy::limit",
        says: "more than there are places",
    },
    Mutant {
        example: "io::process_group",
        name: "only_the_shell",
        edits: &[
            (
                "let child = shell().process_group(0)",
                "let mut child = shell().process_group(0)",
            ),
            ("kill_group(&child)?", "child.start_kill()?"),
        ],
        red: "io::process_group",
        says: "fixed: its output has ended[..]<- late",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "buffer_while_it_waits",
        edits: &[(
            r"        stream.readable().await?;
        let mut buffer = Vec::with_capacity(BUFFER_SIZE);",
            r"        let mut buffer = vec![0; BUFFER_SIZE];
        buffer.clear();
        stream.readable().await?;",
        )],
        red: "scenarios::io::hardened_echo::idle",
        says: "bytes for each client",
    },
    Mutant {
        example: "io::udp",
        name: "fills_twice",
        edits: &[("if number <= last {", "if number < last {")],
        red: "io::udp",
        says: "order 4: 15 loaves left (try 3)",
    },
    Mutant {
        example: "io::tail",
        name: "not_truncated",
        edits: &[(
            "named.len() < current.position",
            "named.len() + 16 < current.position",
        )],
        red: "io::tail",
        says: "-- truncated[..]<- missing",
    },
    Mutant {
        example: "io::tail",
        name: "followed_from_its_opening",
        edits: &[(
            "            self.last_growth = Instant::now();
",
            "",
        )],
        red: "scenarios::io::tail::late_writer_of_an_old_log",
        says: "late",
    },
    Mutant {
        example: "io::tail",
        name: "keeps_the_old_log",
        edits: &[(
            r"                old = None;
",
            "",
        )],
        red: "scenarios::io::tail::quiet_old_log",
        says: r#"then "too late"#,
    },
    Mutant {
        example: "io::tail",
        name: "leaves_the_old_log_early",
        edits: &[(
            "OLD_LOG_TIMEOUT: Duration = Duration::from_secs(10)",
            "OLD_LOG_TIMEOUT: Duration = Duration::from_secs(5)",
        )],
        red: "scenarios::io::tail::quiet_old_log",
        says: r#"then "" instead of "late"#,
    },
    Mutant {
        example: "io::tail",
        name: "adds_up_failures",
        edits: &[(
            r"            failures = 0;
            // A FIFO",
            "            // A FIFO",
        )],
        red: "scenarios::io::tail::gaps",
        says: "-- log: No such file or directory",
    },
    Mutant {
        example: "io::tail",
        name: "does_not_follow_a_link",
        edits: &[(
            "fs::metadata(path).await",
            "fs::symlink_metadata(path).await",
        )],
        red: "scenarios::io::tail::link",
        says: "-- rotated",
    },
    Mutant {
        example: "io::proxy",
        name: "hears_only_the_client",
        edits: &[(
            "let mut server = InspectReader::new(server, |_| active.store(true, Relaxed));",
            "let mut server = InspectReader::new(server, |_| {});",
        )],
        red: "scenarios::io::proxy::idle_limit",
        says: "a connection on which only the server spoke",
    },
    Mutant {
        example: "io::signals",
        name: "listens_late",
        edits: &[
            ("    let mut signals = Signals::new()?;\n", ""),
            (
                "    let cause = loop {",
                r"    let mut signals = Signals::new()?;
    let cause = loop {",
            ),
        ],
        red: "scenarios::io::signals::early",
        says: "status 0 and the errors [] are expected, not Ran { status: 143",
    },
    Mutant {
        example: "io::reconnect",
        name: "takes_any_answer",
        edits: &[(
            r#"        ensure!(acknowledged == message, "it acknowledged {acknowledged}");
"#,
            "        let _ = acknowledged;
",
        )],
        red: "scenarios::io::reconnect::another_number",
        says: "it acknowledged 7",
    },
    Mutant {
        example: "io::reconnect",
        name: "pauses_stay_long",
        edits: &[(
            r"            before = delivered;
            pause = FIRST_PAUSE;
",
            r"            before = delivered;
",
        )],
        red: "scenarios::io::reconnect::short_pause_again",
        says: "next try in 352ms",
    },
    Mutant {
        example: "io::framing",
        name: "refuses_the_largest",
        edits: &[("length > MAX_FRAME", "length >= MAX_FRAME")],
        red: "scenarios::io::framing::largest",
        says: "fixed: 1024 bytes are too long",
    },
    Mutant {
        example: "io::heartbeat",
        name: "ping_without_a_deadline",
        edits: &[(
            r#"                let sent = timeout_at(deadline, lines.send("ping")).await;
                sent.context("it does not read")??;"#,
            r#"                lines.send("ping").await.context("it does not read")?;"#,
        )],
        red: "scenarios::io::heartbeat::never_reads",
        says: "listening on",
    },
    Mutant {
        example: "io::udp",
        name: "takes_a_late_reply",
        edits: &[(
            "        if reply[0] == number {",
            "        if reply[0] > 0 {",
        )],
        red: "scenarios::io::udp::late_replies",
        says: "order 2: 19 loaves left (try 1)",
    },
    Mutant {
        example: "io::udp",
        name: "refused_means_no",
        edits: &[(
            "            Ok(Err(_)) => sleep_until(deadline).await,",
            "            Ok(Err(error)) => return Err(error.into()),",
        )],
        red: "scenarios::io::udp::late_server",
        says: "Connection refused",
    },
    Mutant {
        example: "io::walk",
        name: "more_reads",
        edits: &[(
            "const MAX_READS: usize = 8;",
            "const MAX_READS: usize = 16;",
        )],
        red: "scenarios::io::walk::eight_reads",
        says: "16 at the same time",
    },
    Mutant {
        example: "io::walk",
        name: "ignores_a_failed_write",
        edits: &[("        written => written?,", "        _ => {}")],
        red: "scenarios::io::walk::full_disk",
        says: "on a full disk, status 1",
    },
    Mutant {
        example: "io::walk",
        name: "leaves_out_a_panic",
        edits: &[(
            "        let (count, directories) = read?;",
            r"        let Ok((count, directories)) = read else {
            continue;
        };",
        )],
        red: "scenarios::io::walk::panics",
        says: "after a panic, status 1",
    },
    Mutant {
        example: "io::walk",
        name: "names_in_utf_8",
        edits: &[("env::args_os().nth(1)", "env::args().nth(1)")],
        red: "scenarios::io::walk::odd_entries",
        says: "status: 101",
    },
    Mutant {
        example: "io::framing_codec",
        name: "larger_frames",
        edits: &[(
            "const MAX_FRAME: usize = 1024;",
            "const MAX_FRAME: usize = 1024 * 1024;",
        )],
        red: "scenarios::io::framing_codec::largest",
        says: r#"not 0: ["xxx[..]xxx is confirmed"]"#,
    },
    Mutant {
        example: "io::lines",
        name: "error_is_the_end",
        edits: &[(
            "while let Some(line) = lines.next_line().await? {",
            "while let Ok(Some(line)) = lines.next_line().await {",
        )],
        red: "scenarios::io::lines::not_text",
        says: "an error on UTF-8 is expected, not status 0",
    },
    Mutant {
        example: "io::lines",
        name: "small_reads",
        edits: &[(
            "BufReader::new(file).lines()",
            "BufReader::with_capacity(64, file).lines()",
        )],
        red: "scenarios::io::lines::not_text",
        says: "a read is to bring 8 KiB: [\"GET /tea 200, and 51 bytes\"",
    },
    Mutant {
        example: "io::lines",
        name: "ignores_a_full_disk",
        edits: &[(
            "fs::write(&path, log).await?;",
            "let _ = fs::write(&path, log).await;",
        )],
        red: "scenarios::io::lines::full_disk",
        says: "on a full disk lines is to say",
    },
    Mutant {
        example: "io::lines",
        name: "finds_the_status_anywhere",
        edits: &[(r#"line.ends_with(" 500")"#, r#"line.contains(" 500")"#)],
        red: "scenarios::io::lines::status_only",
        says: "5 requests, 3 failed",
    },
    Mutant {
        example: "io::read_to_string",
        name: "blocks",
        edits: &[(
            "match fs::read_to_string(&path).await {",
            "match std::fs::read_to_string(&path) {",
        )],
        red: "scenarios::io::read_to_string::slow_file",
        says: "it still runs after",
    },
    Mutant {
        example: "io::file_cost",
        name: "starts_early",
        edits: &[(
            r"        let start = Instant::now();
        tokio_bytes",
            "        tokio_bytes",
        )],
        red: "scenarios::io::file_cost::slow_std",
        says: "tokio::fs is to be quicker; status 0: ",
    },
    Mutant {
        example: "io::chat",
        name: "asks_late",
        edits: &[(
            r".with_time(Duration::from_secs(30))
    .with_interval(Duration::from_secs(10));",
            ".with_time(Duration::from_secs(30));",
        )],
        red: "scenarios::io::chat::lost_network",
        says: "ann is still in the attic after 20 s",
    },
    Mutant {
        example: "io::connect",
        name: "relative_path_is_an_address",
        edits: &[("address.contains('/')", "address.starts_with('/')")],
        red: "scenarios::io::connect::relative_path",
        says: r#"not ["Error: cannot connect to ./socket: invalid socket address"#,
    },
    Mutant {
        example: "io::echo_roundtrip",
        name: "compares_the_lengths",
        edits: &[("answer == question", "count == question.len()")],
        red: "scenarios::io::echo_roundtrip::other_bytes",
        says: "equal to what was sent: true",
    },
    Mutant {
        example: "io::process_group",
        name: "asks_to_stop",
        edits: &[("Signal::KILL", "Signal::TERM")],
        red: "scenarios::io::process_group::ignores_sigterm",
        says: r#"said: ["woken", "woken"]"#,
    },
    Mutant {
        example: "io::proxy",
        name: "stays_down",
        edits: &[("upstream.is_down.swap(", "upstream.is_down.fetch_or(")],
        red: "scenarios::io::proxy::upstream_down",
        says: "has printed 4 lines, not 3",
    },
    Mutant {
        example: "io::proxy",
        name: "delays_short_requests",
        edits: &[(
            r"    server.set_nodelay(true)?;
",
            "",
        )],
        red: "scenarios::io::proxy::prompt",
        says: "from the client to the upstream",
    },
    Mutant {
        example: "io::proxy",
        name: "closes_an_idle_connection",
        edits: &[(
            "() = idle => Err(io::ErrorKind::TimedOut.into()),",
            "() = idle => Ok(()),",
        )],
        red: "scenarios::io::proxy::idle_limit",
        says: "the client's end is Ok(0), the upstream's Ok(0)",
    },
    Mutant {
        example: "io::proxy",
        name: "hears_only_the_server",
        edits: &[(
            "let mut client = InspectReader::new(client, |_| active.store(true, Relaxed));",
            "let mut client = InspectReader::new(client, |_| {});",
        )],
        red: "scenarios::io::proxy::idle_limit",
        says: "a connection [..] spoke",
    },
    Mutant {
        example: "io::proxy",
        name: "forwards_to_itself",
        edits: &[(
            r#"unwrap_or("127.0.0.1:8080".into())"#,
            r#"unwrap_or("127.0.0.1:8081".into())"#,
        )],
        red: "scenarios::io::proxy::defaults",
        says: r#"to 127.0.0.1:8080" is expected"#,
    },
    Mutant {
        example: "io::read_file",
        name: "error_among_the_contents",
        edits: &[("eprintln!(", "println!(")],
        red: "scenarios::io::read_file::error_apart",
        says: r#"shown: "File contents: Hello from a file\nError: missing.txt: "#,
    },
    Mutant {
        example: "io::read_to_string",
        name: "names_in_utf_8",
        edits: &[("env::args_os().nth(1)", "env::args().nth(1)")],
        red: "scenarios::io::read_to_string::names",
        says: "status: 101",
    },
    Mutant {
        example: "io::read_to_string",
        name: "error_among_the_contents",
        edits: &[("eprintln!(", "println!(")],
        red: "scenarios::io::read_to_string::names",
        says: "Failed to read file: missing: ",
    },
    Mutant {
        example: "io::read_to_string",
        name: "replaces_other_bytes",
        edits: &[(
            "match fs::read_to_string(&path).await {",
            r"let read = fs::read(&path).await;
    match read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) {",
        )],
        red: "scenarios::io::read_to_string::names",
        says: "Failed to read file: bytes: ",
    },
    Mutant {
        example: "io::connect",
        name: "error_in_the_output",
        edits: &[(
            r#"writeln!(io::stderr(), "Error"#,
            r#"writeln!(io::stdout(), "Error"#,
        )],
        red: "scenarios::io::connect::input_fails",
        says: r#"are expected, not ["status 1""#,
    },
    Mutant {
        example: "io::file_cost",
        name: "counts_what_is_missing",
        edits: &[(
            "tokio::fs::read(file).await?.len()",
            "tokio::fs::read(file).await.unwrap_or_default().len()",
        )],
        red: "scenarios::io::file_cost::slow_std",
        says: "a missing file is to be an error",
    },
    Mutant {
        example: "io::write_file",
        name: "keeps_the_end_of_a_longer_file",
        edits: &[(
            r"async fn fixed(path: &Path) -> io::Result<()> {
    let mut file = File::create(path).await?;
",
            r"async fn fixed(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    let mut file = options.write(true).create(true).open(path).await?;
",
        )],
        red: "scenarios::io::write_file::longer_file",
        says: "Error: still longer",
    },
    Mutant {
        example: "io::signals",
        name: "error_in_the_output",
        edits: &[("eprintln!(", "println!(")],
        red: "scenarios::io::signals::no_limit",
        says: "status 0 and the errors [",
    },
    Mutant {
        example: "io::signals",
        name: "missing_file_means_10",
        edits: &[(
            "fs::read_to_string(path).await.context(path.to_owned())?;",
            r#"fs::read_to_string(path).await.unwrap_or("10".into());"#,
        )],
        red: "scenarios::io::signals::missing",
        says: "an error about oven",
    },
    Mutant {
        example: "io::signals",
        name: "forgets_the_new_limit",
        edits: &[
            (
                r#"                limit = new;
                println!("baking at most {limit} loaves");"#,
                r#"                println!("baking at most {new} loaves");"#,
            ),
            ("let mut limit = load(", "let limit = load("),
        ],
        red: "scenarios::io::signals::missing",
        says: "still at most 10",
    },
    Mutant {
        example: "io::kill_on_drop",
        name: "accepts_an_early_exit",
        edits: &[
            ("use anyhow::{Context, ensure};", "use anyhow::Context;"),
            (
                r#"    ensure!(exited.is_err(), "the child did not wait: {exited:?}");
"#,
                "    let _ = exited;\n",
            ),
        ],
        red: "scenarios::io::kill_on_drop::exits_early",
        says: r#"are expected, not status 0 and ["broken: dropped, the child is gone""#,
    },
    Mutant {
        example: "io::unix_socket",
        name: "greets_root",
        edits: &[("if user == owner {", "if user == owner || user == 0 {")],
        red: "scenarios::io::unix_socket::root_is_refused",
        says: r#"from the server of another user, not "hello, process [..] of user 0"#,
    },
    Mutant {
        example: "io::unix_socket",
        name: "panics_when_nobody_reads",
        edits: &[
            (
                r#"let _ = writeln!(io::stderr(), "cannot accept: {error}");"#,
                r#"eprintln!("cannot accept: {error}");"#,
            ),
            ("use std::io::{self, Write};", "use std::io;"),
        ],
        red: "scenarios::io::unix_socket::no_descriptor",
        says: "unix_socket no longer accepts",
    },
    Mutant {
        example: "io::unix_socket",
        name: "catches_signals_after_its_file",
        edits: &[
            (
                r"        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let shown",
                "        let shown",
            ),
            (
                r"        let owner = fs::metadata(&path)?.uid();
",
                r"        let owner = fs::metadata(&path)?.uid();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
",
            ),
        ],
        red: "scenarios::io::unix_socket::catches_first",
        says: "before the file is there",
    },
    Mutant {
        example: "io::chat",
        name: "passes_on_escapes_of_unicode",
        edits: &[("!c.is_control()", "!c.is_ascii_control()")],
        red: "scenarios::io::chat::rooms",
        says: r"quiet\u{80}\u{81}",
    },
    Mutant {
        example: "io::read_file",
        name: "ignores_an_error_while_reading",
        edits: &[(
            "    file.read_to_string(&mut contents).await?;",
            "    let _ = file.read_to_string(&mut contents).await;",
        )],
        red: "scenarios::io::read_file::unreadable",
        says: r#"status 1 and the errors ["Error: missing.txt: "] are expected, not Ran { status: 0"#,
    },
    Mutant {
        example: "io::write_file",
        name: "ignores_an_error_of_flush",
        edits: &[(
            "    file.flush().await\n",
            r"    let _ = file.flush().await;
    Ok(())
",
        )],
        red: "scenarios::io::write_file::full_disk",
        says: r#"on a full disk write_file is to say "Error: File too large""#,
    },
    Mutant {
        example: "io::write_file",
        name: "measures_the_other_files",
        edits: &[(
            r"        fixed(&path).await?;
",
            r#"        fixed(&path).await?;
        let path = folder.path().join(format!("broken-{number}"));
"#,
        )],
        red: "scenarios::io::write_file::counts_short_files",
        says: "fixed, flushed: 0 of 200 files are short",
    },
    Mutant {
        example: "io::udp",
        name: "fills_an_older_order",
        edits: &[("if number <= last {", "if number == last {")],
        red: "scenarios::io::udp::late_order",
        says: "order 5: 14 loaves left (try 1)",
    },
    Mutant {
        example: "io::udp",
        name: "waits_anew_after_each_packet",
        edits: &[
            (
                "timeout_at(deadline, ask(socket, number)).await",
                "Ok::<_, ()>(ask(socket, number).await)",
            ),
            (
                "        socket.recv(&mut reply).await?;",
                "        timeout(REPLY_TIMEOUT, socket.recv(&mut reply)).await??;",
            ),
            (
                "use tokio::time::{Instant, sleep_until, timeout_at};",
                "use tokio::time::{Instant, sleep_until, timeout};",
            ),
        ],
        red: "scenarios::io::udp::chatter",
        says: "still runs after 20s",
    },
    Mutant {
        example: "io::udp",
        name: "hears_strangers",
        edits: &[
            (
                "    customer.connect(shop.local_addr()?).await?;",
                "    let _ = SHOP.set(shop.local_addr()?);",
            ),
            (
                "const MAX_TRIES: u32 = 5;",
                r"static SHOP: std::sync::OnceLock<std::net::SocketAddr> = std::sync::OnceLock::new();
const MAX_TRIES: u32 = 5;",
            ),
            (
                "socket.send(&[number]).await?;",
                "socket.send_to(&[number], SHOP.get().unwrap()).await?;",
            ),
            (
                "socket.recv(&mut reply).await?;",
                "socket.recv_from(&mut reply).await?;",
            ),
        ],
        red: "scenarios::io::udp::stranger",
        says: "order 1: 99 loaves left",
    },
    Mutant {
        example: "io::udp",
        name: "sells_what_is_not_there",
        edits: &[("left = left.saturating_sub(1);", "left -= 1;")],
        red: "scenarios::io::udp::sold_out",
        says: "attempt to subtract with overflow",
    },
    Mutant {
        example: "io::child_process",
        name: "only_reports_a_failure",
        edits: &[
            ("use anyhow::{Context, ensure};", "use anyhow::Context;"),
            (
                r#"    ensure!(output.status.success(), "the report: {}", output.status);
"#,
                r#"    if !output.status.success() {
        eprintln!("the report: {}", output.status);
    }
"#,
            ),
        ],
        red: "scenarios::io::child_process::failed_report",
        says: "are expected, not 0: [",
    },
    Mutant {
        example: "io::atomic_write",
        name: "ignores_an_error_of_flush",
        edits: &[(
            r#"    file.write_all(b"white 7\nmint 4\n").await?;
    file.flush().await?;
"#,
            r#"    file.write_all(b"white 7\nmint 4\n").await?;
"#,
        )],
        red: "scenarios::io::atomic_write::full_halfway",
        says: "is expected, not [",
    },
    Mutant {
        example: "io::atomic_write",
        name: "needs_an_old_list",
        edits: &[(
            r"    if let Ok(old) = fs::metadata(list).await {
        file.set_permissions(old.permissions()).await?;
    }",
            r"    let old = fs::metadata(list).await?;
    file.set_permissions(old.permissions()).await?;",
        )],
        red: "scenarios::io::atomic_write::other_lists",
        says: "without an old list status 0 and ",
    },
    Mutant {
        example: "io::atomic_write",
        name: "private_for_a_moment",
        edits: &[
            (
                r"    if let Ok(old) = fs::metadata(list).await {
        file.set_permissions(old.permissions()).await?;
    }",
                "    let old = fs::metadata(list).await;",
            ),
            (
                "    temporary_path.persist(list)?;\n",
                r"    temporary_path.persist(list)?;
    if let Ok(old) = old {
        file.set_permissions(old.permissions()).await?;
    }
",
            ),
        ],
        red: "scenarios::io::atomic_write::other_lists",
        says: r#"are expected, not [[..]"before the rename: 100600"#,
    },
    Mutant {
        example: "io::atomic_write",
        name: "usual_permissions",
        edits: &[(
            "file.set_permissions(old.permissions()).await?;",
            r"let _ = old;
        let usual = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.set_permissions(usual).await?;",
        )],
        red: "scenarios::io::atomic_write::other_lists",
        says: "with the permissions 604 ",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "waits_twice_as_long",
        edits: &[("timeout(WRITE_TIMEOUT,", "timeout(2 * WRITE_TIMEOUT,")],
        red: "io::backpressure_tcp",
        says: "[..]<- late",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "one_timeout_for_all_frames",
        edits: &[
            (
                "use tokio::time::timeout;",
                "use tokio::time::{Instant, timeout_at};",
            ),
            (
                "    let mut sent = 0;\n",
                r"    let mut sent = 0;
    let deadline = Instant::now() + WRITE_TIMEOUT;
",
            ),
            ("timeout(WRITE_TIMEOUT, ", "timeout_at(deadline, "),
        ],
        red: "scenarios::io::backpressure_tcp::whole_frames",
        says: "with a screen that reads, status 0 and ",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "counts_a_failed_write",
        edits: &[("Ok(written) => written?,", "Ok(_) => {}")],
        red: "scenarios::io::backpressure_tcp::screen_closes",
        says: "status 1 and an error are expected, not 0",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "camera_panics",
        edits: &[(
            r"let Ok(room) = queue.reserve().await else {
            return;
        };",
            r#"let room = queue.reserve().await.expect("a screen");"#,
        )],
        red: "scenarios::io::backpressure_tcp::counts_all",
        says: "the camera is to stop quietly",
    },
    Mutant {
        example: "io::backpressure_tcp",
        name: "fixed_port",
        edits: &[(r#"bind("127.0.0.1:0")"#, r#"bind("127.0.0.1:8080")"#)],
        red: "repository::text::io::backpressure_tcp",
        says: "it listens on 127.0.0.1:8080",
    },
    Mutant {
        example: "io::bounded_lines",
        name: "skips_the_next_line",
        edits: &[(
            r#"        while !ended && read_piece(&mut file, &mut line).await? > 0 {
            ended = line.ends_with(b"\n");
"#,
            r#"        while read_piece(&mut file, &mut line).await? > 0 {
            ended = line.ends_with(b"\n");
            if ended {
                break;
            }
"#,
        )],
        red: "scenarios::io::bounded_lines::ends",
        says: "1 lines, longest 3 bytes, 1 too long",
    },
    Mutant {
        example: "io::bounded_lines",
        name: "ignores_a_full_disk",
        edits: &[(
            r#"Ok(counted) => writeln!(io::stdout(), "{}: {counted}", path.display())?,"#,
            r#"Ok(counted) => _ = writeln!(io::stdout(), "{}: {counted}", path.display()),"#,
        )],
        red: "scenarios::io::bounded_lines::full_output",
        says: "Error: No space left on device",
    },
    Mutant {
        example: "io::child_process",
        name: "takes_a_killed_report",
        edits: &[(
            r#"output.status.success(), "the"#,
            r#"output.status.code().unwrap_or(0) == 0, "the"#,
        )],
        red: "scenarios::io::child_process::failed_report",
        says: "signal: 9 (SIGKILL)",
    },
    Mutant {
        example: "io::child_process",
        name: "counts_the_other_output",
        edits: &[(
            "(output.stdout.len(), output.stderr.len())",
            "(output.stderr.len(), output.stdout.len())",
        )],
        red: "scenarios::io::child_process::two_lengths",
        says: "200000 bytes of rows, 100000 of warnings",
    },
    Mutant {
        example: "io::connect",
        name: "usual_address",
        edits: &[(
            r#".context("usage: connect 127.0.0.1:8080")?;"#,
            r#".unwrap_or("127.0.0.1:8080".into());"#,
        )],
        red: "scenarios::io::connect::arguments",
        says: r#"connect is to print ["Error: usage: "#,
    },
    Mutant {
        example: "io::connect",
        name: "no_names",
        edits: &[(
            "TcpStream::connect(&address)",
            "TcpStream::connect(address.parse::<std::net::SocketAddr>()?)",
        )],
        red: "scenarios::io::connect::arguments",
        says: r#"connect is to print ["hello"]"#,
    },
    Mutant {
        example: "io::connect",
        name: "lines_of_text",
        edits: &[
            (
                "copy, split, stdin, stdout};",
                "AsyncBufReadExt, BufReader, copy, split, stdin, stdout};",
            ),
            (
                "        let sent = copy(&mut stdin(), &mut to_server).await;\n",
                r#"        let mut lines = BufReader::new(stdin()).lines();
        let mut sent = Ok(0_u64);
        while let Ok(Some(line)) = lines.next_line().await {
            let line = format!("{line}\n");
            if let Err(error) = to_server.write_all(line.as_bytes()).await {
                sent = Err(error);
                break;
            }
        }
"#,
            ),
        ],
        red: "scenarios::io::connect::any_bytes",
        says: " 61 ff 00 0d 0a 0a 62",
    },
    Mutant {
        example: "io::echo",
        name: "says_nothing_of_an_error",
        edits: &[(
            r#"                    if let Err(error) = echo(stream).await {
                        log(&format!("{peer}: {error}"));
                    }
"#,
            "                    let _ = (echo(stream).await, peer);\n",
        )],
        red: "scenarios::io::echo::says_what_failed",
        says: "prints no line ",
    },
    Mutant {
        example: "io::echo_roundtrip",
        name: "counts_what_was_sent",
        edits: &[("let count = answer.len();", "let count = question.len();")],
        red: "scenarios::io::echo_roundtrip::other_bytes",
        says: "client: 9000000 bytes received",
    },
    Mutant {
        example: "io::file_cost",
        name: "last_time",
        edits: &[(
            "std_time = std_time.min(start.elapsed());",
            "std_time = start.elapsed();",
        )],
        red: "scenarios::io::file_cost::measures",
        says: "slow [true, true, false]",
    },
    Mutant {
        example: "io::file_cost",
        name: "blocking_starts_early",
        edits: &[(
            "        let start = Instant::now();\n        let shared",
            "        let shared",
        )],
        red: "scenarios::io::file_cost::measures",
        says: "slow [false, true, true]",
    },
    Mutant {
        example: "io::file_cost",
        name: "a_call_for_each_file",
        edits: &[(
            r"        blocking_bytes = spawn_blocking(move || read_with_std(&shared)).await??;
",
            r"        blocking_bytes = 0;
        for file in shared.iter().cloned() {
            blocking_bytes += spawn_blocking(move || read_with_std(&[file])).await??;
        }
",
        )],
        red: "scenarios::io::file_cost::measures",
        says: r#""sent 150, "#,
    },
    Mutant {
        example: "io::file_cost",
        name: "prints_the_bytes_of_std",
        edits: &[(
            "tokio::fs: {tokio_bytes} bytes",
            "tokio::fs: {std_bytes} bytes",
        )],
        red: "scenarios::io::file_cost::measures",
        says: r#""tokio::fs: 51200 bytes, "#,
    },
    Mutant {
        example: "io::framing",
        name: "takes_half_a_frame",
        edits: &[(
            r"    let mut frame = vec![0; length];
    link.read_exact(&mut frame).await?;
",
            r"    let mut frame = Vec::new();
    link.take(length as u64).read_to_end(&mut frame).await?;
",
        )],
        red: "scenarios::io::framing::cut_off",
        says: r#""fixed: 21"]"#,
    },
    Mutant {
        example: "io::framing_codec",
        name: "confirms_unread",
        edits: &[(
            r#"println!("{} is confirmed", reply.escape_ascii());"#,
            r#"drop(reply);
            println!("{reading} is confirmed");"#,
        )],
        red: "scenarios::io::framing_codec::other_reply",
        says: "21.5 is confirmed",
    },
    Mutant {
        example: "io::happy_eyeballs",
        name: "starts_all_after_the_first",
        edits: &[(
            "        if let Some(address) = untried.next() {\n            attempts",
            r"        let more = if attempts.is_empty() { 1 } else { 9 };
        for address in untried.by_ref().take(more) {
            attempts",
        )],
        red: "scenarios::io::happy_eyeballs::late_answers",
        says: "connected after 0.5 s",
    },
    Mutant {
        example: "io::happy_eyeballs",
        name: "one_attempt_at_a_time",
        edits: &[(
            "        if let Some(address) = untried.next() {\n",
            r"        if let Some(address) = untried.next() {
            attempts = JoinSet::new();
",
        )],
        red: "scenarios::io::happy_eyeballs::late_answers",
        says: "status 0 is expected, not 1",
    },
    Mutant {
        example: "io::hardened_echo",
        name: "says_it_once",
        edits: &[
            (
                "let mut quiet_until = Instant::now();",
                "let mut quiet_until = None;",
            ),
            (
                "if quiet_until <= Instant::now() {",
                "if quiet_until.is_none() {",
            ),
            (
                "quiet_until = Instant::now() + Duration::from_secs(60);",
                "quiet_until = Some(Instant::now() + Duration::from_secs(60));",
            ),
        ],
        red: "scenarios::io::hardened_echo::says_again",
        says: "in 10 s it says ",
    },
    Mutant {
        example: "io::heartbeat",
        name: "only_a_pong_counts",
        edits: &[(
            r"                if line?.is_none() {
                    return Ok(());
                }
                answered = true;
",
            r#"                let Some(line) = line? else {
                    return Ok(());
                };
                answered |= line == "pong";
"#,
        )],
        red: "scenarios::io::heartbeat::pings",
        says: "ended after ",
    },
    Mutant {
        example: "io::copy_progress",
        name: "hashes_the_whole_buffer",
        edits: &[("sum.write(piece);", "sum.write(&buffer);")],
        red: "scenarios::io::copy_progress::any_size",
        says: "ran.output[0].starts_with(sum)",
    },
    Mutant {
        example: "io::copy_progress",
        name: "jumps_in_quarters",
        edits: &[(
            "bar.is_hidden() && quarters > before &&",
            "bar.is_hidden() && quarters == before + 1 &&",
        )],
        red: "scenarios::io::copy_progress::any_size",
        says: r#"["4: 75 %"] is to be told"#,
    },
    Mutant {
        example: "io::copy_progress",
        name: "divides_by_no_size",
        edits: &[(".unwrap_or_default().max(1)", ".unwrap_or_default()")],
        red: "scenarios::io::copy_progress::without_a_size",
        says: "ran.status == 0",
    },
    Mutant {
        example: "io::copy_progress",
        name: "changes_the_owner",
        edits: &[(
            "fchown(&part, Some(old.uid()), Some(old.gid()))?;",
            "let _ = fchown(&part, Some(old.uid()), Some(old.gid()));",
        )],
        red: "scenarios::io::copy_progress::read_only",
        says: "ran.status == 1",
    },
    Mutant {
        example: "io::copy_progress",
        name: "second_signal_ignored",
        edits: &[
            (
                r"            tokio::select! {
                copied = &mut job => copied?,
                () = stop_signals.recv() => process::exit(130),
            }
",
                "            job.await?\n",
            ),
            (
                "use std::process::{self, ExitCode};",
                "use std::process::ExitCode;",
            ),
        ],
        red: "scenarios::io::copy_progress::second_signal",
        says: "still runs after 5s",
    },
    Mutant {
        example: "io::copy_progress",
        name: "keeps_setuid",
        edits: &[(
            "Permissions::from_mode(old.mode() & 0o777)",
            "Permissions::from_mode(old.mode() & 0o7777)",
        )],
        red: "scenarios::io::copy_progress::as_cp",
        says: "onto Some(",
    },
    Mutant {
        example: "io::copy_progress",
        name: "copies_no_link",
        edits: &[(
            "let metadata = fs::metadata(source)",
            "let metadata = fs::symlink_metadata(source)",
        )],
        red: "scenarios::io::copy_progress::as_cp",
        says: "from/alias: not a file",
    },
    Mutant {
        example: "io::chat",
        name: "longer_lines",
        edits: &[(
            "const MAX_LINE: usize = 512;",
            "const MAX_LINE: usize = 1024;",
        )],
        red: "scenarios::io::chat::longest_line",
        says: r#" is to be answered by "ERROR max line"#,
    },
    Mutant {
        example: "io::chat",
        name: "any_name_of_a_room",
        edits: &[(
            "(is_name(room) && is_name(name))",
            "(!room.is_empty() && is_name(name))",
        )],
        red: "scenarios::io::chat::no_name",
        says: r#" is to be answered by "ERROR begin with"#,
    },
    Mutant {
        example: "io::chat",
        name: "refused_client_stays",
        edits: &[(
            "timeout(REFUSE_TIMEOUT, refuse",
            "timeout(100 * REFUSE_TIMEOUT, refuse",
        )],
        red: "scenarios::io::chat::refused_stays",
        says: "it is still connected after 10 s",
    },
    Mutant {
        example: "io::connect",
        name: "takes_half_an_answer",
        edits: &[(
            "            receive.await?;\n",
            "            let _ = receive.await;\n",
        )],
        red: "scenarios::io::connect::resets_after_the_input",
        says: r#""status 1"], not ["status 0"]"#,
    },
    Mutant {
        example: "io::duplex",
        name: "waits_for_the_next_order",
        edits: &[
            (
                "while let Some(dish) = timeout(CUSTOMER_TIMEOUT, lines.try_next()).await?? {",
                r"let mut next = timeout(CUSTOMER_TIMEOUT, lines.try_next()).await??;
    while let Some(dish) = next {",
            ),
            (
                "        timeout(CUSTOMER_TIMEOUT, answer).await??;\n",
                r"        timeout(CUSTOMER_TIMEOUT, answer).await??;
        next = lines.try_next().await?;
",
            ),
        ],
        red: "scenarios::io::duplex::steady_customer",
        says: "the changed duplex",
    },
];

/// These change what the scenarios include: see [`super::rebuilt`].
pub static REBUILT: &[Mutant] = &[
    Mutant {
        example: "io::chat",
        name: "keeps_empty_rooms",
        edits: &[(
            r"            if members.names.is_empty() {
                open.remove(self.room);
            }
",
            "",
        )],
        red: "scenarios::io::chat::idle_timeout",
        says: "a room is kept that everybody has left",
    },
    Mutant {
        example: "io::chat",
        name: "reads_before_it_delivers",
        edits: &[(
            r#"            line = lines.recv() => {
                let line = match line {
                    Err(Lagged(count)) => format!("* you missed {count} lines").into(),
                    line => line?,
                };
                timeout(WRITE_TIMEOUT, client.send(line)).await??;
            }
            line = client.try_next() => {
                let Some(mut line) = line? else { return Ok(()) };
                // Escape sequences would act on the terminals of the others.
                line.retain(|c| !c.is_control());
                seat.say(format!("{name}: {line}"));
            }
"#,
            r#"            line = client.try_next() => {
                let Some(mut line) = line? else { return Ok(()) };
                // Escape sequences would act on the terminals of the others.
                line.retain(|c| !c.is_control());
                seat.say(format!("{name}: {line}"));
            }
            line = lines.recv() => {
                let line = match line {
                    Err(Lagged(count)) => format!("* you missed {count} lines").into(),
                    line => line?,
                };
                timeout(WRITE_TIMEOUT, client.send(line)).await??;
            }
"#,
        )],
        red: "scenarios::io::chat::stops_itself",
        says: "all lines are read of a member that reads nothing",
    },
];
