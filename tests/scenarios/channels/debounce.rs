//! `debounce` with a user who types on, or slowly, or just when a text is read, and with
//! nobody who searches.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("other_users", other_users).slow()]
}

/// While letters keep coming, `debounce` does not search. `throttle` searches at most
/// once every 250 ms, however long nothing came before. A letter that comes just before
/// the text is read is part of it, and no reason for another search. If nobody searches,
/// the typing stops.
async fn other_users() -> Result<()> {
    let changes = [
        (
            "use tokio::sync::watch::{self, Receiver, Sender};",
            "use tokio::sync::watch::{self, Sender};

static LATE: std::sync::Mutex<Option<Sender<&str>>> = std::sync::Mutex::new(None);

struct Receiver<T>(watch::Receiver<T>);

impl<T> Receiver<T> {
    async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
        self.0.changed().await
    }

    fn borrow(&self) -> watch::Ref<'_, T> {
        send_late();
        self.0.borrow()
    }

    fn borrow_and_update(&mut self) -> watch::Ref<'_, T> {
        send_late();
        self.0.borrow_and_update()
    }
}

fn send_late() {
    if let Some(text) = LATE.lock().unwrap().take() {
        text.send_replace(\"late\");
    }
}",
        ),
        (
            "    let (text, typed) = watch::channel(\"\");
    tokio::join!(
        type_letters(text),
        search_debounced(typed.clone(), start),
        search_throttled(typed, start),
    );
}",
            "    let (text, typed) = watch::channel(\"\");
    drop(typed);
    type_letters(text).await;
    println!(\"nobody searches: {} ms\", start.elapsed().as_millis());

    let (text, typed) = watch::channel(\"\");
    tokio::join!(
        type_after(&[100; 100], text),
        search_debounced(Receiver(typed), start),
    );

    let start = Instant::now();
    let (text, typed) = watch::channel(\"\");
    tokio::join!(
        type_after(&[0, 740, 20], text),
        search_throttled(Receiver(typed), start),
    );

    let start = Instant::now();
    let (text, typed) = watch::channel(\"\");
    *LATE.lock().unwrap() = Some(text.clone());
    tokio::join!(
        type_after(&[0], text),
        search_debounced(Receiver(typed), start),
    );

    let start = Instant::now();
    let (text, typed) = watch::channel(\"\");
    *LATE.lock().unwrap() = Some(text.clone());
    tokio::join!(
        type_after(&[0], text),
        search_throttled(Receiver(typed), start),
    );
}

async fn type_after(pauses: &[u64], text: Sender<&str>) {
    for pause in pauses {
        if *pause > 0 {
            sleep(Duration::from_millis(*pause)).await;
        }
        text.send_replace(\"a\");
    }
}",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "debounce", &changes, "").await?;
    let expected = [
        "nobody searches: 0 ms",
        "debounce at 10000 ms: a",
        "throttle at 0 ms: a",
        "throttle at 740 ms: a",
        "throttle at 990 ms: a",
        "debounce at 300 ms: late",
        "throttle at 0 ms: late",
    ];
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
