//! `screenshots`: the README's pictures of the editor, from a real run of the example.

#[cfg(feature = "screenshots")]
mod show;

use std::path::PathBuf;

use anyhow::Result;

use crate::bundle;
use crate::workspace::{self, Workspace};

/// Takes the README's pictures of the editor while it plays the example
#[derive(clap::Args)]
pub struct Args {
    /// Folder for the pictures
    #[arg(long, value_name = "DIR", value_parser = workspace::path())]
    out: Option<PathBuf>,
}

/// Bundles the plugin and takes the pictures.
pub fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::find()?;
    bundle::bundle(&workspace)?;
    let docs = || workspace.root.join("docs");
    take(&workspace, &args.out.clone().unwrap_or_else(docs))
}

#[cfg(feature = "screenshots")]
use show::run as take;

/// Has the pictures taken by an `xtask` that has the editor in it.
#[cfg(not(feature = "screenshots"))]
fn take(workspace: &Workspace, out: &std::path::Path) -> Result<()> {
    let with_editor = [
        "run",
        "--release",
        "-p",
        "xtask",
        "--features",
        "screenshots",
        "--",
    ];
    let status = crate::workspace::cargo(&workspace.root)
        .args(with_editor)
        .args(["screenshots", "--out"])
        .arg(out)
        .status()?;
    anyhow::ensure!(status.success(), "the pictures could not be taken");
    Ok(())
}
