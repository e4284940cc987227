//! SMS of Tencent Cloud: `SendSms`, version 2021-01-11, signed by `TC3-HMAC-SHA256`.
//!
//! The interface knows no idempotency, and takes templates: a message is sent as one or several of their parameters.

use super::phone;
use super::template;
use crate::diagnostics::Result;
use crate::http::{
    Answer, HttpChannel, Meaning, Method, ONE_BY_ONE, Outgoing, Promise, Protocol, Request, Says,
};
use crate::http::{address, by_status, meaning, sign, taken, unknown};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::{Channel, Delivery};
use rulec_plan::template::Template;
use rulec_plan::time::Instant;
use serde_json::{Value, json};

const URL: &str = "https://sms.tencentcloudapi.com/";
const REGION: &str = "ap-guangzhou";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";
const PROMISE: Promise = Promise { honours_key: false, one_address: true };
const HOUR: u64 = 3600;

/// The interface's codes, by their beginnings.
const CODES: &[(&str, Meaning)] = &[
    ("RequestLimitExceeded", Meaning::Provider),
    ("ServiceUnavailable", Meaning::Provider),
    ("ResourceInsufficient", Meaning::Provider),
    ("ResourceUnavailable", Meaning::Provider),
    ("InternalError", Meaning::Unknown),
    ("InternalError.Sig", Meaning::Settings),
    ("InternalError.RestApiInterfaceNotExist", Meaning::Settings),
    ("InternalError.RequestTimeException", Meaning::Settings),
    ("AuthFailure", Meaning::Settings),
    ("UnauthorizedOperation", Meaning::Settings),
    ("IpNotInWhitelist", Meaning::Settings),
    ("IpInBlacklist", Meaning::Settings),
    ("InvalidAction", Meaning::Settings),
    ("InvalidRequest", Meaning::Settings),
    ("ActionOffline", Meaning::Settings),
    ("ResponseSizeLimitExceeded", Meaning::Unknown),
    ("NoSuch", Meaning::Settings),
    ("MissingParameter", Meaning::Settings),
    ("Unsupported", Meaning::Settings),
    // These are about a number of a country that the template, the signature or the service is not for.
    ("UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", Meaning::Refused),
    ("UnsupportedOperation.GlobalTemplateToChineseMainlandPhone", Meaning::Refused),
    ("UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", Meaning::Refused),
    ("UnsupportedOperation.UnsupportedRegion", Meaning::Refused),
    ("UnsupportedOperation.UnsuportedRegion", Meaning::Refused),
    ("LimitExceeded", Meaning::Settings),
    ("LimitExceeded.DeliveryFrequencyLimit", Meaning::Message(60)),
    ("LimitExceeded.PhoneNumberThirtySecondLimit", Meaning::Message(30)),
    ("LimitExceeded.PhoneNumberOneHourLimit", Meaning::Message(HOUR)),
    ("LimitExceeded.PhoneNumberDailyLimit", Meaning::Message(24 * HOUR)),
    ("LimitExceeded.PhoneNumberSameContentDailyLimit", Meaning::Message(24 * HOUR)),
    ("LimitExceeded.PhoneNumberCountLimit", Meaning::Refused),
    ("FailedOperation.InsufficientBalanceInSmsPackage", Meaning::Settings),
    ("FailedOperation.MissingSignature", Meaning::Settings),
    ("FailedOperation.NotEnterpriseCertification", Meaning::Settings),
    ("FailedOperation.SignatureIncorrectOrUnapproved", Meaning::Settings),
    ("FailedOperation.TemplateIncorrectOrUnapproved", Meaning::Settings),
    ("FailedOperation.TemplateUnapprovedOrNotExist", Meaning::Settings),
    ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", Meaning::Settings),
    ("FailedOperation.OtherError", Meaning::Unknown),
    ("FailedOperation.ParametersOtherError", Meaning::Unknown),
    ("FailedOperation.FailResolvePacket", Meaning::Settings),
    ("FailedOperation.ForbidAddMarketingTemplates", Meaning::Settings),
    ("FailedOperation.MarketingSendTimeConstraint", Meaning::Message(HOUR)),
    ("InvalidParameterValue.SdkAppIdNotExist", Meaning::Settings),
    ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", Meaning::Refused),
];

/// The channel that the settings describe.
pub(super) fn open(settings: Settings<'_>) -> Result<Box<dyn Channel>> {
    let params = settings.table("template_params");
    let params = params.map(|(_, text)| address::template(settings, "template_params", text));
    let tencent = Tencent {
        url: address::root(settings, URL)?,
        id: settings.required_secret("secret_id")?,
        secret: settings.required_secret("secret_key")?,
        sdk_app_id: settings.required("sdk_app_id")?.to_owned(),
        sign_name: settings.text("sign_name").map(str::to_owned),
        template_id: settings.required("template_id")?.to_owned(),
        params: params.collect::<Result<_>>()?,
        region: settings.text("region").unwrap_or(REGION).to_owned(),
    };
    HttpChannel::open(settings, tencent, ONE_BY_ONE)
}

struct Tencent {
    url: address::FixedAddress,
    id: Secret,
    secret: Secret,
    sdk_app_id: String,
    sign_name: Option<String>,
    template_id: String,
    params: Vec<Template>,
    region: String,
}

impl Protocol for Tencent {
    fn request(&self, messages: &[Outgoing<'_>], now: Instant) -> std::result::Result<Request, Delivery> {
        let message = super::only(messages)?;
        let content = &message.content;
        let fill = |template| template::fill_plain(template, content);
        let mut body = json!({
            "PhoneNumberSet": [phone::number(&content.to)?],
            "SmsSdkAppId": self.sdk_app_id,
            "TemplateId": self.template_id,
            "TemplateParamSet": self.params.iter().map(fill).collect::<Vec<_>>(),
            "SessionContext": content.key,
        });
        if let Some(sign_name) = &self.sign_name {
            body["SignName"] = sign_name.as_str().into();
        }
        let body = body.to_string();
        let time = sign::unix(now).to_string();
        let authorization = authorization(&self.url.host, "sms", &body, now, &self.id, &self.secret);
        let headers = [
            ("Content-Type", CONTENT_TYPE),
            ("X-TC-Action", "SendSms"),
            ("X-TC-Version", "2021-01-11"),
            ("X-TC-Region", &self.region),
            ("X-TC-Timestamp", &time),
            ("Authorization", &authorization),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok(Request { method: Method::POST, url: self.url.url.clone(), headers, body })
    }

    fn deliveries(&self, answer: &Answer, messages: &[Outgoing<'_>]) -> Says {
        messages.iter().map(|message| self.delivery(answer, message)).collect()
    }
}

impl Tencent {
    /// A refused request has an `Error`, else each number has a code of its own.
    fn delivery(&self, answer: &Answer, message: &Outgoing<'_>) -> Delivery {
        let private = message.private(&[&self.id, &self.secret]);
        let json = answer.json().unwrap_or_default();
        let response = json.get("Response").unwrap_or(&Value::Null);
        let result = response.get("Error").or_else(|| response.pointer("/SendStatusSet/0"));
        let text = |name: &str| result.and_then(|result| result.get(name)?.as_str());
        match text("Code") {
            Some("Ok") if answer.is_success() => taken(text("SerialNo")),
            Some(code) if code != "Ok" => {
                let said = text("Message").unwrap_or_default();
                meaning(CODES, code, answer.status).delivery(private.reason(code, said), answer.after)
            }
            _ => by_status(answer, PROMISE, &private).unwrap_or_else(|| unknown(answer)),
        }
    }
}

/// The signature of a `POST` of JSON to the root of a host.
fn authorization(
    host: &str,
    service: &str,
    body: &str,
    now: Instant,
    id: &Secret,
    secret: &Secret,
) -> String {
    let date = sign::utc(now).format("%Y-%m-%d").to_string();
    let scope = format!("{date}/{service}/tc3_request");
    let headers = format!("content-type:{CONTENT_TYPE}\nhost:{host}\n");
    let names = "content-type;host";
    let request = format!("POST\n/\n\n{headers}\n{names}\n{}", sign::sha256(body.as_bytes()));
    let to_sign =
        format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", sign::unix(now), sign::sha256(request.as_bytes()));
    let first = format!("TC3{}", secret.expose()).into_bytes();
    let key = [date.as_str(), service, "tc3_request"]
        .iter()
        .fold(first, |key, text| sign::hmac(&key, text.as_bytes()));
    let signature = sign::hex(&sign::hmac(&key, to_sign.as_bytes()));
    format!(
        "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        id.expose()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of `DescribeInstances` in Tencent Cloud's document on signature v3.
    #[test]
    fn a_request_is_signed_as_the_document_shows() {
        let body =
            r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let now = Instant(1_551_113_065_000_000);
        let signed = |id: &str, secret: &str| {
            let (id, secret) = (Secret::new(id), Secret::new(secret));
            authorization("cvm.tencentcloudapi.com", "cvm", body, now, &id, &secret)
        };
        assert_eq!(
            signed("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, \
             Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
        let stars = signed("AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", "Gu5t9xGARNpq86cd98joQYCN3*******");
        assert!(stars.ends_with("2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"));
    }
}
