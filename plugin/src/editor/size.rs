//! The window's size: a menu of scales, and a corner to drag.

use egui::{CursorIcon, Rect, Role, Sense, Stroke, Ui, Vec2, ViewportCommand, WidgetInfo, vec2};

use super::layout::{MAX_SIZE, MIN_SIZE};
use super::{menu, theme};

/// Scales of the window, in per cent.
const SCALES: [u32; 6] = [75, 100, 125, 150, 175, 200];

/// Shows the button and, once it was pressed, the menu.
pub fn menu(ui: &mut Ui) {
    let percent = (ui.ctx().zoom_factor() * 100.0).round() as u32;
    let button = menu::button(ui, format!("{percent} %"), "Size");
    menu::below(&button, 96.0).show(|ui| {
        for scale in SCALES {
            let is_chosen = scale == percent;
            if menu::choice(ui, is_chosen, &format!("{scale} %"), "").clicked() {
                ui.ctx().set_zoom_factor(scale as f32 / 100.0);
            }
        }
    });
}

/// Shows the corner in `rect`, at the lower right of `window`, and resizes the window by it.
pub fn corner(ui: &Ui, rect: Rect, window: Rect) {
    let id = ui.scope_id().with("corner");
    let response = ui.interact(rect, id, Sense::drag());
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(id, window.size()));
    }
    let before: Option<Vec2> = ui.data(|data| data.get_temp(id));
    if response.dragged()
        && let (Some(before), Some(way)) = (before, response.total_drag_delta())
    {
        let size = (before + way).round().clamp(MIN_SIZE, MAX_SIZE);
        ui.send_viewport_cmd(ViewportCommand::InnerSize(size));
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
