//! What PyTorch gave for the networks of every pack that ships; `export` writes it with the pack.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array3, Array4, ArrayD, Axis, IxDyn};
use one2four::geometry::{ChunkSetting, Geometry};
use one2four::network::{MaskNetwork, WaveformNetwork};
use one2four::pack::{self, Loaded, MaskNetworks, Pack, WaveformNetworks};
use serde::Deserialize;

use crate::golden_notes;
use crate::shelf::bundled;

/// The largest difference that is allowed; relative where a value is above 1.
const TOLERANCE: f32 = 1e-4;

/// `golden.json`.
#[derive(Deserialize)]
struct Index {
    arrays: BTreeMap<String, Vec<usize>>,
}

/// The arrays beside it.
pub struct Golden {
    dir: PathBuf,
    index: Index,
}

impl Golden {
    fn of(pack: &Path) -> Self {
        let dir = pack.join("golden");
        let text = fs::read_to_string(dir.join("golden.json")).unwrap();
        let index = serde_json::from_str(&text).unwrap();
        Self { dir, index }
    }

    /// One of them.
    pub fn array(&self, name: &str) -> ArrayD<f32> {
        let bytes = fs::read(self.dir.join(format!("{name}.f32"))).unwrap();
        let words = bytes.as_chunks().0.iter();
        let values = words.map(|word| f32::from_le_bytes(*word)).collect();
        ArrayD::from_shape_vec(IxDyn(&self.index.arrays[name]), values).unwrap()
    }
}

/// Compares all numbers.
pub fn assert_close<'a>(
    found: impl IntoIterator<Item = &'a f32>,
    expected: &ArrayD<f32>,
    what: &str,
) {
    let mut worst = 0.0_f32;
    let mut found = found.into_iter();
    for expected in expected {
        let difference = (found.next().unwrap() - expected).abs() / expected.abs().max(1.0);
        worst = worst.max(if difference.is_nan() {
            f32::INFINITY
        } else {
            difference
        });
    }
    assert!(found.next().is_none(), "{what} has more numbers");
    assert!(worst <= TOLERANCE, "{what} differs by {worst}");
}

#[test]
fn every_shipped_pack_gives_what_pytorch_gave() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/packs");
    let mut num_packs = 0;
    for entry in fs::read_dir(&shipped).unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_name().unwrap().to_str().unwrap();
        let places = bundled(&shipped);
        let pack = Pack::find(&places, id).unwrap();
        let geometry = Geometry::new(&pack.manifest.stream, 48_000.0, ChunkSetting::Tenth);
        match pack::load(&pack, &places, &geometry).unwrap() {
            Loaded::Mask(networks) => check_mask(&pack, networks, &Golden::of(&path)),
            Loaded::Waveform(networks) => check_waveform(id, networks, &Golden::of(&path)),
            Loaded::Notes { networks, band, .. } => {
                golden_notes::check(id, *networks, &band, &Golden::of(&path));
            }
        }
        num_packs += 1;
    }
    assert!(num_packs > 0);
}

fn check_mask(pack: &Pack, mut networks: MaskNetworks, golden: &Golden) {
    let (id, graphs) = (&pack.manifest.id, &pack.manifest.graphs);
    let name = |graph_idx: usize, what: &str| match graphs.len() {
        1 => what.to_owned(),
        _ => format!("{}.{what}", graphs[graph_idx].stems[0]),
    };
    let masks: Vec<_> = (0..graphs.len())
        .map(|graph_idx| golden.array(&name(graph_idx, "mask")))
        .collect();
    let state = golden.array("state");
    let states = networks.states();
    states.for_each(|to| to.iter_mut().zip(&state).for_each(|(to, from)| *to = *from));

    let magnitude: Array3<f32> = golden.array("magnitude").into_dimensionality().unwrap();
    let mut mask = Array4::zeros((masks[0].shape()[0], 4, magnitude.dim().1, magnitude.dim().2));
    networks.run(magnitude.view(), mask.view_mut()).unwrap();
    for (graph_idx, (graph, expected)) in graphs.iter().zip(&masks).enumerate() {
        let found = mask.select(Axis(1), &graph.stem_indices());
        assert_close(
            &found,
            expected,
            &format!("{id}: {}", name(graph_idx, "mask")),
        );
    }
    for (graph_idx, found) in networks.states().enumerate() {
        let name = name(graph_idx, "next_state");
        assert_close(&*found, &golden.array(&name), &format!("{id}: {name}"));
    }
}

fn check_waveform(id: &str, mut networks: WaveformNetworks, golden: &Golden) {
    let audio = golden.array("audio").into_dimensionality().unwrap();
    let expected = golden.array("stems");
    let mut stems = Array3::zeros((expected.shape()[0], 4, expected.shape()[2]));
    networks.run(audio.view(), stems.view_mut()).unwrap();
    assert_close(&stems, &expected, &format!("{id}: stems"));
}
