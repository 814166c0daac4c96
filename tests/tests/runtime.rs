//! ONNX Runtime's library missing or wrong: one sentence, and it loads when it is right again.
//!
//! One test, because a process has one runtime for good once it is loaded.

use std::fs;
use std::path::Path;

use one2four::geometry::{ChunkSetting, Geometry};
use one2four::pack::{self, Pack, Places};
use sha2::{Digest, Sha256};
use stage::paths;

#[test]
fn a_runtime_that_cannot_be_used_is_told_and_tried_again() {
    let bundled = Places::in_resources(paths::resources(), None);
    let pack = Pack::find(&bundled, "remix").unwrap();
    let geometry = Geometry::new(&pack.manifest.stream, 44_100.0, ChunkSetting::Tenth);
    let load = |runtime: &Path| {
        let places = Places {
            runtime: runtime.into(),
            ..bundled.clone()
        };
        pack::load(&pack, &places, &geometry)
            .map(drop)
            .map_err(|error| error.to_string())
    };

    let dir =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("runtime-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let library = dir.join(bundled.runtime.file_name().unwrap());
    let no_library = load(&library).unwrap_err();
    assert!(no_library.contains("cannot be read"), "{no_library}");

    let whole = fs::read(&bundled.runtime).unwrap();
    fs::copy(
        bundled.runtime.with_file_name("sha256"),
        library.with_file_name("sha256"),
    )
    .unwrap();
    let clap = paths::clap();
    let plugin = if clap.is_dir() {
        clap.join("Contents/MacOS/One2Four")
    } else {
        clap
    };
    let other = fs::read(plugin).unwrap();
    for (what, bytes) in [
        ("text", b"not a library".as_slice()),
        ("half of it", &whole[..whole.len() / 2]),
    ] {
        fs::write(&library, bytes).unwrap();
        let sentence = load(&library).unwrap_err();
        assert!(
            sentence.starts_with("ONNX Runtime cannot be used"),
            "{what}: {sentence}"
        );
        assert!(!sentence.contains('\n'), "{what}: {sentence}");
        fs::remove_file(&library).unwrap();
    }

    // A library that is whole but not ONNX Runtime: the plugin itself.
    let sum: String = Sha256::digest(&other)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    fs::write(library.with_file_name("sha256"), sum).unwrap();
    fs::write(&library, &other).unwrap();
    let sentence = load(&library).unwrap_err();
    assert!(
        sentence.contains("ONNX Runtime cannot be used"),
        "{sentence}"
    );

    load(&bundled.runtime).unwrap();
    fs::remove_dir_all(&dir).unwrap();
}
