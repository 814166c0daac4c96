//! The song through the tests' own host, in one piece and in any blocks.

use anyhow::Result;
use stage::{Binary, Change, Instance, Mode, SavedState, Setup};

use super::compare::Planar;
use super::material::{Event, Material, Setting};

/// Lengths of blocks, over and over: the shortest, odd ones, and longer than a hop.
const BLOCKS: [usize; 7] = [1, 17, 512, 4096, 333, 64, 2047];
/// The longest of them.
const MAX_BLOCK: usize = 4096;

/// What is played.
pub struct Run<'a> {
    material: &'a Material,
    /// The class's CLAP id.
    id: &'a str,
    settings: &'a [Setting],
    events: &'a [Event],
    /// Loaded before the settings.
    pub state: Option<SavedState>,
}

impl<'a> Run<'a> {
    /// The whole song.
    pub fn new(
        material: &'a Material,
        id: &'a str,
        settings: &'a [Setting],
        events: &'a [Event],
    ) -> Self {
        Self {
            material,
            id,
            settings,
            events,
            state: None,
        }
    }
}

impl Run<'_> {
    /// Opens the plugin file, plays the song, saves where that is wanted, and closes the file:
    /// the main bus and the stem buses without the latency, and the latency.
    pub fn play(&self, saved: Option<&mut Option<SavedState>>) -> Result<(Planar, usize)> {
        let binary = Binary::open(&self.material.clap)?;
        let mut instance = binary.instantiate(self.id)?;
        if let Some(state) = &self.state {
            instance.load(state)?;
        }
        for setting in self.settings {
            instance.set_text(&setting.id, &setting.text)?;
        }
        // A host that renders faster than real time and does not say so.
        instance.set_mode(Mode::Realtime)?;
        instance.select_channels(2)?;
        let changes = self.changes(&instance)?;
        let mut player = instance.activate(Setup {
            sample_rate: self.material.rate.into(),
            max_block: MAX_BLOCK,
        })?;
        let latency = instance.latency()?;
        let song = &self.material.song;
        let total = self.material.frames() + latency;
        let mut audio: Planar = vec![Vec::new(); 2 * player.num_buses()];
        let mut position = 0;
        for length in BLOCKS.iter().cycle() {
            let end = total.min(position + length);
            let input = song.iter().map(|channel| {
                let sample = |i: usize| channel.get(i).copied().unwrap_or(0.0);
                (position..end).map(sample).collect::<Vec<_>>()
            });
            let input: Planar = input.collect();
            let slices: Vec<&[f32]> = input.iter().map(Vec::as_slice).collect();
            let due = changes
                .iter()
                .filter(|(sample, _)| (position..end).contains(sample));
            let due = due.map(|(sample, change)| Change {
                at: sample - position,
                ..*change
            });
            player.play(&slices, &due.collect::<Vec<_>>())?;
            for bus_idx in 0..player.num_buses() {
                for (channel, more) in audio[2 * bus_idx..].iter_mut().zip(player.bus(bus_idx)) {
                    channel.extend_from_slice(more);
                }
            }
            position = end;
            if position == total {
                break;
            }
        }
        if let Some(saved) = saved {
            *saved = Some(instance.save()?);
        }
        instance.deactivate(player);
        audio
            .iter_mut()
            .for_each(|channel| drop(channel.drain(..latency)));
        Ok((audio, latency))
    }

    fn changes(&self, instance: &Instance) -> Result<Vec<(usize, Change)>> {
        let change = |Event { sample, setting }: &Event| {
            let param = instance.param(&setting.id)?.clap_id;
            let value = setting.value;
            Ok((
                *sample,
                Change {
                    at: 0,
                    param,
                    value,
                },
            ))
        };
        self.events.iter().map(change).collect()
    }
}
