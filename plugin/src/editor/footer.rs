//! The state of things in one sentence.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, Galley, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use super::theme;
use super::words::{self, Mood};

/// Lines that a sentence may take.
const MAX_LINES: usize = 2;

/// Shows the sentence. A fault gets a ground of its own.
pub fn show(ui: &Ui, rect: Rect, state: &words::State) {
    let (mood, sentence) = words::sentence(state);
    let (light, text) = match mood {
        Mood::Well => (theme::ACCENTS[3], theme::FAINT),
        Mood::Waiting => (theme::SOLO, theme::TEXT),
        Mood::Fault => (theme::ALERT, theme::TEXT),
    };
    let painter = ui.painter();
    if mood == Mood::Fault {
        painter.rect_filled(rect, theme::ROUND, theme::FAULT);
    }
    let at = rect.left_center() + vec2(10.0, 0.0);
    painter.circle_filled(at, 4.0, light);
    let inner = rect.with_min_x(rect.left() + 24.0).shrink2(vec2(4.0, 0.0));
    let galley = lay_out(ui, &sentence, text, inner.width());
    let is_elided = galley.elided;
    let top = inner.center().y - galley.size().y / 2.0;
    painter.galley(egui::pos2(inner.left(), top.round()), galley, text);

    let id = ui.scope_id().with("sentence");
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &sentence));
    if is_elided {
        response.on_hover_text(sentence);
    }
}

fn lay_out(ui: &Ui, sentence: &str, colour: Color32, width: f32) -> Arc<Galley> {
    let font = theme::font(12.0);
    let mut job = LayoutJob::simple(sentence.into(), font, colour, width);
    job.wrap = TextWrapping {
        max_width: width,
        max_rows: MAX_LINES,
        ..TextWrapping::default()
    };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
