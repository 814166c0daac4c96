//! Where packs and the runtime lie on this machine.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// Where to look.
#[derive(Debug, Clone)]
pub struct Places {
    /// ONNX Runtime's library: an absolute path, so that no other copy on the machine is taken.
    pub runtime: PathBuf,
    /// Folders of packs, at least one; the first that has a pack wins.
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

    /// The folder where a person puts packs.
    pub fn user_packs(&self) -> &Path {
        self.packs.last().map_or(Path::new(""), PathBuf::as_path)
    }

    /// The version of the runtime, which lies beside it as text.
    pub fn runtime_version(&self) -> Option<String> {
        let text = fs::read_to_string(self.runtime.with_file_name("version")).ok()?;
        let version = text.trim();
        let is_version = version.len() < 32 && version.starts_with(|c: char| c.is_ascii_digit());
        is_version.then(|| version.to_owned())
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
