//! What the reference in Python gave for a pack of kind `notes`: both graphs on one beat, what is heard
//! of some audio, the chords of some beats, and the notes of some.

use ndarray::ArrayD;
use one2four::dsp::Stft;
use one2four::geometry::OVERLAP;
use one2four::music::decode::{Decoder, Played, Told, Wishes};
use one2four::music::grid::{CELLS, Place, cell_of};
use one2four::music::hear::{Ear, FLUX_FRAMES, fill_cells};
use one2four::music::plan::{Follow, PlanLogits};
use one2four::network::{Hearing, NotesNetwork, Orders};
use one2four::pack::{BandManifest, NotesNetworks};
use realfft::num_complex::Complex32;

use crate::golden::{Golden, assert_close};

/// The rate of the audio in Hz.
const RATE: f64 = 44_100.0;

/// Checks all of it.
pub fn check(id: &str, networks: NotesNetworks, band: &BandManifest, golden: &Golden) {
    graphs(id, networks, golden);
    phase(golden);
    hearing(golden);
    chords(band, golden);
    notes(band, golden);
}

/// Copies numbers in their order.
fn copy<'a>(to: impl IntoIterator<Item = &'a mut f32>, from: &ArrayD<f32>) {
    to.into_iter().zip(from).for_each(|(to, from)| *to = *from);
}

fn graphs(id: &str, mut networks: NotesNetworks, golden: &Golden) {
    let [plan_state, band_state] = networks.states();
    copy(plan_state, &golden.array("plan_state"));
    copy(band_state, &golden.array("band_state"));
    let mut hearing = Hearing::default();
    copy(&mut hearing.features, &golden.array("features"));
    copy(&mut hearing.phase, &golden.array("phase"));
    hearing.heard = golden.array("heard")[0];
    let chords = golden.array("chords");
    let mut orders = Orders {
        chords: [chords[0] as i64, chords[1] as i64],
        key: golden.array("key")[0] as i64,
        confidence: golden.array("confidence")[0],
        ..Orders::default()
    };
    copy(&mut orders.controls, &golden.array("controls"));
    let (mut logits, mut played) = (PlanLogits::default(), Played::default());
    networks.plan(&hearing, &mut logits).unwrap();
    networks.band(&hearing, &orders, &mut played).unwrap();
    let close = |found: &[f32], name: &str| {
        assert_close(found, &golden.array(name), &format!("{id}: {name}"));
    };
    close(&logits.chords, "chord_logits");
    close(&logits.keys, "key_logits");
    close(&logits.styles, "style_logits");
    close(played.drums_onset.as_flattened(), "drums_onset");
    close(played.drums_velocity.as_flattened(), "drums_velocity");
    close(played.bass_note.as_flattened(), "bass_note");
    close(&played.bass_velocity, "bass_velocity");
    for (stem, chordal) in ["piano", "other"].iter().zip(&played.chordal) {
        close(chordal.onset.as_flattened(), &format!("{stem}_onset"));
        close(chordal.sustain.as_flattened(), &format!("{stem}_sustain"));
        close(&chordal.velocity, &format!("{stem}_velocity"));
    }
    let [plan_state, band_state] = networks.states();
    close(plan_state, "plan_next_state");
    close(band_state, "band_next_state");
}

/// Of the beats 7 and 8 of a song in 5/4 at 110 beats per minute.
fn phase(golden: &Golden) {
    let expected = golden.array("phase");
    let mut found = ndarray::Array2::zeros((2 * CELLS, expected.shape()[1]));
    for (idx, mut rows) in found
        .axis_chunks_iter_mut(ndarray::Axis(0), CELLS)
        .enumerate()
    {
        let place = Place {
            bar: 1,
            beat: 2 + idx,
            beats_per_bar: 5,
            is_compound: false,
            bpm: 110.0,
            is_first: idx == 0,
        };
        place.fill_phase(rows.view_mut());
    }
    assert_close(&found, &expected, "the phase");
}

fn hearing(golden: &Golden) {
    let audio = golden.array("listen_audio");
    let beats_per_second = f64::from(golden.array("listen_bpm")[0]) / 60.0;
    let expected = golden.array("listen_features");
    let hop = 1024;
    let past = (OVERLAP - 1) * hop;
    let mut mono = vec![0.0; past];
    // Both channels are one.
    mono.extend(audio.rows().into_iter().map(|row| row[0]));
    let (mut stft, mut ear) = (Stft::new(hop), Ear::new(RATE, OVERLAP * hop));
    let scale = stft.magnitude_scale();
    let mut bins = vec![Complex32::ZERO; OVERLAP * hop / 2 + 1];
    // The end of the audio is followed by silence.
    mono.resize(mono.len().next_multiple_of(hop) + past, 0.0);
    let frames: Vec<_> = mono
        .windows(OVERLAP * hop)
        .step_by(hop)
        .map(|samples| {
            stft.analyse(samples, &mut bins);
            let magnitude: Vec<_> = bins.iter().map(|bin| scale * bin.norm()).collect();
            ear.hear(&magnitude)
        })
        .collect();
    let placed = frames.iter().enumerate().map(|(idx, frame)| {
        let seconds = (idx as f64 - FLUX_FRAMES as f64) * hop as f64 / RATE;
        (cell_of(seconds * beats_per_second), frame)
    });
    let mut cells = vec![[0.0; _]; expected.shape()[0]];
    fill_cells(placed, &mut cells);
    assert_close(cells.as_flattened(), &expected, "what is heard");
}

fn chords(band: &BandManifest, golden: &Golden) {
    let [chords, keys, styles] =
        ["plan_chords", "plan_keys", "plan_styles"].map(|name| golden.array(name));
    let expected = golden.array("plan_decided");
    let mut follow = Follow::new(band.plan);
    let mut found = Vec::new();
    for idx in 0..expected.shape()[0] {
        let mut logits = PlanLogits::default();
        let row = |of: &ndarray::ArrayD<f32>| of.index_axis(ndarray::Axis(0), idx).to_owned();
        copy(&mut logits.chords, &row(&chords));
        copy(&mut logits.keys, &row(&keys));
        copy(&mut logits.styles, &row(&styles));
        let place = place((idx / 4) as i64, idx % 4, 4);
        let decided = follow.step(&logits, &place);
        found.extend([decided.chord.into(), decided.key.into(), decided.confidence]);
        found.push(decided.style.into());
    }
    assert_close(&found, &expected, "the chords");
}

fn place(bar: i64, beat: usize, beats_per_bar: usize) -> Place {
    Place {
        bar,
        beat,
        beats_per_bar,
        is_compound: false,
        bpm: 120.0,
        is_first: false,
    }
}

fn notes(band: &BandManifest, golden: &Golden) {
    let plan = golden.array("decode_plan");
    let rows = |name: &str, idx: usize| {
        let array = golden.array(&format!("decode_{name}"));
        array.index_axis(ndarray::Axis(0), idx).to_owned()
    };
    let mut decoder = Decoder::new(band.thresholds);
    let mut found = Vec::new();
    for idx in 0..plan.shape()[0] {
        let mut played = Played::default();
        copy(
            played.drums_onset.as_flattened_mut(),
            &rows("drums_onset", idx),
        );
        copy(
            played.drums_velocity.as_flattened_mut(),
            &rows("drums_velocity", idx),
        );
        copy(played.bass_note.as_flattened_mut(), &rows("bass_note", idx));
        copy(&mut played.bass_velocity, &rows("bass_velocity", idx));
        for (stem, chordal) in ["piano", "other"].iter().zip(&mut played.chordal) {
            let part = |part: &str| rows(&format!("{stem}_{part}"), idx);
            copy(chordal.onset.as_flattened_mut(), &part("onset"));
            copy(chordal.sustain.as_flattened_mut(), &part("sustain"));
            copy(&mut chordal.velocity, &part("velocity"));
        }
        let number = |column: usize| plan[[idx, column]];
        let told = Told {
            place: Place {
                is_first: number(7) > 0.0,
                ..place(number(4) as i64, number(5) as usize, 3)
            },
            chord: number(0) as u8,
            before: number(1) as u8,
            key: number(2) as u8,
            confidence: number(3),
            level_db: f64::from(number(6)),
        };
        for event in decoder.step(&told, &played, &Wishes::default()) {
            let cell = (idx * CELLS + event.cell) as f32;
            let (pitch, velocity) = (event.pitch.into(), event.velocity.into());
            found.extend([cell, event.stem as f32, pitch, velocity]);
        }
    }
    let expected = golden.array("decode_events");
    assert_eq!(found.len(), expected.len(), "the number of events");
    assert_close(&found, &expected, "the notes");
}
