//! Rooms, and what a member says and hears in one.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast::{Receiver, Sender, channel, error::RecvError::Lagged};
use tokio::time::{sleep, timeout};
use tokio_util::codec::{Framed, LinesCodec};

const MAX_LINE: usize = 512;
const MAX_NAME: usize = 20;
/// The longest lines take 64 KiB in a room, and 64 MiB in 1000 rooms.
const KEPT_LINES: usize = 128;
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

pub type Rooms = Mutex<HashMap<String, Room>>;

pub struct Room {
    lines: Sender<Arc<str>>,
    names: HashSet<String>,
}

/// Serves a client until it leaves. An error is meant for the client.
pub async fn take_part(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    rooms: &Rooms,
) -> anyhow::Result<()> {
    let mut client = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    let Some(first) = timeout(JOIN_TIMEOUT, client.try_next()).await?? else {
        return Ok(());
    };
    let (room, name) = names(&first).with_context(|| {
        format!("begin with ROOM NAME, each of 1 to {MAX_NAME} letters a-z or digits")
    })?;
    let Some((seat, mut lines)) = Seat::take(rooms, room, name) else {
        bail!("{name} is taken in {room}");
    };
    seat.say(format!("* {name} joined"));
    loop {
        tokio::select! {
            // Deliver before reading more: a member that does not take what
            // was said cannot say more.
            biased;
            line = lines.recv() => {
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
            () = sleep(IDLE_TIMEOUT) => bail!("nothing was said for {IDLE_TIMEOUT:?}"),
        }
    }
}

/// Splits a first line. Other characters could make two names look the same.
fn names(line: &str) -> Option<(&str, &str)> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name = |it: &str| (1..=MAX_NAME).contains(&it.len()) && it.bytes().all(is_plain);
    let (room, name) = line.split_once(' ')?;
    (is_name(room) && is_name(name)).then_some((room, name))
}

/// A member's place in a room; it is given up however the member's task ends.
struct Seat<'a> {
    rooms: &'a Rooms,
    room: &'a str,
    name: &'a str,
    lines: Sender<Arc<str>>,
}

impl<'a> Seat<'a> {
    /// Returns `None` if the name is taken.
    fn take(rooms: &'a Rooms, room: &'a str, name: &'a str) -> Option<(Self, Receiver<Arc<str>>)> {
        let mut open = rooms.lock().unwrap();
        let members = open.entry(room.into()).or_insert_with(|| Room {
            lines: channel(KEPT_LINES).0,
            names: HashSet::new(),
        });
        if !members.names.insert(name.into()) {
            return None;
        }
        let lines = members.lines.clone();
        let receiver = lines.subscribe();
        let seat = Self {
            rooms,
            room,
            name,
            lines,
        };
        Some((seat, receiver))
    }

    fn say(&self, line: String) {
        // An error means that the room is empty.
        let _ = self.lines.send(line.into());
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut open = self.rooms.lock().unwrap();
        if let Some(members) = open.get_mut(self.room) {
            members.names.remove(self.name);
            if members.names.is_empty() {
                open.remove(self.room);
            }
        }
        self.say(format!("* {} left", self.name));
    }
}
