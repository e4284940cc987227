//! Addresses of the project's own choice.

use crate::diagnostics::Result;
use crate::settings::Settings;
use rulec_diagnostic::Text;
use rulec_plan::template::{Piece, Template};

/// A setting with places.
pub(crate) fn template(settings: Settings<'_>, key: &str, text: &str) -> Result<Template> {
    Template::parse(text).map_err(|unknown| {
        let expected = Text::new(
            format!("without `{unknown}`, which no message can fill"),
            format!("去掉 `{unknown}`，它没有对应的内容"),
        );
        settings.wrong(key, &expected)
    })
}

/// `url`: its host is the same for all messages.
pub(crate) fn address(settings: Settings<'_>, text: &str) -> Result<Template> {
    let template = self::template(settings, "url", text)?;
    let start = match template.pieces.first() {
        Some(Piece::Text(start)) => start.as_str(),
        _ => "",
    };
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| start.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    let ends = template.is_fixed() || host.map(str::len) < rest.map(str::len);
    let sample = template.fill(|_| "x".to_owned()).parse::<ureq::http::Uri>();
    match host {
        Some(host) if ends && !host.is_empty() && !host.contains('@') && sample.is_ok() => Ok(template),
        _ => Err(settings.wrong("url", &Text::new("`https://HOST/PATH`", "`https://主机/路径`"))),
    }
}

/// An address that is the same for all messages.
pub(crate) struct FixedAddress {
    /// Without a query.
    pub(crate) url: String,
    /// As the client writes it in `Host`.
    pub(crate) host: String,
}

/// `url`, else `usual`, for interfaces that write queries themselves.
pub(crate) fn fixed(settings: Settings<'_>, usual: &str) -> Result<FixedAddress> {
    let expected = Text::new("`https://HOST/PATH`, without places", "`https://主机/路径`，不带占位");
    let wrong = || settings.wrong("url", &expected);
    let url = settings.text("url").unwrap_or(usual);
    if !address(settings, url)?.is_fixed() || url.contains('?') {
        return Err(wrong());
    }
    let uri = url.parse::<ureq::http::Uri>().map_err(|_| wrong())?;
    let host = uri.authority().ok_or_else(wrong)?.to_string();
    Ok(FixedAddress { url: url.to_owned(), host })
}
