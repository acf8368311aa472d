//! How much longer than usual the long tests are: `cargo xtask soak` says so in the environment.

/// How many times over the library comes and goes.
pub const CYCLES: &str = "BUSBAR_SOAK_CYCLES";
/// How many times as many blocks the engine plays.
pub const BLOCKS: &str = "BUSBAR_SOAK_BLOCKS";
/// How many times as many cases are tried of what is tried at random.
pub const CASES: &str = "BUSBAR_SOAK_CASES";

/// What one of the variables asks for; once where it is not set.
pub fn times(variable: &str) -> u32 {
    match std::env::var(variable) {
        Ok(times) => times.parse().unwrap_or_else(|_| panic!("{variable}={times} is no number")),
        Err(_) => 1,
    }
}
