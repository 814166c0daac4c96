//! Sets a chord in place of the one that is heard.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use nice_plug::prelude::Param;

use super::cell;
use crate::editor::hands::Hands;
use crate::editor::{menu, theme};
use crate::params::{BandParams, CHORD_KINDS, ROOTS};
use crate::score::chord_name;

/// Of the menu, in points.
const WIDTH: f32 = 220.0;
/// The key whose spelling has the fewest sharps and flats.
const C_MAJOR: u8 = 0;

/// Shows what is set, and a menu of roots and kinds below it.
pub fn show(ui: &mut Ui, rect: Rect, hands: &Hands, band: &BandParams) {
    let set = band.chord().map(|chord| chord_name(chord, C_MAJOR));
    let value = set.as_deref().unwrap_or(ROOTS[0]);
    let colour = if set.is_some() {
        theme::SOLO
    } else {
        theme::FAINT
    };
    let rect = rect.shrink2(vec2(4.0, 2.0));
    let id = ui.scope_id().with("set chord");
    let button = ui.interact(rect, id, Sense::click());
    button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), "Set Chord"));
    cell::face(ui, rect, &button);
    let at = rect.left_center() + vec2(6.0, 0.0);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, value, theme::font(12.0), colour);
    cell::triangle(ui, rect.right_center() - vec2(10.0, 0.0));
    menu::below(&button, WIDTH).show(|ui| {
        let params = [
            (&band.chord_root, &ROOTS[..]),
            (&band.chord_kind, &CHORD_KINDS[..]),
        ];
        ui.columns(params.len(), |columns| {
            for (ui, (param, names)) in columns.iter_mut().zip(params) {
                for (value, name) in (0..).zip(names) {
                    if menu::choice(ui, param.value() == value, name, "").clicked() {
                        hands.put(param, None, param.preview_normalized(value));
                    }
                }
            }
        });
    });
    let hint = "The chord that the band plays from the next bar on: the one it hears, or this";
    button.on_hover_text(hint);
}
