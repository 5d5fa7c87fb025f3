//! `static_files` with paths that try to leave its folder, and odd ranges.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Server;
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("traversal", traversal),
        #[cfg(unix)]
        scenario("links", links),
        scenario("ranges", ranges),
        scenario("drain", drain),
        scenario("cleans_up", cleans_up),
        scenario("no_folder", no_folder),
        scenario("half_a_request", || http::half_a_request("static_files")).slow(),
        scenario("second_signal", || http::second_signal("static_files")),
        scenario("unheard", || faults::unheard("static_files 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || {
            faults::early_signal("static_files 127.0.0.1:0")
        }),
    ]
}

/// No path, however it is encoded, leads to the file beside the folder, nor to a
/// hidden one, nor to a list of the files.
async fn traversal() -> Result<()> {
    let server = Server::start("static_files", "")?;
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/.%2e/secret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e%252fsecret.txt",
        "/..%c0%afsecret.txt",
        "/..%00/secret.txt",
        "/index.html%00.txt",
        "/....//secret.txt",
        "/..;/secret.txt",
        "//../secret.txt",
        "/./../secret.txt",
        "/%2fetc/passwd",
        "//etc/passwd",
        "/file:///etc/passwd",
        "http://x/../secret.txt",
        "http://x/%2e%2e/secret.txt",
        "../secret.txt",
        "/.env",
        "/%2eenv",
        "/x%2f.env",
        "/assets/../.env",
        "/.env/",
        "/assets/",
        "/assets/?/../../secret.txt",
        "/%ff",
        "/%",
    ] {
        let answer = get(&server, path, "").await?;
        ensure!(
            answer.starts_with("HTTP/1.1 404 ") || answer.starts_with("HTTP/1.1 400 "),
            "{path}: {answer}"
        );
        ensure!(
            !answer.contains("secret") && !answer.contains("root:"),
            "{path}: {answer}"
        );
        ensure!(
            !answer.contains("cache-control"),
            "{path}: what is not found is not to be kept: {answer}"
        );
    }
    let answer = get(&server, "/%69ndex%2ehtml?x=../.env", "").await?;
    ensure!(answer.ends_with("<h1>Hello</h1>\n"), "{answer}");
    Ok(())
}

/// A link within the folder is followed, and one that leads out of it is not. Nor
/// is a file in a hidden folder served. The folder itself may be a link.
#[cfg(unix)]
async fn links() -> Result<()> {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir()?;
    let public = folder.path().join("public");
    fs::create_dir_all(public.join(".well-known"))?;
    fs::write(folder.path().join("secret.txt"), "secret")?;
    fs::write(public.join("page.txt"), "page")?;
    fs::write(public.join(".well-known/token"), "token")?;
    fs::create_dir(public.join(".git"))?;
    fs::write(public.join(".git/config"), "secret")?;
    symlink("page.txt", public.join("inside"))?;
    symlink("../secret.txt", public.join("outside"))?;
    symlink("..", public.join("parent"))?;
    // The path of a neighbor may begin like that of the folder.
    fs::create_dir(folder.path().join("public-old"))?;
    fs::write(folder.path().join("public-old/page.txt"), "secret")?;
    symlink("../public-old/page.txt", public.join("neighbor"))?;
    fs::write(folder.path().join("public.bak"), "secret")?;
    symlink("../public.bak", public.join("backup"))?;
    symlink("/etc/passwd", public.join("absolute"))?;
    symlink("loop", public.join("loop"))?;
    symlink("../secret.txt", public.join("index.html"))?;
    symlink("public", folder.path().join("site"))?;
    fs::create_dir(public.join(".well-known-old"))?;
    fs::write(public.join(".well-known-old/token"), "secret")?;
    fs::create_dir(public.join("shop"))?;
    symlink("../page.txt", public.join("shop/index.html"))?;
    let command = format!(
        "exec '{}' 127.0.0.1:0 '{}'",
        binary("static_files")?.display(),
        folder.path().join("site").display()
    );
    let server = Server::run(&command)?;
    for (path, right) in [
        ("/inside", "page"),
        ("/.well-known/token", "token"),
        ("/shop/", "page"),
    ] {
        let answer = get(&server, path, "").await?;
        ensure!(
            answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(right),
            "{path}: {answer}"
        );
    }
    for path in [
        "/outside",
        "/parent/secret.txt",
        "/parent/public-old/page.txt",
        "/neighbor",
        "/backup",
        "/absolute",
        "/loop",
        "/.git/config",
        "/.well-known-old/token",
        "/index.html",
        "/",
        "//",
        "/?/",
    ] {
        let answer = get(&server, path, "").await?;
        ensure!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    Ok(())
}

/// A range is answered with its bytes, or refused with the size of the file. A
/// refusal is not to be kept.
async fn ranges() -> Result<()> {
    let server = Server::start("static_files", "")?;
    for (range, status, right) in [
        ("bytes=0-0", 206, "\r\n\r\n0"),
        ("bytes=-3", 206, "\r\n\r\n789"),
        ("bytes=5-", 206, "\r\n\r\n56789"),
        ("bytes=8-99", 206, "\r\n\r\n89"),
        ("bytes=10-", 416, "content-range: bytes */10"),
        ("bytes=5-2", 416, "content-range: bytes */10"),
        ("bytes=0-1,4-5", 416, "content-range: bytes */10"),
        (
            "bytes=0-18446744073709551616",
            416,
            "content-range: bytes */10",
        ),
        ("lines=0-1", 416, "content-range: bytes */10"),
    ] {
        let answer = get(&server, "/digits.txt", &format!("range: {range}\r\n")).await?;
        ensure!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(right),
            "{range}: {answer}"
        );
        ensure!(
            answer.contains("\r\ncache-control: no-cache\r\n") == (status == 206)
                && answer.contains("cache-control") == (status == 206),
            "{range}: only a file is to have a cache-control: {answer}"
        );
    }
    let answer = get(&server, "/digits.txt", "").await?;
    let whole = answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n0123456789");
    ensure!(whole, "{answer}");
    let request = b"DELETE /digits.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = http::ask(server.address, request).await?;
    ensure!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    Ok(())
}

/// A request whose head is not complete at the stop is still answered.
async fn drain() -> Result<()> {
    let (before, after) = ("GET / HTTP/1.1\r\nhost: ", "x\r\n\r\n");
    let answer = http::drain("static_files", before, after).await?;
    ensure!(answer.ends_with("<h1>Hello</h1>\n"), "{answer}");
    Ok(())
}

/// If there is no such folder, that is an error that names it.
async fn no_folder() -> Result<()> {
    let (status, lines) = http::run("static_files", "127.0.0.1:0 nowhere", &[]).await?;
    ensure!(
        status == 1 && lines[0] == "Error: nowhere",
        "the error is to name the folder; status {status}: {lines:?}"
    );
    Ok(())
}

/// At SIGTERM, nothing is left of the folder that it has made; nor if it cannot serve
/// it.
async fn cleans_up() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let setup = format!("export TMPDIR='{}';", folder.path().display());
    let mut server = Server::start("static_files", &setup)?;
    let made = fs::read_dir(folder.path())?.count();
    ensure!(made == 1, "{made} folders while it runs");
    let (address, temporary) = (server.address.to_string(), folder.path().to_string_lossy());
    let variables = [("TMPDIR", &*temporary)];
    let (status, lines) = http::run("static_files", &address, &variables).await?;
    let left = fs::read_dir(folder.path())?.count();
    ensure!(
        status == 1 && lines[0].starts_with("Error: cannot listen on ") && left == 1,
        "a second server is to fail and to leave no folder, not {}; status {status}: {lines:?}",
        left - 1
    );
    server.signal("TERM")?;
    let status = server.wait(Duration::from_secs(5))?;
    let left = fs::read_dir(folder.path())?.count();
    ensure!(status == 0 && left == 0, "{status}, {left} folders left");
    Ok(())
}

async fn get(server: &Server, path: &str, headers: &str) -> Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    http::ask(server.address, request.as_bytes()).await
}
