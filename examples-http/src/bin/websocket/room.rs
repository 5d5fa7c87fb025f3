//! What happens in a room, and how a WebSocket is closed.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::close_code::{AWAY, NORMAL, POLICY};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval, timeout};

pub const MAX_MESSAGE: usize = 4096;
/// How many messages a client may be behind.
const CAPACITY: usize = 64;
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// How long a client may read nothing of what is sent to it.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A code and a text for the client.
pub type Reason = (u16, &'static str);
pub const STOPPING: Reason = (AWAY, "the server stops");

/// The rooms by their names.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>);

impl Rooms {
    fn enter(&self, name: String) -> (Sender<Utf8Bytes>, Receiver<Utf8Bytes>) {
        let mut rooms = self.0.lock().unwrap();
        // Forget the rooms that nobody is in.
        rooms.retain(|_, room| room.receiver_count() > 0);
        let room = rooms.entry(name);
        let room = room.or_insert_with(|| Sender::new(CAPACITY));
        (room.clone(), room.subscribe())
    }
}

/// Takes part in a room until there is a reason to close.
pub async fn talk(socket: &mut WebSocket, rooms: &Rooms, name: String) -> Reason {
    let (room, mut messages) = rooms.enter(name);
    let mut pings = interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_answered = true;
    loop {
        let message = tokio::select! {
            // Looks at `recv` first: if this program was suspended, an answer
            // may be waiting when the next ping is due.
            biased;
            received = socket.recv() => {
                has_answered = true;
                match received {
                    Some(Ok(Message::Text(text))) => {
                        // It fails only if nobody is in the room.
                        let _ = room.send(text);
                    }
                    // `axum` answers a ping by itself.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_))) | None => return (NORMAL, ""),
                    Some(Ok(Message::Binary(_)) | Err(_)) => {
                        return (POLICY, "only text, of at most 4 KiB");
                    }
                }
                continue;
            }
            received = messages.recv() => match received {
                Ok(text) => Message::Text(text),
                Err(_) => return (POLICY, "too many messages behind"),
            },
            _ = pings.tick() => {
                if !mem::take(&mut has_answered) {
                    return (POLICY, "no answer to a ping");
                }
                Message::Ping("".into())
            }
        };
        match timeout(SEND_TIMEOUT, socket.send(message)).await {
            Ok(Ok(())) => {}
            _ => return (POLICY, "too slow"),
        }
    }
}

/// Sends a close frame and waits for that of the client: closing the connection
/// earlier may reset it, and the client would not read the reason.
pub async fn close(socket: &mut WebSocket, (code, reason): Reason) {
    let reason = reason.into();
    let handshake = async {
        let frame = Message::Close(Some(CloseFrame { code, reason }));
        // It fails if the client was first. Then `recv` sends the answer.
        let _ = socket.send(frame).await;
        while let Some(Ok(_)) = socket.recv().await {}
    };
    // A client that is gone, or does not answer, is cut off.
    let _ = timeout(CLOSE_TIMEOUT, handshake).await;
}
