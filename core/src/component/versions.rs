//! Names with versions: `wasi:cli/run@0.2.6` serves who asks for `wasi:cli/run@0.2.0` (component model, `Explainer.md`, "Import and
//! export definitions").

/// What serves a name among others: that very name, or the one with the highest version that is compatible with it.
pub(super) fn find<'a>(wanted: &str, mut names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if let Some(exact) = names.clone().find(|name| *name == wanted) {
        return Some(exact);
    }
    let (of, wanted) = split(wanted)?;
    let compatible = |name: &&'a str| split(name).filter(|(base, version)| *base == of && version.serves(wanted));
    let best =
        names.by_ref().filter_map(|name| Some((compatible(&name)?.1, name))).max_by_key(|(version, _)| *version)?;
    Some(best.1)
}

/// A version without a label.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u64, u64, u64);

impl Version {
    /// Whether both promise the same: the first number that is not zero is equal.
    fn serves(self, other: Self) -> bool {
        match (self, other) {
            (Self(0, 0, one), Self(0, 0, other)) => one == other,
            (Self(0, one, _), Self(0, other, _)) => one == other && one != 0,
            (Self(one, ..), Self(other, ..)) => one == other && one != 0,
        }
    }
}

/// A name and its version. None where it has no version, or one with a label.
fn split(name: &str) -> Option<(&str, Version)> {
    let (of, version) = name.rsplit_once('@')?;
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let version = Version(next()?, next()?, next()?);
    numbers.next().is_none().then_some((of, version))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_compatible_version_serves_and_another_one_does_not() {
        let names =
            ["a:b/c@0.2.1", "a:b/c@0.2.6", "a:b/c@0.3.0", "a:b/c@1.2.0", "a:b/c@2.0.0-rc", "a:b/d@0.0.1", "plain"];
        let all = || names.iter().copied();
        assert_eq!(find("a:b/c@0.2.0", all()), Some("a:b/c@0.2.6"));
        assert_eq!(find("a:b/c@0.2.1", all()), Some("a:b/c@0.2.1"));
        assert_eq!(find("a:b/c@0.2.9", all()), Some("a:b/c@0.2.6"));
        assert_eq!(find("a:b/c@1.9.9", all()), Some("a:b/c@1.2.0"));
        assert_eq!(find("a:b/c@2.0.0", all()), None);
        assert_eq!(find("a:b/c@2.0.0-rc", all()), Some("a:b/c@2.0.0-rc"));
        assert_eq!(find("a:b/d@0.0.2", all()), None);
        assert_eq!(find("a:b/c", all()), None);
        assert_eq!(find("plain", all()), Some("plain"));
    }
}
