//! Where packs and the runtime lie on this machine.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::PathBuf;

use directories::ProjectDirs;

/// Where to look.
#[derive(Debug, Clone)]
pub struct Places {
    /// ONNX Runtime's library: an absolute path, so that no other copy on the machine is taken.
    pub runtime: PathBuf,
    /// Folders of packs; the first that has a pack wins.
    pub packs: Vec<PathBuf>,
}

impl Places {
    /// The resources that lie with our own binary, then the user's packs.
    ///
    /// In a bundle the resources are `Contents/Resources`; beside a plugin that is a single file
    /// they are a folder with its name.
    pub fn of_this_binary() -> Self {
        let resources = resources_dir().unwrap_or_default();
        let user_packs = ProjectDirs::from("org", "One2Four", "One2Four")
            .map(|dirs| dirs.data_dir().join("packs"));
        Self::in_resources(resources, user_packs)
    }

    /// The places in a resources folder, and one more folder of packs.
    pub fn in_resources(resources: PathBuf, user_packs: Option<PathBuf>) -> Self {
        let library = format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}");
        Self {
            runtime: resources.join("runtime").join(library),
            packs: [resources.join("packs")]
                .into_iter()
                .chain(user_packs)
                .collect(),
        }
    }
}

fn resources_dir() -> Option<PathBuf> {
    let binary = process_path::get_dylib_path()?;
    let dir = binary.parent()?;
    match dir.parent() {
        Some(contents) if contents.ends_with("Contents") => Some(contents.join("Resources")),
        _ => Some(dir.join(binary.file_stem()?)),
    }
}
