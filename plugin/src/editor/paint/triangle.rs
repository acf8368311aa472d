//! Which pixels a triangle covers, and with what.

use std::ops::Range;

use super::Clip;
use super::canvas::{Canvas, FULL, Paint, lay_over, multiply};
use super::texture::Texture;

/// The middle of a pixel.
const MIDDLE: i64 = 128;

/// A corner: its place in 1/256 of a pixel, its place in the texture in 1/256 of a texel, and its
/// colour in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corner {
    pub x: i64,
    pub y: i64,
    pub u: i64,
    pub v: i64,
    pub colour: [i64; 4],
}

/// An edge, with the triangle on the side where [`at`](Self::at) is positive.
#[derive(Clone, Copy)]
struct Edge {
    x: i64,
    y: i64,
    dx: i64,
    dy: i64,
}

impl Edge {
    fn new(from: Corner, to: Corner) -> Self {
        Self { x: from.x, y: from.y, dx: to.x - from.x, dy: to.y - from.y }
    }

    /// Twice the area of the triangle of this edge and a point.
    fn at(&self, x: i64, y: i64) -> i64 {
        self.dx * (y - self.y) - self.dy * (x - self.x)
    }

    /// How much that changes from a pixel to the one to its right.
    fn step(&self) -> i64 {
        -256 * self.dy
    }

    /// A pixel whose middle is on an edge belongs to the triangle to the right of it or below it,
    /// so that of two triangles with a common edge just one draws it.
    fn has_its_points(&self) -> bool {
        self.dy < 0 || (self.dy == 0 && self.dx > 0)
    }

    /// The columns of a row that are on the right side, as far as they are in `within`.
    fn inside(&self, y: i64, within: Range<i64>) -> Range<i64> {
        // For column 0, and 1 less where a point on the edge is outside.
        let first = self.at(MIDDLE, y) - i64::from(!self.has_its_points());
        match self.step() {
            0 if first < 0 => 0..0,
            0 => within,
            step if step > 0 => within.start.max(-first.div_euclid(step))..within.end,
            step => within.start..within.end.min(first.div_euclid(-step) + 1),
        }
    }
}

/// Three corners that are not on one line.
pub struct Triangle {
    corners: [Corner; 3],
    /// Each opposite to its corner.
    edges: [Edge; 3],
    /// Twice the area.
    area: i64,
}

impl Triangle {
    /// `None` when there is no area; the corners may go round either way.
    pub fn new([a, b, c]: [Corner; 3]) -> Option<Self> {
        let area = Edge::new(a, b).at(c.x, c.y);
        let corners = if area < 0 { [a, c, b] } else { [a, b, c] };
        let [a, b, c] = corners;
        let edges = [Edge::new(b, c), Edge::new(c, a), Edge::new(a, b)];
        (area != 0).then_some(Self { corners, edges, area: area.abs() })
    }

    /// Draws it.
    pub fn fill(&self, canvas: &mut Canvas, clip: &Clip, texture: &Texture) {
        let [a, b, c] = self.corners;
        let tint = [a, b, c].iter().all(|corner| corner.colour == a.colour);
        let place = [a, b, c].iter().all(|corner| (corner.u, corner.v) == (a.u, a.v));
        let tint = tint.then(|| a.colour.map(|channel| (channel as u32) << 8));
        let texel = place.then(|| texture.look_up(a.u, a.v));
        for y in self.rows(&clip.rows) {
            let middle = 256 * y + MIDDLE;
            let within = clip.columns.clone();
            let columns = self.edges.iter().fold(within, |span, edge| edge.inside(middle, span));
            if columns.is_empty() {
                continue;
            }
            let row = canvas.row(y as usize, columns.start as usize..columns.end as usize);
            match (tint, texel) {
                (Some(tint), Some(texel)) => lay_flat(row, multiply(tint, texel)),
                _ => {
                    let mut slope = Slope::new(self, columns.start, middle);
                    for pixel in row {
                        let tint = tint.unwrap_or_else(|| slope.tint());
                        let texel = texel.unwrap_or_else(|| slope.texel(texture));
                        lay_over(pixel, multiply(tint, texel));
                        slope.go_right();
                    }
                }
            }
        }
    }

    /// Those whose pixels' middles can be inside.
    fn rows(&self, within: &Range<i64>) -> Range<i64> {
        let rows = self.corners.map(|corner| corner.y);
        let (top, bottom) = rows
            .iter()
            .fold((i64::MAX, i64::MIN), |(top, bottom), y| (top.min(*y), bottom.max(*y)));
        let first = (top - MIDDLE).div_euclid(256);
        let last = (bottom - MIDDLE).div_euclid(256);
        first.max(within.start)..(last + 1).min(within.end)
    }
}

/// One colour over a part of a row.
fn lay_flat(row: &mut [[u8; 4]], paint: Paint) {
    if paint[3] >= FULL {
        let mut pixel = [0; 4];
        lay_over(&mut pixel, paint);
        row.fill(pixel);
    } else if paint != [0; 4] {
        row.iter_mut().for_each(|pixel| lay_over(pixel, paint));
    }
}

/// What is between the corners, along a row: exact fractions with the area as denominator.
struct Slope<'a> {
    triangle: &'a Triangle,
    /// How near the place is to each corner; together they are the area.
    shares: [i64; 3],
}

impl<'a> Slope<'a> {
    fn new(triangle: &'a Triangle, column: i64, middle: i64) -> Self {
        let shares = triangle.edges.map(|edge| edge.at(256 * column + MIDDLE, middle));
        Self { triangle, shares }
    }

    fn go_right(&mut self) {
        for (share, edge) in self.shares.iter_mut().zip(&self.triangle.edges) {
            *share += edge.step();
        }
    }

    /// The mean of what the corners have, times `by`, rounded.
    fn mean(&self, of: impl Fn(&Corner) -> i64, by: i64) -> i64 {
        let weigh = |(share, corner): (&i64, &Corner)| i128::from(*share) * i128::from(of(corner));
        let sum: i128 = self.shares.iter().zip(&self.triangle.corners).map(weigh).sum();
        let area = i128::from(self.triangle.area);
        (2 * by as i128 * sum + area).div_euclid(2 * area) as i64
    }

    fn tint(&self) -> Paint {
        std::array::from_fn(|i| self.mean(|corner| corner.colour[i], 256) as u32)
    }

    fn texel(&self, texture: &Texture) -> Paint {
        texture.look_up(self.mean(|corner| corner.u, 1), self.mean(|corner| corner.v, 1))
    }
}
