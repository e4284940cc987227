//! WeCom: the robots of its groups, and messages of its applications to members.

mod application;
mod codes;
mod content;
mod robot;
#[cfg(test)]
mod tests;
mod token;

use crate::Channel;
use crate::diagnostics::{self as says, Result};
use crate::http::address;
use crate::settings::Settings;

/// Where WeCom is called unless the project file says otherwise.
const URL: &str = "https://qyapi.weixin.qq.com";

/// The channel that the settings describe: a robot has a key, an application an id.
pub(crate) fn open(settings: Settings<'_>) -> Result<Box<dyn Channel>> {
    match (settings.secret("key")?, settings.text("corp_id")) {
        (Some(key), _) => robot::open(settings, key),
        (None, Some(corp_id)) => application::open(settings, corp_id),
        (None, None) => Err(says::missing_setting(settings.channel, "key_env")),
    }
}

/// The address of a function of the interface.
fn function(settings: Settings<'_>, path: &str) -> Result<String> {
    let base = address::fixed(settings, URL)?.url;
    address::check_secrecy(settings, &base)?;
    Ok(format!("{}{path}", base.trim_end_matches('/')))
}
