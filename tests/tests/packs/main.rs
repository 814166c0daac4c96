//! A pack is a stranger's file: each way in which one can be bad is refused before ONNX Runtime
//! sees it, in one sentence that names the field, what it must be and what it is.

mod golden;
mod golden_notes;
mod hostile;
mod onnx;
mod shelf;

use std::fs;
use std::path::Path;

use one2four::pack::{Pack, PackError, Places};
use prost::Message;

use onnx::{Graph, Model, Tensor};
use shelf::Shelf;

#[test]
fn the_shipped_pack_loads() {
    Shelf::with_remix().load().unwrap();
}

#[test]
fn a_pack_toml_that_is_out_of_order_is_refused_by_field() {
    for (good, bad, words) in [
        ("schema = 1", "schema = 2", ["schema must be 1", "is 2"]),
        (
            "id = \"remix\"",
            "id = \"mixer\"",
            ["id must be", "is mixer"],
        ),
        (
            "kind = \"mask\"",
            "kind = \"magic\"",
            ["pack.toml", "`kind = \"magic\"`"],
        ),
        (
            "kind = \"mask\"",
            "kind = \"notes\"",
            [
                "the number of graphs without stems, of two, must be 1",
                "is 0 of 1",
            ],
        ),
        (
            "fft = 4096",
            "fft = 2000",
            ["stream.fft must be four hops, 4096", "is 2000"],
        ),
        (
            "hop = 1024",
            "hop = 0",
            ["stream.hop must be 16 to 4096", "is 0"],
        ),
        (
            "channels = 2",
            "channels = 9",
            ["stream.channels must be 1 or 2", "is 9"],
        ),
        (
            "sample_rate = 44100",
            "sample_rate = 1",
            ["stream.sample_rate", "is 1"],
        ),
        (
            "lookahead_frames = 8",
            "lookahead_frames = 9999",
            ["lookahead_frames", "9999"],
        ),
        (
            "hop = 1024\n",
            "",
            ["stream.hop must be there with the kind mask", "is missing"],
        ),
        (
            "hop = 1024",
            "hop = 1024\noverlap = 7",
            ["stream.overlap must be left out with the kind mask", "is 7"],
        ),
        (
            "kind = \"mask\"",
            "kind = \"waveform\"",
            [
                "stream.fft must be left out with the kind waveform",
                "is 4096",
            ],
        ),
        ("[\"drums\", ", "[", ["the stem \"drums\"", "is 0"]),
        (
            "[\"drums\", ",
            "[\"drums\", \"kazoo\", ",
            ["number of stems", "is 5"],
        ),
        (
            "[[graph]]",
            "[[graph]]\nfile = \"remix.onnx\"\nsha256 = \"\"\nstems = []\n[[graph]]",
            ["the stems of each [[graph]]", "none of remix.onnx"],
        ),
        (
            "file = \"remix.onnx\"",
            "file = \"../remix.onnx\"",
            ["graph.file", "../remix.onnx"],
        ),
        (
            "file = \"remix.onnx\"",
            "file = \"/etc/remix.onnx\"",
            ["graph.file", "/etc/remix.onnx"],
        ),
        (
            "hop = 1024",
            "hop = \"1024\"",
            ["pack.toml", "`hop = \"1024\"`"],
        ),
        ("schema = 1", "schema = 1\nfoo = 1", ["pack.toml", "foo"]),
        ("schema = 1", "schema = ", ["pack.toml", "refused"]),
    ] {
        let shelf = Shelf::with_remix();
        shelf.edit_toml(good, bad);
        shelf.expect_refusal(bad, &words);
    }
}

#[test]
fn a_pack_with_a_bad_file_is_refused() {
    let shelf = Shelf::with_remix();
    shelf.remove("remix.onnx");
    shelf.expect_refusal("missing file", &["incomplete", "remix.onnx"]);

    let shelf = Shelf::with_remix();
    shelf.change("remix.onnx", |bytes| bytes[100_000] ^= 1);
    shelf.expect_refusal("wrong hash", &["sha256 of remix.onnx"]);

    let shelf = Shelf::with_remix();
    shelf.replace("remix.onnx", b"This is text, not ONNX.".to_vec());
    shelf.expect_refusal("text", &["remix.onnx must be an ONNX file"]);

    let shelf = Shelf::with_remix();
    shelf.replace("remix.onnx", Vec::new());
    shelf.expect_refusal("empty", &["remix.onnx must be an ONNX file"]);

    let shelf = Shelf::with_remix();
    shelf.edit_toml("channels = 2", "channels = 1");
    shelf.expect_refusal(
        "wrong shape",
        &["the shape of \"magnitude\"", "[any, 1, 2049]"],
    );

    // The first and last bytes are structure; the middle is weights.
    let shelf = Shelf::with_remix();
    shelf.replace_changed("remix.onnx", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4000].fill(0xff);
    });
    shelf.expect_refusal("NaN weights", &["of remix.onnx must be made of numbers"]);

    let shelf = Shelf::with_remix();
    shelf.grow("remix.onnx", 65 << 20);
    shelf.expect_refusal("a huge file", &["remix.onnx must be at most", "bytes"]);

    #[cfg(unix)]
    {
        let shelf = Shelf::with_remix();
        shelf.remove("pack.toml");
        std::os::unix::fs::symlink("/dev/zero", shelf.packs().join("remix/pack.toml")).unwrap();
        shelf.expect_refusal("a link", &["pack.toml must be a plain file, but is a link"]);
    }
}

#[test]
fn a_band_without_its_sound_is_refused() {
    Shelf::with_accompany().load().unwrap();

    let shelf = Shelf::with_accompany();
    shelf.remove("band.sf2");
    shelf.expect_refusal("missing sound", &["incomplete", "band.sf2"]);

    let shelf = Shelf::with_accompany();
    shelf.change("band.sf2", |bytes| bytes[100_000] ^= 1);
    shelf.expect_refusal("wrong hash", &["sha256 of band.sf2"]);

    let shelf = Shelf::with_accompany();
    shelf.replace_changed("band.sf2", |bytes| bytes.truncate(bytes.len() / 2));
    shelf.expect_refusal("half of it", &["band.sf2", "cut short"]);

    let shelf = Shelf::with_accompany();
    shelf.replace("band.sf2", b"This is text, no SoundFont.".to_vec());
    shelf.expect_refusal("text", &["band.sf2", "SoundFont"]);

    // What one graph gives, the other has to take.
    let shelf = Shelf::with_accompany();
    let band =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/packs/accompany/band.onnx"));
    shelf.replace("plan.onnx", band.unwrap());
    shelf.expect_refusal("two bands", &["plan.onnx"]);
}

#[test]
fn a_graph_that_claims_or_reaches_for_more_than_its_file_is_refused() {
    let external = Tensor {
        location: 1,
        ..Tensor::named("far")
    };
    let claim = Tensor {
        dims: vec![3 << 28, 1],
        ..Tensor::named("huge")
    };
    let negative = Tensor {
        dims: vec![-1],
        ..Tensor::named("minus")
    };
    for (what, graph, words) in [
        (
            "external data",
            Graph::of(external),
            ["\"far\"", "in another file"],
        ),
        (
            "a 3 GB claim",
            Graph::of(claim),
            ["\"huge\"", "no larger than the file"],
        ),
        (
            "a negative size",
            Graph::of(negative),
            ["\"minus\"", "no larger than the file"],
        ),
    ] {
        let shelf = Shelf::with_remix();
        // Protobuf messages are merged when they follow one another.
        let extra = Model::of(graph).encode_to_vec();
        shelf.replace_changed("remix.onnx", |bytes| bytes.extend(extra));
        shelf.expect_refusal(what, &words);
    }
}

#[test]
fn a_pack_that_is_not_there_says_where_it_belongs() {
    let shelf = Shelf::empty();
    assert!(matches!(shelf.load(), Err(PackError::Missing { .. })));
    shelf.expect_refusal("no pack", &["\"remix\" is not installed", "packs"]);
}

#[test]
fn the_first_place_that_has_a_pack_wins_and_an_id_is_no_path() {
    let (bundle, user) = (Shelf::with_remix(), Shelf::with_remix());
    let places = Places {
        packs: vec![bundle.packs(), user.packs()],
        ..shelf::bundled(&bundle.packs())
    };
    let found = Pack::find(&places, "remix").unwrap();
    assert_eq!(found.dir, bundle.packs().join("remix"));
    for id in ["../packs/remix", "/etc", "Remix", ""] {
        let refusal = Pack::find(&places, id).unwrap_err().to_string();
        assert!(refusal.contains("letters a-z, digits and -"), "{refusal}");
    }
}
