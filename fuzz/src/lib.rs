//! What is read of a stranger's: each function must take any bytes, and refuse in one sentence.

use one2four::geometry::Stream;
use one2four::pack::{self, Manifest};
use stage::{Binary, Instance, STEREO};

/// A `pack.toml`.
pub fn manifest(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(refusal) = Manifest::parse("remix", text)
    {
        assert_is_a_sentence(&refusal.to_string());
    }
}

/// An ONNX file.
pub fn graph(bytes: &[u8]) {
    // Frames of a tenth of a second and of a whole one, with the look-ahead.
    let lengths = [12, 51];
    let checked = pack::check_graph("remix", "drums.onnx", bytes, &Stream::DEFAULT, 1, &lengths);
    if let Err(refusal) = checked {
        assert_is_a_sentence(&refusal.to_string());
    }
}

/// What a project saved.
pub fn state(bytes: &[u8]) {
    thread_local! {
        static INSTANCE: std::cell::RefCell<Instance> = std::cell::RefCell::new(instance());
    }
    INSTANCE.with_borrow_mut(|instance| {
        let _ = instance.load_bytes(bytes);
        instance.run_main_thread();
        for param in instance.params().to_vec() {
            let value = instance
                .value(&param.id)
                .expect("a parameter that is there");
            assert!(
                (0.0..=param.max_value).contains(&value),
                "{} is {value}",
                param.id
            );
        }
        instance.save().expect("what can be saved again");
    });
}

#[allow(unsafe_code)]
fn instance() -> Instance {
    // SAFETY: both are One2Four's own.
    let binary = unsafe {
        let report = one2four::report::one2four_report;
        Binary::linked(&one2four::clap_entry, report, c"/nowhere/One2Four.clap")
    };
    let binary = binary.expect("the plugin is part of this program");
    binary.instantiate(STEREO).expect("an instance")
}

fn assert_is_a_sentence(text: &str) {
    assert!(!text.is_empty() && !text.contains('\n'), "{text}");
}
