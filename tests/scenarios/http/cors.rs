//! `cors` as a page sees it: which origins may do what, and in a browser.

use anyhow::{Result, ensure};
use harness::Server;

use crate::scenarios::support::browser::{Browser, in_chromium};
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("preflight", preflight),
        scenario("cookie", cookie),
        scenario("origins", origins),
        scenario("errors_are_readable", errors_are_readable),
        in_chromium("page", page).slow(),
        scenario("unheard", || faults::unheard("cors 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || faults::early_signal("cors 127.0.0.1:0")),
    ]
}

/// The answer allows the page what it needs, and no more.
async fn preflight() -> Result<()> {
    let server = Server::start("cors", "")?;
    let origin = format!("http://app.shop.localhost:{}", server.address.port());
    let answer = request(&server, "OPTIONS", "fixed", &origin, "").await?;
    ensure!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for header in [
        "access-control-allow-methods: DELETE",
        "access-control-allow-credentials: true",
        "access-control-max-age: 600",
        // A cache must not give this answer to another origin.
        "vary: origin, access-control-request-method, access-control-request-headers",
    ] {
        ensure!(answer.contains(&format!("\r\n{header}\r\n")), "{answer}");
    }
    ensure!(!answer.contains("access-control-allow-headers"), "{answer}");
    Ok(())
}

/// The page's cookie is one for all hosts of the site, which no script and no page of
/// another site can use.
async fn cookie() -> Result<()> {
    let server = Server::start("cors", "")?;
    let answer = http::Client::connect(server.address)
        .await?
        .get("/")
        .await?;
    answer.is(200, "<pre></pre>")?;
    let cookie = "user=ada; Domain=shop.localhost; HttpOnly; SameSite=Strict";
    let kind = "text/html; charset=utf-8";
    for (name, right) in [("set-cookie", cookie), ("content-type", kind)] {
        let value = answer.headers.get(name);
        ensure!(
            value.is_some_and(|value| value == right),
            "the header {name} is to be {right:?}, not {value:?}"
        );
    }
    Ok(())
}

/// Origins that look like the page's are refused.
async fn origins() -> Result<()> {
    let server = Server::start("cors", "")?;
    let port = server.address.port();
    for origin in [
        "null".into(),
        format!("https://app.shop.localhost:{port}"),
        format!("http://app.shop.localhost:{port}0"),
        format!("http://app.shop.localhost:{port}.evil.example"),
        format!("http://evil.app.shop.localhost:{port}"),
        format!("http://evilapp.shop.localhost:{port}"),
        format!("http://appXshop.localhost:{port}"),
        "http://app.shop.localhost".into(),
    ] {
        for method in ["OPTIONS", "DELETE"] {
            let answer = request(&server, method, "fixed", &origin, "user=ada").await?;
            ensure!(
                answer.starts_with("HTTP/1.1 200 OK\r\n")
                    && !answer.contains("access-control-allow-origin"),
                "{method} from {origin}: {answer}"
            );
        }
    }
    Ok(())
}

/// The page may read an error too: without the header it would only learn that
/// its request has failed.
async fn errors_are_readable() -> Result<()> {
    let server = Server::start("cors", "")?;
    let origin = format!("http://app.shop.localhost:{}", server.address.port());
    for (cookie, status, body) in [
        ("user=ada", "200 OK", "order 7 is canceled"),
        ("user=eve", "401 Unauthorized", ""),
        ("user=adam", "401 Unauthorized", ""),
        ("", "401 Unauthorized", ""),
    ] {
        let answer = request(&server, "DELETE", "fixed", &origin, cookie).await?;
        ensure!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n"))
                && answer.contains(&format!("\r\naccess-control-allow-origin: {origin}\r\n"))
                && answer.ends_with(&format!("\r\n\r\n{body}")),
            "{cookie}: {answer}"
        );
    }
    Ok(())
}

/// What the page on app.shop.localhost may do, and the same page on another
/// host may not.
async fn page(browser: &Browser) -> Result<()> {
    let server = Server::start("cors", "")?;
    let port = server.address.port();
    for (host, right) in [
        (
            "app.shop.localhost",
            "broken, include: TypeError: Failed to fetch\n\
             fixed, omit: 401 \n\
             fixed, include: 200 order 7 is canceled\n",
        ),
        (
            "evil.localhost",
            "broken, include: TypeError: Failed to fetch\n\
             fixed, omit: TypeError: Failed to fetch\n\
             fixed, include: TypeError: Failed to fetch\n",
        ),
    ] {
        browser.open(&format!("http://{host}:{port}/")).await?;
        browser.wait_for("pre", "fixed, include: ").await?;
        let shown = browser.text("pre").await?;
        ensure!(shown == right, "{host} shows {shown}");
    }
    Ok(())
}

async fn request(
    server: &Server,
    method: &str,
    path: &str,
    origin: &str,
    cookie: &str,
) -> Result<String> {
    let request = format!(
        "{method} /{path}/orders/7 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         origin: {origin}\r\naccess-control-request-method: DELETE\r\ncookie: {cookie}\r\n\r\n"
    );
    http::ask(server.address, request.as_bytes()).await
}
