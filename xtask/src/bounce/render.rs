//! The render loop: what a host does, block after block.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::ProgressBar;
use stage::{Change, Mode, Planar, Player};

use super::Block;
use super::automation::Event;
use super::feed::Feed;
use super::output::Output;
use super::resample::{Resample, slices};
use crate::interrupt;
use crate::measure::{Percentiles, peak_rss_mib};

/// Everything the loop needs.
pub struct Render {
    /// The input.
    pub feed: Feed,
    /// The plugin.
    pub player: Player,
    /// In the order of time.
    pub automation: Vec<Event>,
    /// What the plugin reported.
    pub latency: usize,
    /// Hz.
    pub host_rate: u32,
    /// Whether to keep to the wall clock.
    pub mode: Mode,
}

/// What the loop saw.
pub struct Rendered {
    /// Hz.
    pub host_rate: u32,
    /// Length of the input.
    pub seconds: f64,
    /// Time it took.
    pub wall: Duration,
    /// Time of each block inside the plugin.
    pub process_us: Percentiles,
    /// The most memory this process had.
    pub peak_rss_mib: f64,
}

impl Render {
    /// Plays the input and then silence until the last sample of the input came out.
    pub fn run(
        mut self,
        block: Block,
        output: &mut Output,
        progress: &ProgressBar,
    ) -> Result<(Player, Rendered)> {
        let file_rate = self.feed.file_rate();
        let mut lengths = BlockLengths::new(block);
        let mut input: Planar = vec![Vec::new(); output.total_channels() / self.player.num_buses()];
        let mut results: Planar = vec![Vec::new(); output.total_channels()];
        let mut resample = Resample::new(self.host_rate, file_rate, output.total_channels())?;
        let mut times_us = Vec::new();
        let mut events = self.automation.iter().peekable();
        let mut changes = Vec::new();
        let (mut position, mut skip) = (0u64, self.latency);

        let start = Instant::now();
        while self.feed.file_frames() != Some(output.frames_written()) {
            if interrupt::has_come() {
                bail!("interrupted; nothing was written");
            }
            let frames = lengths.next();
            self.feed.fill(&mut input, frames)?;
            changes.clear();
            while let Some(event) = events.next_if(|event| event.sample < position + frames as u64)
            {
                changes.push(Change {
                    at: (event.sample - position) as usize,
                    ..event.change
                });
            }
            if self.mode == Mode::Realtime {
                let due = Duration::from_secs_f64(position as f64 / f64::from(self.host_rate));
                std::thread::sleep(due.saturating_sub(start.elapsed()));
            }
            self.player.play(&slices(&input), &changes)?;
            times_us.push(self.player.last_process().as_secs_f64() * 1e6);
            position += frames as u64;

            let dropped = skip.min(frames);
            skip -= dropped;
            let mut channels = Vec::new();
            for bus_idx in 0..self.player.num_buses() {
                channels.extend(self.player.bus(bus_idx).into_iter().map(|c| &c[dropped..]));
            }
            resample.push(&channels, &mut results)?;
            let left = self
                .feed
                .file_frames()
                .map_or(u64::MAX, |all| all - output.frames_written());
            let ready = left.min(results[0].len() as u64) as usize;
            output.write(&results, ready)?;
            results
                .iter_mut()
                .for_each(|channel| drop(channel.drain(..ready)));
            progress.set_position(output.frames_written() / u64::from(file_rate));
        }
        let rendered = Rendered {
            host_rate: self.host_rate,
            seconds: output.frames_written() as f64 / f64::from(file_rate),
            wall: start.elapsed(),
            process_us: Percentiles::of(times_us),
            peak_rss_mib: peak_rss_mib(),
        };
        Ok((self.player, rendered))
    }
}

/// The lengths of the host's blocks.
struct BlockLengths {
    block: Block,
    /// State of the generator (SplitMix64).
    state: u64,
}

impl BlockLengths {
    fn new(block: Block) -> Self {
        let state = if let Block::Random(seed) = block {
            seed
        } else {
            0
        };
        Self { block, state }
    }

    fn next(&mut self) -> usize {
        if let Block::Fixed(frames) = self.block {
            return frames;
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        1 + ((z ^ (z >> 31)) % super::MAX_RANDOM_BLOCK as u64) as usize
    }
}
