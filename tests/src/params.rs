//! Parameters by their string ids.
//!
//! CLAP knows parameters by number. nice-plug makes that number from the string id, and its saved
//! state names the string ids: together they give the map.

use clack_host::prelude::ClapId;

/// A parameter as the host sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// The string id, under which projects and automation are saved.
    pub id: String,
    /// The number CLAP knows it by.
    pub clap_id: ClapId,
    /// Shown in hosts.
    pub name: String,
    /// The group it is shown in.
    pub group: String,
    /// Largest value; the smallest is 0.
    pub max_value: f64,
    /// Value of a new instance.
    pub default_value: f64,
    /// Whether it takes whole numbers only.
    pub is_stepped: bool,
    /// Whether a host may automate it.
    pub is_automatable: bool,
}

/// The number that nice-plug gives a parameter (`hash_param_id` in its `wrapper/util.rs`).
pub(crate) fn clap_id(id: &str) -> ClapId {
    let hash = id.bytes().fold(0u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    });
    ClapId::new(hash & !(1 << 31))
}

/// Names by which a choice may be called besides the one the plugin shows.
pub(crate) fn shown_name<'a>(id: &str, text: &'a str) -> &'a str {
    match (id, text) {
        ("chunk", "1s") => "1 s",
        ("chunk", "250ms") => "1/4 s",
        ("chunk", "100ms") => "1/10 s",
        ("chunk", "hop") => "One hop",
        _ => text,
    }
}

/// The number at the start of a value's text, where the value is one.
pub(crate) fn leading_number(text: &str) -> Option<f64> {
    text.split_whitespace()
        .next()?
        .trim_end_matches(['d', 'B', 'b', 'D'])
        .parse()
        .ok()
}
