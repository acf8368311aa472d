//! Takes rows off a rectangle, from above and from below.

use egui::Rect;

/// What is left of it.
pub struct Rows {
    rest: Rect,
    gap: f32,
}

impl Rows {
    /// All of a rectangle, with a gap between any two rows.
    pub fn new(rect: Rect, gap: f32) -> Self {
        Self { rest: rect, gap }
    }

    /// The uppermost row.
    pub fn top(&mut self, height: f32) -> Rect {
        let (row, rest) = self.rest.split_top_bottom_at_y(self.rest.top() + height);
        self.rest = rest;
        self.rest.min.y += self.gap;
        row
    }

    /// The lowest row.
    pub fn bottom(&mut self, height: f32) -> Rect {
        let (rest, row) = self.rest.split_top_bottom_at_y(self.rest.bottom() - height);
        self.rest = rest;
        self.rest.max.y -= self.gap;
        row
    }

    /// What is between the rows that were taken.
    pub fn rest(&self) -> Rect {
        self.rest
    }
}
