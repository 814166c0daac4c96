//! A folder with a copy of a pack that ships, to be spoiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use one2four::geometry::{ChunkSetting, Geometry};
use one2four::pack::{self, Pack, PackError, Places};
use sha2::{Digest, Sha256};

/// The runtime of the bundle and the packs in this folder.
pub fn bundled(packs: &Path) -> Places {
    Places {
        packs: vec![packs.into()],
        ..Places::in_resources(stage::paths::resources(), None)
    }
}

/// A folder of packs, removed when dropped.
pub struct Shelf {
    dir: PathBuf,
    /// Of the pack that is looked for.
    id: &'static str,
}

impl Shelf {
    /// Without a pack.
    pub fn empty() -> Self {
        Self::looked_through_for("remix")
    }

    fn looked_through_for(id: &'static str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "shelf-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&dir).unwrap();
        Self { dir, id }
    }

    /// With a copy of the pack that ships.
    pub fn with_remix() -> Self {
        Self::with("remix", &["pack.toml", "remix.onnx"])
    }

    /// With a copy of the band that ships.
    pub fn with_accompany() -> Self {
        let files = ["pack.toml", "plan.onnx", "band.onnx", "band.sf2"];
        Self::with("accompany", &files)
    }

    fn with(id: &'static str, files: &[&str]) -> Self {
        let shelf = Self::looked_through_for(id);
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../models/packs")
            .join(id);
        fs::create_dir_all(shelf.file("")).unwrap();
        for name in files {
            fs::copy(shipped.join(name), shelf.file(name)).unwrap();
        }
        shelf
    }

    /// The folder of packs.
    pub fn packs(&self) -> PathBuf {
        self.dir.join("packs")
    }

    /// What the plugin does with it.
    pub fn load(&self) -> Result<(), PackError> {
        let places = bundled(&self.packs());
        let pack = Pack::find(&places, self.id)?;
        let geometry = Geometry::new(&pack.manifest.stream, 48_000.0, ChunkSetting::Tenth);
        pack::load(&pack, &places, &geometry).map(drop)
    }

    /// Checks that it is refused in one sentence with these words.
    pub fn expect_refusal(&self, what: &str, words: &[&str]) {
        let sentence = self.load().expect_err(what).to_string();
        assert!(!sentence.contains('\n'), "{what}: {sentence}");
        for words in words {
            assert!(
                sentence.contains(words),
                "{what}: \"{words}\" is not in: {sentence}"
            );
        }
    }

    /// Replaces text in `pack.toml`.
    pub fn edit_toml(&self, good: &str, bad: &str) {
        let text = fs::read_to_string(self.file("pack.toml")).unwrap();
        assert!(text.contains(good), "{good}");
        fs::write(self.file("pack.toml"), text.replacen(good, bad, 1)).unwrap();
    }

    /// Removes a file.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).unwrap();
    }

    /// Changes a file and leaves its sum as it was.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.file(name)).unwrap();
        change(&mut bytes);
        fs::write(self.file(name), bytes).unwrap();
    }

    /// Changes a file and its sum.
    pub fn replace_changed(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let before = self.sum(name);
        self.change(name, change);
        self.edit_toml(&before, &self.sum(name));
    }

    /// Replaces a file and its sum.
    pub fn replace(&self, name: &str, bytes: Vec<u8>) {
        self.replace_changed(name, |old| *old = bytes);
    }

    /// Makes a file `len` bytes long without writing them.
    pub fn grow(&self, name: &str, len: u64) {
        fs::OpenOptions::new()
            .write(true)
            .open(self.file(name))
            .unwrap()
            .set_len(len)
            .unwrap();
    }

    fn sum(&self, name: &str) -> String {
        let bytes = fs::read(self.file(name)).unwrap();
        Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.packs().join(self.id).join(name)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
