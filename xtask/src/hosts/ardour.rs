//! Ardour 7 without a screen: a session made by a script, with the song on a track and One2Four
//! on the track, exported as Ardour exports, then opened, saved, closed and exported again.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::compare::{self, Difference, Planar};
use super::material::{Event, Material, Setting};
use super::program::{self, STEP_TIMEOUT};
use super::table::Row;
use super::{Host, setup};

/// What Ardour's programs need.
const LIBRARIES: &str = "/usr/lib/ardour7";
/// Exports until one is where it should be, at most.
const MAX_EXPORTS: usize = 3;
/// Samples by which an export may come out early as a whole, one in twelve or so; it is then exported again.
const EARLY: usize = 16;
/// What Ardour does with automation.
const COMPENSATES: &str = "Ardour itself sends automation later by the latency it was told, for \
    plugins that act on it at once; One2Four delays it as well, so that it acts late by exactly \
    the latency. With Align Automation off, it is on its sample (the row above)";

struct Session {
    name: &'static str,
    folder: PathBuf,
    latency: usize,
}

/// Plays everything.
pub fn run(material: &Material, may_install: bool) -> Result<Vec<Row>> {
    setup::ardour(&material.folder, may_install)?;
    let ardour = Ardour {
        material,
        folder: material.folder.join("ardour"),
    };
    ardour.scan().context("Ardour's scanner")?;

    let (changed, start) = (&material.changed[..], &material.start[..]);
    let align_off = [start, std::slice::from_ref(&material.align_off)].concat();
    let mut rows = ardour.play(&Sheet {
        name: "drums",
        steps: ["drums -12 dB", "save, close, reopen"],
        settings: changed,
        events: &[],
        like: "changed",
    });
    rows.extend(ardour.play(&Sheet {
        name: "automation",
        steps: [
            "every gain automated, Align off",
            "the same: save, close, reopen",
        ],
        settings: &align_off,
        events: &material.automation,
        like: "automation",
    }));
    rows.push(
        ardour
            .aligned()
            .unwrap_or_else(|error| Row::broken(Host::Ardour, "stereo", ALIGNED, &error)),
    );
    Ok(rows)
}

/// What is played in a session.
struct Sheet<'a> {
    name: &'static str,
    /// The steps: as made, and opened again.
    steps: [&'static str; 2],
    settings: &'a [Setting],
    events: &'a [Event],
    /// The bounce that it is compared with; see [`Material::expected`].
    like: &'static str,
}

/// The step that is known to be late.
const ALIGNED: &str = "every gain automated, Align on";

struct Ardour<'a> {
    material: &'a Material,
    folder: PathBuf,
}

impl Ardour<'_> {
    /// One of Ardour's programs, with a home of its own: it neither reads nor writes the user's
    /// settings, and finds no other plugin.
    fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", self.folder.join("home"));
        command.env_remove("XDG_CONFIG_HOME");
        command.env_remove("XDG_CACHE_HOME");
        command
    }

    /// Lets Ardour find the plugin.
    fn scan(&self) -> Result<()> {
        // A list that is no newer than the plugin, by the second, counts as out of date.
        std::thread::sleep(Duration::from_millis(1100));
        let mut command = self.program(&format!("{LIBRARIES}/ardour-vst3-scanner"));
        command
            .env("LD_LIBRARY_PATH", LIBRARIES)
            .arg("-f")
            .arg(&self.material.vst3);
        program::run(&mut command, &self.folder.join("scan.log"), STEP_TIMEOUT).map(drop)
    }

    /// A session, exported twice: as made, and opened again.
    fn play(&self, sheet: &Sheet) -> Vec<Row> {
        let session = match self.make(sheet.name, sheet.settings, sheet.events) {
            Ok(session) => session,
            Err(error) => {
                let error = error.context("making the session");
                return vec![Row::broken(Host::Ardour, "stereo", sheet.steps[0], &error)];
            }
        };
        let judge = |take: &str| {
            let expected = self.material.expected(sheet.like, 2)?;
            let (_, difference) = self.judge(&session, take, &expected)?;
            anyhow::Ok(difference)
        };
        let row = |step: &str, judged: Result<Difference>| match judged {
            Ok(difference) => {
                let latency = session.latency as u64;
                Row::compared(Host::Ardour, "stereo", step, difference, latency)
            }
            Err(error) => Row::broken(Host::Ardour, "stereo", step, &error),
        };
        let again = || {
            self.reopen(&session).context("opening it again")?;
            judge("again")
        };
        vec![
            row(sheet.steps[0], judge("first")),
            row(sheet.steps[1], again()),
        ]
    }

    /// Automation as a new instance takes it, which is late in Ardour: by the latency, and exactly.
    fn aligned(&self) -> Result<Row> {
        let material = self.material;
        let (start, events) = (&material.start, &material.automation);
        let session = self.make("aligned", start, events)?;
        let expected = material.expected("automation", 2)?;
        let latency = session.latency;
        let mut late = events.clone();
        let changes = late.iter_mut().filter(|event| event.sample > 0);
        changes.for_each(|event| event.sample += latency);
        let late = material.bounce("ardour-late", start, &late)?;
        let (audio, late_difference) = self.judge(&session, "first", &late[..2].to_vec())?;
        let difference = Difference::between(&audio, &expected);
        let row = Row::compared(Host::Ardour, "stereo", ALIGNED, difference, latency as u64);
        if row.has_failed() && late_difference.explain().is_none() {
            return Ok(row.into_known_limit(COMPENSATES));
        }
        Ok(row)
    }

    /// An export, and by what it differs from `expected`. One that is whole and [`EARLY`] is said, and
    /// exported again.
    fn judge(
        &self,
        session: &Session,
        take: &str,
        expected: &Planar,
    ) -> Result<(Planar, Difference)> {
        let mut attempt = 1;
        loop {
            let audio = self.export(session, take).context("exporting it")?;
            let difference = Difference::between(&audio, expected);
            match difference.explain() {
                Some(reason) if attempt < MAX_EXPORTS && is_early(&audio, expected) => println!(
                    "Ardour 7, {}, {take} take, export {attempt}: {reason}; exporting again",
                    session.name
                ),
                _ => return Ok((audio, difference)),
            }
            attempt += 1;
        }
    }

    /// Makes a session.
    fn make(&self, name: &'static str, settings: &[Setting], events: &[Event]) -> Result<Session> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        // Ardour counts a gain in dB and a switch as 0 or 1.
        let value = |setting: &Setting| match setting.text.as_str() {
            "on" => "1".into(),
            "off" => "0".into(),
            decibels => decibels.to_string(),
        };
        let mut controls = String::new();
        for setting in settings {
            writeln!(controls, ",{},{}", setting.name, value(setting))?;
        }
        for Event { sample, setting } in events {
            writeln!(controls, "{sample},{},{}", setting.name, value(setting))?;
        }
        let controls_path = self.folder.join(format!("{name}.csv"));
        fs::write(&controls_path, controls)?;
        let mut command = self.program("ardour7-lua");
        command.arg(self.material.scripts.join("ardour_make.lua"));
        command.arg(&folder).arg(name);
        command.args([
            self.material.rate.to_string(),
            self.material.frames().to_string(),
        ]);
        command.arg(&self.material.song_wav).arg(controls_path);
        let said = program::run(&mut command, &self.log(name, "make"), STEP_TIMEOUT)?;
        let latency = said
            .lines()
            .find_map(|line| line.strip_prefix("latency ")?.parse().ok());
        Ok(Session {
            name,
            folder,
            latency: latency.context("Ardour told no latency")?,
        })
    }

    fn reopen(&self, session: &Session) -> Result<()> {
        let mut command = self.program("ardour7-lua");
        command.arg(self.material.scripts.join("ardour_reopen.lua"));
        command.arg(&session.folder).arg(session.name);
        program::run(
            &mut command,
            &self.log(session.name, "reopen"),
            STEP_TIMEOUT,
        )
        .map(drop)
    }

    /// Exports a session. Ardour takes the latency out of what it exports.
    fn export(&self, session: &Session, take: &str) -> Result<Planar> {
        let out = self.folder.join(format!("{}-{take}.wav", session.name));
        if out.exists() {
            fs::remove_file(&out)?;
        }
        let mut command = self.program("ardour7-export");
        command.args(["-b", "float", "-s", &self.material.rate.to_string(), "-o"]);
        command.arg(&out).arg(&session.folder).arg(session.name);
        program::run(&mut command, &self.log(session.name, take), STEP_TIMEOUT)?;
        compare::read(&out, 0, usize::MAX)
    }

    fn log(&self, name: &str, deed: &str) -> PathBuf {
        self.folder.join(format!("{name}-{deed}.log"))
    }
}

/// Whether every channel is the expected one, [`EARLY`].
fn is_early(audio: &Planar, expected: &Planar) -> bool {
    let is_moved = |(audio, expected): (&Vec<f32>, &Vec<f32>)| {
        let moved = expected.get(EARLY..).unwrap_or_default();
        !moved.is_empty() && audio.starts_with(moved)
    };
    audio.len() == expected.len() && audio.iter().zip(expected).all(is_moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_export_that_is_early_as_a_whole_is_made_again() {
        let expected: Planar = (0..2)
            .map(|channel| (0..100).map(|n| (n + channel) as f32).collect())
            .collect();
        let mut early = expected.clone();
        for channel in &mut early {
            channel.drain(..EARLY);
            channel.resize(100, 0.0);
        }
        assert!(is_early(&early, &expected));
        assert!(!is_early(&expected, &expected));
        early[1][20] = 0.0;
        assert!(
            !is_early(&early, &expected),
            "a stem is missing for a sample"
        );
    }
}
