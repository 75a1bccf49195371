//! How a path crosses: as text. The languages turn it into a path of their own.

use camino::Utf8PathBuf;

uniffi::custom_type!(Utf8PathBuf, String, {
    remote,
    lower: |path| path.into_string(),
    try_lift: |text| Ok(text.into()),
});
