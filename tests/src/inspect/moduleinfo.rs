//! The factory's words as the text of a `moduleinfo.json`, from which hosts list a plug-in without
//! loading it. The fields and their names are the standard's.

use std::path::Path;

use serde::Serialize;

use crate::vst3::Module;
use crate::vst3::module::{ClassInfo, FactoryInfo};

#[derive(Serialize)]
struct ModuleInfo {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Version")]
    version: String,
    #[serde(rename = "Factory Info")]
    factory: Factory,
    #[serde(rename = "Compatibility")]
    compatibility: [(); 0],
    #[serde(rename = "Classes")]
    classes: Vec<Class>,
}

#[derive(Serialize)]
struct Factory {
    #[serde(rename = "Vendor")]
    vendor: String,
    #[serde(rename = "URL")]
    url: String,
    #[serde(rename = "E-Mail")]
    email: String,
    #[serde(rename = "Flags")]
    flags: Flags,
}

#[derive(Serialize)]
struct Flags {
    #[serde(rename = "Unicode")]
    unicode: bool,
    #[serde(rename = "Classes Discardable")]
    classes_discardable: bool,
    #[serde(rename = "Component Non Discardable")]
    component_non_discardable: bool,
}

#[derive(Serialize)]
struct Class {
    #[serde(rename = "CID")]
    cid: String,
    #[serde(rename = "Category")]
    category: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Vendor")]
    vendor: String,
    #[serde(rename = "Version")]
    version: String,
    #[serde(rename = "SDKVersion")]
    sdk: String,
    #[serde(rename = "Sub Categories")]
    subcategories: Vec<String>,
    #[serde(rename = "Class Flags")]
    flags: u32,
    #[serde(rename = "Cardinality")]
    cardinality: i32,
    #[serde(rename = "Snapshots")]
    snapshots: [(); 0],
}

impl From<FactoryInfo> for Factory {
    fn from(info: FactoryInfo) -> Self {
        let flags = Flags {
            classes_discardable: info.flags & 1 != 0,
            component_non_discardable: info.flags & 8 != 0,
            unicode: info.flags & 16 != 0,
        };
        Self { vendor: info.vendor, url: info.url, email: info.email, flags }
    }
}

impl From<ClassInfo> for Class {
    fn from(info: ClassInfo) -> Self {
        Self {
            cid: written(info.cid),
            category: info.category,
            name: info.name,
            vendor: info.vendor,
            version: info.version,
            sdk: info.sdk,
            subcategories: info.subcategories.split('|').map(str::to_owned).collect(),
            flags: info.flags,
            cardinality: i32::MAX,
            snapshots: [],
        }
    }
}

/// A class's identity as it is written everywhere; in memory Windows has another order.
pub fn written(cid: [u8; 16]) -> String {
    let order: [usize; 16] = match cfg!(windows) {
        true => [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15],
        false => std::array::from_fn(|i| i),
    };
    order.map(|i| format!("{:02X}", cid[i])).concat()
}

/// The text for a bundle.
///
/// # Errors
/// Says what the bundle does not say.
pub fn text(bundle: &Path) -> Result<String, String> {
    let module = Module::load(&super::library(bundle))?;
    let classes = module.classes();
    let first = classes.first().ok_or("the factory has no classes")?;
    let info = ModuleInfo {
        name: first.name.clone(),
        version: first.version.clone(),
        factory: module.info().ok_or("the factory says nothing about itself")?.into(),
        compatibility: [],
        classes: classes.into_iter().map(Class::from).collect(),
    };
    serde_json::to_string_pretty(&info).map_err(|error| error.to_string())
}
