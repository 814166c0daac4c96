//! What a frame draws. It is drawn sixty times a second beside the audio, so that it has to be little.

use egui::epaint::Primitive;

use crate::rig::Rig;

/// The most corners of triangles in a frame of the whole window while all lanes move.
const MAX_VERTICES: usize = 10_000;

#[test]
fn a_frame_draws_at_most_so_much() {
    let mut rig = Rig::new();
    rig.play(12.0);
    rig.harness.step();
    let shapes = rig.harness.output().shapes.clone();
    let primitives = rig.harness.ctx.tessellate(shapes, 1.0);
    let vertices = |primitive: &Primitive| match primitive {
        Primitive::Mesh(mesh) => mesh.vertices.len(),
        Primitive::Callback(_) => 0,
    };
    let count: usize = primitives
        .iter()
        .map(|clipped| vertices(&clipped.primitive))
        .sum();
    assert!(count > 1000, "{count}: something is drawn");
    assert!(count <= MAX_VERTICES, "{count}");
}
