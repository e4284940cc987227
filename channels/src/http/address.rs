//! Addresses of the project's own choice.

use crate::diagnostics::Result;
use crate::settings::Settings;
use rulec_diagnostic::Text;
use rulec_plan::outlet;
use rulec_plan::template::Template;

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
    let sample = template.fill(|_| "x".to_owned()).parse::<ureq::http::Uri>();
    if outlet::host(&template).is_err() || sample.is_err() {
        return Err(settings.wrong("url", &Text::new("`https://HOST/PATH`", "`https://主机/路径`")));
    }
    Ok(template)
}

/// That nobody on the way can read what goes to this address, since secrets do.
pub(crate) fn check_secrecy(settings: Settings<'_>, url: &str) -> Result<()> {
    let expected = Text::new(
        "`https://…` where secrets go to it, unless it is in the own network",
        "`https://…`，因为密钥会发到这个地址；只有内网地址例外",
    );
    if outlet::is_in_clear(url) { Err(settings.wrong("url", &expected)) } else { Ok(()) }
}

/// An address that is the same for all messages.
pub(crate) struct FixedAddress {
    /// Without a query.
    pub(crate) url: String,
    /// As the client writes it in `Host`.
    pub(crate) host: String,
}

/// `url`, else `usual`, for interfaces that are signed as called at the root of a host.
pub(crate) fn root(settings: Settings<'_>, usual: &str) -> Result<FixedAddress> {
    let fixed = fixed(settings, usual)?;
    match outlet::is_root(&fixed.url) {
        true => Ok(fixed),
        false => {
            Err(settings
                .wrong("url", &Text::new("`https://HOST`, without a path", "`https://主机`，不带路径")))
        }
    }
}

/// `url`, else `usual`, for interfaces that write queries themselves.
pub(crate) fn fixed(settings: Settings<'_>, usual: &str) -> Result<FixedAddress> {
    let expected = Text::new("`https://HOST/PATH`, without places", "`https://主机/路径`，不带占位");
    let wrong = || settings.wrong("url", &expected);
    let url = settings.text("url").unwrap_or(usual);
    let address = address(settings, url)?;
    if !address.is_fixed() || url.contains('?') {
        return Err(wrong());
    }
    let host = outlet::host(&address).map_err(|_| wrong())?.to_owned();
    Ok(FixedAddress { url: url.to_owned(), host })
}
