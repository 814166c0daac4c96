//! A plugin file: loading it, what it offers, what its instances report.

use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};

use clack_host::entry::{EntryDescriptor, LibraryEntry};
use clack_host::plugin::PluginDescriptor;
use clack_host::prelude::*;
use libloading::Library;

use crate::report::{self, MidiFn, Report, ReportFn, SheetFn};
use crate::{Instance, Result, StageError};

/// A loaded plugin file. It stays loaded while one of its instances lives.
pub struct Binary {
    entry: PluginEntry,
    /// Absent in plugins other than One2Four.
    report: Option<ReportFn>,
    /// Likewise.
    midi: Option<MidiFn>,
    /// Likewise.
    sheet: Option<SheetFn>,
}

/// What a scan learns about a class of a plugin file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The CLAP id.
    pub id: String,
    /// Shown in hosts.
    pub name: String,
    /// Of the plugin.
    pub version: String,
    /// CLAP feature strings.
    pub features: Vec<String>,
}

impl Description {
    pub(crate) fn of(class: &PluginDescriptor) -> Self {
        let text = |text: Option<&CStr>| text.unwrap_or_default().to_string_lossy().into_owned();
        Self {
            id: text(class.id()),
            name: text(class.name()),
            version: text(class.version()),
            features: class
                .features()
                .map(|feature| text(Some(feature)))
                .collect(),
        }
    }
}

impl Binary {
    /// Loads the plugin file at `path`.
    #[allow(unsafe_code)]
    pub fn open(path: &Path) -> Result<Self> {
        let refused = |reason: String| StageError::Load {
            path: path.display().to_string(),
            reason,
        };
        let c_path =
            CString::new(path.to_string_lossy().as_bytes()).map_err(|e| refused(e.to_string()))?;
        // SAFETY: loading runs the file's constructors. It is the project's own plugin, or one
        // that the caller chose to run.
        let library =
            unsafe { Library::new(library_of(path)) }.map_err(|e| refused(e.to_string()))?;
        // SAFETY: the symbol is a function of this type wherever it exists, and it is called only
        // while `entry` keeps the library loaded.
        let report = unsafe { library.get::<ReportFn>(b"one2four_report\0") }
            .ok()
            .map(|symbol| *symbol);
        // SAFETY: as above.
        let midi = unsafe { library.get::<MidiFn>(b"one2four_midi\0") }
            .ok()
            .map(|symbol| *symbol);
        // SAFETY: as above.
        let sheet = unsafe { library.get::<SheetFn>(b"one2four_sheet\0") }
            .ok()
            .map(|symbol| *symbol);
        // SAFETY: `clap_entry` has the type that the CLAP standard gives it.
        let entry = unsafe { LibraryEntry::load_from_library(library) }
            // SAFETY: as above.
            .and_then(|entry| unsafe { PluginEntry::load_from(entry, &c_path) })
            .map_err(|e| refused(e.to_string()))?;
        Ok(Self {
            entry,
            report,
            midi,
            sheet,
        })
    }

    /// Takes a plugin that is linked into this program instead of one from a file; `path` is where
    /// it shall believe to lie.
    ///
    /// # Safety
    /// `entry` and `report` are what a One2Four file exports under these names.
    #[allow(unsafe_code)]
    pub unsafe fn linked(
        entry: &'static EntryDescriptor,
        report: unsafe extern "C" fn(*mut u8, usize) -> usize,
        path: &CStr,
    ) -> Result<Self> {
        // SAFETY: passed on to the caller.
        let entry =
            unsafe { PluginEntry::load_from_raw(entry, path) }.map_err(|e| StageError::Load {
                path: path.to_string_lossy().into(),
                reason: e.to_string(),
            })?;
        Ok(Self {
            entry,
            report: Some(report),
            midi: None,
            sheet: None,
        })
    }

    /// The classes in the file, as a host's scan sees them.
    pub fn describe(&self) -> Vec<Description> {
        let Some(factory) = self.entry.get_plugin_factory() else {
            return Vec::new();
        };
        factory.plugin_descriptors().map(Description::of).collect()
    }

    /// Whether the file has a factory of this kind.
    #[allow(unsafe_code)]
    pub fn has_factory(&self, id: &CStr) -> bool {
        let get = self.entry.raw_entry().get_factory;
        // SAFETY: the file stays loaded while `self` lives, and the id is text that ends.
        get.is_some_and(|get| unsafe { !get(id.as_ptr()).is_null() })
    }

    /// Makes an instance of the class with the CLAP id `plugin_id`.
    pub fn instantiate(&self, plugin_id: &str) -> Result<Instance> {
        Instance::new(&self.entry, plugin_id)
    }

    /// What the file's live instances say about themselves.
    pub fn report(&self) -> Result<Report> {
        let unreadable = |reason| StageError::Unreadable {
            what: "report",
            reason,
        };
        let report = self
            .report
            .ok_or_else(|| unreadable("the file does not export `one2four_report`".into()))?;
        report::read(report).map_err(unreadable)
    }

    /// What the band of the instance made last played to the first `seconds` of input, as a MIDI file; none
    /// where it played nothing.
    #[allow(unsafe_code)]
    pub fn midi(&self, seconds: f64) -> Option<Vec<u8>> {
        let midi = self.midi?;
        // SAFETY: the file stays loaded while `self` lives, and writes at most `capacity` bytes.
        let file = report::whole(|buffer, capacity| unsafe { midi(seconds, buffer, capacity) });
        (!file.is_empty()).then_some(file)
    }

    /// The same as a lead sheet in MusicXML.
    #[allow(unsafe_code)]
    pub fn sheet(&self, seconds: f64, title: &str) -> Option<Vec<u8>> {
        let sheet = self.sheet?;
        let (start, len) = (title.as_ptr(), title.len());
        // SAFETY: as above, and the title is there until the call returns.
        let file = report::whole(|buffer, capacity| unsafe {
            sheet(seconds, start, len, buffer, capacity)
        });
        (!file.is_empty()).then_some(file)
    }
}

/// The shared library of a plugin: itself, or the binary inside a macOS bundle.
fn library_of(path: &Path) -> PathBuf {
    match path.file_stem() {
        Some(name) if path.is_dir() => path.join("Contents/MacOS").join(name),
        _ => path.into(),
    }
}
