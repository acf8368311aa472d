//! Paths and names, licences, and what the module says about itself.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{Report, Subject, binary, file_name};
use crate::bundle;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const VENDOR: &str = "Busbar";
/// A notice for each thing that is linked in.
const NOTICES: &[&str] =
    &["FFmpeg.md", "FFmpeg-LGPL-2.1.txt", "LICENSE-APACHE", "LICENSE-MIT", "Rust-crates.txt"];

/// Looks at everything that can be seen without loading the plug-in.
pub fn check(subject: &Subject, report: &mut Report) {
    for plugin in subject.plugins() {
        report.check("layout", &file_name(plugin), present(&binary::inside(plugin)));
    }
    if let Some(program) = &subject.program {
        report.check("layout", &file_name(program), present(&binary::inside(program)));
    }
    if let Some(vst3) = &subject.vst3 {
        let resources = vst3.join("Contents/Resources");
        report.check(
            "metadata",
            "moduleinfo.json",
            module_info(&resources.join("moduleinfo.json")),
        );
        report.check("licences", &file_name(vst3), licences(&resources.join(bundle::LICENCES)));
    }
    if let Some(folder) = &subject.folder {
        report.check(
            "metadata",
            bundle::VERSION_FILE,
            version_file(&folder.join(bundle::VERSION_FILE)),
        );
        report.check("licences", "beside the bundles", licences(&folder.join(bundle::LICENCES)));
    }
}

fn present(path: &Path) -> Result<String> {
    let size = fs::metadata(path).with_context(|| format!("{} is missing", path.display()))?.len();
    ensure!(size > 0, "{} is empty", path.display());
    Ok(format!("{:.1} MB", size as f64 / 1e6))
}

fn licences(folder: &Path) -> Result<String> {
    for name in NOTICES {
        present(&folder.join(name))?;
    }
    Ok(format!("{} notices", NOTICES.len()))
}

fn version_file(path: &PathBuf) -> Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} is missing", path.display()))?;
    let first = text.lines().next().unwrap_or_default();
    ensure!(first.starts_with(&format!("Busbar {VERSION} ")), "says `{first}`, not {VERSION}");
    Ok(first.to_owned())
}

fn module_info(path: &Path) -> Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} is missing", path.display()))?;
    agrees(&text)
}

/// Hosts trust this file instead of loading the module, so it must say what the module would.
fn agrees(text: &str) -> Result<String> {
    let info: Value = serde_json::from_str(text).context("is not JSON")?;
    let expect = |place: &str, wanted: &str| match info.pointer(place).and_then(Value::as_str) {
        Some(found) if found == wanted => Ok(()),
        found => bail!("{place} is {found:?}, not {wanted:?}"),
    };
    expect("/Name", "Busbar")?;
    expect("/Version", VERSION)?;
    expect("/Factory Info/Vendor", VENDOR)?;
    let classes = info.get("Classes").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(classes > 0, "lists no classes");
    for class in 0..classes {
        expect(&format!("/Classes/{class}/Vendor"), VENDOR)?;
        expect(&format!("/Classes/{class}/Version"), VERSION)?;
        let cid = info.pointer(&format!("/Classes/{class}/CID")).and_then(Value::as_str);
        ensure!(
            cid.is_some_and(|cid| cid.len() == 32 && cid.chars().all(|c| c.is_ascii_hexdigit())),
            "/Classes/{class}/CID is {cid:?}, not 32 hexadecimal digits"
        );
    }
    Ok(format!("{VENDOR} {VERSION}, {classes} class(es)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(version: &str, cid: &str) -> String {
        format!(
            r#"{{"Name": "Busbar", "Version": "{VERSION}", "Factory Info": {{"Vendor": "Busbar"}},
                "Classes": [{{"CID": "{cid}", "Vendor": "Busbar", "Version": "{version}"}}]}}"#
        )
    }

    #[test]
    fn module_info_must_agree() {
        let cid = "0123456789ABCDEF0123456789ABCDEF";
        agrees(&info(VERSION, cid)).unwrap();
        assert!(agrees(&info("0.0.0", cid)).is_err());
        assert!(agrees(&info(VERSION, "{0123}")).is_err());
        assert!(agrees("{}").is_err());
        assert!(agrees("not JSON").is_err());
    }
}
