//! Tells the linker what a manifest cannot.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "freebsd", "netbsd", "openbsd"].contains(&system.as_str()) {
        // Once loaded, the library stays: Rust gives up neither its thread keys, of which a process
        // has about a thousand, nor its statics, and a thread that the kernel holds on a dead disk
        // must not find its code gone.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
