//! `tls_reload` with files that cannot be used, a chain, sessions from before, and
//! clients that are silent or too many.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::usage::descriptors;
use harness::workspace::root;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::clients::keeps_still;
use crate::scenarios::support::http::{
    SILENT_CLIENTS, TELLING_HANDLER, TELLING_LAYER, ask, built_once, closes_silent,
};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("unusable", unusable).slow(),
        scenario("not_resumed", not_resumed).slow(),
        scenario("chain", chain).slow(),
        scenario("layers", layers).slow(),
        scenario("silent", silent).slow(),
        scenario("beside_a_silent_client", beside_a_silent_client).slow(),
        scenario("too_many_clients", too_many_clients)
            .measures()
            .slow(),
    ]
}

/// Without a key, and without a certificate in the file, the error says which one,
/// and the server keeps what it has.
async fn unusable() -> Result<()> {
    let line = r#"    fs::write(folder.path().join("cert.pem"), first)?;"#;
    for (other, error) in [
        (
            r#"    fs::remove_file(folder.path().join("key.pem"))?;"#,
            "cannot load: key.pem: ",
        ),
        (
            r#"    fs::write(folder.path().join("cert.pem"), "")?;"#,
            "cannot load: ",
        ),
        (
            r#"    fs::write(folder.path().join("cert.pem"), "-----BEGIN CERTIFICATE-----\n")?;"#,
            "cannot load: ",
        ),
    ] {
        let (status, lines) =
            run_changed("examples-http", "tls_reload", &[(line, other)], "").await?;
        let end: Vec<&str> = lines.iter().skip(3).map(String::as_str).collect();
        ensure!(
            status == 0
                && matches!(end[..], [said, "client 3: certificate 2"] if said.starts_with(error)),
            "{other}: it is to say {error:?} and keep certificate 2; status {status}: {lines:?}"
        );
    }
    Ok(())
}

/// A client that connects again, and could resume its session, sees the new
/// certificate; this one does not trust it.
async fn not_resumed() -> Result<()> {
    let changes = [(
        ".tls_info(true)",
        ".tls_info(true)\n        .pool_max_idle_per_host(0)",
    )];
    let (status, lines) = run_changed("examples-http", "tls_reload", &changes, "").await?;
    ensure!(
        status == 1
            && lines[0] == "client 1: certificate 1"
            && lines[1].contains("error sending request"),
        "the second connection is to fail; status {status}: {lines:?}"
    );
    Ok(())
}

/// A client that trusts the root only is sent what stands between.
async fn chain() -> Result<()> {
    let changes = [
        (
            "    let key = KeyPair::generate()?;\n",
            r#"    let mut ca = CertificateParams::new([])?;
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = rcgen::CertifiedIssuer::self_signed(ca.clone(), KeyPair::generate()?)?;
    ca.distinguished_name.push(rcgen::DnType::CommonName, "between");
    let between = rcgen::CertifiedIssuer::signed_by(ca, KeyPair::generate()?, &root)?;
    let key = KeyPair::generate()?;
"#,
        ),
        (
            "params.self_signed(&key)?.pem();",
            "params.signed_by(&key, &between)?.pem() + &between.pem();",
        ),
        ("    Ok(cert)\n", "    Ok(root.pem())\n"),
    ];
    let (status, lines) = run_changed("examples-http", "tls_reload", &changes, "").await?;
    ensure!(
        lines[0] == "client 1: certificate 1",
        "client 1 is to trust the server; status {status}: {lines:?}"
    );
    Ok(())
}

/// The layers of a router without state are built once, not for each request.
async fn layers() -> Result<()> {
    let telling = format!(r#"Router::new().route("/", {TELLING_HANDLER}){TELLING_LAYER}));"#);
    let changes = [("Router::new()));", telling.as_str())];
    let (status, lines) = run_changed("examples-http", "tls_reload", &changes, "").await?;
    ensure!(status == 0, "status {status}: {lines:?}");
    built_once(&lines, 4)
}

const SERVE: &str = "    tokio::spawn(serve(listener, newest, Router::new()));\n";

/// A client that does not begin its handshake keeps nobody waiting.
async fn beside_a_silent_client() -> Result<()> {
    let silent = format!(
        "    let address = listener.local_addr()?;
{SERVE}    let _silent = TcpStream::connect(address).await?;\n"
    );
    let changes = [(SERVE, silent.as_str())];
    let (status, lines) = run_changed("examples-http", "tls_reload", &changes, "").await?;
    ensure!(
        status == 0 && lines.len() == 5,
        "the three clients are to be served beside it; status {status}: {lines:?}"
    );
    Ok(())
}

/// When there are too many clients, the server waits until some of them have left,
/// without a loop that spins, and then serves again.
async fn too_many_clients() -> Result<()> {
    let listens = format!(
        "    println!(\"listening on {{}}\", listener.local_addr()?);
{SERVE}    std::future::pending::<()>().await;\n"
    );
    let changes = [(SERVE, listens.as_str())];
    let copy = build_changed(root(), "examples-http", "tls_reload", &changes)?;
    let path = copy.path().join("tls_reload");
    let server = Server::run(&format!("ulimit -n 24; exec '{}'", path.display()))?;
    let mut clients = Vec::new();
    let again = "with too many clients, and when some have left, it is to go on";
    for _ in 0..24 {
        let client = TcpStream::connect(server.address).await;
        clients.push(client.context(again)?);
    }
    while descriptors(server.id()).is_some_and(|count| count < 24) {
        sleep(Duration::from_millis(10)).await;
    }
    let pause = async {
        sleep(Duration::from_millis(600)).await;
        Ok(())
    };
    keeps_still(server.id(), Duration::from_millis(200), pause).await?;
    drop(clients);
    let no_tls = ask(server.address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    no_tls.map(drop).context(again)
}

/// A client that is silent before or after its handshake has ten seconds.
async fn silent() -> Result<()> {
    let silent = format!(
        "    let address = listener.local_addr()?;
{SERVE}    let cert = CertificateDer::from_pem_slice(first.as_bytes())?;
{SILENT_CLIENTS}"
    );
    let changes = [
        (
            "flavor = \"current_thread\"",
            "flavor = \"current_thread\", start_paused = true",
        ),
        (SERVE, silent.as_str()),
    ];
    closes_silent("tls_reload", &changes, "10.0").await
}
