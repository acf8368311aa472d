//! Numbers close to zero cost a hundred times as much as others on most processors. While a block
//! is processed they count as zero.

use std::marker::PhantomData;

/// Puts the calling thread into flush-to-zero mode until it is dropped, then restores what was
/// there: the mode belongs to the host's thread. Realtime-safe.
pub struct FlushDenormals {
    before: Register,
    /// The mode is the thread's, so this must stay on it: not `Send`.
    on_this_thread: PhantomData<*const ()>,
}

impl FlushDenormals {
    /// Switches the mode on.
    #[must_use = "the mode ends when this is dropped"]
    pub fn begin() -> Self {
        let before = read();
        write(before | FLUSH);
        Self { before, on_this_thread: PhantomData }
    }
}

impl Drop for FlushDenormals {
    fn drop(&mut self) {
        write(self.before);
    }
}

#[cfg(target_arch = "x86_64")]
mod register {
    pub type Register = u32;
    /// Results flush to zero (bit 15), and operands count as zero (bit 6).
    pub const FLUSH: Register = 1 << 15 | 1 << 6;

    pub fn read() -> Register {
        let mut value = 0;
        // SAFETY: stores MXCSR, which every x86-64 processor has, to a local variable.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &mut value, options(nostack)) };
        value
    }

    pub fn write(value: Register) {
        // SAFETY: the value came from `read`, with the two flush bits set at most; exceptions stay
        // masked. Rust code is compiled for the default mode, in which no result differs but by
        // denormals counting as zero, and that is what is wanted.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &value, options(nostack)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod register {
    pub type Register = u64;
    /// Flush to zero, operands and results.
    pub const FLUSH: Register = 1 << 24;

    pub fn read() -> Register {
        let value;
        // SAFETY: reads FPCR, which every AArch64 processor has.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) value, options(nostack)) };
        value
    }

    pub fn write(value: Register) {
        // SAFETY: the value came from `read`, with the flush bit set at most.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) value, options(nostack)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod register {
    pub type Register = u32;
    pub const FLUSH: Register = 0;
    pub fn read() -> Register {
        0
    }
    pub fn write(_: Register) {}
}

use register::{FLUSH, Register, read, write};

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn lasts_as_long_as_it_is_held() {
        let product = || black_box(1e-30f32) * black_box(1e-10f32);
        let operand = || black_box(1e-40f32) * black_box(1e10f32);
        assert!(product() > 0.0 && operand() > 0.0);
        {
            let _flush = FlushDenormals::begin();
            assert_eq!((product(), operand()), (0.0, 0.0));
            let _nested = FlushDenormals::begin();
        }
        assert!(product() > 0.0 && operand() > 0.0);
    }
}
