//! `bundle`: the CLAP and the VST3 with everything they need, in `target/bundled`.

use std::collections::BTreeMap;
use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::workspace::{NAME, PACKAGE, Workspace, resources_of};
use crate::{files, install, interrupt, packs, runtime};

/// How often a command that waits for another looks whether that is done.
const POLL: Duration = Duration::from_millis(100);

/// Builds the CLAP and VST3 bundles, with packs and runtime, in target/bundled
#[derive(clap::Args)]
pub struct Args {
    /// Also put them where hosts look for plugins
    #[arg(long)]
    install: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::find()?;
    bundle(&workspace)?;
    println!(
        "{}\n{}",
        workspace.clap().display(),
        workspace.vst3().display()
    );
    if args.install {
        for place in install::install(&workspace)? {
            println!("installed {}", place.display());
        }
    }
    Ok(())
}

/// Builds what changed since the last time.
pub fn bundle(workspace: &Workspace) -> Result<()> {
    fs::create_dir_all(&workspace.target)?;
    let _lock = lock(workspace)?;

    // The bundler reads `bundler.toml` from the current folder.
    std::env::set_current_dir(&workspace.root)?;
    let release = ["--release".to_string()];
    nice_plug_xtask::build(&[PACKAGE.into()], &release)?;
    if !is_current(workspace) {
        nice_plug_xtask::bundle(&workspace.target, PACKAGE, &release, false)?;
    }
    let runtime: BTreeMap<_, _> = runtime::files(workspace)?
        .into_iter()
        .filter_map(|path| Some((PathBuf::from(path.file_name()?), path)))
        .collect();
    let packs = packs::shipped(workspace)?;
    for plugin in [workspace.clap(), workspace.vst3()] {
        // A VST3 is a bundle everywhere.
        let resources = resources_of(&plugin);
        files::sync(&resources.join("runtime"), &runtime)?;
        files::sync(&resources.join("packs"), &packs)?;
        sign(&plugin);
    }
    Ok(())
}

/// The only right to change the bundles, until it is dropped.
fn lock(workspace: &Workspace) -> Result<fs::File> {
    let file = fs::File::create(workspace.target.join("bundled.lock"))?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if interrupt::has_come() => bail!("interrupted"),
            Err(TryLockError::WouldBlock) if !is_told => {
                eprintln!("Another command is building the plugin: waiting for it");
                is_told = true;
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(POLL),
        }
    }
}

/// Whether both bundles hold the library that cargo built.
fn is_current(workspace: &Workspace) -> bool {
    let prefix = std::env::consts::DLL_PREFIX;
    let suffix = std::env::consts::DLL_SUFFIX;
    let built = workspace
        .target
        .join("release")
        .join(format!("{prefix}{PACKAGE}{suffix}"));
    let Ok(built) = fs::read(built) else {
        return false;
    };
    let is_built = |path: &Path| fs::read(path).is_ok_and(|content| content == built);
    [workspace.clap(), workspace.vst3()]
        .iter()
        .all(|plugin| binary_of(plugin).is_ok_and(|binary| is_built(&binary)))
}

/// The binary of the plugin at `path`: itself, or the one in the bundle.
fn binary_of(path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path.into());
    }
    files::list(&path.join("Contents"))?
        .into_iter()
        .find(|(name, path)| {
            !name.starts_with("Resources") && path.file_stem().is_some_and(|stem| stem == NAME)
        })
        .map(|(_, path)| path)
        .with_context(|| format!("{} holds no binary", path.display()))
}

/// Signs a macOS bundle anew, because what was put into it broke the bundler's signature.
#[cfg(target_os = "macos")]
fn sign(plugin: &Path) {
    use nice_plug_xtask::{Architecture, CompilationTarget};
    nice_plug_xtask::maybe_codesign(plugin, CompilationTarget::MacOS(Architecture::AArch64));
}

#[cfg(not(target_os = "macos"))]
fn sign(_plugin: &Path) {}
