//! Which vector instructions a machine has.

use std::fmt;

use fearless_simd::Level as Token;

/// A set of vector instructions that this machine has: having one is the proof.
#[derive(Clone, Copy)]
pub struct Level(Token);

impl Level {
    /// The widest. Looks at the processor the first time, so not on an audio thread; whoever needs a
    /// level there keeps the one it was constructed with.
    pub fn best() -> Self {
        Self(Token::new())
    }

    /// Every level of this machine, the widest last. For tests and benchmarks.
    pub fn all() -> impl Iterator<Item = Self> {
        tokens(Token::new()).into_iter().flatten().map(Self)
    }

    /// What it is called in tables. Realtime-safe.
    pub fn name(self) -> &'static str {
        name(self.0)
    }

    /// What kernels are dispatched by. Realtime-safe.
    #[inline(always)]
    pub(crate) fn token(self) -> Token {
        self.0
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(target_arch = "x86_64")]
fn tokens(best: Token) -> [Option<Token>; 4] {
    [
        best.as_sse2().map(Token::Sse2),
        best.as_sse4_2().map(Token::Sse4_2),
        best.as_avx2().map(Token::Avx2),
        best.as_avx512().map(Token::Avx512),
    ]
}

#[cfg(target_arch = "x86_64")]
fn name(token: Token) -> &'static str {
    match token {
        Token::Sse2(_) => "sse2",
        Token::Sse4_2(_) => "sse4.2",
        Token::Avx2(_) => "avx2",
        Token::Avx512(_) => "avx512",
        _ => "baseline",
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn tokens(best: Token) -> [Option<Token>; 1] {
    [Some(best)]
}

#[cfg(not(target_arch = "x86_64"))]
fn name(_: Token) -> &'static str {
    if cfg!(target_arch = "aarch64") { "neon" } else { "baseline" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_level_is_the_last_of_all() {
        let names: Vec<_> = Level::all().map(Level::name).collect();
        assert_eq!(names.last(), Some(&Level::best().name()));
        // Every x86-64 processor has the first; the others differ.
        #[cfg(target_arch = "x86_64")]
        assert_eq!(names[0], "sse2");
        let mut distinct = names.clone();
        distinct.dedup();
        assert_eq!(distinct, names);
    }
}
