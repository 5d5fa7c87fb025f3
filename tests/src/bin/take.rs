//! Copies an example out of the workspace:
//!
//! ```sh
//! cargo run -p tests --bin take -- worker_pool ../my_service
//! ```

use std::env;
use std::path::Path;
use std::process::ExitCode;

use harness::take::take;
use harness::workspace::root;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else {
        eprintln!("usage: cargo run -p tests --bin take -- EXAMPLE FOLDER");
        return ExitCode::from(2);
    };
    match take(root(), name, Path::new(folder)) {
        Ok(command) => {
            println!("{command}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
