//! `cargo xtask`: everything a developer or a script does with One2Four. One file per command.

mod bench;
mod bounce;
mod bundle;
mod files;
mod hosts;
mod install;
mod interrupt;
mod measure;
mod packs;
mod picture;
mod runtime;
mod screenshots;
mod soak;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, plays, measures and tests One2Four.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bundle(bundle::Args),
    Bounce(bounce::Args),
    Screenshots(screenshots::Args),
    Picture(picture::Args),
    Test(test::Args),
    Bench(bench::Args),
    Soak(soak::Args),
    Hosts(hosts::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bundle(args) => bundle::run(&args),
        Command::Bounce(args) => bounce::run(&args),
        Command::Screenshots(args) => screenshots::run(&args),
        Command::Picture(args) => picture::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Soak(args) => soak::run(&args),
        Command::Hosts(args) => hosts::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
