//! The worker's load of the last minute, a bar a second.

use egui::{Color32, Rect, Sense, Ui, pos2, vec2};

use super::{theme, words};
use crate::bridge::HISTORY_S;

/// Loads that the plot may be as high as.
const CEILINGS: [f32; 4] = [0.1, 0.25, 0.5, 1.0];
/// A load from which misses are near.
const HIGH: f32 = 0.8;

/// Shows the history at the right of `rect`.
pub fn show(ui: &Ui, rect: Rect, load: &[f32; HISTORY_S]) {
    let size = vec2(HISTORY_S as f32, 30.0);
    let corner = pos2(rect.right() - size.x, rect.center().y - size.y / 2.0);
    let plot = Rect::from_min_size(corner.round(), size);
    let painter = ui.painter();
    painter.rect_filled(plot, 2.0, theme::WELL);
    let ceiling = ceiling(load);
    for (second, &share) in load.iter().enumerate() {
        if share <= 0.0 {
            continue;
        }
        let height = (share / ceiling).min(1.0) * plot.height();
        let left = plot.left() + second as f32;
        let bar = Rect::from_x_y_ranges(
            left..=left + 1.0,
            plot.bottom() - height.max(1.0)..=plot.bottom(),
        );
        painter.rect_filled(bar, 0.0, colour(share));
    }
    let id = ui.scope_id().with("load history");
    let response = ui.interact(plot, id, Sense::hover());
    response.on_hover_text(format!(
        "The last {HISTORY_S} s; the top of the plot is {}",
        words::percent(ceiling)
    ));
}

/// The lowest of the ceilings that everything lies under.
fn ceiling(load: &[f32]) -> f32 {
    let most = load.iter().copied().fold(0.0, f32::max);
    let high_enough = |ceiling: &f32| *ceiling >= most;
    CEILINGS.into_iter().find(high_enough).unwrap_or(1.0)
}

fn colour(share: f32) -> Color32 {
    if share > HIGH {
        theme::ALERT
    } else {
        theme::FAINT
    }
}
