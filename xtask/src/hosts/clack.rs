//! The tests' own CLAP host, which is also what `bounce` plays on: here with both classes, with
//! blocks of any length, without a word about rendering offline, and with a state on disk.

use std::fs;

use anyhow::{Context, Result};
use stage::{MULTI_OUT, STEREO, SavedState};

use super::Host;
use super::compare::{Difference, Planar};
use super::material::Material;
use super::stream::Run;
use super::table::Row;

/// The classes: id, name in the table, output channels.
const CLASSES: [(&str, &str, usize); 2] = [(STEREO, "stereo", 2), (MULTI_OUT, "Multi-Out", 10)];

/// Plays everything.
pub fn run(material: &Material) -> Result<Vec<Row>> {
    let folder = material.folder.join("clack");
    fs::create_dir_all(&folder)?;
    let mut rows = Vec::new();
    for (id, class, num_channels) in CLASSES {
        let new = |settings, events| Run::new(material, id, settings, events);
        let state_path = folder.join(format!("{class}.state"));
        let mut step = |name: &str, reference: &str, deed: &dyn Fn() -> Result<(Planar, usize)>| {
            let row = deed().and_then(|(audio, latency)| {
                let expected = material.expected(reference, num_channels)?;
                let difference = Difference::between(&audio, &expected);
                Ok(Row::compared(
                    Host::Clack,
                    class,
                    name,
                    difference,
                    latency as u64,
                ))
            });
            rows.push(row.unwrap_or_else(|error| Row::broken(Host::Clack, class, name, &error)));
        };
        step("default", "default", &|| new(&[], &[]).play(None));
        step("drums -12 dB", "changed", &|| {
            new(&material.changed, &[]).play(None)
        });
        step("every gain automated", "automation", &|| {
            new(&material.start, &material.automation).play(None)
        });
        step("save", "changed", &|| {
            let mut state = None;
            let played = new(&material.changed, &[]).play(Some(&mut state))?;
            fs::write(&state_path, state.context("nothing was saved")?.to_bytes())?;
            Ok(played)
        });
        step("reopen", "changed", &|| {
            let state = Some(SavedState::from_bytes(&fs::read(&state_path)?)?);
            let mut reopened = new(&[], &[]);
            reopened.state = state;
            reopened.play(None)
        });
    }
    Ok(rows)
}
