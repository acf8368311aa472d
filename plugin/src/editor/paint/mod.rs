//! Draws what egui wants drawn without a display and without a graphics processor: its meshes,
//! pixel by pixel, into memory. For pictures of the editor; the window has OpenGL.
//!
//! | part       | what                                                          |
//! |------------|---------------------------------------------------------------|
//! | `canvas`   | pixels, and how colours are laid over each other              |
//! | `texture`  | egui's images: updated in parts, looked up between texels     |
//! | `triangle` | which pixels a triangle covers, and with what                 |
//!
//! **What is guaranteed.** Corners are rounded to 1/256 of a pixel and of a texel; everything after
//! that is arithmetic on whole numbers. So the same meshes and textures give the same bytes on every
//! machine. What egui makes of a view, its glyphs and round corners, it computes in floating point:
//! that is the same each time on one machine, and may differ in a shade on another.
//!
//! Colours are multiplied and blended as egui means them, in gamma space with premultiplied alpha.
//! The window dithers by less than one step of a colour, which is left out here.

mod canvas;
mod texture;
mod triangle;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use egui::epaint::{Mesh, Primitive, Vertex};
use egui::{ClippedPrimitive, Rect, TextureId, TexturesDelta};

pub use canvas::Canvas;
use texture::Texture;
use triangle::{Corner, Triangle};

/// Steps in a pixel and in a texel, as most graphics processors have them.
const STEPS: f32 = 256.0;

/// No corner is further out, so that areas stay well within 64 bits.
const FURTHEST: f32 = 32_768.0 * STEPS;

/// Something wants to draw with the graphics processor by itself.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAMesh;

impl fmt::Display for NotAMesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the editor draws something with OpenGL by itself, which needs a window")
    }
}

impl std::error::Error for NotAMesh {}

/// The textures of one egui.
#[derive(Default)]
pub struct Painter {
    textures: HashMap<TextureId, Texture>,
}

impl Painter {
    /// Draws the primitives of a frame, and takes in what has changed in the textures: all of it,
    /// in the order in which egui means it.
    ///
    /// # Errors
    /// When there is something that is no mesh; everything else has been drawn.
    pub fn paint(
        &mut self,
        canvas: &mut Canvas,
        pixels_per_point: f32,
        primitives: &[ClippedPrimitive],
        textures: &mut TexturesDelta,
    ) -> Result<(), NotAMesh> {
        for (id, deltas) in textures.set.drain() {
            let texture = self.textures.entry(id).or_default();
            deltas.iter().for_each(|delta| texture.update(delta));
        }
        let mut result = Ok(());
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let clip = Clip::new(*clip_rect, pixels_per_point, canvas);
            match primitive {
                Primitive::Mesh(mesh) => self.mesh(canvas, clip, pixels_per_point, mesh),
                Primitive::Callback(_) => result = Err(NotAMesh),
            }
        }
        for id in textures.free.drain() {
            self.textures.remove(&id);
        }
        result
    }

    fn mesh(&self, canvas: &mut Canvas, clip: Clip, pixels_per_point: f32, mesh: &Mesh) {
        let Some(texture) = self.textures.get(&mesh.texture_id).filter(|t| !t.is_empty()) else {
            return;
        };
        let corner = |index: &u32| {
            let vertex = mesh.vertices.get(*index as usize)?;
            Some(Corner::of(vertex, pixels_per_point, texture))
        };
        for indices in mesh.indices.chunks_exact(3) {
            if let [Some(a), Some(b), Some(c)] = [&indices[0], &indices[1], &indices[2]].map(corner)
                && let Some(triangle) = Triangle::new([a, b, c])
            {
                triangle.fill(canvas, &clip, texture);
            }
        }
    }
}

impl Corner {
    fn of(vertex: &Vertex, pixels_per_point: f32, texture: &Texture) -> Self {
        let steps = |pixels: f32| (pixels * STEPS).round().clamp(-FURTHEST, FURTHEST) as i64;
        let [width, height] = texture.size();
        Self {
            x: steps(vertex.pos.x * pixels_per_point),
            y: steps(vertex.pos.y * pixels_per_point),
            u: steps(vertex.uv.x * width as f32),
            v: steps(vertex.uv.y * height as f32),
            colour: vertex.color.to_array().map(i64::from),
        }
    }
}

/// Outside of it nothing is drawn.
struct Clip {
    columns: Range<i64>,
    rows: Range<i64>,
}

impl Clip {
    /// In whole pixels, and inside the canvas.
    fn new(rect: Rect, pixels_per_point: f32, canvas: &Canvas) -> Self {
        // A cast from float saturates.
        let pixel = |points: f32| (points * pixels_per_point).round() as i64;
        let range = |from: f32, to: f32, size: usize| {
            pixel(from).clamp(0, size as i64)..pixel(to).clamp(0, size as i64)
        };
        Self {
            columns: range(rect.min.x, rect.max.x, canvas.width()),
            rows: range(rect.min.y, rect.max.y, canvas.height()),
        }
    }
}

#[cfg(test)]
mod tests;
