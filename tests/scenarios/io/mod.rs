//! Scenarios of examples-io: a file for each example that has any.

#[cfg(unix)]
mod atomic_write;
mod backpressure_tcp;
#[cfg(unix)]
mod bounded_lines;
mod chat;
#[cfg(unix)]
mod child_process;
mod connect;
mod copy_progress;
mod duplex;
mod echo;
mod echo_roundtrip;
mod file_cost;
mod framing;
mod framing_codec;
mod happy_eyeballs;
mod hardened_echo;
mod heartbeat;
#[cfg(unix)]
mod kill_on_drop;
mod line_server;
mod lines;
#[cfg(unix)]
mod process_group;
mod proxy;
#[cfg(unix)]
mod read_file;
#[cfg(unix)]
mod read_to_string;
#[cfg(target_os = "linux")]
mod reconnect;
#[cfg(unix)]
mod signals;
mod split;
#[cfg(unix)]
mod stale_socket;
#[cfg(unix)]
mod stdin;
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
    backpressure_tcp,
    #[cfg(unix)] bounded_lines,
    chat,
    #[cfg(unix)] child_process,
    connect,
    copy_progress,
    duplex,
    echo,
    echo_roundtrip,
    file_cost,
    framing,
    framing_codec,
    happy_eyeballs,
    hardened_echo,
    heartbeat,
    #[cfg(unix)] kill_on_drop,
    line_server,
    lines,
    #[cfg(unix)] process_group,
    proxy,
    #[cfg(unix)] read_file,
    #[cfg(unix)] read_to_string,
    #[cfg(target_os = "linux")] reconnect,
    #[cfg(unix)] signals,
    split,
    #[cfg(unix)] stale_socket,
    #[cfg(unix)] stdin,
    #[cfg(unix)] tail,
    udp,
    #[cfg(unix)] unix_socket,
    #[cfg(unix)] walk,
    #[cfg(unix)] write_file,
}
