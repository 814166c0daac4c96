//! What the editor says. Pure functions from facts to words.

use std::time::Duration;

use crate::bridge::{Beat, Cause, Miss};
use crate::params::MIN_GAIN_DB;

/// The longest time that a host takes to restart the plugin, of those that do.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// A level or gain in dB with one decimal.
pub fn decibels(db: f32) -> String {
    if db <= MIN_GAIN_DB {
        "−∞".into()
    } else if db.abs() < 0.05 {
        "0.0".into()
    } else if db < 0.0 {
        format!("−{:.1}", -db)
    } else {
        format!("+{db:.1}")
    }
}

/// A whole number with its thousands apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sample rate.
pub fn rate(sample_rate: f32) -> String {
    let khz = f64::from(sample_rate) / 1000.0;
    format!("{khz} kHz")
}

/// A share of a whole.
pub fn percent(share: f32) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A frequency, as exactly as a lane shows it.
pub fn hertz(hz: f64) -> String {
    match hz {
        ..1000.0 => format!("{:.0} Hz", (hz / 5.0).round() * 5.0),
        _ => format!("{:.1} kHz", hz / 1000.0),
    }
}

/// A MIDI note, with 60 as C4.
pub fn pitch(note: u8) -> String {
    const NAMES: [&str; 12] = [
        "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B",
    ];
    let octave = i32::from(note / 12) - 1;
    format!("{}{octave}", NAMES[usize::from(note % 12)])
}

/// A latency in milliseconds.
pub fn milliseconds(samples: u32, sample_rate: f32) -> String {
    let ms = f64::from(samples) / f64::from(sample_rate.max(1.0)) * 1000.0;
    format!("{} ms", thousands(ms.round() as u64))
}

/// How long ago something was.
pub fn ago(passed: Duration) -> String {
    let seconds = passed.as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        _ => format!("{} h ago", seconds / 3600),
    }
}

/// What a miss was.
pub fn miss(miss: &Miss) -> &'static str {
    match miss.cause {
        Cause::Failed => "there were no networks, or they failed",
        Cause::Busy => "the computer was too busy",
        Cause::LongBlock => {
            "the host's blocks are too long for this chunk; choose a longer \
             chunk here or shorter blocks there"
        }
    }
}

/// What there is to say of the state of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Well,
    /// Nothing to do but wait.
    Waiting,
    /// Something to do for the person.
    Fault,
}

/// What the sentence is made of.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// See `Status::fault`.
    pub fault: Option<String>,
    /// See `Status::is_ready`.
    pub is_ready: bool,
    /// Whether the host activated the plugin.
    pub is_active: bool,
    /// For how long other settings have been wanted than those that play.
    pub restarting: Option<Duration>,
    /// Whether the host runs nothing through the plugin.
    pub is_idle: bool,
    /// Whether the host's transport runs.
    pub is_playing: bool,
    /// Whether anything comes out.
    pub is_sounding: bool,
    /// Why the last miss was, if it was a moment ago.
    pub just_missed: Option<Cause>,
    /// Whether any stem can be heard.
    pub any_stem_heard: bool,
    /// Whether the host lets the input go through.
    pub is_bypassed: bool,
    /// Whether the stems are those of a band that plays along.
    pub has_band: bool,
    /// The beat of the band that is heard.
    pub beat: Option<Beat>,
}

/// What a band goes by that has no transport to go by.
fn own_beat(beat: &Beat) -> String {
    let doubt = if beat.is_heard {
        ""
    } else {
        " (not heard yet)"
    };
    format!("Own beat, {:.0} BPM{doubt}", beat.tempo)
}

/// The state of things as one sentence.
pub fn sentence(state: &State) -> (Mood, String) {
    let (mood, words) = match state {
        State {
            restarting: Some(waiting),
            ..
        } if *waiting <= PATIENCE => (
            Mood::Waiting,
            "The host restarts the plugin with the new setting.",
        ),
        State {
            restarting: Some(_),
            is_idle: true,
            ..
        } => (
            Mood::Waiting,
            "The host runs nothing through the plugin now; the new setting comes when it does.",
        ),
        State {
            restarting: Some(_),
            ..
        } => (
            Mood::Fault,
            "The host has not restarted the plugin, so the old setting still plays: switch the plugin off and on in the host, or open the project again.",
        ),
        State {
            fault: Some(fault), ..
        } => {
            let stop = if fault.ends_with('.') { "" } else { "." };
            return (Mood::Fault, format!("{fault}{stop}"));
        }
        State {
            is_active: false, ..
        } => (Mood::Waiting, "The host has not activated the plugin yet."),
        State {
            is_ready: false, ..
        } => (
            Mood::Waiting,
            "Loading the pack; until then the input passes.",
        ),
        State {
            just_missed: Some(cause),
            ..
        } => (
            Mood::Fault,
            match cause {
                Cause::Failed => "For a moment there were no stems: the list of misses says when.",
                Cause::LongBlock => {
                    "The host's blocks are too long for this chunk, so stems were missing for a moment: choose a longer chunk here or shorter blocks there."
                }
                Cause::Busy => {
                    "Stems came too late and were missing for a moment: close other programs, or choose a longer chunk if there is one."
                }
            },
        ),
        State {
            is_bypassed: true, ..
        } => (Mood::Well, "Bypassed: the input goes through as it is."),
        State {
            any_stem_heard: false,
            has_band: true,
            ..
        } => (
            Mood::Well,
            "No stem is heard; the band plays on, and Multi-Out sends its notes.",
        ),
        State {
            any_stem_heard: false,
            ..
        } => (Mood::Well, "No stem is heard."),
        State {
            is_sounding: false,
            is_playing: true,
            ..
        } => (Mood::Well, "Playing; sound comes out one latency later."),
        State {
            is_sounding: false,
            has_band: true,
            ..
        } => (
            Mood::Well,
            "Ready. Start playback, or just play: then the band goes by your beat.",
        ),
        State {
            is_sounding: false, ..
        } => (Mood::Well, "Ready. Start playback."),
        State {
            has_band: true,
            beat: None,
            ..
        } => (Mood::Well, "Listening; the band is about to come in."),
        State {
            beat: Some(beat), ..
        } if beat.is_free => return (Mood::Well, format!("Playing along. {}.", own_beat(beat))),
        State { has_band: true, .. } => (Mood::Well, "Playing along."),
        _ => (Mood::Well, "Separating."),
    };
    (mood, words.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(decibels(-6.04), "−6.0");
        assert_eq!(decibels(3.0), "+3.0");
        assert_eq!(decibels(-0.04), "0.0");
        assert_eq!(decibels(-80.0), "−∞");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
        assert_eq!(rate(44_100.0), "44.1 kHz");
        assert_eq!(hertz(441.0), "440 Hz");
        assert_eq!(hertz(2_345.0), "2.3 kHz");
        assert_eq!(pitch(34), "Bb1");
        assert_eq!(milliseconds(75_776, 44_100.0), "1,718 ms");
        assert_eq!(ago(Duration::from_secs(125)), "2 min ago");
    }

    #[test]
    fn a_fault_comes_before_everything_but_a_restart() {
        let state = State {
            fault: Some("The pack is missing".into()),
            is_active: true,
            ..State::default()
        };
        let expected = (Mood::Fault, "The pack is missing.".to_string());
        assert_eq!(sentence(&state), expected);
        let restarting = Some(Duration::from_secs(1));
        let (mood, _) = sentence(&State {
            restarting,
            ..state
        });
        assert_eq!(mood, Mood::Waiting);
    }

    #[test]
    fn the_computer_is_blamed_only_where_it_was_busy() {
        let blames = |cause| {
            let state = State {
                is_active: true,
                is_ready: true,
                just_missed: Some(cause),
                ..State::default()
            };
            sentence(&state).1.contains("close other programs")
        };
        assert!(blames(Cause::Busy));
        assert!(!blames(Cause::Failed) && !blames(Cause::LongBlock));
    }

    #[test]
    fn a_beat_of_its_own_is_told_with_its_tempo_and_whether_it_is_heard() {
        let beat = Beat {
            chord: 0,
            key: 0,
            style: 0,
            programs: [0; 3],
            confidence: 1.0,
            bar: 0,
            beat: 0,
            beats_per_bar: 4,
            beat_quarters: 1.0,
            tempo: 95.7,
            is_free: true,
            is_heard: true,
        };
        let words = |beat: Beat| {
            let state = State {
                is_active: true,
                is_ready: true,
                is_sounding: true,
                any_stem_heard: true,
                has_band: true,
                beat: Some(beat),
                ..State::default()
            };
            sentence(&state).1
        };
        assert_eq!(words(beat), "Playing along. Own beat, 96 BPM.");
        let is_heard = false;
        let guess = "Playing along. Own beat, 96 BPM (not heard yet).";
        assert_eq!(words(Beat { is_heard, ..beat }), guess);
        let is_free = false;
        assert_eq!(words(Beat { is_free, ..beat }), "Playing along.");
    }

    #[test]
    fn a_restart_that_does_not_come_is_told_with_what_to_do() {
        let (mood, words) = sentence(&State {
            restarting: Some(2 * PATIENCE),
            ..State::default()
        });
        assert_eq!(mood, Mood::Fault);
        assert!(words.contains("switch the plugin off and on"), "{words}");
    }
}
