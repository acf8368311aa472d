//! Known shapes, pixel by pixel.

use egui::epaint::{ColorImage, ImageDelta, Mesh, Primitive, Vertex};
use egui::{Color32, Pos2, TextureFilter, TextureOptions, TextureWrapMode, pos2, vec2};
use proptest::prelude::*;

use super::*;

const WHITE: TextureId = TextureId::Managed(0);

/// A painter with a white texel, as egui has one.
struct Easel {
    painter: Painter,
    canvas: Canvas,
}

impl Easel {
    fn new(width: usize, height: usize, background: Color32) -> Self {
        let canvas = Canvas::new(width, height, background);
        let mut easel = Self { painter: Painter::default(), canvas };
        easel.update(ImageDelta::full(image([1, 1], &[255]), TextureOptions::LINEAR));
        easel
    }

    fn update(&mut self, delta: ImageDelta) {
        let mut textures = TexturesDelta::default();
        textures.push(WHITE, delta);
        self.painter.paint(&mut self.canvas, 1.0, &[], &mut textures).unwrap();
    }

    fn paint(&mut self, scale: f32, clip: Rect, mesh: Mesh) {
        let primitive = ClippedPrimitive { clip_rect: clip, primitive: Primitive::Mesh(mesh) };
        let textures = &mut TexturesDelta::default();
        self.painter.paint(&mut self.canvas, scale, &[primitive], textures).unwrap();
    }

    fn at(&self, x: usize, y: usize) -> [u8; 4] {
        self.canvas.pixels()[y * self.canvas.width() + x]
    }

    fn greys(&self) -> Vec<u8> {
        self.canvas.pixels().iter().map(|pixel| pixel[0]).collect()
    }
}

/// Grey texels.
fn image(size: [usize; 2], greys: &[u8]) -> ColorImage {
    ColorImage::new(size, greys.iter().map(|grey| Color32::from_gray(*grey)).collect())
}

fn rect(left: f32, top: f32, right: f32, bottom: f32) -> Rect {
    Rect::from_min_max(pos2(left, top), pos2(right, bottom))
}

fn coloured(rect: Rect, colour: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, colour);
    mesh
}

/// With the whole texture on it.
fn textured(rect: Rect) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_rect_with_uv(rect, self::rect(0.0, 0.0, 1.0, 1.0), Color32::WHITE);
    mesh
}

fn triangle(corners: [Pos2; 3], colours: [Color32; 3]) -> Mesh {
    let mut mesh = Mesh::default();
    let vertices = corners.into_iter().zip(colours);
    mesh.vertices = vertices.map(|(at, colour)| Vertex::untextured(at, colour)).collect();
    mesh.indices = vec![0, 1, 2];
    mesh
}

#[test]
fn a_rectangle_covers_the_pixels_whose_middles_are_inside() {
    for scale in [1.0, 2.0] {
        let mut easel = Easel::new(8, 6, Color32::BLACK);
        let shape = rect(2.0, 1.0, 5.4, 3.6) / scale;
        easel.paint(scale, Rect::EVERYTHING, coloured(shape, Color32::WHITE));
        for (y, x) in (0..6).flat_map(|y| (0..8).map(move |x| (y, x))) {
            let inside = (2..5).contains(&x) && (1..4).contains(&y);
            assert_eq!(easel.at(x, y)[0] == 255, inside, "{x}, {y} at {scale}");
        }
    }
}

#[test]
fn nothing_is_drawn_outside_of_the_clip_rectangle_or_the_canvas() {
    let mut easel = Easel::new(5, 5, Color32::BLACK);
    // Clip rectangles are rounded to whole pixels, as the window does it.
    let mesh = coloured(rect(-1e9, -1e9, 1e9, 1e9), Color32::WHITE);
    easel.paint(1.0, rect(0.6, 2.4, 3.4, f32::INFINITY), mesh.clone());
    for (y, x) in (0..5).flat_map(|y| (0..5).map(move |x| (y, x))) {
        assert_eq!(easel.at(x, y)[0] == 255, (1..3).contains(&x) && y >= 2, "{x}, {y}");
    }
    easel.paint(1.0, rect(3.0, 3.0, 1.0, 1.0), mesh.clone());
    easel.paint(1.0, rect(f32::NAN, f32::NAN, f32::NAN, f32::NAN), mesh);
    assert_eq!(easel.at(0, 0)[0], 0, "clip rectangles with nothing in them");
}

#[test]
fn premultiplied_colours_are_laid_over_what_is_there() {
    let mut easel = Easel::new(3, 1, Color32::from_rgb(200, 100, 0));
    let half = Color32::from_rgba_premultiplied(20, 0, 64, 128);
    let all = rect(0.0, 0.0, 3.0, 1.0);
    easel.paint(1.0, rect(0.0, 0.0, 1.0, 1.0), coloured(all, half));
    // 200 · 127 / 255 = 99.6, and 20 on top; likewise the others.
    assert_eq!(easel.at(0, 0), [120, 50, 64, 255]);
    assert_eq!(easel.at(1, 0), [200, 100, 0, 255]);
    // Light without a body only adds.
    let glow = Color32::from_rgba_premultiplied(100, 10, 1, 0);
    easel.paint(1.0, rect(2.0, 0.0, 3.0, 1.0), coloured(all, glow));
    assert_eq!(easel.at(2, 0), [255, 110, 1, 255]);
}

#[test]
fn colours_run_from_corner_to_corner() {
    let mut easel = Easel::new(256, 1, Color32::BLACK);
    let corners = [pos2(0.0, -128.0), pos2(0.0, 128.0), pos2(256.0, 0.5)];
    let colours = [Color32::BLACK, Color32::BLACK, Color32::WHITE];
    easel.paint(1.0, Rect::EVERYTHING, triangle(corners, colours));
    let greys = easel.greys();
    for (x, grey) in greys.into_iter().enumerate() {
        let exact = (x as f32 + 0.5) * 255.0 / 256.0;
        assert!((f32::from(grey) - exact).abs() <= 0.51, "{grey} at {x}");
    }
}

#[test]
fn textures_are_looked_up_between_the_middles_of_texels() {
    let mut easel = Easel::new(8, 1, Color32::BLACK);
    easel.update(ImageDelta::full(image([2, 1], &[0, 200]), TextureOptions::LINEAR));
    easel.paint(1.0, Rect::EVERYTHING, textured(rect(0.0, 0.0, 8.0, 1.0)));
    // Middles of pixels are at 1/8, 3/8 … of a texel; those of texels at 1/2 and 3/2.
    assert_eq!(easel.greys(), [0, 0, 25, 75, 125, 175, 200, 200]);
    easel.update(ImageDelta::full(image([2, 1], &[0, 200]), TextureOptions::NEAREST));
    easel.paint(1.0, Rect::EVERYTHING, textured(rect(0.0, 0.0, 8.0, 1.0)));
    assert_eq!(easel.greys(), [0, 0, 0, 0, 200, 200, 200, 200]);
}

#[test]
fn textures_go_on_outside_as_they_are_told() {
    for (wrap_mode, expected) in [
        (TextureWrapMode::ClampToEdge, [1, 1, 1, 1, 2, 3, 3, 3, 3]),
        (TextureWrapMode::Repeat, [1, 2, 3, 1, 2, 3, 1, 2, 3]),
        (TextureWrapMode::MirroredRepeat, [3, 2, 1, 1, 2, 3, 3, 2, 1]),
    ] {
        let mut easel = Easel::new(9, 1, Color32::BLACK);
        let options = TextureOptions { wrap_mode, ..TextureOptions::NEAREST };
        assert_eq!(options.magnification, TextureFilter::Nearest);
        easel.update(ImageDelta::full(image([3, 1], &[1, 2, 3]), options));
        let mut mesh = Mesh::default();
        mesh.add_rect_with_uv(rect(0.0, 0.0, 9.0, 1.0), rect(-1.0, 0.0, 2.0, 1.0), Color32::WHITE);
        easel.paint(1.0, Rect::EVERYTHING, mesh);
        assert_eq!(easel.greys(), expected, "{wrap_mode:?}");
    }
}

#[test]
fn textures_are_updated_in_parts_and_freed_after_the_frame() {
    let mut easel = Easel::new(3, 3, Color32::BLACK);
    easel.update(ImageDelta::full(image([3, 3], &[9; 9]), TextureOptions::NEAREST));
    let part = image([2, 1], &[50, 60]);
    easel.update(ImageDelta::partial([1, 2], part.clone(), TextureOptions::NEAREST));
    // One that does not fit changes nothing, and harms nobody.
    easel.update(ImageDelta::partial([0, 7], part, TextureOptions::NEAREST));
    easel.paint(1.0, Rect::EVERYTHING, textured(rect(0.0, 0.0, 3.0, 3.0)));
    let expected = [9, 9, 9, 9, 9, 9, 9, 50, 60];
    assert_eq!(easel.greys(), expected);
    // It may still be drawn in the frame that frees it.
    let mut freed = TexturesDelta::default();
    freed.free(WHITE);
    let primitive = ClippedPrimitive {
        clip_rect: rect(0.0, 0.0, 1.0, 1.0),
        primitive: Primitive::Mesh(coloured(rect(0.0, 0.0, 3.0, 3.0), Color32::RED)),
    };
    let (canvas, primitives) = (&mut easel.canvas, [primitive]);
    easel.painter.paint(canvas, 1.0, &primitives, &mut freed).unwrap();
    assert_eq!(easel.at(0, 0)[0], 9, "red, times a grey of 9");
    assert!(freed.is_empty());
    easel.paint(1.0, Rect::EVERYTHING, coloured(rect(0.0, 0.0, 3.0, 3.0), Color32::WHITE));
    assert_eq!(easel.at(2, 2)[0], 60, "without a texture nothing is drawn");
}

#[test]
fn what_is_no_mesh_is_an_error_and_the_rest_is_drawn() {
    let mut easel = Easel::new(2, 1, Color32::BLACK);
    let all = rect(0.0, 0.0, 2.0, 1.0);
    let callback = egui::PaintCallback { rect: all, callback: std::sync::Arc::new(()) };
    let primitives =
        [Primitive::Callback(callback), Primitive::Mesh(coloured(all, Color32::WHITE))]
            .map(|primitive| ClippedPrimitive { clip_rect: all, primitive });
    let textures = &mut TexturesDelta::default();
    assert_eq!(easel.painter.paint(&mut easel.canvas, 1.0, &primitives, textures), Err(NotAMesh));
    assert_eq!(easel.greys(), [255, 255]);
}

proptest! {
    /// However a fan of triangles is cut, each pixel inside is drawn once: with a colour that is
    /// half transparent it would be seen.
    #[test]
    fn triangles_side_by_side_share_no_pixel_and_leave_none_out(
        x in 0..40i32, y in 0..40i32, around in 0..8usize,
    ) {
        // In quarters of pixels, so that corners and edges meet pixels' middles often.
        let centre = pos2(x as f32, y as f32) / 4.0;
        let outline = [(0, 0), (5, 0), (10, 0), (10, 5), (10, 10), (5, 10), (0, 10), (0, 5)];
        let mut easel = Easel::new(10, 10, Color32::BLACK);
        let grey = Color32::from_rgba_premultiplied(100, 0, 0, 0);
        for i in 0..outline.len() {
            let corner = |i: usize| {
                let (x, y) = outline[(i + around) % outline.len()];
                pos2(x as f32, y as f32)
            };
            // Every other one goes round the other way.
            let (one, other) = if i % 2 == 0 { (i, i + 1) } else { (i + 1, i) };
            easel.paint(1.0, Rect::EVERYTHING, triangle([centre, corner(one), corner(other)], [grey; 3]));
        }
        prop_assert!(easel.greys().iter().all(|grey| *grey == 100), "{:?}", easel.greys());
    }

    /// Nothing that a mesh can say does any harm.
    #[test]
    fn any_mesh_is_survived(
        corners in prop::array::uniform3(prop::array::uniform4(prop::num::f32::ANY)),
        indices in prop::collection::vec(0..5u32, 0..8),
        scale in prop::num::f32::ANY,
    ) {
        let mut easel = Easel::new(4, 4, Color32::BLACK);
        let vertices = corners.map(|[x, y, u, v]| Vertex {
            pos: pos2(x, y), uv: pos2(u, v), color: Color32::from_black_alpha(77),
        });
        let mesh = Mesh { indices, vertices: vertices.to_vec(), texture_id: WHITE };
        easel.paint(scale, Rect::from_min_size(Pos2::ZERO, vec2(4.0, 4.0)), mesh);
    }
}
