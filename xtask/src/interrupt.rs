//! Ctrl-C, for commands that leave nothing half done.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

static HAS_COME: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C does not end the process: whoever works asks [`has_come`] and stops.
pub fn watch() -> Result<()> {
    ctrlc::set_handler(|| HAS_COME.store(true, Ordering::Relaxed))?;
    Ok(())
}

/// Whether Ctrl-C was pressed since [`watch`].
pub fn has_come() -> bool {
    HAS_COME.load(Ordering::Relaxed)
}
