//! One strip of the mixer: name, mute, solo, fader, value and meter in a row.

use egui::{Align2, Color32, Key, Rect, Ui};
use nice_plug::prelude::{FloatParam, Param};

use super::hands::Hands;
use super::layout::StripLayout;
use super::levels::Level;
use super::{fader, menu, meter, switch, theme, value};
use crate::params::{NUM_STRIPS, OUTPUT_IDX, One2FourParams, STRIPS, gain_idx, mute_idx, solo_idx};

/// Shows a strip. Returns whether a person cleared its clip light.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    params: &One2FourParams,
    strip_idx: usize,
    levels: &[Level; 2],
) -> bool {
    let parts = StripLayout::of(rect);
    let strip = params.strips()[strip_idx];
    let is_heard = is_heard(params, strip_idx);
    let name = STRIPS[strip_idx];
    frame(ui, rect, &parts, name, strip_idx, is_heard);
    let looks = switch::Looks {
        letter: "M",
        hint: &format!("Mute {name}"),
        lit: theme::ALERT,
    };
    let idx = mute_idx(strip_idx);
    if switch::show(ui, parts.mute, hands, &strip.mute, idx, &looks).is_some() {
        hands.switch(&strip.mute, idx, !hands.is_on(&strip.mute));
    }
    let looks = switch::Looks {
        letter: "S",
        hint: &format!("Solo {name}; with Ctrl held, solo nothing else"),
        lit: theme::SOLO,
    };
    let idx = solo_idx(strip_idx);
    match switch::show(ui, parts.solo, hands, &strip.solo, idx, &looks) {
        Some(held) if held.command => solo_alone(hands, params, strip_idx),
        Some(_) => hands.switch(&strip.solo, idx, !hands.is_on(&strip.solo)),
        None => {}
    }
    let accent = accent(strip_idx, is_heard);
    gain(ui, &parts, hands, &strip.gain, gain_idx(strip_idx), accent);
    meter::show(ui, parts.meter, &strip.gain, levels, accent);
    meter::clip_light(ui, parts.peak, &strip.gain, levels)
}

/// Shows the output's strip. Returns whether a person cleared its clip light.
pub fn show_output(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    params: &One2FourParams,
    levels: &[Level; 2],
) -> bool {
    let parts = StripLayout::of(rect);
    let output_gain = &params.output_gain;
    frame(ui, rect, &parts, "Output", NUM_STRIPS, true);
    let accent = accent(NUM_STRIPS, true);
    gain(ui, &parts, hands, output_gain, OUTPUT_IDX, accent);
    meter::show(ui, parts.meter, output_gain, levels, accent);
    meter::clip_light(ui, parts.peak, output_gain, levels)
}

/// Whether mute and solo let a strip through.
pub fn is_heard(params: &One2FourParams, strip_idx: usize) -> bool {
    let strips = params.strips();
    let any_solo = strips.iter().any(|strip| strip.solo.value());
    let strip = strips[strip_idx];
    strip.solo.value() || !(strip.mute.value() || any_solo)
}

/// A strip's colour, dimmed where it is not heard.
pub fn accent(strip_idx: usize, is_heard: bool) -> Color32 {
    let accent = theme::ACCENTS[strip_idx];
    if is_heard {
        accent
    } else {
        accent.gamma_multiply(theme::DIMMED)
    }
}

fn frame(ui: &Ui, rect: Rect, parts: &StripLayout, name: &str, strip_idx: usize, is_heard: bool) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme::SURFACE);
    painter.rect_filled(parts.accent, 0.0, accent(strip_idx, is_heard));
    let text = if is_heard { theme::TEXT } else { theme::FAINT };
    painter.text(
        parts.name.left_center(),
        Align2::LEFT_CENTER,
        name,
        theme::strong(14.0),
        text,
    );
}

fn gain(
    ui: &mut Ui,
    parts: &StripLayout,
    hands: &Hands,
    gain: &FloatParam,
    control_idx: usize,
    accent: Color32,
) {
    let response = fader::show(ui, parts.fader, hands, gain, control_idx, accent);
    let mut is_typed = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    menu::of_right_click(&response).show(|ui| {
        if menu::choice(ui, false, "Reset to 0 dB", "").clicked() {
            hands.put(gain, Some(control_idx), gain.default_normalized_value());
        }
        if menu::choice(ui, false, "Turn off", "").clicked() {
            hands.put(gain, Some(control_idx), 0.0);
        }
        is_typed |= menu::choice(ui, false, "Type a value", "").clicked();
    });
    if is_typed {
        value::start_typing(ui, control_idx, gain);
    }
    value::show(ui, parts.value, hands, gain, control_idx);
}

/// Solos a strip and no other; where it was alone already, none.
fn solo_alone(hands: &Hands, params: &One2FourParams, strip_idx: usize) {
    let solo = &params.strips()[strip_idx].solo;
    let was_on = hands.is_on(solo);
    let mut any_other = false;
    for (other_idx, other) in params.strips().into_iter().enumerate() {
        if other_idx != strip_idx && other.solo.value() {
            hands.switch(&other.solo, solo_idx(other_idx), false);
            any_other = true;
        }
    }
    // Each parameter is told once: what hosts pass on is a block late, so none is read again.
    if any_other != was_on {
        hands.switch(solo, solo_idx(strip_idx), any_other || !was_on);
    }
}
