//! Running a host's programs: never without end, and never without a trace.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Longer than any step takes on a busy machine of two cores.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(300);
/// For downloads.
pub const INSTALL_TIMEOUT: Duration = Duration::from_secs(1200);

/// Runs a command, keeps what it says in `log`, and returns what it wrote to its standard output.
/// An error ends with the last line of its standard error.
pub fn run(command: &mut Command, log: &Path, timeout: Duration) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (stdout, stderr) = (log.with_extension("out"), log.with_extension("err"));
    let create = |path: &PathBuf| {
        File::create(path).with_context(|| format!("cannot write {}", path.display()))
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(create(&stdout)?)
        .stderr(create(&stderr)?)
        .spawn()
        .with_context(|| format!("{name} does not start"))?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > timeout {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let said = String::from_utf8_lossy(&fs::read(&stdout)?).into_owned();
    let complaint = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
    let last_line = complaint.trim().lines().next_back().unwrap_or("nothing");
    match status {
        Some(status) if status.success() => Ok(said),
        Some(status) => bail!(
            "{name} ended with {status}; it said `{last_line}`, and more in {}",
            stderr.display()
        ),
        None => bail!(
            "{name} took more than {} s and was ended; it said `{last_line}`",
            timeout.as_secs()
        ),
    }
}
