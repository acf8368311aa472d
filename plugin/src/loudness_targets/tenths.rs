//! Values as they are compared with a target, and shown beside it.

use std::fmt;
use std::ops::{Add, Sub};

/// Decibels, LUFS or LU, in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenths(i64);

impl Tenths {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Rounded; what lies between two tenths goes away from zero.
    pub fn of(value: f64) -> Self {
        // Far from what a sum could exceed, and from what is a level.
        Self((value * 10.0).round().clamp(-1e9, 1e9) as i64)
    }

    /// As a number.
    pub fn value(self) -> f64 {
        self.0 as f64 / 10.0
    }
}

impl Add for Tenths {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Tenths {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl fmt::Display for Tenths {
    /// With one digit, and a sign where it is below zero, or with `+` always.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.0 {
            ..=-1 => "−",
            1.. if f.sign_plus() => "+",
            _ => "",
        };
        let tenths = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{}", tenths / 10, tenths % 10))
    }
}
