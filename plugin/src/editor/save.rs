//! The menu that saves what was heard.

use egui::{
    Align, Button, Frame, Layout, Margin, PopupCloseBehavior, ProgressBar, TextEdit, Ui, vec2,
};

use super::export::{Export, Piece, Span};
use super::state::State;
use super::{Links, folders, menu, theme};
use crate::bridge::{EditorEnd, MAX_RECORDING_S};
use crate::score;

/// Spans to choose from.
const SPANS: [(Span, &str); 4] = [
    (Span::Seconds(10), "Last 10 s"),
    (Span::Seconds(30), "Last 30 s"),
    (Span::Seconds(60), "Last 60 s"),
    (Span::SincePlay, "Since play started"),
];

/// What ended so long ago is not what is heard now: of those a chunk may still be on its way.
const RECENT_S: f64 = 2.0;

/// Bars to choose from.
const MIDI_BARS: [usize; 3] = [4, 8, 16];

/// What a person chose, and the export that runs.
pub struct Save {
    span: Span,
    /// Whether there were no bars when they were asked for last.
    no_bars: bool,
    /// Why the folder could not be shown, when that was asked for last.
    unopened: Option<String>,
    export: Option<Export>,
}

impl Default for Save {
    fn default() -> Self {
        Self {
            span: Span::Seconds(30),
            no_bars: false,
            unopened: None,
            export: None,
        }
    }
}

impl Save {
    /// Whether files are being written.
    pub fn is_running(&self) -> bool {
        self.export
            .as_ref()
            .is_some_and(|export| export.result().is_none())
    }
}

/// Shows the button and, once it was pressed, the menu.
pub fn menu(ui: &mut Ui, links: &Links, state: &mut State, save: &mut Save) {
    let button = menu::button(ui, "Save stems", "Save stems");
    menu::below(&button, 320.0)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            for (span, label) in SPANS {
                if menu::choice(ui, save.span == span, label, "").clicked() {
                    save.span = span;
                }
            }
            ui.add_space(4.0);
            menu::note(ui, "Into a new folder in", theme::FAINT);
            let field = TextEdit::singleline(&mut state.folder)
                .desired_width(f32::INFINITY)
                .margin(Margin::symmetric(8, 6));
            let field = ui.add(field).accessible_name("Folder for stems");
            if field.changed() {
                links.remember_folder(&state.folder);
            }
            let folder = folders::named(&state.folder).display().to_string();
            if folder != state.folder {
                menu::note(ui, &format!("That is {folder}"), theme::FAINT);
            }
            ui.add_space(4.0);
            buttons(ui, state, save);
            if state.has_band() {
                midi(ui, state, save);
            }
            let engine = state.engine.as_ref();
            let kept_s = engine.map_or(MAX_RECORDING_S, EditorEnd::max_recording_s);
            outcome(ui, save, kept_s);
        });
}

fn buttons(ui: &mut Ui, state: &State, save: &mut Save) {
    let engine = state.engine.as_ref();
    let piece = engine.and_then(|engine| Piece::of(engine, save.span));
    let row = vec2(ui.available_width(), 28.0);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        let label = match &piece {
            // A second or two pass between what is recorded and what is heard.
            Some(piece) if piece.ago_s() > RECENT_S => {
                format!(
                    "Save {:.1} s, up to {:.0} s ago",
                    piece.seconds(),
                    piece.ago_s()
                )
            }
            Some(piece) => format!("Save {:.1} s", piece.seconds()),
            None => "Nothing to save yet".into(),
        };
        let can_save = piece.is_some() && !save.is_running();
        let button = ui.add_enabled(can_save, Button::new(label));
        if button.accessible_name("Save now").clicked()
            && let Some(piece) = piece
        {
            save.export = Some(Export::start(piece, folders::named(&state.folder)));
        }
        let done = save.export.as_ref().and_then(Export::result);
        let folder = match done {
            // A MIDI file lies in the folder itself.
            Some(Ok(folder)) if folder.is_dir() => folder,
            _ => folders::named(&state.folder),
        };
        if ui.button("Open folder").clicked() {
            save.unopened = folders::open(&folder).err();
        }
    });
    if let Some(error) = &save.unopened {
        menu::note(ui, error, theme::ALERT);
    }
}

/// Buttons that save the band's last bars.
fn midi(ui: &mut Ui, state: &State, save: &mut Save) {
    ui.add_space(4.0);
    menu::note(ui, "What the band played, as MIDI", theme::FAINT);
    let row = vec2(ui.available_width(), 28.0);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        for num_bars in MIDI_BARS {
            let name = format!("MIDI of the last {num_bars} bars");
            let button = ui.add_enabled(
                !save.is_running(),
                Button::new(format!("Last {num_bars} bars")),
            );
            if button.accessible_name(&name).clicked() {
                save.no_bars = false;
                match last_bars(state, num_bars) {
                    Some(file) => {
                        let folder = folders::named(&state.folder);
                        save.export = Some(Export::start_midi(file, folder));
                    }
                    None => save.no_bars = true,
                }
            }
        }
    });
    if save.no_bars {
        save.no_bars = last_bars(state, 1).is_none();
    }
    if save.no_bars {
        menu::note(ui, "The band has not played a whole bar yet.", theme::ALERT);
    }
}

/// The last whole bars that were heard, as a MIDI file.
fn last_bars(state: &State, num_bars: usize) -> Option<Vec<u8>> {
    let engine = state.engine.as_ref()?;
    let (epoch, audible) = engine.audible();
    let (of, cues) = engine.status.cues.last_epoch();
    // What was played before a reset was heard to its end.
    let until = if of == epoch { audible } else { i64::MAX };
    let cues = score::without_gaps(&cues);
    let bars = score::last_bars(&cues, until, num_bars);
    score::midi_file(bars, engine.geometry.sample_rate)
}

/// How the export goes or went; until there is one, what is kept for it.
fn outcome(ui: &mut Ui, save: &Save, kept_s: f64) {
    let Some(export) = &save.export else {
        let words = format!(
            "The last {kept_s:.0} s of stems are kept from when this window was first \
             opened, or the host restarted the plugin since (for another pack or chunk, or a \
             bounce); as they were taken from the input, before faders and mutes."
        );
        return menu::note(ui, &words, theme::FAINT);
    };
    match export.result() {
        None => {
            let bar = ProgressBar::new(export.progress()).desired_height(4.0);
            let margin = Margin::symmetric(0, 4); // as high as the words that follow
            Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.add(bar.desired_width(ui.available_width()));
            });
        }
        Some(Ok(saved)) => {
            let name = saved.display();
            let words = if saved.is_dir() {
                format!("Saved four stems in {name}.")
            } else {
                format!("Saved {name}.")
            };
            menu::note(ui, &words, theme::TEXT);
            let silent_s = export.silent_s();
            if silent_s >= 0.1 {
                let words =
                    format!("For {silent_s:.1} s there were no stems: they are silent there.");
                menu::note(ui, &words, theme::ALERT);
            }
        }
        Some(Err(error)) => menu::note(ui, &error, theme::ALERT),
    }
}
