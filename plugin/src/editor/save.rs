//! The menu that saves what was heard.

use std::path::PathBuf;

use egui::{Button, Popup, PopupCloseBehavior, ProgressBar, RichText, TextEdit, Ui};

use super::export::{Export, Piece, Span};
use super::header::menu_button;
use super::state::State;
use super::{Links, folders, theme};

/// Spans to choose from.
const SPANS: [(Span, &str); 4] = [
    (Span::Seconds(10), "Last 10 s"),
    (Span::Seconds(30), "Last 30 s"),
    (Span::Seconds(60), "Last 60 s"),
    (Span::SincePlay, "Since play started"),
];

/// What a person chose, and the export that runs.
pub struct Save {
    span: Span,
    export: Option<Export>,
}

impl Default for Save {
    fn default() -> Self {
        Self {
            span: Span::Seconds(30),
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
    let button = menu_button(ui, "Save stems", "Save stems");
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(320.0);
            for (span, label) in SPANS {
                ui.radio_value(&mut save.span, span, label);
            }
            ui.label(
                RichText::new("Into a new folder in")
                    .small()
                    .color(theme::FAINT),
            );
            let field = TextEdit::singleline(&mut state.folder)
                .desired_width(320.0)
                .margin(egui::Margin::symmetric(6, 6));
            let field = ui.add(field).accessible_name("Folder for stems");
            if field.changed() {
                links.remember_folder(&state.folder);
            }
            ui.separator();
            buttons(ui, state, save);
            outcome(ui, save);
        });
}

fn buttons(ui: &mut Ui, state: &State, save: &mut Save) {
    let piece = state
        .engine
        .as_ref()
        .and_then(|engine| Piece::of(engine, save.span));
    ui.horizontal(|ui| {
        let label = match &piece {
            Some(piece) => format!("Save {:.1} s", piece.seconds()),
            None => "Nothing heard yet".into(),
        };
        let can_save = piece.is_some() && !save.is_running();
        let button = ui.add_enabled(can_save, raised(label));
        let button = button.accessible_name("Save now");
        if button.clicked()
            && let Some(piece) = piece
        {
            save.export = Some(Export::start(piece, PathBuf::from(&state.folder)));
        }
        let done = save.export.as_ref().and_then(Export::result);
        let folder = match done {
            Some(Ok(folder)) => folder,
            _ => PathBuf::from(&state.folder),
        };
        if ui.add(raised("Open folder".into())).clicked() {
            folders::open(&folder);
        }
    });
}

/// A button that looks like one: in menus they are flat.
fn raised(label: String) -> Button<'static> {
    Button::new(format!("  {label}  "))
        .fill(theme::RAISED)
        .min_size(egui::vec2(0.0, 28.0))
}

fn outcome(ui: &mut Ui, save: &Save) {
    let Some(export) = &save.export else {
        return;
    };
    match export.result() {
        None => {
            ui.add(ProgressBar::new(export.progress()).desired_height(4.0));
        }
        Some(Ok(folder)) => {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            ui.small(format!("Saved four stems in \"{name}\"."));
        }
        Some(Err(error)) => {
            ui.label(RichText::new(error).small().color(theme::ALERT));
        }
    }
}
