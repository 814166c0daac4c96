//! A host that is killed while it plays and saves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stage::{Binary, STEREO};

use crate::Found;
use crate::files::Bundle;
use crate::heard::noise;
use crate::host::{Hosted, RATE};

/// The name of the fault in whose process the host plays that is killed.
pub const VICTIM: &str = "a host that is killed";
/// Names the folder that the victim works in.
const FOLDER: &str = "ONE2FOUR_FOLDER";
/// The moments at which it is killed, in milliseconds after its first save.
const MOMENTS_MS: [u64; 8] = [0, 3, 11, 29, 71, 150, 310, 640];

/// Plays and saves its project until somebody kills it. As hosts do, it writes a new file and puts that
/// in the old one's place.
pub fn play_until_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let mut hosted = Hosted::open(&folder.join("One2Four.clap"));
    let input = noise(0.05, RATE);
    loop {
        hosted.play_bits(&input);
        let new = folder.join("project.new");
        fs::write(&new, hosted.instance.save_bytes().unwrap()).unwrap();
        fs::rename(new, folder.join("project")).unwrap();
    }
}

fn victim(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let command = command.args(["--exact", "child", "--ignored", "--test-threads=1"]);
    let command = command.env(crate::FAULT, VICTIM).env(FOLDER, folder);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The files of the bundle with their contents' sizes and times.
fn files(folder: &Path) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let (path, meta) = (
                entry.as_ref().unwrap().path(),
                entry.unwrap().metadata().unwrap(),
            );
            if meta.is_dir() {
                folders.push(path);
            } else if !path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("project")
            {
                found.push((path, meta.len(), meta.modified().unwrap()));
            }
        }
    }
    found.sort();
    found
}

pub fn killed_at_any_moment() -> Found {
    let bundle = Bundle::new();
    let folder = bundle.clap().parent().unwrap().to_owned();
    let before = files(&folder);
    let project = folder.join("project");
    let mut opened = 0;
    for moment_ms in MOMENTS_MS {
        let _ = fs::remove_file(&project);
        let mut victim = victim(&folder);
        let started = Instant::now();
        while !project.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(moment_ms));
        victim.kill().unwrap();
        assert!(!victim.wait().unwrap().success(), "it ended by itself");
        let binary = Binary::open(&bundle.clap()).unwrap();
        let mut instance = binary.instantiate(STEREO).unwrap();
        let is_open = instance.load_bytes(&fs::read(&project).unwrap()).is_ok();
        let saved = instance.value_of("drums_gain", "-inf").unwrap();
        let is_right = instance.value("drums_gain").unwrap() == saved;
        opened += usize::from(is_open && is_right);
    }
    let what = match (opened == MOMENTS_MS.len(), files(&folder) == before) {
        (true, true) => "the project opens; no other file has changed",
        (true, false) => "the project opens; other files have changed",
        (false, _) => "a project does not open",
    };
    Found {
        what: what.into(),
        says: None,
    }
}
