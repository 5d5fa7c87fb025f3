//! Scenarios of examples-io: a file for each example that has any.

#[cfg(unix)]
mod atomic_write;
#[cfg(unix)]
mod bounded_lines;
mod chat;
mod connect;
mod copy_progress;
mod duplex;
mod echo;
mod framing;
mod framing_codec;
mod happy_eyeballs;
mod hardened_echo;
mod heartbeat;
mod line_server;
mod proxy;
#[cfg(unix)]
mod read_file;
#[cfg(unix)]
mod read_to_string;
#[cfg(target_os = "linux")]
mod reconnect;
#[cfg(unix)]
mod stale_socket;
#[cfg(unix)]
mod tail;
mod udp;
#[cfg(unix)]
mod unix_socket;
#[cfg(unix)]
mod walk;
#[cfg(unix)]
mod write_file;

use super::support::runner::scenarios_of;

scenarios_of! {
    #[cfg(unix)] atomic_write,
    #[cfg(unix)] bounded_lines,
    chat,
    connect,
    copy_progress,
    duplex,
    echo,
    framing,
    framing_codec,
    happy_eyeballs,
    hardened_echo,
    heartbeat,
    line_server,
    proxy,
    #[cfg(unix)] read_file,
    #[cfg(unix)] read_to_string,
    #[cfg(target_os = "linux")] reconnect,
    #[cfg(unix)] stale_socket,
    #[cfg(unix)] tail,
    udp,
    #[cfg(unix)] unix_socket,
    #[cfg(unix)] walk,
    #[cfg(unix)] write_file,
}
