//! egui's images.

use egui::epaint::{ImageData, ImageDelta};
use egui::{TextureFilter, TextureOptions, TextureWrapMode};

use super::canvas::Paint;

/// One image, as the painter keeps it.
#[derive(Default)]
pub struct Texture {
    size: [usize; 2],
    texels: Vec<[u8; 4]>,
    options: TextureOptions,
}

impl Texture {
    /// Takes in a new image, or a part of one.
    pub fn update(&mut self, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        self.options = delta.options;
        let texels = image.pixels.iter().map(|texel| texel.to_array());
        let Some([x, y]) = delta.pos else {
            self.size = image.size;
            self.texels = texels.collect();
            return;
        };
        let texels: Vec<_> = texels.collect();
        for (row, texels) in texels.chunks_exact(image.size[0].max(1)).enumerate() {
            let start = (y + row) * self.size[0] + x;
            if let Some(place) = self.texels.get_mut(start..start + texels.len()) {
                place.copy_from_slice(texels);
            }
        }
    }

    /// Width and height in texels.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Whether there is nothing to look up.
    pub fn is_empty(&self) -> bool {
        self.texels.is_empty()
    }

    /// What is at a place, counted in 1/256 of a texel from the left and the top. There is one
    /// filter for all sizes, that for texels larger than pixels, and no mipmap.
    pub fn look_up(&self, u: i64, v: i64) -> Paint {
        match self.options.magnification {
            TextureFilter::Nearest => {
                self.texel(u >> 8, v >> 8).map(|channel| u32::from(channel) << 8)
            }
            TextureFilter::Linear => self.between(u - 128, v - 128),
        }
    }

    /// Between the middles of four texels.
    fn between(&self, u: i64, v: i64) -> Paint {
        let (column, row) = (u >> 8, v >> 8);
        let (right, below) = ((u & 255) as u32, (v & 255) as u32);
        let corners = [
            (self.texel(column, row), (256 - right) * (256 - below)),
            (self.texel(column + 1, row), right * (256 - below)),
            (self.texel(column, row + 1), (256 - right) * below),
            (self.texel(column + 1, row + 1), right * below),
        ];
        std::array::from_fn(|i| {
            let sum: u32 = corners.iter().map(|(texel, weight)| u32::from(texel[i]) * weight).sum();
            (sum + 128) >> 8
        })
    }

    fn texel(&self, column: i64, row: i64) -> [u8; 4] {
        let [width, height] = self.size;
        let (column, row) = (self.wrap(column, width), self.wrap(row, height));
        self.texels[row * width + column]
    }

    /// Where an index is that may be outside.
    fn wrap(&self, index: i64, size: usize) -> usize {
        let size = size as i64;
        let inside = match self.options.wrap_mode {
            TextureWrapMode::ClampToEdge => index.clamp(0, size - 1),
            TextureWrapMode::Repeat => index.rem_euclid(size),
            TextureWrapMode::MirroredRepeat => {
                let twice = index.rem_euclid(2 * size);
                twice.min(2 * size - 1 - twice)
            }
        };
        inside as usize
    }
}
