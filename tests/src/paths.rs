//! Where the built plugin lies, seen from a test.

use std::path::{Path, PathBuf};

/// The folder of the bundles, as `cargo xtask bundle` fills it.
///
/// # Panics
/// Where there is none.
pub fn bundled() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let in_build_folder = |folder: &Path| Some(folder.join("bundled")).filter(|dir| dir.is_dir());
    test.ancestors()
        .find_map(in_build_folder)
        .expect("the tests play the built bundle; run `cargo xtask bundle` first")
}

/// The built CLAP.
pub fn clap() -> PathBuf {
    bundled().join("One2Four.clap")
}

/// The workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
