//! How much memory this process holds.

/// The resident memory, in bytes. Counted page by page: the quick counters of `status` and `statm`
/// lag behind by what each thread has not reported yet.
pub fn resident() -> usize {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").expect("Linux");
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    kilobytes.map(|kilobytes: usize| kilobytes << 10).expect("a line `Rss: … kB`")
}

/// Bytes that are allocated, by Rust and by C; not what the process holds of the system, because
/// the allocator keeps more or less of that as it likes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn allocated() -> usize {
    // SAFETY: only reads the allocator's own books.
    let books = unsafe { libc::mallinfo2() };
    books.uordblks + books.hblkhd
}
