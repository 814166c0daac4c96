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

/// What belongs to the built CLAP: inside it where it is a folder, beside it where it is a file.
pub fn resources() -> PathBuf {
    let clap = clap();
    if clap.is_dir() {
        clap.join("Contents/Resources")
    } else {
        clap.with_extension("")
    }
}

/// Puts the CLAP that was built along with this test, with the checks of a debug build, into `folder`
/// with the bundle's resources, and tells where it is.
///
/// # Panics
/// Where there is none, or it cannot be put there.
#[cfg(target_os = "linux")]
pub fn debug_clap(folder: &Path) -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let clap = folder.join("One2Four.clap");
    std::fs::copy(test.with_file_name("libone2four.so"), &clap).expect("cargo built it");
    std::os::unix::fs::symlink(bundled().join("One2Four"), folder.join("One2Four"))
        .expect("a new folder");
    clap
}

/// The workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
