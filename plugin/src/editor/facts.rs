//! The numbers beside the output: pack, latency, load and misses.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Rect, Sense, Stroke, Ui, pos2, vec2};

use super::state::State;
use super::{history, misses, theme, words};
use crate::bridge::HISTORY_S;

/// How the width is shared.
const SHARES: [f32; 4] = [0.275, 0.26, 0.29, 0.175];

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
        _ if state.words.fault.is_some() && !state.words.is_ready => "does not play".into(),
        Some(version) => format!("ONNX Runtime {version}"),
        None => "Runtime not loaded".into(),
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
        let mut job = LayoutJob::simple_singleline(text.into(), font, colour);
        job.wrap = TextWrapping::truncate_at_width(rect.width());
        let galley = painter.layout_job(job);
        let is_cut = galley.elided;
        let top = rect.center().y + y - galley.size().y / 2.0;
        painter.galley(pos2(rect.left(), top), galley, colour);
        is_cut
    };
    line(-18.0, &fact.label, theme::font(11.0), theme::FAINT);
    let is_cut = line(0.0, &fact.value, theme::strong(14.0), theme::TEXT);
    line(18.0, &fact.note, theme::font(11.0), theme::FAINT);
    if is_cut {
        let id = ui.scope_id().with(("fact", &fact.label));
        ui.interact(rect, id, Sense::hover())
            .on_hover_text(&fact.value);
    }
}
