//! What a click on the number of misses shows: what happened, and when.

use egui::{Rect, Role, Sense, StrokeKind, Ui, WidgetInfo};

use super::state::State;
use super::{menu, theme, words};

/// Misses that are told one by one.
const NUM_SHOWN: usize = 10;

/// Makes `rect` a button that opens the list.
pub fn button(ui: &mut Ui, rect: Rect, state: &State) {
    let id = ui.scope_id().with("misses");
    let response = ui.interact(rect, id, Sense::click());
    if let Some(edge) = theme::edge(&response) {
        ui.painter()
            .rect(rect, theme::ROUND, theme::RAISED, edge, StrokeKind::Inside);
    }
    response.widget_info(|| {
        let name = format!("Misses: {}", state.num_misses);
        WidgetInfo::labeled(Role::Button, true, name)
    });
    menu::below(&response, 340.0).show(|ui| list(ui, state));
}

fn list(ui: &mut Ui, state: &State) {
    if state.num_misses == 0 {
        ui.label("No chunk of stems has come too late since the plugin was loaded.");
        return;
    }
    ui.label("Chunks whose stems were not there in time:");
    for miss in state.misses.iter().rev().take(NUM_SHOWN) {
        let when = words::ago(miss.at.elapsed());
        let what = format!("{when}: {}", words::miss(miss));
        menu::note(ui, &what, theme::TEXT);
    }
    let more = state.num_misses.saturating_sub(NUM_SHOWN as u64);
    let mut rest = String::new();
    if more > 0 {
        rest = format!("{} more before. ", words::thousands(more));
    }
    rest += &format!("In all, there were no stems for {:.1} s.", state.gap_s);
    menu::note(ui, &rest, theme::FAINT);
}
