//! `bundle --install`: the bundles where hosts look, replaced as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use directories::BaseDirs;

use crate::files;
use crate::workspace::{NAME, Workspace};

/// Installs both bundles for this user and returns where they are.
pub fn install(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let (clap_home, vst3_home) = homes()?;
    let clap = workspace.clap();
    let vst3 = vst3_home.join(format!("{NAME}.vst3"));
    let clap_target = if clap.is_dir() {
        let target = clap_home.join(format!("{NAME}.clap"));
        replace(&target, &[(clap, PathBuf::new())])?;
        target
    } else {
        // A single file and what belongs to it stay together in one folder.
        let target = clap_home.join(NAME);
        let file = format!("{NAME}.clap").into();
        replace(
            &target,
            &[(clap, file), (workspace.clap_resources(), NAME.into())],
        )?;
        target
    };
    replace(&vst3, &[(workspace.vst3(), PathBuf::new())])?;
    Ok(vec![clap_target, vst3])
}

/// The user's folders for CLAP and VST3 plugins.
fn homes() -> Result<(PathBuf, PathBuf)> {
    let dirs = BaseDirs::new().context("this user has no home folder to install into")?;
    Ok(if cfg!(target_os = "macos") {
        let plugins = dirs.home_dir().join("Library/Audio/Plug-Ins");
        (plugins.join("CLAP"), plugins.join("VST3"))
    } else if cfg!(target_os = "windows") {
        let common = dirs.data_local_dir().join("Programs").join("Common");
        (common.join("CLAP"), common.join("VST3"))
    } else {
        (dirs.home_dir().join(".clap"), dirs.home_dir().join(".vst3"))
    })
}

/// Makes `target` a folder of copies (source -> path in it). They are collected beside it and put
/// in place by a rename, so that an interruption leaves the old folder or the new one.
fn replace(target: &Path, content: &[(PathBuf, PathBuf)]) -> Result<()> {
    let home = target.parent().context("a target without a folder")?;
    let name = target
        .file_name()
        .context("a target without a name")?
        .to_string_lossy();
    let (new, old) = (
        home.join(format!(".{name}.new")),
        home.join(format!(".{name}.old")),
    );
    let explain = || format!("cannot install {}; is a host using it?", target.display());

    fs::create_dir_all(home).with_context(explain)?;
    if old.exists() && !target.exists() {
        fs::rename(&old, target).with_context(explain)?; // interrupted between the renames
    }
    for left_over in [&new, &old] {
        if left_over.exists() {
            fs::remove_dir_all(left_over).with_context(explain)?;
        }
    }
    for (source, path) in content {
        if source.is_file() {
            files::copy_if_different(source, &new.join(path))?;
        } else {
            for (name, file) in files::list(source)? {
                files::copy_if_different(&file, &new.join(path).join(name))?;
            }
        }
    }
    if target.exists() {
        fs::rename(target, &old).with_context(explain)?;
    }
    fs::rename(&new, target).with_context(explain)?;
    if old.exists() {
        fs::remove_dir_all(&old).with_context(explain)?;
    }
    Ok(())
}
