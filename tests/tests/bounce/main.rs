//! `cargo xtask bounce`, the command itself, on made files. `audio` holds what cannot be
//! made here.

mod made;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use midly::{MetaMessage, MidiMessage, Smf, TrackEvent, TrackEventKind};
use serde_json::Value;
use stage::{paths, read_audio};

use made::{largest_difference, read, song, spec, write};

const FILES: [&str; 5] = [
    "mix.wav",
    "stems/drums.wav",
    "stems/bass.wav",
    "stems/piano.wav",
    "stems/other.wav",
];

/// A MIDI file's tracks but the first, and their channels.
const STEM_TRACKS: [(&[u8], u8); 4] = [(b"Drums", 9), (b"Bass", 0), (b"Piano", 1), (b"Other", 2)];

fn bounce(input: &Path, out: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .current_dir(paths::workspace())
        .args(["xtask", "bounce"])
        .args([input, Path::new("--out"), out])
        .args(more)
        .output()
        .unwrap()
}

/// The same, where it must work; returns the report.
fn bounced(input: &Path, out: &Path, more: &[&str]) -> Value {
    let output = bounce(input, out, more);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", input.display());
    serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap()
}

#[test]
fn results_have_the_inputs_rate_channels_and_length_and_add_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    for (rate, channels, bits, frames) in [
        (44_100, 2, 16, 100_001),
        (48_000, 1, 16, 70_000),
        (8_000, 2, 16, 20_000),
        (192_000, 2, 32, 250_000),
        (44_100, 2, 24, 1),
        (96_000, 1, 24, 130_003),
    ] {
        let name = format!("{rate}-{channels}-{bits}");
        let wav = spec(rate, channels, bits);
        let (input, heard) = write(
            &folder,
            &format!("{name}.wav"),
            wav,
            &song(frames, channels),
        );
        let out = folder.path().join(name);
        let report = bounced(&input, &out, &[]);
        assert_eq!(report["fault"], Value::Null);
        assert_eq!(report["sample_rate"], rate);

        let mut sum = vec![0.0; heard.len()];
        for file in FILES {
            let (found, samples) = read(&out.join(file));
            assert_eq!(found, spec(rate, channels, 32), "{file}");
            assert_eq!(samples.len(), heard.len(), "{file}");
            if file != "mix.wav" {
                sum.iter_mut()
                    .zip(samples)
                    .for_each(|(sum, sample)| *sum += sample);
            }
        }
        let (_, mix) = read(&out.join("mix.wav"));
        assert!(
            largest_difference(&mix, &heard) < 1e-6,
            "{rate} Hz: the mix is not the input"
        );
        assert!(
            largest_difference(&sum, &heard) < 1e-6,
            "{rate} Hz: stems do not add up"
        );
    }
}

#[test]
fn flac_mp3_and_ogg_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let audio = paths::workspace().join("tests/tests/bounce/audio");
    for (name, frames) in [
        ("tones.mp3", 46_080),
        ("tones.ogg", 44_100),
        // Tells no length.
        ("untold.mp3", 133_632),
    ] {
        let out = folder.path().join(name);
        bounced(&audio.join(name), &out, &[]);
        let (found, samples) = read(&out.join("mix.wav"));
        assert_eq!((found.sample_rate, found.channels), (44_100, 2));
        assert_eq!(samples.len(), 2 * frames, "{name}");
        let loudest = samples
            .iter()
            .fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
        assert!((0.2..0.3).contains(&loudest), "{name} peaks at {loudest}");
    }
}

#[test]
fn the_example_is_taken_apart() {
    let folder = tempfile::tempdir().unwrap();
    let flac = paths::workspace().join("examples/on-the-next-day.flac");
    let report = bounced(&flac, folder.path(), &[]);
    assert_eq!(report["seconds"], 30.0);
    assert_eq!(
        (&report["late_chunks"], &report["gap_samples"]),
        (&0.into(), &0.into())
    );
    // Of 30 s: of drums most of the treble, and the bass falls off the most towards it. So do the stems that the
    // example was made of: 44 dB the bass, 39 the piano. Below 50 Hz that bass is only 1.5 dB over its piano.
    let stems: Vec<_> = FILES[1..]
        .iter()
        .map(|file| read(&folder.path().join(file)).1)
        .collect();
    let loudness_db = |samples: &[f32]| {
        let energy: f64 = samples.iter().map(|x| f64::from(*x).powi(2)).sum();
        10.0 * (energy / samples.len() as f64).log10()
    };
    let slow = |samples: &[f32]| -> Vec<f32> {
        let channel: Vec<f32> = samples.iter().step_by(2).copied().collect();
        // The mean of 10 ms lets pass what is below 50 Hz or so.
        channel
            .windows(441)
            .step_by(64)
            .map(|w| w.iter().sum::<f32>() / 441.0)
            .collect()
    };
    let fast = |samples: &[f32]| -> Vec<f32> {
        let channel: Vec<f32> = samples.iter().step_by(2).copied().collect();
        channel
            .windows(3)
            .map(|w| w[0] - 2.0 * w[1] + w[2])
            .collect()
    };
    let all: Vec<_> = stems.iter().map(|stem| loudness_db(stem)).collect();
    assert!(all.iter().all(|db| (-60.0..-10.0).contains(db)), "{all:?}");
    let lows: Vec<_> = stems.iter().map(|stem| loudness_db(&slow(stem))).collect();
    let highs: Vec<_> = stems.iter().map(|stem| loudness_db(&fast(stem))).collect();
    let falls: Vec<_> = lows
        .iter()
        .zip(&highs)
        .map(|(low, high)| low - high)
        .collect();
    assert!(
        (0..4).all(|i| i == 1 || falls[1] > falls[i] + 3.0),
        "the bass is dark: {falls:?}"
    );
    assert!(
        (1..4).all(|i| highs[0] > highs[i] + 3.0),
        "the drums are bright: {highs:?}"
    );
}

#[test]
fn a_change_in_the_automation_lands_on_its_sample() {
    let folder = tempfile::tempdir().unwrap();
    let (input, heard) = write(&folder, "song.wav", spec(44_100, 1, 32), &song(60_000, 1));
    let automation = folder.path().join("automation.csv");
    fs::write(
        &automation,
        "seconds,id,value\n# off after a second\n1.0,output_gain,-inf\n",
    )
    .unwrap();
    let out = folder.path().join("out");
    bounced(
        &input,
        &out,
        &[
            "--automate",
            automation.to_str().unwrap(),
            "--block",
            "random:3",
        ],
    );

    let (_, mix) = read(&out.join("mix.wav"));
    assert!(
        largest_difference(&mix[..44_100], &heard[..44_100]) < 1e-6,
        "it acts too early"
    );
    let first = (44_100..60_000)
        .find(|&n| (mix[n] - heard[n]).abs() > 1e-5)
        .unwrap();
    assert!(first <= 44_105, "it acts {} samples late", first - 44_100);
    // Gains ramp over 20 ms.
    assert!(
        mix[44_100 + 900..].iter().all(|sample| *sample == 0.0),
        "it does not end"
    );
}

#[test]
fn block_sizes_and_pace_change_no_sample() {
    let folder = tempfile::tempdir().unwrap();
    let (input, _) = write(&folder, "song.wav", spec(44_100, 2, 32), &song(88_200, 2));
    let plain = folder.path().join("plain");
    bounced(&input, &plain, &[]);
    for more in [
        &["--block", "17"][..],
        &["--block", "random:1"],
        &["--realtime"],
    ] {
        let out = folder.path().join("out");
        // A busy machine may miss a deadline of a live run's.
        let tries = if more == ["--realtime"] { 3 } else { 1 };
        let is_whole = (0..tries).any(|_| bounced(&input, &out, more)["late_chunks"] == 0);
        assert!(is_whole, "chunks were late in every run, {more:?}");
        for file in FILES {
            let is_same = fs::read(plain.join(file)).unwrap() == fs::read(out.join(file)).unwrap();
            assert!(is_same, "{file} differs with {more:?}");
        }
    }
}

#[test]
fn another_host_rate_keeps_the_inputs_rate_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let tone: Vec<f32> = (0..66_150).map(|n| (n as f32 * 0.05).sin() * 0.5).collect();
    let (input, heard) = write(&folder, "tone.wav", spec(44_100, 1, 32), &tone);
    for rate in ["48000", "96000", "22050"] {
        let out = folder.path().join(rate);
        let report = bounced(&input, &out, &["--rate", rate]);
        assert_eq!(report["sample_rate"].to_string(), rate);
        let (found, mix) = read(&out.join("mix.wav"));
        assert_eq!(found.sample_rate, 44_100);
        assert_eq!(mix.len(), heard.len());
        let middle = 4_000..62_000; // the tone's edges ring
        let error = largest_difference(&mix[middle.clone()], &heard[middle]);
        assert!(error < 1e-3, "{rate} Hz: {error}");
    }
}

#[test]
fn settings_reach_the_plugin_and_the_report_has_every_field() {
    let folder = tempfile::tempdir().unwrap();
    let (input, heard) = write(&folder, "song.wav", spec(44_100, 2, 32), &song(44_100, 2));
    let out = folder.path().join("out");
    let more = [
        "--set",
        "output_gain=-6",
        "--set",
        "chunk=250ms",
        "--pack",
        "remix",
    ];
    let report = bounced(&input, &out, &more);

    let (_, mix) = read(&out.join("mix.wav"));
    let halved: Vec<f32> = heard
        .iter()
        .map(|sample| sample * 10f32.powf(-6.0 / 20.0))
        .collect();
    assert!(largest_difference(&mix, &halved) < 1e-5);

    assert_eq!(report["plugin_id"], "org.one2four.multiout");
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["pack"]["id"], "remix");
    assert_eq!(report["pack"]["kind"], "mask");
    assert_eq!(report["pack"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(report["block"], "512");
    assert_eq!(report["latency_samples"], 33_792);
    assert_eq!(report["mode"], "offline");
    assert_eq!(report["seconds"], 1.0);
    assert_eq!(report["set"]["chunk"], "250ms");
    assert_eq!(report["fault"], Value::Null);
    let numbers = [
        "wall_seconds",
        "realtime_factor",
        "late_chunks",
        "gap_samples",
        "worker_ms_per_second",
        "peak_rss_mib",
    ];
    for field in numbers {
        assert!(report[field].is_number(), "{field} is {}", report[field]);
    }
    for field in ["p50", "p99", "p999", "max"] {
        assert!(
            report["process_us"][field].is_number(),
            "process_us.{field}"
        );
    }
}

#[test]
fn what_cannot_be_rendered_gets_one_sentence_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wav = spec(44_100, 2, 16);
    let (song_path, _) = write(&folder, "song.wav", wav, &song(22_050, 2));
    let (no_samples, _) = write(&folder, "no-samples.wav", wav, &[]);
    let (three, _) = write(&folder, "three.wav", spec(44_100, 3, 16), &song(100, 3));
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let whole = fs::read(&song_path).unwrap();
    let ogg = fs::read(paths::workspace().join("tests/tests/bounce/audio/tones.ogg")).unwrap();
    let cut_wav = file("cut.wav", &whole[..50_000]);
    let cut_ogg = file("cut.ogg", &ogg[..5_000]);
    let automation = file("automation.csv", b"0.1,bass_gain,loud\n");

    let none: &[&str] = &[];
    let automate = ["--automate", automation.to_str().unwrap()];
    for (input, more, cause) in [
        (&no_samples, none, "0 samples"),
        (&file("empty.wav", b""), none, "0 bytes"),
        (&file("text.wav", b"not a song"), none, "no audio"),
        (&cut_wav, none, "cut off"),
        (&cut_ogg, none, "cut off"),
        (&three, none, "3 channels"),
        (&folder.path().into(), none, "folder"),
        (&folder.path().join("missing.wav"), none, "cannot open"),
        (
            &song_path,
            &["--pack", "nope"][..],
            "no pack `nope`; installed are",
        ),
        (&song_path, &["--set", "nope=1"], "no parameter `nope`"),
        (&song_path, &["--set", "bass_gain=loud"], "`loud`"),
        (&song_path, &["--set", "bass_gain=40"], "12.00 dB"),
        (&song_path, &["--set", "chunk=2s"], "One hop"),
        (&song_path, &["--set", "swing=500%"], "100 %"),
        (&song_path, &automate, "automation.csv:1"),
        (&song_path, &["--midi", "band.mid"], "plays no notes"),
        (&song_path, &["--sheet", "band.musicxml"], "plays no notes"),
        (&song_path, &["--tempo", "0"], "20 to 400"),
        (&song_path, &["--meter", "3"], "N/D"),
        (&song_path, &["--nope"], "--nope"),
        (&song_path, none, "cannot write"),
    ] {
        // A folder cannot be where a file is.
        let out = folder.path().join(if cause == "cannot write" {
            "song.wav"
        } else {
            "out/deep"
        });
        let output = bounce(input, &out, more);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success(),
            "{} {more:?} was rendered",
            input.display()
        );
        let sentences: Vec<_> = errors
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(sentences.len(), 1, "{errors}");
        assert!(
            sentences[0].contains(cause),
            "expected `{cause}` in: {errors}"
        );
        assert!(!errors.contains("panicked"), "{errors}");
        assert!(
            !folder.path().join("out").exists(),
            "{cause}: something was left"
        );
    }
}

#[test]
fn a_band_that_played_nothing_leaves_its_audio() {
    let folder = tempfile::tempdir().unwrap();
    let silence = [0.0; 2 * 44_100];
    let (input, _) = write(&folder, "silence.wav", spec(44_100, 2, 16), &silence);
    let (out, midi) = (folder.path().join("out"), folder.path().join("band.mid"));
    let more = ["--pack", "accompany", "--midi", midi.to_str().unwrap()];
    let output = bounce(&input, &out, &more);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("the band played nothing"),
        "{errors}"
    );
    assert!(FILES.iter().all(|name| out.join(name).is_file()));
    assert!(!midi.exists());
}

#[test]
fn what_a_band_played_is_written_as_midi_and_as_a_lead_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let solo = paths::workspace().join("examples/solo-piano-92.ogg");
    let (input, _) = read_audio(&solo).unwrap();
    for (name, more, metre) in [
        ("playing", &["--tempo", "92"][..], (4, 4)),
        ("in-three", &["--tempo", "92", "--meter", "3/4"], (3, 4)),
        ("stopped", &["--tempo", "92", "--stopped"], (4, 4)),
    ] {
        let out = folder.path().join(name);
        let (midi, sheet) = (out.with_extension("mid"), out.with_extension("musicxml"));
        // Pop Ballad, in which all four play.
        let band = ["--pack", "accompany", "--set", "style=5"];
        let files = [
            "--midi",
            midi.to_str().unwrap(),
            "--sheet",
            sheet.to_str().unwrap(),
        ];
        let report = bounced(&solo, &out, &[&band[..], more, &files].concat());
        assert_eq!(
            (&report["fault"], &report["gap_samples"]),
            (&Value::Null, &0.into())
        );

        let bytes = fs::read(&midi).unwrap();
        let file = Smf::parse(&bytes).unwrap();
        assert_eq!(
            file.tracks.len(),
            5,
            "{name}: of the song, and of each stem"
        );
        for (track, (title, stem_channel)) in file.tracks[1..].iter().zip(STEM_TRACKS) {
            let is_title = |event: &TrackEvent| {
                event.kind == TrackEventKind::Meta(MetaMessage::TrackName(title))
            };
            assert!(track.iter().any(is_title), "{name}");
            let starts = track.iter().filter(|event| match event.kind {
                TrackEventKind::Midi {
                    channel,
                    message: MidiMessage::NoteOn { vel, .. },
                } => {
                    assert_eq!(channel, stem_channel, "{name}: {title:?}");
                    vel > 0
                }
                _ => false,
            });
            // Sixteen bars.
            assert!(starts.count() > 16, "{name}: {title:?}");
        }
        let signature = |event: &TrackEvent| match event.kind {
            TrackEventKind::Meta(MetaMessage::TimeSignature(n, d, ..)) => Some((n, 1 << d)),
            _ => None,
        };
        assert_eq!(
            file.tracks[0].iter().find_map(signature),
            Some(metre),
            "{name}"
        );
        // The solo is heard beside the band.
        let (_, mut left) = read(&out.join("mix.wav"));
        for file in &FILES[1..] {
            let (_, stem) = read(&out.join(file));
            left.iter_mut()
                .zip(stem)
                .for_each(|(left, stem)| *left -= stem);
        }
        assert!(largest_difference(&left, &input[0]) < 1e-6, "{name}");
        let text = fs::read_to_string(&sheet).unwrap();
        assert!(text.contains("<harmony"), "{name}: no chord is written");
        assert!(
            text.contains(&format!("<beats>{}</beats>", metre.0)),
            "{name}"
        );
    }
}
