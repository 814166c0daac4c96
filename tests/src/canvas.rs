//! Draws an editor without a window and without a graphics card, pixel for pixel the same on every
//! machine.

use std::collections::HashMap;

use egui::epaint::textures::TexturesDelta;
use egui::epaint::{ImageData, Mesh, Primitive, Vertex};
use egui::{ClippedPrimitive, Color32, ColorImage, Rect, TextureFilter, TextureId};
use egui::{TextureOptions, TextureWrapMode};

/// The textures of one context.
#[derive(Default)]
pub struct Canvas {
    textures: HashMap<TextureId, (ColorImage, TextureOptions)>,
}

impl Canvas {
    /// Takes over what changed about the textures.
    pub fn update(&mut self, delta: &TexturesDelta) {
        for (&id, changes) in &delta.set {
            for change in changes {
                let ImageData::Color(image) = &change.image;
                match (change.pos, self.textures.get_mut(&id)) {
                    (Some([left, top]), Some((texture, _))) => {
                        for y in 0..image.height() {
                            for x in 0..image.width() {
                                texture[(left + x, top + y)] = image[(x, y)];
                            }
                        }
                    }
                    _ => {
                        let whole = (image.as_ref().clone(), change.options);
                        self.textures.insert(id, whole);
                    }
                }
            }
        }
    }

    /// Paints shapes on an image of `size` in pixels.
    pub fn paint(
        &self,
        primitives: &[ClippedPrimitive],
        size: [usize; 2],
        pixels_per_point: f32,
    ) -> ColorImage {
        let mut image = ColorImage::filled(size, Color32::BLACK);
        for primitive in primitives {
            if let Primitive::Mesh(mesh) = &primitive.primitive
                && let Some((texture, options)) = self.textures.get(&mesh.texture_id)
            {
                let clip = Rect::from_min_max(
                    (primitive.clip_rect.min.to_vec2() * pixels_per_point)
                        .round()
                        .to_pos2(),
                    (primitive.clip_rect.max.to_vec2() * pixels_per_point)
                        .round()
                        .to_pos2(),
                );
                paint_mesh(&mut image, mesh, texture, *options, clip, pixels_per_point);
            }
        }
        image
    }
}

fn paint_mesh(
    image: &mut ColorImage,
    mesh: &Mesh,
    texture: &ColorImage,
    options: TextureOptions,
    clip: Rect,
    pixels_per_point: f32,
) {
    for corners in mesh.indices.chunks_exact(3) {
        let corners = [corners[0], corners[1], corners[2]].map(|idx| {
            let vertex = mesh.vertices[idx as usize];
            Vertex {
                pos: (vertex.pos.to_vec2() * pixels_per_point).to_pos2(),
                ..vertex
            }
        });
        paint_triangle(image, &corners, texture, options, clip);
    }
}

fn paint_triangle(
    image: &mut ColorImage,
    corners: &[Vertex; 3],
    texture: &ColorImage,
    options: TextureOptions,
    clip: Rect,
) {
    let [a, b, c] = corners.map(|vertex| vertex.pos);
    let area = (b - a).rot90().dot(c - a);
    if area == 0.0 {
        return;
    }
    let whole = Rect::from_min_size(egui::Pos2::ZERO, image_size(image));
    let bounds = Rect::from_points(&[a, b, c])
        .intersect(clip)
        .intersect(whole);
    if !bounds.is_positive() {
        return;
    }
    let colours = corners.map(|vertex| components(vertex.color));
    for y in bounds.top().floor() as usize..(bounds.bottom().ceil() as usize).min(image.height()) {
        for x in bounds.left().floor() as usize..(bounds.right().ceil() as usize).min(image.width())
        {
            let pixel = egui::pos2(x as f32 + 0.5, y as f32 + 0.5);
            if !clip.contains(pixel) {
                continue;
            }
            let weight = |from: egui::Pos2, to: egui::Pos2| (to - from).rot90().dot(pixel - from);
            let weights = [weight(b, c), weight(c, a), weight(a, b)].map(|weight| weight / area);
            // An edge that two triangles share belongs to one of them.
            if !is_inside(
                weights,
                [b - c, c - a, a - b].map(|edge| edge * area.signum()),
            ) {
                continue;
            }
            let mix =
                |values: [f32; 3]| -> f32 { values.iter().zip(weights).map(|(v, w)| v * w).sum() };
            let u = mix(corners.map(|vertex| vertex.uv.x));
            let v = mix(corners.map(|vertex| vertex.uv.y));
            let texel = sample(texture, options, u, v);
            let colour: [f32; 4] =
                std::array::from_fn(|i| mix(colours.map(|colour| colour[i])) * texel[i] / 255.0);
            image[(x, y)] = over(colour, image[(x, y)]);
        }
    }
}

fn is_inside(weights: [f32; 3], edges: [egui::Vec2; 3]) -> bool {
    weights.iter().zip(edges).all(|(&weight, edge)| {
        weight > 0.0 || (weight == 0.0 && (edge.y > 0.0 || (edge.y == 0.0 && edge.x > 0.0)))
    })
}

/// The texture's colour at a place, as the graphics card would read it.
fn sample(texture: &ColorImage, options: TextureOptions, u: f32, v: f32) -> [f32; 4] {
    let (width, height) = (texture.width() as f32, texture.height() as f32);
    let texel = |x: f32, y: f32| {
        let place = |at: f32, size: f32| match options.wrap_mode {
            TextureWrapMode::Repeat => at.rem_euclid(size) as usize,
            _ => at.clamp(0.0, size - 1.0) as usize,
        };
        components(texture[(place(x, width), place(y, height))])
    };
    if options.magnification == TextureFilter::Nearest {
        return texel((u * width).floor(), (v * height).floor());
    }
    let (x, y) = (u * width - 0.5, v * height - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (right_part, lower_part) = (x - left, y - top);
    let [a, b, c, d] = [
        texel(left, top),
        texel(left + 1.0, top),
        texel(left, top + 1.0),
        texel(left + 1.0, top + 1.0),
    ];
    std::array::from_fn(|i| {
        let upper = a[i] + (b[i] - a[i]) * right_part;
        let lower = c[i] + (d[i] - c[i]) * right_part;
        upper + (lower - upper) * lower_part
    })
}

/// Premultiplied colour over an opaque one.
fn over(colour: [f32; 4], below: Color32) -> Color32 {
    let below = components(below);
    let rest = 1.0 - (colour[3] / 255.0).min(1.0);
    let mixed: [u8; 3] = std::array::from_fn(|i| (colour[i] + below[i] * rest).round() as u8);
    Color32::from_rgb(mixed[0], mixed[1], mixed[2])
}

fn components(colour: Color32) -> [f32; 4] {
    colour.to_array().map(f32::from)
}

fn image_size(image: &ColorImage) -> egui::Vec2 {
    egui::vec2(image.width() as f32, image.height() as f32)
}
