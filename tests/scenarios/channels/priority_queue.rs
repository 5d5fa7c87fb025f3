//! What of `priority_queue` is there to be pasted, pasted here and run in many ways.

use anyhow::{Result, ensure};
use futures_util::FutureExt;
use tokio::task::JoinSet;

use crate::scenarios::support::changed::exact_times;
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, on_threads};
use example::priority_queue;

#[path = "../../../examples-channels/src/bin/priority_queue.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-channels", "priority_queue"),
        scenario("order", || on_threads(take_turns)),
        scenario("urgent_later", urgent_later),
        scenario("normal_later", normal_later),
        scenario("is_bounded", is_bounded),
        scenario("closes", || on_threads(close_queue)).slow(),
    ]
}

/// The order is exactly that of the rule, for any number of jobs that wait.
async fn take_turns(mut dice: Dice) -> Result<()> {
    let in_a_row = dice.up_to(5);
    let (mut urgent, mut normal) = (dice.up_to(20) - 1, dice.up_to(20) - 1);
    let (to_urgent, to_normal, mut queue) = priority_queue(20, in_a_row);
    for _ in 0..urgent {
        to_urgent.send('U').await?;
    }
    for _ in 0..normal {
        to_normal.send('N').await?;
    }
    queue.close();
    for closed in [&to_urgent, &to_normal] {
        ensure!(closed.send('X').await.is_err(), "accepted after `close`");
    }
    let mut taken = 0;
    while urgent + normal > 0 {
        let turn_of_normal = taken >= in_a_row && normal > 0;
        let expected = if urgent == 0 || turn_of_normal {
            'N'
        } else {
            'U'
        };
        if expected == 'U' {
            urgent -= 1;
            taken += 1;
        } else {
            normal -= 1;
            taken = 0;
        }
        let job = queue.recv().await;
        ensure!(job == Some(expected), "{job:?} instead of {expected}");
    }
    ensure!(queue.recv().await.is_none(), "it does not end");
    Ok(())
}

/// A normal job that is taken because no urgent one waits counts as one, too:
/// those that come later get their whole turn.
async fn urgent_later() -> Result<()> {
    let (urgent, normal, mut queue) = priority_queue(8, 2);
    urgent.send('U').await?;
    normal.send('N').await?;
    ensure!(
        queue.recv().await == Some('U'),
        "the urgent job comes first"
    );
    ensure!(queue.recv().await == Some('N'), "then the normal one");
    for job in ['U', 'U', 'U'] {
        urgent.send(job).await?;
    }
    normal.send('N').await?;
    let mut order = String::new();
    for _ in 0..4 {
        order.extend(queue.recv().await);
    }
    ensure!(order == "UUNU", "{order} instead of UUNU");
    Ok(())
}

/// Only urgent jobs that are taken count, not a `recv` that is canceled. If there are more
/// in a row because no normal job waits, the next normal one is not put off.
async fn normal_later() -> Result<()> {
    let (urgent, normal, mut queue) = priority_queue(8, 2);
    for _ in 0..3 {
        let job = queue.recv().now_or_never();
        ensure!(job.is_none(), "the queue is empty, and gives out {job:?}");
    }
    let mut order = String::new();
    for (jobs, taken) in [("UUN", 3), ("UUU", 3), ("UN", 2)] {
        for job in jobs.chars() {
            let to = if job == 'U' { &urgent } else { &normal };
            to.send(job).await?;
        }
        for _ in 0..taken {
            order.extend(queue.recv().await);
        }
    }
    ensure!(order == "UUNUUUNU", "{order} instead of UUNUUUNU");
    Ok(())
}

/// As many jobs of each kind may wait as its maker says, and no more.
async fn is_bounded() -> Result<()> {
    let (urgent, normal, _queue) = priority_queue(3, 1);
    for (kind, sender) in [("urgent", urgent), ("normal", normal)] {
        let mut waiting = 0;
        while waiting < 100 && sender.try_send(kind).is_ok() {
            waiting += 1;
        }
        ensure!(
            waiting == 3,
            "3 {kind} jobs may wait, and {waiting} are accepted"
        );
    }
    Ok(())
}

/// A queue that is closed while jobs are sent, and whose `recv` is cancelled
/// again and again, gives out every job that it has accepted, once and in its
/// sender's order.
async fn close_queue(mut dice: Dice) -> Result<()> {
    let (urgent, normal, mut queue) = priority_queue(dice.up_to(4), 3);
    let mut senders = JoinSet::new();
    for sender in 0..4 {
        let queue = if sender % 2 == 0 { &urgent } else { &normal }.clone();
        let mut dice = dice.fork();
        senders.spawn(async move {
            let mut accepted = 0;
            for number in 0..30 {
                dice.pause().await;
                if queue.send((sender, number)).await.is_err() {
                    break;
                }
                accepted += 1;
            }
            accepted
        });
    }
    drop((urgent, normal));

    let mut close_after = dice.up_to(150);
    let mut received = [0; 4];
    loop {
        let job = tokio::select! {
            biased;
            job = queue.recv() => job,
            () = dice.pause() => continue,
        };
        let Some((sender, number)) = job else { break };
        ensure!(received[sender] == number, "lost, or out of order");
        received[sender] += 1;
        close_after -= 1;
        if close_after == 0 {
            queue.close();
        }
        close_after = close_after.max(1);
    }
    let accepted: usize = senders.join_all().await.iter().sum();
    let received: usize = received.iter().sum();
    ensure!(received == accepted, "{received} of {accepted}");
    no_task_is_left().await
}
