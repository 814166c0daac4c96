//! What the fuzzers start from and what they found, read once more: see `fuzz/`.

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;

use stage::paths;

#[test]
fn every_file_of_the_corpus_is_read_or_refused() {
    for (name, read) in [
        ("manifest", fuzz::manifest as fn(&[u8])),
        ("graph", fuzz::graph),
        ("state", fuzz::state),
    ] {
        let folder = paths::workspace().join("fuzz/corpus").join(name);
        let files = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files: Vec<_> = files.filter(|path| path.is_file()).collect();
        assert!(!files.is_empty(), "{}", folder.display());
        for path in files {
            println!("{}", path.display());
            read(&fs::read(&path).unwrap());
        }
    }
}

#[test]
fn the_graphs_that_fuzzing_starts_from_are_in_order() {
    use one2four::geometry::Stream;
    use one2four::pack::check_graph;
    for name in ["sigmoid", "lstm", "shapes"] {
        let bytes = fs::read(paths::workspace().join("fuzz/corpus/graph").join(name)).unwrap();
        check_graph("remix", name, &bytes, &Stream::DEFAULT, 1, &[51]).unwrap();
    }
}
