//! The numbers beside the output: pack, latency, load and misses.

use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use super::state::State;
use super::{history, misses, theme, words};
use crate::bridge::HISTORY_S;

/// How the width is shared.
const SHARES: [f32; 4] = [0.265, 0.245, 0.31, 0.18];

/// The label over a number, the number, and a word on it.
struct Fact {
    label: String,
    value: String,
    note: String,
}

/// Shows the facts in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, state: &State) {
    ui.painter().rect_filled(rect, 0.0, theme::SURFACE);
    let facts = [pack(state), latency(state), load(state), num_misses(state)];
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
            2 => history::show(ui, inner, &state.load),
            3 => misses::button(ui, cell.shrink(4.0), state),
            _ => {}
        }
        text(ui, inner, fact);
        left += width;
    }
}

fn pack(state: &State) -> Fact {
    let note = match &state.runtime {
        Some(version) => format!("ONNX Runtime {version}"),
        None => "ONNX Runtime not loaded".into(),
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
        value: words::percent(share),
        note: format!("at most {}", words::percent(most)),
    }
}

fn num_misses(state: &State) -> Fact {
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
