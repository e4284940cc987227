//! Whom a channel trusts: those whom browsers trust; where `ca_file` names authorities, them alone.

use crate::diagnostics::Result;
use crate::settings::Settings;
use rulec_diagnostic::Text;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The authorities of `ca_file`, at least one; none if the setting is not there.
pub(crate) fn authorities(settings: Settings<'_>) -> Result<Option<Vec<CertificateDer<'static>>>> {
    let Some(path) = settings.text("ca_file") else { return Ok(None) };
    let path = settings.outside.folder.join(path);
    let read = CertificateDer::pem_file_iter(path)
        .and_then(|found| found.collect::<std::result::Result<Vec<_>, _>>());
    match read {
        Ok(found) if !found.is_empty() => Ok(Some(found)),
        _ => Err(unfit(settings)),
    }
}

/// That the file holds no certificates.
pub(crate) fn unfit(settings: Settings<'_>) -> Box<rulec_diagnostic::Diagnostic> {
    settings.wrong("ca_file", &Text::new("a file with certificates in PEM", "PEM 格式的证书文件"))
}
