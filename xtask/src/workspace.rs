//! Where things lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::builder::{PathBufValueParser, TypedValueParser};

/// The plugin's package, as in `bundler.toml`.
pub const PACKAGE: &str = "one2four";
/// The plugin's name in files and folders, as in `bundler.toml`.
pub const NAME: &str = "One2Four";

/// What reads a path from the command line, whatever its characters, as seen from where the command was given.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(std::path::absolute)
}

/// The workspace and its build folder.
pub struct Workspace {
    /// Where the workspace's `Cargo.toml` lies.
    pub root: PathBuf,
    /// Cargo's build folder, `target` unless the user chose another.
    pub target: PathBuf,
}

impl Workspace {
    /// The workspace that this program was built from.
    pub fn find() -> Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package
            .parent()
            .context("xtask lies in no workspace")?
            .to_path_buf();
        let output = cargo(&root)
            .args([
                "metadata",
                "--no-deps",
                "--offline",
                "--format-version",
                "1",
            ])
            .output()
            .context("cargo does not start")?;
        if !output.status.success() {
            bail!(
                "cargo cannot read the workspace: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo names no build folder")?;
        Ok(Self {
            root,
            target: target.into(),
        })
    }

    /// The song that is taken apart where none is named.
    pub fn example(&self) -> PathBuf {
        self.root.join("examples/on-the-next-day.flac")
    }

    /// Where the bundles lie.
    pub fn bundled(&self) -> PathBuf {
        self.target.join("bundled")
    }

    /// The built CLAP.
    pub fn clap(&self) -> PathBuf {
        self.bundled().join(format!("{NAME}.clap"))
    }

    /// The built VST3.
    pub fn vst3(&self) -> PathBuf {
        self.bundled().join(format!("{NAME}.vst3"))
    }

    /// The folder that belongs to the built CLAP: inside a bundle, beside a single file.
    pub fn clap_resources(&self) -> PathBuf {
        resources_of(&self.clap())
    }
}

/// The resources folder of the plugin at `path`.
pub fn resources_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("Contents").join("Resources")
    } else {
        path.with_extension("")
    }
}

/// A cargo command in the workspace at `root`.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
