//! The numbers beside the output: pack, latency, load and misses.

use egui::{Align2, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::state::State;
use super::{theme, words};
use crate::bridge::HISTORY_S;

/// How the width is shared.
const SHARES: [f32; 4] = [0.27, 0.26, 0.28, 0.19];

/// The label over a number, the number, and a word on it.
struct Fact {
    label: String,
    value: String,
    note: String,
}

/// Shows the facts in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, state: &State) {
    ui.painter().rect_filled(rect, 0.0, theme::SURFACE);
    let facts = [pack(state), latency(state), load(state), misses(state)];
    let mut left = rect.left();
    for (idx, (fact, share)) in facts.iter().zip(SHARES).enumerate() {
        let width = rect.width() * share;
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        if idx > 0 {
            let line = Stroke::new(1.0, theme::LINE);
            let reach = cell.top() + 12.0..=cell.bottom() - 12.0;
            ui.painter().vline(left.round() + 0.5, reach, line);
        }
        let inner = cell.shrink2(vec2(12.0, 0.0));
        match idx {
            2 => history(ui, inner, state),
            3 => miss_button(ui, cell.shrink(4.0), state),
            _ => {}
        }
        text(ui, inner, fact);
        left += width;
    }
}

fn pack(state: &State) -> Fact {
    let note = match &state.runtime {
        Some(version) => format!("ONNX Runtime {version}"),
        None => "no ONNX Runtime".into(),
    };
    let (label, value) = match &state.pack {
        Some(pack) => (
            format!("Pack · {}", pack.kind),
            format!("{} {}", pack.id, pack.version),
        ),
        None => ("Pack".into(), "none".into()),
    };
    Fact { label, value, note }
}

fn latency(state: &State) -> Fact {
    let samples = words::thousands(state.latency_samples.into());
    Fact {
        label: format!("Latency at {}", words::rate(state.sample_rate)),
        value: words::milliseconds(state.latency_samples, state.sample_rate),
        note: format!("{samples} samples"),
    }
}

fn load(state: &State) -> Fact {
    let recent = &state.load[HISTORY_S - 4..];
    let share = recent.iter().sum::<f32>() / recent.len() as f32;
    let most = state.load.iter().copied().fold(0.0, f32::max);
    Fact {
        label: "Worker load".into(),
        value: format!("{:.0} %", share * 100.0),
        note: format!("at most {:.0} % in 60 s", most * 100.0),
    }
}

fn misses(state: &State) -> Fact {
    let note = match state.misses.last() {
        Some(last) => words::ago(last.at.elapsed()),
        None => "since start".into(),
    };
    Fact {
        label: "Misses".into(),
        value: words::thousands(state.num_misses),
        note,
    }
}

fn text(ui: &Ui, rect: Rect, fact: &Fact) {
    let painter = ui.painter_at(rect);
    let line = |y: f32, text: &str, font, colour| {
        painter.text(
            pos2(rect.left(), rect.center().y + y),
            Align2::LEFT_CENTER,
            text,
            font,
            colour,
        );
    };
    line(-18.0, &fact.label, theme::font(11.0), theme::FAINT);
    line(0.0, &fact.value, theme::strong(14.0), theme::TEXT);
    line(18.0, &fact.note, theme::font(11.0), theme::FAINT);
}

/// The load of the last minute as bars, a second each.
fn history(ui: &Ui, rect: Rect, state: &State) {
    let plot = Rect::from_min_max(
        pos2(
            (rect.right() - HISTORY_S as f32).round(),
            rect.center().y - 12.0,
        ),
        pos2(rect.right().round(), rect.center().y + 10.0),
    );
    let painter = ui.painter();
    painter.rect_filled(plot, 0.0, theme::WELL);
    for (second, &share) in state.load.iter().enumerate() {
        if share > 0.0 {
            let height = (share.min(1.0) * plot.height()).max(1.0);
            let colour = if share > 0.8 {
                theme::ALERT
            } else {
                theme::FAINT
            };
            let bar = Rect::from_min_max(
                pos2(plot.left() + second as f32, plot.bottom() - height),
                pos2(plot.left() + second as f32 + 1.0, plot.bottom()),
            );
            painter.rect_filled(bar, 0.0, colour);
        }
    }
}

/// What happened and when, on a click.
fn miss_button(ui: &mut Ui, rect: Rect, state: &State) {
    let response = ui.interact(rect, ui.scope_id().with("misses"), Sense::click());
    if response.hovered() || response.has_focus() {
        let edge = Stroke::new(1.0, theme::LINE);
        ui.painter()
            .rect(rect, theme::ROUND, theme::RAISED, edge, StrokeKind::Inside);
    }
    response.widget_info(|| {
        let name = format!("Misses: {}", state.num_misses);
        WidgetInfo::labeled(Role::Button, true, name)
    });
    Popup::menu(&response).width(320.0).show(|ui| {
        ui.set_min_width(320.0);
        if state.num_misses == 0 {
            ui.label("No chunk of stems has come too late since the plugin was loaded.");
        } else {
            ui.label("Chunks whose stems were not there in time:");
        }
        for miss in state.misses.iter().rev().take(10) {
            let when = words::ago(miss.at.elapsed());
            ui.small(format!("{when}: {}", words::miss(miss)));
        }
        if state.gap_s > 0.0 {
            ui.small(format!(
                "In all, the input stood in for {:.1} s.",
                state.gap_s
            ));
        }
    });
}
