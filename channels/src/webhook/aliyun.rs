//! SMS of Alibaba Cloud: `SendSms` of its short message service, version 2017-05-25, signed by `ACS3-HMAC-SHA256`.
//!
//! The interface knows no idempotency, and takes templates: a message is sent as one or several of their parameters.

use super::phone;
use super::template;
use crate::diagnostics::Result;
use crate::http::{
    Answer, HttpChannel, Meaning, Method, ONE_BY_ONE, Outgoing, Promise, Protocol, Request, Says,
};
use crate::http::{address, by_status, escape, meaning, sign, taken, unknown};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::{Channel, Delivery};
use rulec_plan::template::Template;
use rulec_plan::time::Instant;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const URL: &str = "https://dysmsapi.aliyuncs.com/";
const PROMISE: Promise = Promise { honours_key: false, one_address: true };
const HOUR: u64 = 3600;

/// The service's codes, and those of the gateway before it, by their beginnings.
const CODES: &[(&str, Meaning)] = &[
    ("Throttling", Meaning::Provider),
    ("ServiceUnavailable", Meaning::Provider),
    ("InternalError", Meaning::Unknown),
    ("UnknownError", Meaning::Unknown),
    ("isp.", Meaning::Unknown),
    ("isp.RAM_PERMISSION_DENY", Meaning::Settings),
    ("InvalidAccessKey", Meaning::Settings),
    ("InvalidSecurityToken", Meaning::Settings),
    ("SignatureDoesNotMatch", Meaning::Settings),
    ("IncompleteSignature", Meaning::Settings),
    ("InvalidTimeStamp", Meaning::Settings),
    ("SignatureNonceUsed", Meaning::Message(0)),
    ("Forbidden", Meaning::Settings),
    ("NoPermission", Meaning::Settings),
    ("Missing", Meaning::Settings),
    ("InvalidAction", Meaning::Settings),
    ("InvalidVersion", Meaning::Settings),
    ("isv.UNKNOWN", Meaning::Unknown),
    ("isv.BUSINESS_LIMIT_CONTROL", Meaning::Message(HOUR)),
    ("isv.DAY_LIMIT_CONTROL", Meaning::Settings),
    ("isv.MONTH_LIMIT_CONTROL", Meaning::Settings),
    ("isv.OUT_OF_SERVICE", Meaning::Settings),
    ("isv.AMOUNT_NOT_ENOUGH", Meaning::Settings),
    ("isv.ACCOUNT_", Meaning::Settings),
    ("isv.PRODUCT_", Meaning::Settings),
    ("isv.SMS_SIGN", Meaning::Settings),
    ("isv.SIGN_", Meaning::Settings),
    ("isv.SMS_TEMPLATE", Meaning::Settings),
    ("isv.TEMPLATE_MISSING_PARAMETERS", Meaning::Settings),
    ("isv.EXTEND_CODE_ERROR", Meaning::Settings),
    ("isv.DENY_IP_RANGE", Meaning::Settings),
    ("isv.INVALID_JSON_PARAM", Meaning::Settings),
];

/// The channel that the settings describe.
pub(super) fn open(settings: Settings<'_>) -> Result<Box<dyn Channel>> {
    let mut params = Vec::new();
    for (name, text) in settings.table("template_params") {
        params.push((name.to_owned(), address::template(settings, "template_params", text)?));
    }
    let aliyun = Aliyun {
        url: address::root(settings, URL)?,
        id: settings.required_secret("access_key_id")?,
        secret: settings.required_secret("access_key_secret")?,
        sign_name: settings.required("sign_name")?.to_owned(),
        template_code: settings.required("template_code")?.to_owned(),
        params,
        calls: AtomicU64::new(0),
    };
    HttpChannel::open(settings, aliyun, ONE_BY_ONE)
}

struct Aliyun {
    url: address::FixedAddress,
    id: Secret,
    secret: Secret,
    sign_name: String,
    template_code: String,
    params: Vec<(String, Template)>,
    /// How many requests were signed, so that no two are the same.
    calls: AtomicU64,
}

impl Aliyun {
    /// The template's parameters as a JSON object, which is how the interface wants them.
    fn params(&self, message: &Outgoing<'_>) -> String {
        let filled = self.params.iter().map(|(name, template)| {
            let text = template::fill_plain(template, &message.content);
            (name.clone(), Value::from(text))
        });
        Value::Object(filled.collect::<Map<_, _>>()).to_string()
    }

    /// Never twice the same, in this process or another.
    fn nonce(&self, message: &Outgoing<'_>, now: Instant) -> String {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let seed = format!("{} {} {call} {}", message.content.key, now.0, std::process::id());
        sign::sha256(seed.as_bytes())[..32].to_owned()
    }
}

impl Protocol for Aliyun {
    fn request(&self, messages: &[Outgoing<'_>], now: Instant) -> std::result::Result<Request, Delivery> {
        let message = super::only(messages)?;
        let (number, params) = (phone::number(&message.content.to)?, self.params(message));
        let mut query = vec![
            ("OutId", message.content.key.as_str()),
            ("PhoneNumbers", number.as_str()),
            ("SignName", self.sign_name.as_str()),
            ("TemplateCode", self.template_code.as_str()),
        ];
        if !self.params.is_empty() {
            query.push(("TemplateParam", params.as_str()));
        }
        // In the order of their names, as the signature wants them.
        let query = escape::pairs(&query, escape::url);
        let signed = Signed {
            host: &self.url.host,
            action: "SendSms",
            version: "2017-05-25",
            query: &query,
            nonce: &self.nonce(message, now),
            now,
        };
        let headers = signed.headers(&self.id, &self.secret);
        let url = format!("{}?{query}", self.url.url);
        Ok(Request { method: Method::POST, url, headers, body: String::new() })
    }

    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says {
        messages.iter().map(|message| self.delivery(answer, message)).collect()
    }
}

impl Aliyun {
    /// The code counts, whatever the status: the gateway has both.
    fn delivery(&self, answer: &Answer, message: &Outgoing<'_>) -> Delivery {
        let private = message.private(&[&self.id, &self.secret]);
        let json = answer.json().unwrap_or_default();
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        match text("Code") {
            Some("OK") if answer.is_success() => taken(text("BizId")),
            Some(code) if code != "OK" => {
                let said = text("Message").unwrap_or_default();
                let after = answer.after.or_else(|| level(code, said));
                meaning(CODES, code, answer.status).delivery(private.reason(code, said), after)
            }
            _ => by_status(answer, PROMISE, &private).unwrap_or_else(|| unknown(answer)),
        }
    }
}

/// How long a number that got too many has to wait: by the minute, the hour or the day, as the answer says in Chinese.
fn level(code: &str, said: &str) -> Option<Duration> {
    if code != "isv.BUSINESS_LIMIT_CONTROL" {
        return None;
    }
    let levels = [("分钟级", 60), ("小时级", HOUR), ("天级", 24 * HOUR)];
    let level = levels.into_iter().find(|(name, _)| said.contains(name));
    level.map(|(_, seconds)| Duration::from_secs(seconds))
}

/// What a signature covers: a request without a body.
struct Signed<'a> {
    host: &'a str,
    action: &'a str,
    version: &'a str,
    query: &'a str,
    nonce: &'a str,
    now: Instant,
}

impl Signed<'_> {
    /// All headers of the request, the signature last.
    fn headers(&self, id: &Secret, secret: &Secret) -> Vec<(String, String)> {
        let nothing = sign::sha256(b"");
        let date = sign::utc(self.now).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        // In the order of their names.
        let mut headers = [
            ("host", self.host),
            ("x-acs-action", self.action),
            ("x-acs-content-sha256", &nothing),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", self.nonce),
            ("x-acs-version", self.version),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!("POST\n/\n{}\n{lines}\n{names}\n{nothing}", self.query);
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", sign::sha256(request.as_bytes()));
        let signature = sign::hex(&sign::hmac(secret.expose().as_bytes(), to_sign.as_bytes()));
        // The client writes the host itself.
        headers.remove(0);
        headers.push((
            "Authorization".to_owned(),
            format!(
                "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
                id.expose()
            ),
        ));
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example with fixed parameters in Alibaba Cloud's document on request syntax and signature method V3.
    #[test]
    fn a_request_is_signed_as_the_document_shows() {
        let signed = Signed {
            host: "ecs.cn-shanghai.aliyuncs.com",
            action: "RunInstances",
            version: "2014-05-26",
            query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
            nonce: "3156853299f313e23d1673dc12e1703d",
            // 2023-10-26T10:22:32Z
            now: Instant(1_698_315_752_000_000),
        };
        let headers = signed.headers(&Secret::new("YourAccessKeyId"), &Secret::new("YourAccessKeySecret"));
        let wanted = "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
            x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
            Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert_eq!(headers.last().map(|(_, value)| value.as_str()), Some(wanted));
    }
}
