//! What a process takes of the machine.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// The reason for which a test that measures processor time is ignored where
/// there is no `/proc`.
pub const NO_PROC: &str = "it reads processor time from /proc, which only Linux has";

/// Resident memory in bytes.
///
/// # Errors
///
/// If there is no such process, or if the system does not tell.
pub fn memory(id: u32) -> Result<usize> {
    if cfg!(target_os = "linux") {
        return status(id, "VmRSS:");
    }
    let ps = Command::new("ps")
        .args(["-o", "rss=", "-p", &id.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&ps.stdout);
    let kibibytes: usize = said.trim().parse().context("ps tells no memory")?;
    Ok(kibibytes * 1024)
}

/// Resident memory at its peak, in bytes; where only Linux tells that, it is what
/// it is now.
///
/// # Errors
///
/// If there is no such process, or if the system does not tell.
pub fn peak_memory(id: u32) -> Result<usize> {
    if cfg!(target_os = "linux") {
        return status(id, "VmHWM:");
    }
    memory(id)
}

/// Lets the peak begin anew with what the process has now.
///
/// # Errors
///
/// If there is no such process.
pub fn forget_peak(id: u32) -> Result<()> {
    if cfg!(target_os = "linux") {
        // See proc(5).
        fs::write(format!("/proc/{id}/clear_refs"), "5")?;
    }
    Ok(())
}

/// Processor time used until now.
///
/// # Errors
///
/// Where only Linux tells that, or if there is no such process.
pub fn processor_time(id: u32) -> Result<Duration> {
    ensure!(cfg!(target_os = "linux"), NO_PROC);
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // See proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms; the
    // name in field 2 may hold blanks, so count from behind it.
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// How many file descriptors it has; `None` where only Linux tells that.
#[must_use]
pub fn descriptors(id: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{id}/fd")).ok()?.count())
}

/// Whether it has a handler for SIGINT; `None` where only Linux tells that.
#[must_use]
pub fn catches_interrupt(id: u32) -> Option<bool> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let caught = status.lines().find_map(|it| it.strip_prefix("SigCgt:"))?;
    let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
    Some(caught & 0b10 != 0)
}

/// Whether its main thread waits; `None` where only Linux tells that.
#[must_use]
pub fn waits(id: u32) -> Option<bool> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let state = status.lines().find_map(|it| it.strip_prefix("State:"))?;
    Some(state.trim().starts_with('S'))
}

/// A line of `/proc/PID/status` that gives kibibytes, in bytes.
fn status(id: u32, name: &str) -> Result<usize> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|it| it.strip_prefix(name));
    let line = line.with_context(|| format!("no {name}"))?;
    let kibibytes = line.trim().strip_suffix(" kB").context("no kB")?;
    let kibibytes: usize = kibibytes.parse()?;
    Ok(kibibytes * 1024)
}
