//! The chat of examples-io under load and under faults.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::usage::memory;
use harness::workspace::root;
#[cfg(target_os = "linux")]
use socket2::{SockFilter, SockRef};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, duplex};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};
use tokio_util::io::InspectReader;

use crate::scenarios::support::clients::{
    answers, exchange, exchange_all, growth, peak_growth, prompt, reset,
};
use crate::scenarios::support::faults::{
    Client, Draining, FLAT, GOOD, HOUR, SAME_EVERYWHERE, SECOND, Service, Stay, Target,
    flood_until_cut, of_targets, say_until_cut, serve_through,
};
use crate::scenarios::support::runner::{Scenario, alone, on_paused_clock, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = of_targets::<Chat>();
    tests.extend([
        scenario("rooms", rooms),
        scenario("no_name", no_name),
        scenario("refused_stays", refused_stays),
        scenario("longest_line", longest_line).slow(),
        scenario("stops_itself", stops_itself),
        scenario("prompt", prompt_lines),
        scenario("quiet_about_refusals", quiet_about_refusals).slow(),
        scenario("idle_timeout", idle_timeout),
        #[cfg(target_os = "linux")]
        scenario("keepalive", keepalive),
        #[cfg(target_os = "linux")]
        scenario("lost_network", lost_network).slow(),
        scenario("panic", panic),
        alone("every_line_once", every_line_once).slow(),
        alone("slow_reader", slow_reader).slow(),
        scenario("limits", limits).slow(),
    ]);
    tests
}

#[path = "../../../examples-io/src/bin/chat/room.rs"]
mod room;

/// Joins, and waits until the room knows it.
async fn join(address: SocketAddr, room: &str, name: &str) -> Result<TcpStream> {
    let mut client = TcpStream::connect(address).await?;
    let request = format!("{room} {name}\n");
    let answer = format!("* {name} joined\n");
    exchange(&mut client, request.as_bytes(), answer.as_bytes()).await?;
    Ok(client)
}

async fn expect(client: &mut TcpStream, text: &str) -> Result<()> {
    exchange(client, b"", text.as_bytes()).await
}

/// The system asks a silent member within half a minute whether it is there.
#[cfg(target_os = "linux")]
async fn keepalive() -> Result<()> {
    let server = Server::start("chat", "")?;
    let client = join(server.address, "kitchen", "ann").await?;
    let ports = [server.address.port(), client.local_addr()?.port()];
    let [near, far] = ports.map(|port| format!(":{port:04X}"));
    // See proc(5): the addresses are fields 2 and 3; field 6 is a timer, 02 for
    // keepalive, and when it is due, in hundredths of a second.
    let sockets = std::fs::read_to_string("/proc/net/tcp")?;
    let mut sockets = sockets.lines().map(|line| line.split_whitespace());
    let timer = sockets.find_map(|mut fields| {
        let is_it = fields.nth(1)?.ends_with(&near) && fields.next()?.ends_with(&far);
        fields.nth(2).filter(|_| is_it).map(str::to_string)
    });
    let timer = timer.context("no such socket")?;
    let due = timer
        .strip_prefix("02:")
        .context(format!("no keepalive: {timer}"))?;
    let due = u32::from_str_radix(due, 16)?;
    ensure!(due <= 3000, "asked in {due} hundredths of a second");
    Ok(())
}

/// The network of a member is lost. In one room another member talks, and the system
/// sends its lines again and again; in the other nobody does, and the system asks
/// again and again whether the member is there. In the copy that runs here, it asks
/// after 1 s and 11 s, and no answer for 1 s is too late, not one for 120 s.
#[cfg(target_os = "linux")]
async fn lost_network() -> Result<()> {
    let changes = ["from_secs(30)", "from_secs(120)"].map(|it| (it, "from_secs(1)"));
    let copy = build_changed(root(), "examples-io", "chat/main", &changes)?;
    let server = Chat::start(&copy.path().join("chat"), "127.0.0.1:0", "")?;
    let address = server.address;
    let lose = async |room: &str, lines: usize| {
        let mut ann = join(address, room, "ann").await?;
        let mut bob = join(address, room, "bob").await?;
        expect(&mut ann, "* bob joined\n").await?;
        // Its system takes no packet any more, and acknowledges none.
        let nothing = SockFilter::new(6, 0, 0, 0);
        SockRef::from(&ann).attach_filter(&[nothing])?;
        // All at once, before ann has left.
        let (said, heard) = (b"Well?\n".repeat(lines), b"bob: Well?\n".repeat(lines));
        exchange(&mut bob, &said, &heard).await?;
        let left = timeout(20 * SECOND, expect(&mut bob, "* ann left\n")).await;
        left.with_context(|| format!("ann is still in the {room} after 20 s"))??;
        drop(join(address, room, "ann").await?);
        Ok(())
    };
    tokio::try_join!(lose("kitchen", 10), lose("attic", 0)).map(drop)
}

/// The members of a room hear all that is said there, and nothing else.
async fn rooms() -> Result<()> {
    let server = Server::start("chat", "")?;
    let address = server.address;
    let mut ann = join(address, "kitchen", "ann").await?;
    let mut eve = join(address, "attic", "ann").await?;
    let mut bob = join(address, "kitchen", "bob").await?;
    expect(&mut ann, "* bob joined\n").await?;
    for _ in 0..2 {
        // Refused, it does not free the name.
        exchange_all(address, b"kitchen bob\n", "ERROR bob is taken in kitchen\n").await?;
    }
    bob.write_all(b"Is there tea?\nOr milk?\n").await?;
    for client in [&mut ann, &mut bob] {
        expect(client, "bob: Is there tea?\nbob: Or milk?\n").await?;
    }
    // A reset is a way to leave; then the name is free.
    bob.set_zero_linger()?;
    drop(bob);
    expect(&mut ann, "* bob left\n").await?;
    drop(join(address, "kitchen", "bob").await?);
    expect(&mut ann, "* bob joined\n* bob left\n").await?;
    // Control characters are left out, since they would act on a terminal. Unicode has
    // more of them than ASCII: U+009B stands for "\x1b[".
    let ascii = ('\0'..='\x1f').filter(|it| *it != '\n');
    let controls: String = ascii.chain('\x7f'..='\u{9f}').collect();
    let line = format!("\x1b[2Jquiet{controls} here\n");
    exchange(&mut eve, line.as_bytes(), b"ann: [2Jquiet here\n").await
}

/// A member hears two lines as soon as they are said.
async fn prompt_lines() -> Result<()> {
    let server = Server::start("chat", "")?;
    let mut ann = join(server.address, "hall", "ann").await?;
    let mut bob = join(server.address, "hall", "bob").await?;
    expect(&mut ann, "* bob joined\n").await?;
    prompt(async || {
        exchange(&mut ann, b"Well?\n", b"ann: Well?\n").await?;
        expect(&mut bob, "ann: Well?\n").await?;
        exchange(&mut bob, b"One.\n", b"bob: One.\n").await?;
        exchange(&mut bob, b"Two.\n", b"bob: Two.\n").await?;
        expect(&mut ann, "bob: One.\nbob: Two.\n").await
    })
    .await
}

const REFUSED: &str = "ERROR begin with ROOM NAME, each of 1 to 20 letters a-z or digits\n";

/// A first line without a name, and names that could look like others. A client
/// that says nothing at all gets no error.
async fn no_name() -> Result<()> {
    let server = Server::start("chat", "")?;
    for first in [
        "\n",
        "kitchen\n",
        "kitchen \n",
        "a",
        " ann\n",
        "kitchen ann \n",
        "kitchen ann\u{200b}\n",
        "kitchen \u{430}nn\n",
        "kitchen Ann\n",
        "kitchen a\x08nn\n",
        "kitchen aaaaaaaaaaaaaaaaaaaaa\n",
        "kitchen  ann\n",
        "kitchen\tann\n",
        "kitchen ann bob\n",
        "Kitchen ann\n",
        "kit-chen ann\n",
        "k\u{456}tchen ann\n",
        "kkkkkkkkkkkkkkkkkkkkk ann\n",
    ] {
        exchange_all(server.address, first.as_bytes(), REFUSED).await?;
    }
    let said = answers(server.address, b"").await?;
    ensure!(said.is_empty(), "{said:?}");
    let longest = ["kkkkkkkkkkkkkkkkkkkk", "aaaaaaaaaaaaaaaaaaaa"];
    drop(join(server.address, longest[0], longest[1]).await?);
    Ok(())
}

/// A client that is refused and does not stop sending is closed after a second.
async fn refused_stays() -> Result<()> {
    let server = Server::start("chat", "")?;
    let mut client = TcpStream::connect(server.address).await?;
    exchange(&mut client, b"\n", REFUSED.as_bytes()).await?;
    let start = Instant::now();
    while client.write_all(b"x").await.is_ok() {
        let waits = start.elapsed() < 10 * SECOND;
        ensure!(
            waits,
            "it is still connected after 10 s, not closed after 1 s"
        );
        sleep(SECOND / 20).await;
    }
    Ok(())
}

/// A member that sends a lot and reads nothing is not read to its end, on a paused
/// clock.
async fn stops_itself() -> Result<()> {
    on_paused_clock(send_unread).await
}

async fn send_unread() -> Result<()> {
    let lines = String::from("hall ann\n") + &"Well?\n".repeat(10_000);
    let (_unread, writer) = duplex(1024);
    let client = tokio::io::join(lines.as_bytes(), writer);
    let served = room::take_part(client, &room::Rooms::default()).await;
    let error = served.err();
    let error = error.context("all lines are read of a member that reads nothing")?;
    ensure!(error.is::<Elapsed>(), "{error}");
    Ok(())
}

/// A thousand clients without a name do not fill the log, nor do resets.
async fn quiet_about_refusals() -> Result<()> {
    let mut server = Server::start("chat", "")?;
    for _ in 0..500 {
        reset(server.address, b"hello\n").await?;
        reset(server.address, b"kitchen bob\nIs there te").await?;
    }
    drop(join(server.address, "attic", "ann").await?);
    server.has_said(1)
}

/// In a room in which nobody speaks, and in one in which only others do, on a
/// paused clock. A member that only listens is not idle. A room without members is
/// given up.
async fn idle_timeout() -> Result<()> {
    on_paused_clock(stay_idle).await
}

async fn stay_idle() -> Result<()> {
    let rooms = Arc::new(room::Rooms::default());
    let attend = async |name: &'static str| {
        let (client, server) = duplex(1024);
        let rooms = rooms.clone();
        let served = tokio::spawn(async move { room::take_part(server, &rooms).await });
        let mut client = BufReader::new(client);
        client.write_all(name.as_bytes()).await?;
        let mut joined = String::new();
        client.read_line(&mut joined).await?;
        anyhow::Ok((client, served))
    };
    let (_silent, idle) = attend("cellar ann\n").await?;
    let (_listener, listening) = attend("attic ann\n").await?;
    let (mut speaker, speaking) = attend("attic bob\n").await?;
    let (_slow, slow) = attend("shed ann\nhalf a li").await?;
    for _ in 0..4 {
        sleep(300 * SECOND).await;
        speaker.write_all(b"Still here?\n").await?;
    }
    sleep(SECOND).await;
    ensure!(idle.is_finished() && slow.is_finished());
    ensure!(!listening.is_finished() && !speaking.is_finished());
    for ended in [idle, slow] {
        let error = ended.await?.err().context("no error")?.to_string();
        ensure!(error == "nothing was said for 600s", "{error}");
    }
    sleep(598 * SECOND).await;
    ensure!(!listening.is_finished() && !speaking.is_finished());
    sleep(2 * SECOND).await;
    // That one of them leaves is the last thing that the other hears.
    ensure!(listening.is_finished() != speaking.is_finished());
    sleep(600 * SECOND).await;
    ensure!(listening.is_finished() && speaking.is_finished());
    let is_empty = rooms.lock().is_ok_and(|open| open.is_empty());
    ensure!(is_empty, "a room is kept that everybody has left");
    Ok(())
}

/// A member whose task panics gives up its name, and the others go on.
async fn panic() -> Result<()> {
    let rooms = Arc::new(room::Rooms::default());
    let attend = || {
        let (client, server) = duplex(1024);
        let rooms = rooms.clone();
        let server = InspectReader::new(server, |bytes| {
            assert!(bytes != b"PANIC\n", "told to");
        });
        let served = async move { room::take_part(server, &rooms).await };
        (client, tokio::spawn(served))
    };
    let (mut bob, _served) = attend();
    exchange(&mut bob, b"attic bob\n", b"* bob joined\n").await?;
    for _ in 0..5 {
        let (mut ann, served) = attend();
        exchange(&mut ann, b"attic ann\n", b"* ann joined\n").await?;
        ann.write_all(b"PANIC\n").await?;
        ensure!(served.await.is_err_and(|error| error.is_panic()));
        exchange(&mut bob, b"", b"* ann joined\n* ann left\n").await?;
        exchange(&mut bob, b"tea?\n", b"bob: tea?\n").await?;
    }
    Ok(())
}

/// The longest line, one that is longer, and a name without end.
async fn longest_line() -> Result<()> {
    let server = Server::start("chat", SAME_EVERYWHERE)?;
    let mut ann = join(server.address, "kitchen", "ann").await?;
    let text = "x".repeat(512);
    let request = format!("{text}\n");
    let answer = format!("ann: {text}\n");
    exchange(&mut ann, request.as_bytes(), answer.as_bytes()).await?;
    let request = format!("{text}x\n");
    let refused = b"ERROR max line length exceeded\n";
    exchange(&mut ann, request.as_bytes(), refused).await?;
    let name = format!("kitchen {}", "x".repeat(64 << 20));
    let refuse = answers(server.address, name.as_bytes());
    let (said, peak) = peak_growth(&server, refuse).await?;
    ensure!(peak < FLAT, "grown by {peak} bytes, not less than {FLAT}");
    ensure!(said == "ERROR max line length exceeded\n", "{said:?}");
    Ok(())
}

/// 20 members say 500 lines each in one packet: each member gets all 10,000, none
/// twice, those of each speaker in order.
async fn every_line_once() -> Result<()> {
    let server = Server::start("chat", "")?;
    let mut members = Vec::new();
    for name in 0..20 {
        members.push(join(server.address, "hall", &name.to_string()).await?);
    }
    let mut all = JoinSet::new();
    for client in members {
        all.spawn(async move {
            let (from_server, mut to_server) = client.into_split();
            let lines: Vec<String> = (0..500).map(|i| format!("{i}\n")).collect();
            let lines = lines.concat();
            let talk = async { anyhow::Ok(to_server.write_all(lines.as_bytes()).await?) };
            let hear = async {
                let mut lines = BufReader::new(from_server).lines();
                let mut next = [0; 20];
                while next.iter().sum::<usize>() < 20 * 500 {
                    let line = lines.next_line().await?.context("the end")?;
                    if line.starts_with("* ") {
                        ensure!(line.ends_with(" joined"), "{line}");
                        continue;
                    }
                    let (name, number) = line.split_once(": ").context(line.clone())?;
                    let next = &mut next[name.parse::<usize>()?];
                    ensure!(number == next.to_string(), "{line}, not {next}");
                    *next += 1;
                }
                Ok(())
            };
            // Nobody leaves before all have heard all.
            let (talked, heard) = tokio::join!(talk, hear);
            talked.and(heard).map(|()| to_server)
        });
    }
    let mut open = Vec::new();
    while let Some(member) = all.join_next().await {
        open.push(member??);
    }
    Ok(())
}

/// Members that do not read hold up nobody, not even for a moment; what one of
/// them then gets and what it is told to have missed add up.
async fn slow_reader() -> Result<()> {
    const LINES: usize = 10_000;
    let server = Server::start("chat", SAME_EVERYWHERE)?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut slow = socket.connect(server.address).await?;
    exchange(&mut slow, b"hall slow\n", b"* slow joined\n").await?;
    let mut others = Vec::new();
    for name in ["slow2", "slow3"] {
        others.push(join(server.address, "hall", name).await?);
    }
    let mut good = join(server.address, "hall", "good").await?;
    let before = memory(server.id())?;
    let mut longest = Duration::ZERO;
    for i in 0..LINES {
        let request = format!("{i:0500}\n");
        let answer = format!("good: {i:0500}\n");
        let start = Instant::now();
        exchange(&mut good, request.as_bytes(), answer.as_bytes()).await?;
        longest = longest.max(start.elapsed());
    }
    ensure!(longest < 5 * SECOND, "a line took {longest:?}");
    let growth = growth(server.id(), before)?;
    ensure!(
        growth < 2_000_000,
        "grown by {growth} bytes, not less than 2_000_000"
    );

    let mut lines = BufReader::new(slow).lines();
    let (mut next, mut missed, mut kept) = (0, 0, 0);
    while next < LINES {
        let line = timeout(10 * SECOND, lines.next_line()).await;
        let line = line.with_context(|| format!("nothing after {next}"))?;
        let line = line?.context("the end")?;
        if let Some(number) = line.strip_prefix("good: ") {
            let number: usize = number.parse()?;
            ensure!(number == next, "{number}, not {next}");
            next += 1;
            kept += 1;
        } else if let Some(notice) = line.strip_prefix("* you missed ") {
            let count: usize = notice
                .strip_suffix(" lines")
                .and_then(|count| count.parse().ok())
                .context(line.clone())?;
            next += count;
            missed += count;
            kept = 0;
        } else {
            ensure!(line.ends_with(" joined"), "{line}");
        }
    }
    ensure!(
        missed > 0 && next == LINES,
        "{missed} missed, {next} in all"
    );
    ensure!(kept == 128, "the room has kept {kept} lines");
    Ok(())
}

/// A client that does not say its name is closed after 10 s, one that does not
/// read after a minute.
async fn limits() -> Result<()> {
    serve_through::<Chat>(Chat::FLOODED, async |address| {
        let start = Instant::now();
        let connect = || TcpStream::connect(address);
        let (silent, slow) = tokio::try_join!(connect(), connect())?;
        let deaf = join(address, "attic", "eve").await?;
        let line = Chat::flood(0);
        let (silent, slow, deaf) = tokio::join!(
            ended(start, say_until_cut(silent, "", HOUR)),
            ended(start, say_until_cut(slow, "x", SECOND)),
            // As fast as fills all buffers within seconds.
            ended(start, flood_until_cut(deaf, &line, SECOND / 20)),
        );
        let soon = |it: Duration| (9..20).contains(&it.as_secs());
        let late = (59..80).contains(&deaf.as_secs());
        ensure!(
            soon(silent) && soon(slow) && late,
            "silent {silent:?}, slow {slow:?}, deaf {deaf:?}"
        );
        Ok(Stay::new())
    })
    .await
    .map(drop)
}

/// How long after `start` a client is cut.
async fn ended(start: Instant, stay: impl Future<Output = Duration>) -> Duration {
    stay.await;
    start.elapsed()
}

struct Chat;

impl Service for Chat {
    const NAME: &str = "chat";

    /// The silent sit among the good clients.
    fn greeting(number: usize) -> (String, String) {
        let room = if number < 700 {
            "hall".into()
        } else {
            number.to_string()
        };
        let name = format!("ann{number}");
        (format!("{room} {name}\n"), format!("* {name} joined\n"))
    }

    fn talk(number: usize) -> (String, String) {
        let answer = format!("ann{number}: Is there tea?\n");
        ("Is there tea?\n".into(), answer)
    }
}

impl Draining for Chat {
    const MAX_CONNECTIONS: usize = 1000;
    const DESCRIPTORS: u64 = 1200;
    const IDLE: usize = 40_000;
}

impl Target for Chat {
    const FLOODED: usize = 1_000_000;
    const LOADED: usize = 10_000_000;

    fn session(number: usize) -> (String, String) {
        let talk = "Is there tea?\n".repeat(50);
        let heard = "ann: Is there tea?\n".repeat(50);
        (
            format!("{number} ann\n{talk}"),
            format!("* ann joined\n{heard}"),
        )
    }

    fn half(number: usize) -> String {
        format!("hall gone{number}\nIs there te")
    }

    fn odd_bytes(number: usize) -> (Vec<u8>, String) {
        let mut requests = format!("{number} ann\r\n\0a\x1b[2Jb\n\n").into_bytes();
        let mut heard = String::from("* ann joined\nann: a[2Jb\nann: \n");
        if number.is_multiple_of(2) {
            requests.extend(b"half a line");
            heard += "ann: half a line\n";
        } else {
            requests.extend(b"\xff\nIs there tea?\n");
            heard += "ERROR Unable to decode input as UTF8\n";
        }
        (requests, heard)
    }

    fn endless(number: usize) -> (String, String) {
        let heard = "* ann joined\nERROR max line length exceeded\n";
        (format!("{number} ann\n"), heard.into())
    }

    /// The longest lines, to fill the memory, or the shortest, to be many.
    fn flood(number: usize) -> String {
        if number.is_multiple_of(2) {
            format!("{:0500}\n", 0)
        } else {
            "\n".into()
        }
    }

    /// Each says a line, and hears those of all, in whatever order.
    async fn round(clients: &mut [Client], round: usize) -> Result<()> {
        let line = format!("{round}\n");
        for client in clients.iter_mut() {
            client.write_all(line.as_bytes()).await?;
        }
        for client in clients {
            let mut all: BTreeSet<_> = (0..GOOD).map(|it| format!("ann{it}: {round}\n")).collect();
            while !all.is_empty() {
                let mut line = String::new();
                client.read_line(&mut line).await?;
                let expected = all.remove(&line) || line.starts_with("* ");
                ensure!(expected, "{line:?} instead of one of {all:?}");
            }
        }
        Ok(())
    }
}
