//! What the bench plays: the example, over and over.

use anyhow::Result;
use stage::{Player, read_audio};

use crate::workspace::Workspace;

/// Stereo audio without end.
pub struct Song {
    channels: [Vec<f32>; 2],
    position: usize,
}

impl Song {
    /// The example.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        Ok(Self {
            channels: channels(workspace)?,
            position: 0,
        })
    }

    /// Plays the next `frames` samples, up to the song's end, where it starts again.
    pub fn play(&mut self, player: &mut Player, frames: usize) -> Result<()> {
        if self.position + frames > self.channels[0].len() {
            self.position = 0;
        }
        let block = self.position..self.position + frames;
        self.position += frames;
        let channels = [&self.channels[0][block.clone()], &self.channels[1][block]];
        Ok(player.play(&channels, &[])?)
    }
}

/// Left and right of the example.
pub fn channels(workspace: &Workspace) -> Result<[Vec<f32>; 2]> {
    let (channels, _) = read_audio(&workspace.example())?;
    Ok([0, 1].map(|idx| channels[idx % channels.len()].clone()))
}
