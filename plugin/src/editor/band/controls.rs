//! The row of what a person asks of the band.

use egui::{Rect, ScrollArea, Ui, pos2};
use nice_plug::prelude::{Enum, EnumParam, Param};

use super::cell;
use crate::bridge::NUM_STEMS;
use crate::editor::hands::Hands;
use crate::editor::{menu, theme};
use crate::params::{BandParams, MAX_SEED, MAX_STYLE, STRIPS};

/// Between two cells.
const GAP: f32 = 4.0;
/// How the width is shared: style, intensity, complexity, swing, fills, feel, lock, seed, again, and the
/// players.
const SHARES: [f32; 9 + NUM_STEMS] = [
    104.0, 80.0, 84.0, 72.0, 96.0, 88.0, 48.0, 56.0, 56.0, 38.0, 38.0, 38.0, 38.0,
];

/// Shows the row. `played` is the number of the style that plays now.
pub fn show(ui: &mut Ui, rect: Rect, hands: &Hands, band: &BandParams, played: Option<u8>) {
    let cells = cells(rect);
    let [
        style,
        intensity,
        complexity,
        swing,
        fills,
        feel,
        lock,
        seed,
        again,
        players @ ..,
    ] = cells;
    self::style(ui, style, hands, band, played);
    cell::slider(ui, intensity, hands, &band.intensity, "Intensity");
    cell::slider(ui, complexity, hands, &band.complexity, "Complexity");
    cell::slider(ui, swing, hands, &band.swing, "Swing");
    choice(ui, fills, hands, &band.fills);
    choice(ui, feel, hands, &band.feel);
    cell::switch(ui, lock, hands, &band.lock, "Lock", theme::SOLO);
    cell::slider(ui, seed, hands, &band.seed, "Seed");
    self::again(ui, again, hands, band);
    for (stem_idx, (rect, player)) in players.into_iter().zip(band.plays()).enumerate() {
        let (label, lit) = (STRIPS[1 + stem_idx], theme::ACCENTS[1 + stem_idx]);
        cell::switch(ui, rect, hands, player, label, lit);
    }
}

fn cells(rect: Rect) -> [Rect; SHARES.len()] {
    let gaps = GAP * (SHARES.len() - 1) as f32;
    let scale = (rect.width() - gaps) / SHARES.iter().sum::<f32>();
    let mut left = rect.left();
    SHARES.map(|share| {
        let right = left + share * scale;
        // Whole points, so that edges are sharp.
        let cell = Rect::from_min_max(
            pos2(left.round(), rect.top()),
            pos2(right.round(), rect.bottom()),
        );
        left = right + GAP;
        cell
    })
}

fn style(ui: &mut Ui, rect: Rect, hands: &Hands, band: &BandParams, played: Option<u8>) {
    let style = &band.style;
    let set = style.to_string();
    // Where none is set it says which one is heard.
    let heard = played.filter(|_| style.value() == 0);
    let heard = heard.map(|number| band.style_names.name(i32::from(number) + 1));
    let (label, value) = match &heard {
        Some(heard) => (&*set, heard),
        None => ("Style", &set),
    };
    let button = cell::menu(ui, rect, style.name(), label, value);
    menu::below(&button, 200.0).show(|ui| {
        let most = (ui.ctx().content_rect().height() - 160.0).max(120.0);
        ScrollArea::vertical().max_height(most).show(ui, |ui| {
            for number in 0..=MAX_STYLE {
                let name = band.style_names.name(number);
                if menu::choice(ui, style.value() == number, &name, "").clicked() {
                    hands.put(style, None, style.preview_normalized(number));
                }
            }
        });
    });
}

fn choice<E: Enum + PartialEq + Copy + 'static>(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    param: &EnumParam<E>,
) {
    let now = E::variants()[param.value().to_index()];
    let button = cell::menu(ui, rect, param.name(), param.name(), now);
    menu::below(&button, 160.0).show(|ui| {
        for (idx, name) in E::variants().iter().enumerate() {
            let is_chosen = param.value().to_index() == idx;
            if menu::choice(ui, is_chosen, name, "").clicked() {
                hands.put(param, None, param.preview_normalized(E::from_index(idx)));
            }
        }
    });
}

/// Another take: the next seed.
fn again(ui: &mut Ui, rect: Rect, hands: &Hands, band: &BandParams) {
    let button = cell::button(ui, rect, "Again", "Another", "Again");
    if button.clicked() {
        let seed = band.seed.preview_plain(hands.normalized(&band.seed));
        let next = (seed + 1) % (MAX_SEED + 1);
        hands.put(&band.seed, None, band.seed.preview_normalized(next));
    }
    button.on_hover_text("Another take: the same band with other dice, from the next bar on");
}
