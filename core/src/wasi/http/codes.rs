//! The error codes of `wasi:http`, by the names that its WIT has for them.

use wasmtime_wasi_http::p2::bindings::http::types::{
    DnsErrorPayload, ErrorCode, FieldSizePayload, TlsAlertReceivedPayload,
};

use crate::errors::guest_text::Name;
use crate::{Result, WasmtimeError};

/// The code of that name. Some have a text of their own: the reply of the name server, the alert, the coding, or the reason. Fails with
/// `Config` for a name that is none, and for a text with a code that has none.
pub(super) fn code(name: &str, detail: Option<String>) -> Result<ErrorCode> {
    let has_detail = detail.is_some();
    let size = FieldSizePayload { field_name: None, field_size: None };
    let (code, takes_detail) = match name {
        "DNS-timeout" => (ErrorCode::DnsTimeout, false),
        "DNS-error" => (ErrorCode::DnsError(DnsErrorPayload { rcode: detail, info_code: None }), true),
        "destination-not-found" => (ErrorCode::DestinationNotFound, false),
        "destination-unavailable" => (ErrorCode::DestinationUnavailable, false),
        "destination-IP-prohibited" => (ErrorCode::DestinationIpProhibited, false),
        "destination-IP-unroutable" => (ErrorCode::DestinationIpUnroutable, false),
        "connection-refused" => (ErrorCode::ConnectionRefused, false),
        "connection-terminated" => (ErrorCode::ConnectionTerminated, false),
        "connection-timeout" => (ErrorCode::ConnectionTimeout, false),
        "connection-read-timeout" => (ErrorCode::ConnectionReadTimeout, false),
        "connection-write-timeout" => (ErrorCode::ConnectionWriteTimeout, false),
        "connection-limit-reached" => (ErrorCode::ConnectionLimitReached, false),
        "TLS-protocol-error" => (ErrorCode::TlsProtocolError, false),
        "TLS-certificate-error" => (ErrorCode::TlsCertificateError, false),
        "TLS-alert-received" => {
            (ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload { alert_id: None, alert_message: detail }), true)
        }
        "HTTP-request-denied" => (ErrorCode::HttpRequestDenied, false),
        "HTTP-request-length-required" => (ErrorCode::HttpRequestLengthRequired, false),
        "HTTP-request-body-size" => (ErrorCode::HttpRequestBodySize(None), false),
        "HTTP-request-method-invalid" => (ErrorCode::HttpRequestMethodInvalid, false),
        "HTTP-request-URI-invalid" => (ErrorCode::HttpRequestUriInvalid, false),
        "HTTP-request-URI-too-long" => (ErrorCode::HttpRequestUriTooLong, false),
        "HTTP-request-header-section-size" => (ErrorCode::HttpRequestHeaderSectionSize(None), false),
        "HTTP-request-header-size" => (ErrorCode::HttpRequestHeaderSize(None), false),
        "HTTP-request-trailer-section-size" => (ErrorCode::HttpRequestTrailerSectionSize(None), false),
        "HTTP-request-trailer-size" => (ErrorCode::HttpRequestTrailerSize(size), false),
        "HTTP-response-incomplete" => (ErrorCode::HttpResponseIncomplete, false),
        "HTTP-response-header-section-size" => (ErrorCode::HttpResponseHeaderSectionSize(None), false),
        "HTTP-response-header-size" => (ErrorCode::HttpResponseHeaderSize(size), false),
        "HTTP-response-body-size" => (ErrorCode::HttpResponseBodySize(None), false),
        "HTTP-response-trailer-section-size" => (ErrorCode::HttpResponseTrailerSectionSize(None), false),
        "HTTP-response-trailer-size" => (ErrorCode::HttpResponseTrailerSize(size), false),
        "HTTP-response-transfer-coding" => (ErrorCode::HttpResponseTransferCoding(detail), true),
        "HTTP-response-content-coding" => (ErrorCode::HttpResponseContentCoding(detail), true),
        "HTTP-response-timeout" => (ErrorCode::HttpResponseTimeout, false),
        "HTTP-upgrade-failed" => (ErrorCode::HttpUpgradeFailed, false),
        "HTTP-protocol-error" => (ErrorCode::HttpProtocolError, false),
        "loop-detected" => (ErrorCode::LoopDetected, false),
        "configuration-error" => (ErrorCode::ConfigurationError, false),
        "internal-error" => (ErrorCode::InternalError(detail), true),
        other => {
            let reason =
                format!("`{}` is no error code of wasi:http: expected one such as `connection-refused`", Name(other));
            return Err(WasmtimeError::Config { reason });
        }
    };
    if has_detail && !takes_detail {
        let reason = format!("the error code `{name}` of wasi:http has no text: leave the detail out");
        return Err(WasmtimeError::Config { reason });
    }
    Ok(code)
}
