//! Serves one member of a room, and closes its WebSocket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::close_code::{AWAY, NORMAL, POLICY};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

pub const MAX_MESSAGE: usize = 4096;
/// How many messages a client may be behind.
const CAPACITY: usize = 64;
/// The shortest time between two messages of a client. One that is faster could
/// put all others too many messages behind.
const PAUSE: Duration = Duration::from_millis(10);
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// How long the sending of one message may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A close code (`AWAY`, `NORMAL` or `POLICY`) and a text for the client.
pub type Reason = (u16, &'static str);
pub const STOPPING: Reason = (AWAY, "the server stops");

/// The rooms by their names.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>);

impl Rooms {
    fn enter(&self, name: String) -> (Sender<Utf8Bytes>, Receiver<Utf8Bytes>) {
        let mut rooms = self.0.lock().unwrap();
        // Forget the rooms that everybody has left.
        rooms.retain(|_, room| room.receiver_count() > 0);
        let room = rooms.entry(name);
        let room = room.or_insert_with(|| Sender::new(CAPACITY));
        (room.clone(), room.subscribe())
    }
}

/// Takes part in a room until there is a reason to close.
pub async fn talk(socket: &mut WebSocket, rooms: &Rooms, name: String) -> Reason {
    let (room, mut messages) = rooms.enter(name);
    let mut turn = Instant::now();
    let mut pings = interval(PING_INTERVAL);
    // If this task was held up, it does not send several pings in a row.
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_answered = true;
    loop {
        // Until it is the client's turn, its messages wait in the socket. If
        // another branch is first, this future is dropped, but loses nothing:
        // `recv` takes a message only when it returns.
        let received = async {
            sleep_until(turn).await;
            socket.recv().await
        };
        // A text that was received goes to the room. The other branches give
        // what to send to this client.
        let outgoing = tokio::select! {
            // Try the branches in this order: an answer that is waiting is read
            // before the next ping is due, even if this program was suspended.
            biased;
            received = received => {
                turn = Instant::now() + PAUSE;
                has_answered = true;
                match received {
                    Some(Ok(Message::Text(text))) => {
                        // It cannot fail: this task listens, too.
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
            message = messages.recv() => match message {
                Ok(text) => Message::Text(text),
                // The oldest messages are lost.
                Err(_) => return (POLICY, "too many messages behind"),
            },
            _ = pings.tick() => {
                if !has_answered {
                    return (POLICY, "no answer to a ping");
                }
                has_answered = false;
                Message::Ping("".into())
            }
        };
        match timeout(SEND_TIMEOUT, socket.send(outgoing)).await {
            Ok(Ok(())) => {}
            _ => return (POLICY, "too slow"),
        }
    }
}

/// Sends a close frame, and waits for that of the client. Otherwise the system
/// may reset the connection, and the client never reads the reason.
pub async fn close(socket: &mut WebSocket, (code, reason): Reason) {
    let reason = reason.into();
    let handshake = async {
        let frame = Message::Close(Some(CloseFrame { code, reason }));
        // If the client has closed first, this fails, and `recv` answers.
        let _ = socket.send(frame).await;
        while let Some(Ok(_)) = socket.recv().await {}
    };
    // A client that is gone, or does not answer, is cut off.
    let _ = timeout(CLOSE_TIMEOUT, handshake).await;
}
