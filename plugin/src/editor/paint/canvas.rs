//! Pixels, and how colours are laid over each other.

use egui::Color32;

/// A colour while it is computed with: each channel has [`FULL`] as its 1.
pub type Paint = [u32; 4];

/// 256 steps for each one that a byte has, so that nothing is rounded twice that matters.
pub const FULL: u32 = 255 << 8;

/// Rows of pixels from the top, premultiplied by their alpha.
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 4]>,
}

impl Canvas {
    /// All of one colour.
    pub fn new(width: usize, height: usize, colour: Color32) -> Self {
        Self { width, height, pixels: vec![colour.to_array(); width * height] }
    }

    /// In pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// In pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green, blue and alpha, row by row from the top.
    pub fn pixels(&self) -> &[[u8; 4]] {
        &self.pixels
    }

    /// A part of a row, which lies inside.
    pub(super) fn row(&mut self, y: usize, columns: std::ops::Range<usize>) -> &mut [[u8; 4]] {
        &mut self.pixels[y * self.width..][columns]
    }
}

/// Both at once, each as if it were light that passes through the other.
pub fn multiply(one: Paint, other: Paint) -> Paint {
    std::array::from_fn(|i| {
        let product = u64::from(one[i]) * u64::from(other[i]);
        ((product + u64::from(FULL / 2)) / u64::from(FULL)) as u32
    })
}

/// Lays a colour over a pixel.
pub fn lay_over(pixel: &mut [u8; 4], paint: Paint) {
    let through = FULL - paint[3].min(FULL);
    for (under, over) in pixel.iter_mut().zip(paint) {
        // At most 255 · FULL, which is below 2²⁴.
        let seen = (u32::from(*under) * through + 127) / 255;
        *under = ((over + seen + 128) >> 8).min(255) as u8;
    }
}
