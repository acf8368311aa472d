//! What is to be seen.

use std::fs::File;
use std::path::PathBuf;

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Pixels.
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    pixels: Vec<Colour>,
}

/// A part of a picture: left, top, right, bottom.
pub type Region = [usize; 4];

impl Picture {
    /// From the server's pixels: blue, green, red, nothing.
    pub fn of_x11(width: usize, height: usize, data: &[u8]) -> Self {
        let pixels = data.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Self { width, height, pixels }
    }

    /// From red, green, blue.
    pub fn of_rgb(width: usize, height: usize, data: &[u8]) -> Self {
        let pixels = data.as_chunks().0.to_vec();
        Self { width, height, pixels }
    }

    /// How far a region of another picture of the same size is from this one's: the mean over all
    /// channels, in steps of a colour, and the share of pixels of which some channel is more than
    /// `tolerance` steps away.
    pub fn difference(&self, other: &Self, region: Region, tolerance: u8) -> (f64, f64) {
        let (mut sum, mut far, mut count) = (0u64, 0u32, 0u32);
        for (one, other) in self.region(region).zip(other.region(region)) {
            let steps = std::array::from_fn::<_, 3, _>(|i| one[i].abs_diff(other[i]));
            sum += steps.map(u64::from).iter().sum::<u64>();
            far += u32::from(steps.iter().any(|step| *step > tolerance));
            count += 1;
        }
        let count = f64::from(count.max(1));
        (sum as f64 / (3.0 * count), f64::from(far) / count)
    }

    /// The colours of a region.
    pub fn region(&self, [left, top, right, bottom]: Region) -> impl Iterator<Item = Colour> {
        let rows = top..bottom.min(self.height);
        rows.flat_map(move |y| {
            let row = &self.pixels[y * self.width..(y + 1) * self.width];
            row[left.min(self.width)..right.min(self.width)].iter().copied()
        })
    }

    /// The share of a region's pixels that are near a colour.
    pub fn share(&self, region: Region, wanted: Colour) -> f64 {
        const NEAR: u8 = 10;
        let is_near = |colour: &Colour| {
            colour.iter().zip(wanted).all(|(one, other)| one.abs_diff(other) <= NEAR)
        };
        let (near, all) = self.region(region).fold((0u32, 0u32), |(near, all), colour| {
            (near + u32::from(is_near(&colour)), all + 1)
        });
        f64::from(near) / f64::from(all.max(1))
    }

    /// How many pixels are others than in a picture of the same size.
    pub fn differs(&self, other: &Self) -> usize {
        self.pixels.iter().zip(&other.pixels).filter(|(one, other)| one != other).count()
    }

    /// How many colours there are.
    pub fn colours(&self) -> usize {
        let mut colours = self.pixels.clone();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }

    /// Keeps it as a PNG among the temporary files, for people to look at.
    pub fn keep(&self, name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("busbar-editor-{name}.png"));
        let file = File::create(&path).expect("the folder can be written");
        let mut encoder = png::Encoder::new(file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("the file can be written");
        writer.write_image_data(self.pixels.as_flattened()).expect("the file can be written");
        path
    }
}
