//! Bars on a terminal, plain lines elsewhere.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::log;

// `!` cuts a longer name off. `wide_bar` takes the rest of the line.
const BAR: &str = "{prefix:16!} {wide_bar} {bytes:>10} {bytes_per_sec:>12} {eta:>4}";
const TOTAL: &str = "{prefix:16!} {wide_bar} {pos} of {len} files {elapsed:>8}";

pub struct Progress {
    bars: MultiProgress,
    total: ProgressBar,
}

impl Progress {
    pub fn new(files: usize) -> Self {
        let bars = MultiProgress::new();
        let total = ProgressBar::new(files as u64).with_prefix("total");
        let total = bars.add(total.with_style(style(TOTAL)));
        // Show the time that has passed, even while no data comes.
        total.enable_steady_tick(Duration::from_millis(200));
        Self { bars, total }
    }

    /// Adds a bar for a file. The bar disappears when it is dropped.
    pub fn add(&self, name: &str) -> ProgressBar {
        let bar = ProgressBar::no_length().with_prefix(name.to_string());
        let bar = bar.with_style(style(BAR));
        self.bars.insert_before(&self.total, bar)
    }

    /// One file more is done.
    pub fn advance(&self) {
        self.total.inc(1);
    }

    pub fn finish(&self) {
        self.total.finish_and_clear();
    }

    /// Prints a line above the bars.
    pub fn print(&self, line: &str) {
        // They are hidden if standard error is not a terminal.
        if self.bars.is_hidden() {
            log(line);
        } else {
            let _ = self.bars.println(line);
        }
    }

    /// Prints the line that `sha256sum` prints, on standard output.
    pub fn print_sum(&self, sum: &str, path: &Path) {
        let line = format!("{sum}  {}\n", path.display());
        self.bars.suspend(|| {
            // The file is complete, even if nobody reads this line.
            let _ = io::stdout().write_all(line.as_bytes());
        });
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid")
}
