//! Faults of what lies on the disk, in a copy of the built bundle.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use egui_kittest::kittest::{NodeT, Queryable};
use sha2::{Digest, Sha256};
use stage::paths;

use crate::Found;
use crate::heard::noise;
use crate::host::{Hosted, RATE};
use crate::rig::Rig;

/// A copy of the bundle, and the folder it lies in.
pub struct Bundle {
    folder: tempfile::TempDir,
}

impl Bundle {
    pub fn new() -> Self {
        let bundle = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::copy(paths::clap(), bundle.clap()).unwrap();
        let from = paths::bundled().join("One2Four");
        for part in ["runtime", "packs/remix"] {
            fs::create_dir_all(bundle.resources().join(part)).unwrap();
            for entry in fs::read_dir(from.join(part)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let to = bundle
                        .resources()
                        .join(part)
                        .join(path.file_name().unwrap());
                    fs::copy(&path, to).unwrap();
                }
            }
        }
        bundle
    }

    pub fn clap(&self) -> PathBuf {
        self.folder.path().join("One2Four.clap")
    }

    fn resources(&self) -> PathBuf {
        self.folder.path().join("One2Four")
    }

    fn library(&self) -> PathBuf {
        self.resources().join("runtime/libonnxruntime.so")
    }

    fn pack(&self) -> PathBuf {
        self.resources().join("packs/remix")
    }

    /// What happened, without this machine's paths.
    fn found(&self, what: String, says: Option<String>) -> Found {
        let here = self.folder.path().to_string_lossy().into_owned();
        let home = directories_of_user();
        let says = says.map(|says| says.replace(&here, "…").replace(&home, "~"));
        Found { what, says }
    }

    fn play(&self) -> Found {
        let mut hosted = Hosted::open(&self.clap());
        let what = hosted.play(&noise(1.5, RATE));
        self.found(what, hosted.report().fault)
    }
}

fn directories_of_user() -> String {
    std::env::var("HOME").unwrap_or_else(|_| "~".into())
}

pub fn no_runtime() -> Found {
    let bundle = Bundle::new();
    fs::remove_file(bundle.library()).unwrap();
    bundle.play()
}

pub fn short_runtime() -> Found {
    let bundle = Bundle::new();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(bundle.library())
        .unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    bundle.play()
}

/// Any other file than the one that the sum beside it is of.
pub fn other_runtime() -> Found {
    let bundle = Bundle::new();
    fs::copy(bundle.clap(), bundle.library()).unwrap();
    bundle.play()
}

/// The same with the sum beside it put right.
pub fn other_runtime_with_its_sum() -> Found {
    let bundle = Bundle::new();
    fs::copy(bundle.clap(), bundle.library()).unwrap();
    let sum = Sha256::digest(fs::read(bundle.library()).unwrap());
    let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(bundle.library().with_file_name("sha256"), hex).unwrap();
    bundle.play()
}

#[allow(unsafe_code)]
pub fn second_runtime() -> Found {
    let (bundle, other) = (Bundle::new(), Bundle::new());
    // SAFETY: the library is ONNX Runtime's own, whose loading does nothing but set itself up.
    let library = unsafe {
        use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
        Library::open(Some(other.library()), RTLD_NOW | RTLD_GLOBAL).unwrap()
    };
    let found = bundle.play();
    drop(library);
    found
}

pub fn pack_deleted() -> Found {
    let bundle = Bundle::new();
    let mut hosted = Hosted::open(&bundle.clap());
    let input = noise(1.5, RATE);
    hosted.play(&input);
    fs::remove_dir_all(bundle.pack()).unwrap();
    let still = hosted.play(&input);
    hosted.restart();
    let after = hosted.play(&input);
    bundle.found(
        format!("{still}; after a restart: {after}"),
        hosted.report().fault,
    )
}

pub fn pack_comes_back() -> Found {
    let bundle = Bundle::new();
    let aside = bundle.folder.path().join("aside");
    fs::rename(bundle.pack(), &aside).unwrap();
    let mut hosted = Hosted::open(&bundle.clap());
    let input = noise(1.5, RATE);
    let without = hosted.play(&input);
    fs::rename(&aside, bundle.pack()).unwrap();
    hosted.wait_for_pack();
    let with = hosted.play(&input);
    bundle.found(format!("{without}, {with}"), hosted.report().fault)
}

/// No file of this process gets longer than this, as on a full disk.
#[allow(unsafe_code)]
fn fill_disk(bytes: u64) {
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: both change this process alone, which makes one fault and ends.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
    }
}

fn left_in(folder: &Path) -> String {
    let is_left = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if is_left {
        "files are left"
    } else {
        "no file is left"
    }
    .into()
}

pub fn disk_full_in_export() -> Found {
    let mut rig = Rig::new();
    rig.play(4.0);
    fill_disk(100_000);
    rig.click("Save stems");
    rig.click("Save now");
    rig.wait_for("cannot be written");
    let node = rig.harness.get_by_label_contains("cannot be written");
    let node = node.accesskit_node();
    let says = node.label().or_else(|| node.value()).unwrap();
    let folder = rig.folder.path().to_string_lossy().into_owned();
    Found {
        what: left_in(&rig.folder.path().join("stems")),
        says: Some(says.replace(&folder, "…")),
    }
}

pub fn disk_full_in_bounce() -> Found {
    let folder = tempfile::tempdir().unwrap();
    let (song, out) = (folder.path().join("song.wav"), folder.path().join("out"));
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&song, spec).unwrap();
    (0..200_000).for_each(|n: i32| writer.write_sample((n % 8000) as i16).unwrap());
    writer.finalize().unwrap();
    let xtask = paths::bundled().with_file_name("release").join("xtask");
    let bounce = "trap '' XFSZ; ulimit -f 200; exec \"$0\" bounce \"$1\" --out \"$2\"";
    let output = Command::new("sh")
        .current_dir(paths::workspace())
        .args(["-c", bounce])
        .args([&xtask, &song, &out])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let here = folder.path().to_string_lossy().into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).replace(&here, "…");
    let says = errors.lines().rfind(|line| !line.trim().is_empty());
    Found {
        what: left_in(&out),
        says: says.map(str::to_owned),
    }
}
