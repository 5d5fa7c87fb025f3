//! `session` with stolen, planted and forged cookies, and with the pages of
//! others in a browser.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tokio::time::sleep;

use crate::scenarios::support::browser::{Browser, in_chromium};
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("planted", planted),
        scenario("forged", forged),
        scenario("logged_out", logged_out),
        scenario("wrong_password", wrong_password),
        scenario("origins", origins),
        scenario("reading", reading).slow(),
        in_chromium("page", page).slow(),
        scenario("unheard", || faults::unheard("session 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || {
            faults::early_signal("session 127.0.0.1:0")
        }),
    ]
}

/// Somebody who has planted a cookie, or has seen one, is not logged in by its
/// owner: the old id is unknown from then on, and the new one is another.
async fn planted() -> Result<()> {
    let server = Server::start("session", "")?;
    let planted = request(&server, "GET /visits", "", "").await?.cookie()?;
    let answer = request(&server, LOGIN, &planted, "").await?;
    let cookie = answer.cookie()?;
    ensure!(cookie != planted, "the id stays {cookie}");
    let answer = request(&server, "GET /visits", &cookie, "").await?;
    ensure!(answer.body == "ada, visit 2", "{answer:?}");
    let answer = request(&server, "GET /visits", &planted, "").await?;
    ensure!(answer.body == "someone, visit 1", "{answer:?}");
    ensure!(answer.cookie()? != planted, "the id is used again");
    Ok(())
}

/// An id that the server has not made is not taken, whatever it looks like.
async fn forged() -> Result<()> {
    let server = Server::start("session", "")?;
    let mut ids = Vec::new();
    for cookie in [
        "id=AAAAAAAAAAAAAAAAAAAAAA",
        "id=AAAAAAAAAAAAAAAAAAAAAB",
        "id=",
        "id=..%2f..%2f",
        "id=\"\u{1f36a}\"",
        "id=1; id=2",
        "=; ;;",
    ] {
        let answer = request(&server, "GET /visits", cookie, "").await?;
        ensure!(answer.body == "someone, visit 1", "{cookie}: {answer:?}");
        let id = answer.cookie()?;
        // 128 bits take 22 characters.
        ensure!(id.len() == "id=".len() + 22, "{id}");
        ensure!(!cookie.contains(&id), "{cookie} is taken");
        ids.push(id);
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    ensure!(ids.len() == count, "{} of {count} ids differ", ids.len());
    Ok(())
}

/// After a logout the cookie is worth nothing, and the browser is told to
/// forget it.
async fn logged_out() -> Result<()> {
    let server = Server::start("session", "")?;
    let cookie = request(&server, LOGIN, "", "").await?.cookie()?;
    let answer = request(&server, "POST /logout", &cookie, "").await?;
    ensure!(
        answer.status == 200
            && answer.head.contains("set-cookie: id=; ")
            && answer.head.contains("Max-Age=0"),
        "{answer:?}"
    );
    let answer = request(&server, "GET /visits", &cookie, "").await?;
    ensure!(answer.body == "someone, visit 1", "{answer:?}");
    Ok(())
}

/// A wrong password, or none, logs nobody in.
async fn wrong_password() -> Result<()> {
    let server = Server::start("session", "")?;
    for (form, status) in [
        ("password=", 401),
        ("password=correct+horse+", 401),
        ("passwor=correct+horse", 401),
        ("", 401),
        ("password=correct%20horse", 200),
    ] {
        let answer = request(&server, &format!("POST /login {form}"), "", "").await?;
        ensure!(
            answer.status == status && answer.cookie().is_ok() == (status == 200),
            "{form}: {answer:?}"
        );
    }
    Ok(())
}

/// Pages of other origins change nothing, though the browser sends the cookie;
/// reading is left to the browser's rules.
async fn origins() -> Result<()> {
    let server = Server::start("session", "")?;
    let cookie = request(&server, LOGIN, "", "").await?.cookie()?;
    for origin in [
        "http://x:8000",
        "http://x.evil.example",
        "http://evil.example/://x",
        "http://evil.x",
        "x",
        "null",
        "",
        "http://",
    ] {
        for what in ["POST /logout", LOGIN, "DELETE /visits"] {
            let header = format!("origin: {origin}");
            let answer = request(&server, what, &cookie, &header).await?;
            ensure!(answer.status == 403, "{what} from {origin}: {answer:?}");
        }
    }
    for header in ["origin: http://evil.example", "origin: http://x", ""] {
        let answer = request(&server, "GET /visits", &cookie, header).await?;
        ensure!(answer.body.starts_with("ada, "), "{header}: {answer:?}");
        let answer = request(&server, "HEAD /visits", &cookie, header).await?;
        ensure!(answer.status == 200, "HEAD with {header:?}: {answer:?}");
    }
    for header in ["origin: http://x", "origin: https://x", ""] {
        let answer = request(&server, LOGIN, "", header).await?;
        ensure!(answer.status == 200, "{header}: {answer:?}");
    }
    Ok(())
}

/// A user who only reads is logged out when the time of the session is over. What
/// cannot be read of a session is an error, and not a first visit.
async fn reading() -> Result<()> {
    let changes = [
        ("Duration::minutes(30)", "Duration::seconds(2)"),
        ("get(count)", "get(count).put(read).delete(spoil)"),
        (
            "async fn logout(",
            "async fn read(session: Session) -> Result<String> {
    let user: Option<String> = session.get(\"user\").await.map_err(internal)?;
    Ok(user.unwrap_or_default())
}

async fn spoil(session: Session) -> Result<()> {
    Ok(session.insert(\"visits\", \"many\").await.map_err(internal)?)
}

async fn logout(",
        ),
    ];
    let copy = build_changed(root(), "examples-http", "session", &changes)?;
    let path = copy.path().join("session");
    let server = Server::run(&format!("exec '{}' 127.0.0.1:0", path.display()))?;
    let login = request(&server, LOGIN, "", "").await?;
    let cookie = login
        .head
        .split_once("set-cookie: ")
        .context("no cookie")?
        .1;
    let cookie = cookie.split_once("; ").context("no attributes")?.0;
    request(&server, "DELETE /visits", cookie, "").await?;
    let answer = request(&server, "GET /visits", cookie, "").await?;
    ensure!(
        answer.status == 500,
        "a session that cannot be read is to be a 500: {answer:?}"
    );
    let start = Instant::now();
    let mut reads = 0;
    while start.elapsed() < Duration::from_secs(6) {
        let answer = request(&server, "PUT /visits", cookie, "").await?;
        if answer.body.is_empty() {
            ensure!(reads > 0, "never logged in: {answer:?}");
            return Ok(());
        }
        ensure!(answer.body == "ada", "{answer:?}");
        reads += 1;
        sleep(Duration::from_millis(100)).await;
    }
    bail!("after 6 s and {reads} reads, a session of 2 s still lives");
}

/// A person logs in. Scripts do not see the cookie; pages of another site and
/// of another port do not log anybody out, nor visit in the person's name.
async fn page(browser: &Browser) -> Result<()> {
    let server = Server::start("session", "")?;
    let other = Server::start("session", "")?;
    let own = format!("http://{}", server.address);
    browser.open(&own).await?;
    browser.type_into("input", "correct horse").await?;
    browser.click("button").await?;
    browser.wait_for("body", "ada is logged in").await?;
    let cookie = browser.run("return document.cookie").await?;
    ensure!(cookie.is_empty(), "a script sees {cookie}");

    for foreign in [
        format!("http://evil.localhost:{}/", server.address.port()),
        format!("http://{}/", other.address),
    ] {
        browser.open(&foreign).await?;
        let logout = format!(
            "const form = document.querySelectorAll('form')[1];
             form.action = '{own}/logout';
             form.submit();"
        );
        browser.run(&logout).await?;
        let refused = browser.wait_for("body", "a page of another origin").await;
        refused.context(foreign)?;
    }
    let foreign = format!("http://evil.localhost:{}/", server.address.port());
    browser.open(&foreign).await?;
    let visit = format!(
        "fetch('{own}/visits', {{ mode: 'no-cors', credentials: 'include' }})
             .then(() => document.title = 'done');"
    );
    browser.run(&visit).await?;
    browser.wait_for("title", "done").await?;
    browser.open(&format!("{own}/visits")).await?;
    let shown = browser.text("body").await?;
    ensure!(shown == "ada, visit 1", "{shown}");
    Ok(())
}

const LOGIN: &str = "POST /login password=correct+horse";

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The cookie that the server sets, as a browser would send it.
    fn cookie(&self) -> Result<String> {
        let cookie = self.head.split_once("set-cookie: ");
        let (_, cookie) = cookie.with_context(|| format!("no cookie: {self:?}"))?;
        let (cookie, attributes) = cookie.split_once("; ").context("no attributes")?;
        let age = attributes.strip_prefix("HttpOnly; SameSite=Lax; Path=/; Max-Age=");
        let age = age.and_then(|it| it.lines().next()?.parse().ok());
        // A second may have passed.
        ensure!(
            age.is_some_and(|it: u32| (1790..=1800).contains(&it)),
            "a cookie of half an hour is expected, not {attributes}"
        );
        Ok(cookie.into())
    }
}

/// Sends a method, a path and perhaps a form, from the host `x`.
async fn request(server: &Server, what: &str, cookie: &str, header: &str) -> Result<Answer> {
    let mut words = what.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default();
    let (method, path, form) = (next(), next(), next());
    let end = if header.is_empty() { "" } else { "\r\n" };
    let length = form.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\n\
         {header}{end}content-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{form}"
    );
    let answer = http::ask(server.address, request.as_bytes()).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context(answer.clone())?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok(Answer {
        status,
        head: head.into(),
        body: body.into(),
    })
}
