//! The window's size: a menu of scales, a corner to drag, and what to do in a host that gives the
//! window less room than it needs.

use std::time::Duration;

use egui::{CursorIcon, Rect, Role, Sense, Stroke, Ui, Vec2, ViewportCommand, WidgetInfo, vec2};

use super::layout::{MAX_SIZE, MIN_SIZE};
use super::{Links, menu, theme};

/// Scales of the window, in per cent.
const SCALES: [u32; 6] = [75, 100, 125, 150, 175, 200];
/// A drag that must have an effect, in points.
const FAR: f32 = 20.0;
/// The smallest scale that a small window gets: below, nobody reads it.
const MIN_FIT: f32 = 0.4;
/// For how long a window may have another size than its scale asks for: a host takes some time to
/// resize it.
const PATIENCE_S: f64 = 0.5;

/// Shows the button and, once it was pressed, the menu.
pub fn menu(ui: &mut Ui, links: &Links) {
    let percent = (ui.ctx().zoom_factor() * 100.0).round() as u32;
    let now = (menu::faint("Size"), format!("{percent} %"));
    let button = menu::button(ui, now, "Size");
    menu::below(&button, 200.0).show(|ui| {
        for scale in SCALES {
            let is_chosen = scale == percent;
            if menu::choice(ui, is_chosen, &format!("{scale} %"), "").clicked() {
                links.remember_zoom(scale as f32 / 100.0);
                ui.ctx().set_zoom_factor(scale as f32 / 100.0);
            }
        }
        let words = "Where the host keeps its window as it is, the scale is taken when there is \
                     room, or when the window is opened next.";
        menu::note(ui, words, theme::FAINT);
    });
}

/// Shows the corner in `rect`, at the lower right of `window`, and resizes the window by it. Where the
/// host turned out not to let it, there is no corner.
pub fn corner(ui: &Ui, rect: Rect, window: Rect) {
    let id = ui.scope_id().with("corner");
    let (asked_id, refused_id) = (id.with("asked"), id.with("refused"));
    if ui.data(|data| data.get_temp(refused_id)).unwrap_or(false) {
        return;
    }
    let response = ui.interact(rect, id, Sense::DRAG);
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(id, window.size()));
    }
    let before: Vec2 = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let way = response.total_drag_delta().unwrap_or_default();
    if response.dragged() {
        let size = (before + way).round().clamp(MIN_SIZE, MAX_SIZE);
        ui.data_mut(|data| data.insert_temp(asked_id, size));
        ui.send_viewport_cmd(ViewportCommand::InnerSize(size));
    }
    if response.drag_stopped() {
        let asked: Option<Vec2> = ui.data_mut(|data| data.remove_temp(asked_id));
        let is_far = asked.is_some_and(|asked| (asked - before).abs().max_elem() > FAR);
        if is_far && window.size() == before {
            ui.data_mut(|data| data.insert_temp(refused_id, true));
        }
    }
    let is_active = response.hovered() || response.dragged();
    let colour = if is_active { theme::TEXT } else { theme::FAINT };
    for reach in [4.0, 8.0, 12.0] {
        let ends = [
            rect.right_bottom() - vec2(reach + 3.0, 3.0),
            rect.right_bottom() - vec2(3.0, reach + 3.0),
        ];
        ui.painter().line_segment(ends, Stroke::new(1.0, colour));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Resize"));
    response.on_hover_cursor(CursorIcon::ResizeNwSe);
}

/// Takes a smaller scale where the window stays too small for the one that was chosen, and goes back to
/// that where there is room for it.
pub fn fit(ui: &Ui, chosen: f32, window: Rect) {
    let (since_id, pixels_id) = (
        ui.scope_id().with("unfitting since"),
        ui.scope_id().with("size to keep"),
    );
    let scale = ui.ctx().zoom_factor();
    if let Some(pixels) = ui.data_mut(|data| data.remove_temp::<Vec2>(pixels_id)) {
        // A change of scale changes the window as well: this one does not.
        ui.send_viewport_cmd(ViewportCommand::InnerSize(pixels / scale));
        return;
    }
    let room = (window.size() / MIN_SIZE).min_elem();
    let fitting = (scale * room).clamp(MIN_FIT, chosen);
    if (fitting / scale - 1.0).abs() < 0.01 {
        ui.data_mut(|data| data.remove_temp::<f64>(since_id));
        return;
    }
    let now_s = ui.input(|input| input.time);
    let since_s = ui.data_mut(|data| *data.get_temp_mut_or_insert_with(since_id, || now_s));
    if now_s - since_s < PATIENCE_S {
        ui.ctx()
            .request_repaint_after(Duration::from_secs_f64(PATIENCE_S));
    } else {
        ui.ctx().set_zoom_factor(fitting);
        ui.data_mut(|data| {
            data.insert_temp(pixels_id, window.size() * scale);
            data.remove_temp::<f64>(since_id);
        });
    }
}
