//! Notes and time between the host's words and ours.

use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::*;

use crate::audio::{HostTime, Note};
use crate::score::CHANNELS;

/// A note as hosts take it.
pub fn event(note: Note) -> NoteEvent<()> {
    let timing = note.offset;
    let voice_id = VoiceID::Wildcard;
    let channel = CHANNELS.get(usize::from(note.stem_idx)).copied();
    let channel = Channel::Number(channel.unwrap_or_default());
    let key = Key::Number(note.pitch);
    match note.velocity {
        0 => NoteEvent::NoteOff {
            timing,
            voice_id,
            channel,
            key,
            velocity: 0.0,
        },
        velocity => NoteEvent::NoteOn {
            timing,
            voice_id,
            channel,
            key,
            velocity: f32::from(velocity) / 127.0,
        },
    }
}

/// What the host tells of its song with this block.
pub fn host_time(transport: &Transport) -> HostTime {
    let signature = transport.time_sig_numerator;
    HostTime {
        is_playing: transport.playing,
        quarters: transport.pos_beats(),
        tempo: transport.tempo,
        bar_quarters: transport.bar_start_pos_beats,
        bar_number: transport.bar_number,
        signature: signature.zip(transport.time_sig_denominator),
        loop_quarters: transport.loop_range_beats(),
    }
}
