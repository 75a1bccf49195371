//! Which hosts HTTP requests may go to, by name and by address: what `run --http-allow` of the command line says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::wasi::http::message::HttpRequestHead;

/// The hosts that were granted.
pub(crate) struct Grants(Vec<Grant>);

struct Grant {
    host: Host,
    /// With none, the port of the request's scheme.
    port: Option<u16>,
}

#[derive(PartialEq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// Fails for what is neither a name nor an address. Names are in ASCII: a guest asks for those of other alphabets so, too.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (!name.is_empty() && name.len() <= 253 && name.bytes().all(is_letter)).then_some(Self::Name(name))
    }

    /// Whether it is a name that stands for the machine itself, by RFC 6761.
    fn is_local(&self) -> bool {
        matches!(self, Self::Name(name) if name == "localhost" || name.ends_with(".localhost"))
    }
}

impl Grant {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let address = address.parse::<Ipv6Addr>().ok()?;
                let port = if port.is_empty() { None } else { Some(port.strip_prefix(':')?) };
                (Host::Address(IpAddr::V6(address).to_canonical()), port)
            }
            // An IPv6 address without brackets has no port.
            None if text.matches(':').count() > 1 => (Host::parse(text)?, None),
            None => match text.split_once(':') {
                Some((host, port)) => (Host::parse(host)?, Some(port)),
                None => (Host::parse(text)?, None),
            },
        };
        let port = match port {
            None => None,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { host, port })
    }

    fn has_port(&self, head: &HttpRequestHead) -> bool {
        let port = self.port.unwrap_or(if head.scheme == "http" { 80 } else { 443 });
        port == head.port
    }
}

impl Grants {
    /// Reads `HOST` or `HOST:PORT` of each. `Err` has the first that is neither.
    pub(crate) fn parse(texts: &[String]) -> std::result::Result<Self, &str> {
        let grants = texts.iter().map(|text| Grant::parse(text).ok_or(text.as_str()));
        Ok(Self(grants.collect::<std::result::Result<_, _>>()?))
    }

    /// Whether the host was granted by its name or its address, with that port.
    pub(super) fn admit(&self, host: &Host, head: &HttpRequestHead) -> bool {
        self.0.iter().any(|grant| grant.host == *host && grant.has_port(head))
    }

    /// Whether a request to this host may reach that address. One that is not public has to be granted itself.
    pub(super) fn permit(&self, host: &Host, head: &HttpRequestHead, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (host.is_local() && address.is_loopback()) || self.admit(&Host::Address(address), head)
    }
}

/// Where a request may go: it has been looked up, and checked.
pub(super) struct Destination {
    pub(super) grants: Arc<Grants>,
    pub(super) host: Host,
    pub(super) addresses: Vec<IpAddr>,
}

impl Destination {
    pub(super) fn permits(&self, head: &HttpRequestHead, address: IpAddr) -> bool {
        self.grants.permit(&self.host, head, address)
    }
}

/// Whether the registries of IANA have it as an address that anybody may reach.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.segments() {
            // NAT64: an IPv4 address is in the last 32 bits.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_public_v4(Ipv4Addr::new(a, b, c, d))
            }
            // Of the global unicast addresses not those of protocols and documents, nor 6to4, which has IPv4 addresses in it.
            [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
            [0x2002, ..] => false,
            [0x3fff, second, ..] => second >= 0x1000,
            [first, ..] => (0x2000..0x4000).contains(&first),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, shared addresses, protocols, relays of 6to4, tests of networks, and what is reserved.
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [first, ..] => first >= 240,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use super::*;

    fn head(scheme: &str, host: &str, port: u16) -> HttpRequestHead {
        HttpRequestHead {
            method: "GET".to_owned(),
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
            authority: String::new(),
            path_with_query: "/".to_owned(),
            headers: Vec::new(),
            body_size: 0,
            connect_timeout: None,
            first_byte_timeout: None,
            between_bytes_timeout: None,
        }
    }

    fn grants(texts: &[&str]) -> Grants {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Grants::parse(&texts).unwrap()
    }

    fn admits(texts: &[&str], scheme: &str, host: &str, port: u16) -> bool {
        Host::parse(host).is_some_and(|parsed| grants(texts).admit(&parsed, &head(scheme, host, port)))
    }

    #[test]
    fn a_host_is_granted_with_its_port() {
        assert!(admits(&["Example.com"], "https", "example.com", 443));
        assert!(admits(&["example.com."], "http", "example.com.", 80));
        assert!(admits(&["example.com:8080"], "http", "example.com", 8080));
        assert!(admits(&["[::1]:8080"], "http", "::1", 8080));
        assert!(admits(&["::1"], "http", "0:0:0:0:0:0:0:1", 80));
        assert!(admits(&["127.0.0.1"], "http", "::ffff:127.0.0.1", 80));
        for (grant, scheme, host, port) in [
            ("example.com", "https", "example.com", 80),
            ("example.com", "http", "example.com", 8080),
            ("example.com:80", "https", "example.com", 443),
            ("example.com", "https", "www.example.com", 443),
            ("example.com", "https", "example.com.evil.test", 443),
            ("127.0.0.1", "http", "127.1", 80),
            ("127.1", "http", "127.0.0.1", 80),
        ] {
            assert!(!admits(&[grant], scheme, host, port), "{grant} admits {scheme}://{host}:{port}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = "a".repeat(254);
        for text in
            ["", ":80", "a:", "a:b", "a:65536", "https://a", "a/b", "a b", "a\n", "[a]", "[::1", "[::1]80", "*", &long]
        {
            assert!(Grants::parse(&[text.to_owned()]).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_that_is_not_public_is_granted_itself() {
        let name = Host::parse("example.com").unwrap();
        let head = head("https", "example.com", 443);
        let permits = |texts: &[&str], address: &str| grants(texts).permit(&name, &head, address.parse().unwrap());
        for address in ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8", "192.0.1.1"] {
            assert!(permits(&[], address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!permits(&[], address), "{address}");
            assert!(permits(&[&format!("{}", address.parse::<IpAddr>().unwrap())], address), "{address}");
        }
        assert!(!permits(&["10.0.0.1:80"], "10.0.0.1"), "with another port");
    }

    #[test]
    fn localhost_is_the_machine_itself() {
        let head = head("http", "localhost", 80);
        let permits = |host: &str, address: &str| {
            grants(&[]).permit(&Host::parse(host).unwrap(), &head, address.parse().unwrap())
        };
        assert!(permits("localhost", "127.0.0.1"));
        assert!(permits("a.localhost", "::1"));
        assert!(!permits("localhost", "10.0.0.1"));
        assert!(!permits("notlocalhost", "127.0.0.1"));
    }
}
