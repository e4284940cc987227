//! Tests of the profiles against a server that answers as the providers do.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use crate::http::receiver::{Received, Receiver, Reply};
use crate::testing::{SECRET, message, opened, sent};
use crate::{Delivery, Trouble};
use rulec_plan::project::ChannelKind;
use serde_json::{Value, json};

const ALIYUN: &[(&str, &str)] = &[
    ("profile", "aliyun"),
    ("access_key_id_env", "ID"),
    ("access_key_secret_env", "KEY"),
    ("sign_name", "好物"),
    ("template_code", "SMS_1"),
    ("template_params.text", "{message}"),
    ("template_params.code", "{code}"),
];
const TENCENT: &[(&str, &str)] = &[
    ("profile", "tencent"),
    ("secret_id_env", "ID"),
    ("secret_key_env", "KEY"),
    ("sdk_app_id", "1400000000"),
    ("sign_name", "好物"),
    ("template_id", "77"),
    ("template_params.1", "{message}"),
    ("template_params.2", "{code}"),
];
const KANNEL: &[(&str, &str)] =
    &[("profile", "kannel"), ("username", "shop"), ("password_env", "KEY"), ("from", "10690000")];

/// What a provider that answers so gets, and what becomes of the message.
fn handed_over(profile: &[(&str, &str)], reply: Reply, to: &str, text: &str) -> (Option<Received>, Delivery) {
    let receiver = Receiver::new(move |_| reply.clone());
    let url = receiver.url("/");
    let settings: Vec<_> = [("url", url.as_str())].iter().chain(profile).copied().collect();
    let channel = opened(ChannelKind::Webhook, &settings).unwrap();
    assert_eq!((channel.terms().batch, channel.terms().honours_key), (1, false));
    let delivery = sent(channel.as_ref(), &message(to, text));
    assert!(!format!("{delivery:?}").contains(SECRET), "{delivery:?}");
    (receiver.received().pop(), delivery)
}

/// A short word for what a code means.
fn meant(profile: &[(&str, &str)], status: u16, answer: &Value) -> String {
    let reply = Reply::Answer(status, Vec::new(), answer.to_string());
    word(&handed_over(profile, reply, "13800000000", "t").1)
}

fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Taken { id } => format!("taken {}", id.as_deref().unwrap_or("-")),
        Delivery::Refused(reason) => format!("refused {}", reason.code),
        Delivery::Later { after, trouble, .. } => {
            format!("{trouble:?} {}", after.map_or(0, |after| after.as_secs()))
        }
        Delivery::Unknown(reason) => format!("unknown {}", reason.code),
    }
}

#[test]
fn aliyun_gets_a_signed_query() {
    let taken = Reply::json(r#"{"Code": "OK", "Message": "OK", "BizId": "900", "RequestId": "r"}"#);
    let (received, delivery) = handed_over(ALIYUN, taken, "+86 138-0000-0000", "您好&\"?");
    assert_eq!(delivery, Delivery::Taken { id: Some("900".to_owned()) });
    let received = received.unwrap();
    assert_eq!((received.method.as_str(), received.body.as_str()), ("POST", ""));
    assert_eq!(
        received.target,
        "/?OutId=00112233445566778899aabbccddeeff&PhoneNumbers=%2B8613800000000&SignName=%E5%A5%BD%E7%89%A9\
         &TemplateCode=SMS_1&TemplateParam=%7B%22text%22%3A%22%E6%82%A8%E5%A5%BD%26%5C%22%3F%22%2C%22code%22%3A%22C0DE-1%22%7D"
    );
    assert_eq!(received.header("x-acs-date"), Some("2026-11-21T12:00:00Z"));
    assert_eq!(received.header("x-acs-signature-nonce").map(str::len), Some(32));
    let authorization = received.header("authorization").unwrap();
    let start = format!("ACS3-HMAC-SHA256 Credential={SECRET},SignedHeaders=host;x-acs-action;");
    assert!(authorization.starts_with(&start), "{authorization}");
}

#[test]
fn the_codes_of_aliyun_mean_what_they_say() {
    for (status, code, said, wanted) in [
        (200, "isv.MOBILE_NUMBER_ILLEGAL", "", "refused isv.MOBILE_NUMBER_ILLEGAL"),
        (200, "isv.SMS_CONTENT_ILLEGAL", "", "refused isv.SMS_CONTENT_ILLEGAL"),
        (200, "isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", "Message 60"),
        (200, "isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", "Message 3600"),
        (200, "isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", "Message 86400"),
        (200, "isv.SMS_SIGNATURE_ILLEGAL", "", "Settings 0"),
        (200, "isv.OUT_OF_SERVICE", "", "Settings 0"),
        (200, "isp.SYSTEM_ERROR", "", "unknown isp.SYSTEM_ERROR"),
        (200, "isp.UNKNOWN", "", "unknown isp.UNKNOWN"),
        (200, "isv.UNKNOWN_ERR_CODE", "", "unknown isv.UNKNOWN_ERR_CODE"),
        (200, "isp.RAM_PERMISSION_DENY", "", "Settings 0"),
        (400, "SignatureDoesNotMatch", "", "Settings 0"),
        (404, "InvalidAccessKeyId.NotFound", "", "Settings 0"),
        (400, "Throttling.User", "", "Provider 0"),
        (503, "ServiceUnavailable", "", "Provider 0"),
        (500, "OK", "", "unknown http 500"),
        (500, "SomethingNew", "", "unknown SomethingNew"),
        (400, "SomethingNew", "", "refused SomethingNew"),
    ] {
        let answer = json!({"Code": code, "Message": said});
        assert_eq!(meant(ALIYUN, status, &answer), wanted, "{code}");
    }
    assert_eq!(meant(ALIYUN, 200, &json!([])), "unknown http 200");
    assert_eq!(meant(ALIYUN, 502, &json!("bad gateway")), "unknown http 502");
}

#[test]
fn tencent_gets_signed_json() {
    let taken = json!({"Response": {"SendStatusSet": [{"SerialNo": "5000", "Code": "Ok", "Message": "ok"}]}});
    let (received, delivery) = handed_over(TENCENT, Reply::json(taken.to_string()), "13800000000", "您好\"}");
    assert_eq!(delivery, Delivery::Taken { id: Some("5000".to_owned()) });
    let received = received.unwrap();
    let body: Value = serde_json::from_str(&received.body).unwrap();
    assert_eq!(
        body,
        json!({
            "PhoneNumberSet": ["13800000000"], "SmsSdkAppId": "1400000000", "TemplateId": "77", "SignName": "好物",
            "TemplateParamSet": ["您好\"}", "C0DE-1"], "SessionContext": "00112233445566778899aabbccddeeff",
        })
    );
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("x-tc-action", "SendSms"),
        ("x-tc-version", "2021-01-11"),
        ("x-tc-region", "ap-guangzhou"),
        ("x-tc-timestamp", "1795262400"),
    ] {
        assert_eq!(received.header(name), Some(value));
    }
    let authorization = received.header("authorization").unwrap();
    let start = format!("TC3-HMAC-SHA256 Credential={SECRET}/2026-11-21/sms/tc3_request, ");
    assert!(authorization.starts_with(&start), "{authorization}");
}

#[test]
fn the_codes_of_tencent_mean_what_they_say() {
    for (code, wanted) in [
        ("InvalidParameterValue.IncorrectPhoneNumber", "refused InvalidParameterValue.IncorrectPhoneNumber"),
        ("FailedOperation.PhoneNumberInBlacklist", "refused FailedOperation.PhoneNumberInBlacklist"),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", "Message 30"),
        ("LimitExceeded.PhoneNumberDailyLimit", "Message 86400"),
        ("LimitExceeded.AppDailyLimit", "Settings 0"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "Settings 0"),
        ("InternalError.Timeout", "unknown InternalError.Timeout"),
        ("InternalError.SigVerificationFail", "Settings 0"),
        ("FailedOperation.OtherError", "unknown FailedOperation.OtherError"),
        ("FailedOperation.ParametersOtherError", "unknown FailedOperation.ParametersOtherError"),
        ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "Settings 0"),
        ("FailedOperation.ContainSensitiveWord", "refused FailedOperation.ContainSensitiveWord"),
        ("UnsupportedOperation", "Settings 0"),
        ("UnsupportedOperation.UnsupportedRegion", "refused UnsupportedOperation.UnsupportedRegion"),
    ] {
        let answer = json!({"Response": {"SendStatusSet": [{"SerialNo": "", "Code": code, "Message": ""}]}});
        assert_eq!(meant(TENCENT, 200, &answer), wanted);
    }
    for (code, wanted) in [
        ("AuthFailure.SignatureFailure", "Settings 0"),
        ("RequestLimitExceeded.UinLimitExceeded", "Provider 0"),
        ("UnauthorizedOperation.SdkAppIdIsDisabled", "Settings 0"),
        ("ServiceUnavailable", "Provider 0"),
        ("ActionOffline", "Settings 0"),
        ("UnsupportedProtocol", "Settings 0"),
        ("UnsupportedRegion", "Settings 0"),
        ("InvalidRequest", "Settings 0"),
        ("ResponseSizeLimitExceeded", "unknown ResponseSizeLimitExceeded"),
    ] {
        assert_eq!(
            meant(TENCENT, 200, &json!({"Response": {"Error": {"Code": code, "Message": ""}}})),
            wanted
        );
    }
    assert_eq!(meant(TENCENT, 200, &json!({"Response": {"SendStatusSet": []}})), "unknown http 200");
}

#[test]
fn kannel_gets_a_query_or_headers() {
    let taken = || Reply::Answer(202, Vec::new(), "0: Accepted for delivery".to_owned());
    let get: Vec<_> = KANNEL.iter().chain(&[("method", "GET")]).copied().collect();
    let (received, delivery) = handed_over(&get, taken(), "+86 13800000000", "您好&to=1");
    assert_eq!(delivery, Delivery::Taken { id: None });
    let received = received.unwrap();
    assert_eq!(received.method, "GET");
    assert_eq!(
        received.target,
        format!(
            "/?username=shop&password={SECRET}&to=%2B8613800000000&coding=2&from=10690000&charset=UTF-8\
             &text=%E6%82%A8%E5%A5%BD%26to%3D1"
        )
    );
    let reports = [("dlr_mask", "31"), ("dlr_url", "http://h/dlr?k=1")];
    let post: Vec<_> = KANNEL.iter().chain(&reports).copied().collect();
    let received = handed_over(&post, taken(), "13800000000", "您好").0.unwrap();
    assert_eq!(received.header("x-kannel-dlr-url"), Some("http://h/dlr?k=1"));
    assert_eq!(
        (received.method.as_str(), received.target.as_str(), received.body.as_str()),
        ("POST", "/", "您好")
    );
    assert_eq!(received.header("x-kannel-to"), Some("13800000000"));
    assert_eq!(received.header("x-kannel-password"), Some(SECRET));
}

#[test]
fn what_kannel_answers_means_what_it_says() {
    let meant = |status, said: &str| {
        word(&handed_over(KANNEL, Reply::Answer(status, Vec::new(), said.to_owned()), "13800000000", "t").1)
    };
    assert_eq!(meant(202, "3: Queued for later delivery"), "taken -");
    assert_eq!(meant(200, "Sent."), "taken -");
    assert_eq!(meant(403, "Authorization failed for sendsms"), "Settings 0");
    assert_eq!(meant(403, "Not routable. Do not try again."), "refused http 403");
    for (status, else_said) in [(200, "<html>0: log in</html>"), (204, ""), (202, "5: Something new")] {
        assert_eq!(meant(status, else_said), format!("unknown http {status}"));
    }
    assert_eq!(meant(400, "Empty receiver number not allowed, rejected"), "refused http 400");
    assert_eq!(meant(400, "Charset or body misformed, rejected"), "refused http 400");
    assert_eq!(meant(400, "Sender missing and no global set, rejected"), "Settings 0");
    assert_eq!(meant(400, "DLR-URL field misformed, rejected"), "Settings 0");
    assert_eq!(meant(503, "Temporal failure, try again later."), "Provider 0");
    assert_eq!(meant(503, "upstream connect error or disconnect/reset"), "unknown http 503");
    assert_eq!(meant(404, "unknown request"), "Settings 0");
}

#[test]
fn a_signature_over_the_root_goes_to_no_other_path() {
    for profile in [ALIYUN, TENCENT] {
        for (url, wanted) in [
            ("https://h", None),
            ("https://h:1/", None),
            ("https://h/p", Some("R0180")),
            ("https://h//", Some("R0180")),
        ] {
            let settings: Vec<_> = [("url", url)].iter().chain(profile).copied().collect();
            let problem = opened(ChannelKind::Webhook, &settings).err().map(|problem| problem.code.name());
            assert_eq!(problem, wanted, "{url}");
        }
    }
}

#[test]
fn no_address_is_more_than_one_number() {
    for profile in [ALIYUN, TENCENT, KANNEL] {
        for to in ["13800000000,13900000000", "13800000000 13900000000", "", "@all", "1\r\nX: 2"] {
            let (received, delivery) = handed_over(profile, Reply::status(200), to, "t");
            assert!(received.is_none() && matches!(delivery, Delivery::Refused(_)), "{to}: {delivery:?}");
        }
    }
}

#[test]
fn a_provider_that_is_not_there_is_its_own_trouble() {
    let settings: Vec<_> = [("url", "http://127.0.0.1:1/")].iter().chain(ALIYUN).copied().collect();
    let channel = opened(ChannelKind::Webhook, &settings).unwrap();
    let delivery = sent(channel.as_ref(), &message("13800000000", "t"));
    assert!(matches!(delivery, Delivery::Later { trouble: Trouble::Provider, .. }), "{delivery:?}");
}

#[test]
fn each_profile_says_what_it_lacks() {
    for profile in [ALIYUN, TENCENT, KANNEL] {
        for missing in profile.iter().map(|(name, _)| *name) {
            if missing == "profile" || missing.starts_with("template_params") || ["from"].contains(&missing) {
                continue;
            }
            let url = ("url", "http://127.0.0.1:1/");
            let rest = profile.iter().filter(|(name, _)| *name != missing);
            let settings: Vec<_> = [url].iter().chain(rest).copied().collect();
            let problem = opened(ChannelKind::Webhook, &settings).err().map(|problem| problem.code.name());
            let optional = missing == "sign_name" && profile == TENCENT;
            assert_eq!(problem, (!optional).then_some("R0180"), "{missing}");
        }
    }
}
