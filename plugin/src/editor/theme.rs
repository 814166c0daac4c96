//! Colours, fonts and sizes. Everything lies on a grid of 8 points.

use std::sync::Arc;

use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Response, Stroke,
    TextStyle, Vec2,
};

use crate::bridge::NUM_METERS;

/// Behind everything.
pub const WINDOW: Color32 = Color32::from_rgb(0x12, 0x14, 0x18);
/// Behind a strip.
pub const SURFACE: Color32 = Color32::from_rgb(0x1a, 0x1d, 0x22);
/// What can be pressed, at rest.
pub const RAISED: Color32 = Color32::from_rgb(0x26, 0x2a, 0x31);
/// What can be pressed, under the pointer.
pub const HOVERED: Color32 = Color32::from_rgb(0x33, 0x38, 0x41);
/// Behind meters, faders and lanes.
pub const WELL: Color32 = Color32::from_rgb(0x0a, 0x0b, 0x0d);
/// Edges and scales.
pub const LINE: Color32 = Color32::from_rgb(0x3a, 0x40, 0x49);
/// Text.
pub const TEXT: Color32 = Color32::from_rgb(0xe8, 0xea, 0xed);
/// Text that explains other text.
pub const FAINT: Color32 = Color32::from_rgb(0x9a, 0xa3, 0xae);
/// A soloed strip.
pub const SOLO: Color32 = Color32::from_rgb(0xf0, 0xe4, 0x42);
/// A muted strip, a clip, a fault.
pub const ALERT: Color32 = Color32::from_rgb(0xe8, 0x6a, 0x17);

/// Behind a sentence that tells of a fault.
pub const FAULT: Color32 = Color32::from_rgb(0x3a, 0x22, 0x14);

/// The strips' and the output's colours: Okabe and Ito's, which people with any kind of colour
/// vision tell apart.
pub const ACCENTS: [Color32; NUM_METERS] = [
    Color32::from_rgb(0xb8, 0xbe, 0xc6),
    Color32::from_rgb(0xe6, 0x9f, 0x00),
    Color32::from_rgb(0x56, 0xb4, 0xe9),
    Color32::from_rgb(0x00, 0xb0, 0x82),
    Color32::from_rgb(0xd9, 0x86, 0xb4),
    Color32::from_rgb(0xe8, 0xea, 0xed),
];

/// Corners of what can be pressed.
pub const ROUND: CornerRadius = CornerRadius::same(4);

/// How much of its colour something keeps that is not heard.
pub const DIMMED: f32 = 0.35;

/// Text of a size in points.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Strong text of a size in points.
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("strong".into()))
}

/// The edge of what has none at rest: under the pointer, and where the keyboard's focus is.
pub fn edge(response: &Response) -> Option<Stroke> {
    match (response.has_focus(), response.hovered()) {
        (true, _) => Some(Stroke::new(1.0, TEXT)),
        (false, true) => Some(Stroke::new(1.0, LINE)),
        (false, false) => None,
    }
}

/// Gives a window its fonts and its looks.
pub fn apply(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_theme(egui::Theme::Dark);
    // The window is the host's, and its scale the project's.
    ctx.options_mut(|options| {
        options.zoom_with_keyboard = false;
        options.quit_shortcuts.clear();
    });
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Heading, strong(16.0)),
            (TextStyle::Body, font(13.0)),
            (TextStyle::Button, font(13.0)),
            (TextStyle::Small, font(11.0)),
            (TextStyle::Monospace, font(13.0)),
        ]
        .into();
        style.spacing.item_spacing = Vec2::splat(8.0);
        style.spacing.button_padding = Vec2::new(12.0, 5.0);
        style.spacing.interact_size = Vec2::new(24.0, 28.0);
        style.spacing.menu_margin = Margin::same(8);
        style.spacing.window_margin = Margin::same(16);
        style.spacing.tooltip_width = 320.0;
        style.interaction.tooltip_delay = 0.6;
        style.interaction.selectable_labels = false;
        style.animation_time = 0.0; // calm, and nothing to repaint
        looks(&mut style.visuals);
    });
}

fn looks(visuals: &mut egui::Visuals) {
    visuals.panel_fill = WINDOW;
    visuals.window_fill = SURFACE;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.extreme_bg_color = WELL;
    visuals.text_edit_bg_color = Some(WELL);
    visuals.weak_text_color = Some(FAINT);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.window_corner_radius = CornerRadius::same(6);
    visuals.selection.bg_fill = Color32::from_rgb(0x2b, 0x4a, 0x66);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    let widgets = &mut visuals.widgets;
    for (widget, fill) in [
        (&mut widgets.noninteractive, SURFACE),
        (&mut widgets.inactive, RAISED),
        (&mut widgets.hovered, HOVERED),
        (&mut widgets.active, HOVERED),
        (&mut widgets.open, HOVERED),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::NONE;
        widget.fg_stroke = Stroke::new(1.0, TEXT);
        widget.corner_radius = ROUND;
        widget.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, LINE);
    widgets.hovered.bg_stroke = Stroke::new(1.0, LINE);
    // The ring around what has the keyboard's focus.
    widgets.active.bg_stroke = Stroke::new(1.0, TEXT);
}

/// Inter with digits of one width (see `assets/make_fonts.py`).
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (family, name, bytes) in [
        (
            FontFamily::Proportional,
            "Inter",
            &include_bytes!("../../assets/Inter-Regular.otf")[..],
        ),
        (
            FontFamily::Name("strong".into()),
            "Inter SemiBold",
            &include_bytes!("../../assets/Inter-SemiBold.otf")[..],
        ),
    ] {
        let data = Arc::new(FontData::from_static(bytes));
        fonts.font_data.insert(name.into(), data);
        fonts.families.insert(family, vec![name.into()]);
    }
    let monospace = fonts.families[&FontFamily::Proportional].clone();
    fonts.families.insert(FontFamily::Monospace, monospace);
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_latin_greek_and_cyrillic_are_drawn() {
        let ctx = egui::Context::default();
        ctx.set_fonts(fonts());
        let mut is_drawn = false;
        let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
            is_drawn = ["Größe Łódź", "Μπάντα", "Мій ансамбль"]
                .iter()
                .all(|name| ui.fonts_mut(|fonts| fonts.has_glyphs(&font(12.0), name)));
        });
        assert!(is_drawn);
    }
}
