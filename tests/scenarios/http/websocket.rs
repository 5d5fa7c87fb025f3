//! `websocket` with a client library, with raw frames, and in a browser.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use futures_util::{SinkExt, StreamExt};
use harness::Server;
use harness::repository::build_changed;
use harness::usage::{NO_PROC, memory};
use harness::workspace::root;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::scenarios::support::browser::{Browser, in_chromium};
use crate::scenarios::support::clients::{growth, lines};
use crate::scenarios::support::faults::{MANY_DESCRIPTORS, SAME_EVERYWHERE};
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("rooms", rooms),
        scenario("wrong_messages", wrong_messages),
        scenario("origins", origins),
        scenario("fast", fast).slow(),
        scenario("behind", behind).slow(),
        scenario("at_most_64", at_most_64).slow(),
        scenario("empty_rooms", empty_rooms)
            .needs(cfg!(target_os = "linux"), NO_PROC)
            .slow(),
        scenario("too_slow", too_slow).slow(),
        scenario("pings", pings).slow(),
        scenario("suspended", suspended).slow(),
        scenario("clients", clients).slow(),
        scenario("client_closes", client_closes),
        scenario("server_closes", server_closes),
        scenario("upgrading", upgrading).slow(),
        scenario("close_unanswered", close_unanswered),
        in_chromium("page", page).slow(),
        scenario("half_a_request", || http::half_a_request("websocket")).slow(),
        scenario("second_signal", || http::second_signal("websocket")),
        scenario("unheard", || faults::unheard("websocket 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || {
            faults::early_signal("websocket 127.0.0.1:0")
        }),
    ]
}

type Socket = WebSocketStream<TcpStream>;

async fn join(address: SocketAddr, room: &str) -> Result<Socket> {
    join_on(TcpStream::connect(address).await?, room).await
}

async fn join_on(client: TcpStream, room: &str) -> Result<Socket> {
    let url = format!("ws://{}/rooms/{room}", client.peer_addr()?);
    let (mut socket, _response) = client_async(url, client).await?;
    // The first ping says that the client is in the room.
    let first = next(&mut socket).await?;
    ensure!(first == Message::Ping("".into()), "{first:?}");
    Ok(socket)
}

async fn next(socket: &mut Socket) -> Result<Message> {
    let message = timeout(Duration::from_secs(20), socket.next()).await;
    Ok(message.context("no message")?.context("the end")??)
}

async fn say(socket: &mut Socket, text: &str) -> Result<()> {
    Ok(socket.send(Message::text(text)).await?)
}

async fn expect(socket: &mut Socket, text: &str) -> Result<()> {
    let message = next(socket).await?;
    ensure!(message == Message::text(text), "{message:?}, not {text}");
    Ok(())
}

/// Reads to the end of a connection, which must come in order; the reason.
async fn closed(socket: &mut Socket) -> Result<(u16, String)> {
    let message = next(socket).await?;
    let Message::Close(Some(CloseFrame { code, reason })) = message else {
        bail!("{message:?} is no close frame");
    };
    let end = timeout(Duration::from_secs(20), socket.next()).await;
    let end = end.context("the server keeps the connection")?;
    ensure!(end.is_none(), "after the close frame: {end:?}");
    Ok((code.into(), reason.to_string()))
}

/// A text goes to all in the room, also to the one that has sent it, and to
/// nobody else.
async fn rooms() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let mut ann = join(server.address, "kitchen").await?;
    let mut bob = join(server.address, "kitchen").await?;
    let mut eve = join(server.address, "attic").await?;
    for text in ["Is there tea?", "", "\u{1f375}\0<b>"] {
        say(&mut ann, text).await?;
        expect(&mut ann, text).await?;
        expect(&mut bob, text).await?;
    }
    say(&mut eve, "It is quiet here").await?;
    expect(&mut eve, "It is quiet here").await?;
    // A connection that breaks is a way to leave.
    bob.get_ref().set_zero_linger()?;
    drop(bob);
    ann.send(Message::Ping("are you there".into())).await?;
    let pong = next(&mut ann).await?;
    ensure!(pong == Message::Pong("are you there".into()), "{pong:?}");
    say(&mut ann, "alone").await?;
    expect(&mut ann, "alone").await
}

/// Messages that are too long, or no text, or break the protocol, end the
/// connection of the one who sends them; the others do not see them.
async fn wrong_messages() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let mut good = join(server.address, "kitchen").await?;
    let longest = "x".repeat(4096);
    say(&mut good, &longest).await?;
    expect(&mut good, &longest).await?;
    let wrong = (1008, "only text, of at most 4 KiB".to_string());
    for message in [
        Message::text("x".repeat(4097)),
        Message::binary("x"),
        Message::text("x".repeat(65_536)),
        Message::text("x".repeat(5_000_000)),
    ] {
        let mut bad = join(server.address, "kitchen").await?;
        // It may be refused halfway.
        let _ = bad.send(message.clone()).await;
        let length = message.len();
        match closed(&mut bad).await {
            Ok(reason) => ensure!(reason == wrong, "{length} bytes: {reason:?}"),
            // The rest of a long message may reset the connection.
            Err(error) => ensure!(length > 1_000_000, "{length} bytes: {error:#}"),
        }
    }
    let long_ping = [&b"\x89\xfe\0\x7e"[..], &[0; 4 + 126]].concat();
    for (case, frame) in [
        ("not masked", &b"\x81\x01x"[..]),
        ("not UTF-8", b"\x81\x81\0\0\0\0\xff"),
        ("no such kind", b"\x83\x81\0\0\0\0x"),
        ("a long ping", &long_ping),
        ("the end of nothing", b"\x80\x81\0\0\0\0x"),
        ("a length of 2^63", b"\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0"),
        // It is refused before it is sent.
        (
            "a length of 65,537",
            b"\x81\xff\0\0\0\0\0\x01\0\x01\0\0\0\0",
        ),
    ] {
        let mut bad = raw(server.address).await?;
        bad.write_all(frame).await?;
        let mut answer = Vec::new();
        let read = timeout(Duration::from_secs(10), bad.read_to_end(&mut answer)).await;
        read.with_context(|| format!("{case}: the connection stays"))??;
        ensure!(
            answer.starts_with(b"\x88") && answer.ends_with(b"only text, of at most 4 KiB"),
            "{case}: the reason to close is to be the message, not {}",
            answer.escape_ascii()
        );
    }
    say(&mut good, "done").await?;
    expect(&mut good, "done").await
}

/// The pages of this server may connect, those of others may not.
async fn origins() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let host = server.address.to_string();
    for (origin, status) in [
        (format!("http://{host}"), 101),
        (format!("https://{host}"), 101),
        (format!("http://localhost:{}", server.address.port()), 403),
        (format!("http://{host}.evil.example"), 403),
        (format!("http://evil.example/{host}"), 403),
        (format!("http://evil.example://{host}"), 403),
        (host.clone(), 403),
        ("http://127.0.0.1".into(), 403),
        ("null".into(), 403),
        (String::new(), 403),
    ] {
        let mut request = format!("ws://{host}/rooms/kitchen").into_client_request()?;
        request.headers_mut().insert("origin", origin.parse()?);
        let client = TcpStream::connect(server.address).await?;
        let answered = match client_async(request, client).await {
            Ok((_, response)) => response.status().as_u16(),
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(error) => bail!("from {origin}: {error}"),
        };
        ensure!(answered == status, "from {origin}: {answered}");
    }
    Ok(())
}

/// A client that sends many messages together is slowed down to 100 a second, and all
/// others get them.
async fn fast() -> Result<()> {
    // On a busy machine, one try may take longer.
    for _ in 0..3 {
        let (took, least) = send_fast().await?;
        ensure!(took >= least, "{took:?} are less than {least:?}");
        if took < least * 9 / 5 {
            return Ok(());
        }
    }
    bail!("300 messages are to take 3 s, not three times almost twice as long");
}

/// How long 300 messages take, and how long they have to.
async fn send_fast() -> Result<(Duration, Duration)> {
    const COUNT: u32 = 300;
    // With more threads, one that stands still would leave its clients behind.
    let server = Server::start("websocket", "export TOKIO_WORKER_THREADS=1;")?;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(join(server.address, "kitchen").await?);
    }
    let start = Instant::now();
    for number in 0..COUNT {
        clients[0].feed(Message::text(number.to_string())).await?;
    }
    clients[0].flush().await?;
    for (client, socket) in clients.iter_mut().enumerate() {
        for number in 0..COUNT {
            let heard = expect(socket, &number.to_string()).await;
            heard.with_context(|| format!("client {client}"))?;
        }
    }
    Ok((start.elapsed(), Duration::from_millis(10) * (COUNT - 1)))
}

/// A client that does not read while others talk loses its place, is told why,
/// and holds nobody up.
async fn behind() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let mut slow = slow_client(server.address).await?;
    let count = flood(server.address).await?;
    let mut read = 0;
    let end = loop {
        match next(&mut slow).await {
            Ok(Message::Text(_)) => read += 1,
            end => break end,
        }
    };
    ensure!(read < count, "it has got all {read} messages");
    match end {
        Ok(Message::Close(Some(frame))) => ensure!(
            frame.code == CloseCode::Policy && frame.reason == "too many messages behind",
            "{frame:?}"
        ),
        end => bail!("after {read} messages: {end:?}"),
    }
    Ok(())
}

/// A client may be 64 messages behind, and not 65. In this copy the first client's
/// task waits at a message until somebody enters another room.
async fn at_most_64() -> Result<()> {
    let enter = "    let (room, mut messages) = rooms.enter(name);\n";
    let gate = format!(
        "    use std::sync::atomic::{{AtomicBool, Ordering::Relaxed}};
    static FIRST: AtomicBool = AtomicBool::new(true);
    static GATE: tokio::sync::Notify = tokio::sync::Notify::const_new();
    let is_slow = FIRST.swap(false, Relaxed);
    if name == \"gate\" {{
        GATE.notify_one();
    }}
{enter}"
    );
    let send = "        match timeout(SEND_TIMEOUT, socket.send(outgoing)).await {\n";
    let waits = format!(
        "        if is_slow && outgoing == Message::Text(\"wait\".into()) {{
            println!(\"it waits\");
            GATE.notified().await;
        }}
{send}"
    );
    let changes = [(enter, gate.as_str()), (send, waits.as_str())];
    let copy = build_changed(root(), "examples-http", "websocket/room", &changes)?;
    let path = copy.path().join("websocket");
    let mut server = Server::run(&format!("exec '{}' 127.0.0.1:0", path.display()))?;
    let mut slow = join(server.address, "kitchen").await?;
    let mut fast = join(server.address, "kitchen").await?;
    for (round, count) in [(1, 64), (2, 65)] {
        say(&mut fast, "wait").await?;
        expect(&mut fast, "wait").await?;
        lines(&mut server, round, |line| line == "it waits").await?;
        for number in 0..count {
            say(&mut fast, &number.to_string()).await?;
            expect(&mut fast, &number.to_string()).await?;
        }
        join(server.address, "gate").await?;
        expect(&mut slow, "wait").await?;
        if count == 64 {
            for number in 0..count {
                let heard = expect(&mut slow, &number.to_string()).await;
                heard.context("a client that is 64 messages behind is to get them")?;
            }
        }
    }
    let reason = closed(&mut slow).await;
    let reason = reason.context("a client that is 65 messages behind is to be dropped")?;
    ensure!(
        reason == (1008, "too many messages behind".into()),
        "{reason:?}"
    );
    Ok(())
}

/// A room that everybody has left takes no memory.
async fn empty_rooms() -> Result<()> {
    let server = Server::start("websocket", SAME_EVERYWHERE)?;
    let visit = async |number: usize| {
        let room = format!("{number}-{}", "x".repeat(1000));
        let mut client = join(server.address, &room).await?;
        client.close(None).await?;
        while let Some(Ok(_)) = client.next().await {}
        anyhow::Ok(())
    };
    for number in 0..100 {
        visit(number).await?;
    }
    let before = memory(server.id())?;
    for number in 100..2100 {
        visit(number).await?;
    }
    let growth = growth(server.id(), before)?;
    ensure!(
        growth < 3_000_000,
        "2,000 rooms that are empty again take {growth} bytes"
    );
    Ok(())
}

/// One that never reads is cut off after five seconds, and one to say goodbye.
async fn too_slow() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let mut slow = slow_client(server.address).await?;
    let start = Instant::now();
    flood(server.address).await?;
    let limit = start.elapsed() + Duration::from_secs(8);
    let client = slow.get_mut();
    // The server answers with a reset as soon as it has closed the connection.
    while client.write_all(b"\x8a\x80\0\0\0\0").await.is_ok() {
        let stays = start.elapsed();
        ensure!(stays < limit, "it stays for {stays:?}");
        sleep(Duration::from_millis(50)).await;
    }
    let took = start.elapsed();
    ensure!(took > Duration::from_secs(5), "cut off after {took:?}");
    Ok(())
}

async fn slow_client(address: SocketAddr) -> Result<Socket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    join_on(socket.connect(address).await?, "kitchen").await
}

/// Clients say more than the buffers between a server and a client take, and hear
/// all of it; the count of their messages.
async fn flood(address: SocketAddr) -> Result<usize> {
    const CLIENTS: usize = 10;
    const TURNS: usize = 120;
    let text = "x".repeat(4000);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(join(address, "kitchen").await?);
    }
    // They take turns: on a busy machine, one would otherwise be too many behind.
    let talk = clients.into_iter().map(async |mut client| {
        for turn in 0..TURNS {
            client.send(Message::text(&text)).await?;
            for _ in 0..CLIENTS {
                let message = client.next().await.context("the end")??;
                ensure!(message == Message::text(&text), "{turn}: {message:?}");
            }
        }
        anyhow::Ok(())
    });
    let talk = timeout(Duration::from_secs(20), try_join_all(talk)).await;
    talk.context("the flood does not end")??;
    Ok(CLIENTS * TURNS)
}

/// A client that does not answer a ping is told so when the next one is due.
/// One that answers stays.
async fn pings() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let silent = async {
        let start = Instant::now();
        let mut client = raw(server.address).await?;
        let mut frames = Vec::new();
        let read = client.read_to_end(&mut frames);
        let read = timeout(Duration::from_secs(30), read).await;
        read.context("the silent client stays")??;
        let took = start.elapsed().as_secs_f64();
        ensure!(
            frames.starts_with(b"\x88") && frames.ends_with(b"\x03\xf0no answer to a ping"),
            "{}",
            frames.escape_ascii()
        );
        // It also waits for the answer to the close frame.
        ensure!((10.5..14.0).contains(&took), "closed after {took} s");
        Ok(())
    };
    let good = async {
        let mut client = join(server.address, "attic").await?;
        for _ in 0..2 {
            let ping = next(&mut client).await?;
            ensure!(ping == Message::Ping("".into()), "{ping:?}");
        }
        say(&mut client, "still here").await?;
        expect(&mut client, "still here").await
    };
    tokio::try_join!(silent, good).map(drop)
}

/// A server that was suspended does not take its own pause for silence of its
/// clients.
async fn suspended() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = join(server.address, "kitchen").await?;
        // The answer to the ping goes out with the next flush.
        client.flush().await?;
        clients.push(client);
    }
    server.signal("STOP")?;
    sleep(Duration::from_secs(25)).await;
    server.signal("CONT")?;
    for client in &mut clients {
        let ping = next(client).await?;
        ensure!(ping == Message::Ping("".into()), "{ping:?}");
        client.flush().await?;
    }
    say(&mut clients[0], "good morning").await?;
    for client in &mut clients {
        expect(client, "good morning").await?;
    }
    Ok(())
}

/// Of 1,001 clients the last one is refused, until another one has left. Each takes a
/// few kilobytes.
async fn clients() -> Result<()> {
    let server = Server::start(
        "websocket",
        &format!("{SAME_EVERYWHERE} {MANY_DESCRIPTORS}"),
    )?;
    let before = memory(server.id()).unwrap_or_default();
    let mut clients = Vec::new();
    // Many at a time: the first one is to answer another ping in ten seconds.
    for _ in 0..20 {
        let joins = (0..50).map(async |_| {
            let mut client = join(server.address, "kitchen").await?;
            // The answer to the ping goes out with the next flush.
            client.flush().await?;
            anyhow::Ok(client)
        });
        let joined = try_join_all(joins).await;
        let joined = joined.with_context(|| format!("after {} clients", clients.len()))?;
        clients.extend(joined);
    }
    if cfg!(target_os = "linux") {
        let each = growth(server.id(), before)? / 1000;
        ensure!(each < 40_000, "{each} bytes of memory for each client");
    }
    let refused = join(server.address, "kitchen").await;
    let refused = refused.err().context("1,001 clients are served")?;
    ensure!(refused.to_string().contains("503"), "{refused}");
    let mut first = clients.swap_remove(0);
    first.close(None).await?;
    while let Some(Ok(_)) = first.next().await {}
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = join(server.address, "kitchen").await {
        ensure!(Instant::now() < deadline, "still refused: {error:#}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The server answers a close frame, and closes the connection then.
async fn client_closes() -> Result<()> {
    let server = Server::start("websocket", "")?;
    let mut client = join(server.address, "kitchen").await?;
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "good night".into(),
    };
    client.close(Some(frame)).await?;
    let reason = closed(&mut client).await?;
    ensure!(reason == (1000, "good night".into()), "{reason:?}");
    Ok(())
}

/// At a signal all clients are told, and the server waits for their answers.
async fn server_closes() -> Result<()> {
    let mut server = Server::start("websocket", "")?;
    let mut clients = Vec::new();
    for room in ["kitchen", "kitchen", "attic"] {
        let mut client = join(server.address, room).await?;
        // An answer to the ping that comes after the end would cause a reset.
        client.flush().await?;
        clients.push(client);
    }
    server.signal("TERM")?;
    for client in &mut clients {
        let reason = closed(client).await?;
        ensure!(reason == (1001, "the server stops".into()), "{reason:?}");
    }
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(
        status == 0 && output[1] == "stopped: WebSockets closed: 3",
        "{status}: {output:?}"
    );
    Ok(())
}

/// A client whose task only begins when the server is told to stop is told, too.
async fn upgrading() -> Result<()> {
    let task = ".on_upgrade(async move |mut socket| {\n";
    let late = format!("{task}sleep(Duration::from_millis(300)).await;\n");
    let changes = [(task, late.as_str())];
    let copy = build_changed(root(), "examples-http", "websocket/main", &changes)?;
    let path = copy.path().join("websocket");
    let mut server = Server::run(&format!("exec '{}' 127.0.0.1:0", path.display()))?;
    let client = TcpStream::connect(server.address).await?;
    let url = format!("ws://{}/rooms/kitchen", server.address);
    let (mut socket, _response) = client_async(url, client).await?;
    server.signal("TERM")?;
    let mut last = None;
    while let Ok(Some(Ok(message))) = timeout(Duration::from_secs(5), socket.next()).await {
        last = Some(message);
    }
    ensure!(
        matches!(last, Some(Message::Close(Some(_)))),
        "its last message is to be a close frame, not {last:?}"
    );
    server.ends(Duration::from_secs(2), &["stopped: WebSockets closed: 1"])
}

/// A client that does not answer the close frame keeps the server for a second, also
/// one that goes on talking.
async fn close_unanswered() -> Result<()> {
    // A masked text of one byte.
    for (case, text) in [("silent", &b""[..]), ("talking", b"\x81\x81\0\0\0\0a")] {
        let mut took = 0.0;
        // On a busy machine, one try may take longer.
        for _ in 0..3 {
            took = goodbye_to(case, text).await?;
            if took < 1.9 {
                break;
            }
        }
        ensure!(
            took < 1.9,
            "{case}: it is to stop after 1 s, not three times after {took} s or so"
        );
    }
    Ok(())
}

/// How long the server takes to stop, when a client answers its close frame so.
async fn goodbye_to(case: &'static str, text: &[u8]) -> Result<f64> {
    let mut server = Server::start("websocket", "")?;
    let mut client = raw(server.address).await?;
    let start = Instant::now();
    server.signal("INT")?;
    let mut frames = Vec::new();
    let goodbye = async {
        while !frames.ends_with(b"\x88\x12\x03\xe9the server stops") {
            frames.push(client.read_u8().await?);
        }
        client.write_all(text).await
    };
    let said = timeout(Duration::from_secs(5), goodbye).await;
    said.with_context(|| format!("{case}: no close frame: {}", frames.escape_ascii()))??;
    let status = server.wait(Duration::from_secs(5))?;
    let (output, took) = (server.output(), start.elapsed().as_secs_f64());
    ensure!(
        status == 0 && output[1] == "stopped: WebSockets closed: 1",
        "{case}: {status}: {output:?}"
    );
    ensure!(
        (1.0..2.9).contains(&took),
        "{case}: it stopped after {took} s"
    );
    let mut more = Vec::new();
    client.read_to_end(&mut more).await.context(case)?;
    ensure!(
        more.is_empty(),
        "{case}: after its close frame the server sends {}",
        more.escape_ascii()
    );
    Ok(took)
}

/// A client that joins a room and then speaks for itself.
async fn raw(address: SocketAddr) -> Result<TcpStream> {
    Ok(join(address, "kitchen").await?.into_inner())
}

/// A person writes to somebody in the same room, and learns that the server
/// stops; the page of another site is refused.
async fn page(browser: &Browser) -> Result<()> {
    let mut server = Server::start("websocket", "")?;
    let address = server.address;
    let mut client = join(address, "attic").await?;
    browser.open(&format!("http://{address}/#attic")).await?;
    browser.wait_for("output", "in attic").await?;
    browser.type_into("input", "Is there tea?\u{e007}").await?;
    expect(&mut client, "Is there tea?").await?;
    say(&mut client, "<b>There is</b>").await?;
    browser
        .wait_for("pre", "Is there tea?\n<b>There is</b>\n")
        .await?;

    let other = format!("http://localhost:{}/", address.port());
    let script = format!(
        "const socket = new WebSocket('ws://{address}/rooms/attic');
         socket.onopen = () => document.title = 'open';
         socket.onclose = event => document.title = `refused: ${{event.code}}`;"
    );
    let page = browser.run("return location.href").await?;
    browser.open(&other).await?;
    browser.run(&script).await?;
    browser.wait_for("title", "refused: 1006").await?;

    browser.open(&page).await?;
    browser.wait_for("output", "in attic").await?;
    server.signal("TERM")?;
    browser
        .wait_for("output", "closed: 1001 the server stops")
        .await?;
    // It answers, so the server has not to wait.
    drop(client);
    let status = server.wait(Duration::from_secs(5))?;
    ensure!(status == 0, "exit status {status}: {:?}", server.output());
    Ok(())
}
