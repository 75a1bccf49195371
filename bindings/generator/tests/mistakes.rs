//! What the generator does not know is an error that says where it stands and what it is; what it knows is in every language.

#![allow(clippy::expect_used, reason = "a test")]

use std::fs;
use std::path::PathBuf;

use trimaran_generator::model::{Model, Pace};
use trimaran_generator::{Error, Source, read};

/// Reads a core of one file.
fn read_text(name: &str, text: &str) -> Result<Source, Error> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).join("core/src");
    fs::create_dir_all(&folder).expect("a folder for the test");
    fs::write(folder.join("memory.rs"), text).expect("a file for the test");
    read(&folder)
}

fn mistake(name: &str, method: &str) -> String {
    let text = format!(
        "#[derive(uniffi::Object)]\npub struct Memory;\n\n#[uniffi::export]\nimpl Memory {{\n    /// Documented.\n    {method} {{}}\n}}\n"
    );
    read_text(name, &text).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_mistake_says_where_it_stands() {
    let found = mistake("usize", "pub fn count(&self, value: usize) -> Result<u64>");
    assert_eq!(found, "core/src/memory.rs:7: count: value: the generator does not know `usize`");
    let found = mistake("object", "pub fn copy(&self, other: Memory) -> Result<()>");
    assert_eq!(found, "core/src/memory.rs:7: copy: other: `Memory` crosses as `&Memory` or `Arc<Memory>`");
    let found = mistake("async", "pub async fn wait(&self) -> Result<()>");
    assert_eq!(found, "core/src/memory.rs:7: wait: an export is neither async nor generic nor unsafe");
    let found = mistake("default", "#[uniffi::method(default(size = 1))] pub fn grow(&self, delta: i64) -> Result<()>");
    assert_eq!(found, "core/src/memory.rs:7: grow: the default of `size`, which is no parameter");
}

#[test]
fn a_new_method_is_in_every_language() {
    let text = "
#[derive(uniffi::Object)]
pub struct Memory;
#[uniffi::export]
#[cfg_attr(false, brief)]
impl Memory {
    /// How many bytes are `value`.
    #[uniffi::method(default(value = 0))]
    pub fn count(&self, value: u8) -> Result<u64> {}
    /// Waits.
    #[cfg_attr(false, long)]
    pub fn wait(&self) -> Result<()> {}
}";
    let model = read_text("method", text).expect("it can be read").model;
    let paces: Vec<_> = model.objects.iter().flat_map(|object| &object.methods).map(|method| method.pace).collect();
    assert_eq!(paces, [Pace::Brief, Pace::Long]);
    assert!(trimaran_generator::python::rust(&model).contains("fn count<'py>("));
    assert!(trimaran_generator::python::stub(&model, "").contains("def count(self, value: int = 0) -> int:"));
    assert!(trimaran_generator::jni::rust(&model).contains("memoryCount"));
    assert!(trimaran_generator::c::header(&model).contains("trimaran_memory_count("));
}

#[test]
fn a_new_limit_is_in_every_language() {
    let text = "
/// What guests may use.
#[derive(uniffi::Record)]
pub struct StoreLimits {
    /// How many memories there may be: past it a call fails with `Limit`.
    #[uniffi(default)]
    pub memories: Option<u64>,
    /// How long it may take, in milliseconds.
    #[cfg_attr(false, also(swift = \"On a clock that stands still it has no end.\"))]
    #[uniffi(default)]
    pub wait_time: Option<u64>,
}
#[derive(uniffi::Error)]
pub enum WasmtimeError {
    Limit { reason: String },
}
/// Limits for guests that nobody trusts.
#[uniffi::export]
pub fn untrusted_limits() -> StoreLimits {}";
    let model = read_text("limit", text).expect("it can be read").model;
    let python = trimaran_generator::python::limits(&model);
    assert!(python.contains(
        "    memories: int | None\n    \"\"\"How many memories there may be: past it a call raises `LimitError`.\"\"\""
    ));
    assert!(python.contains("        wait_time: float | None = None,"));
    assert!(python.contains("return cls._from_raw(untrusted_limits())"));
    let kotlin = public(&model);
    assert!(kotlin.contains(" * @property waitTime How long it may take, in whole milliseconds."));
    assert!(kotlin.contains("    public val waitTime: Duration? = null,"));
    let files = trimaran_generator::swift::swift(&model);
    let swift = files.iter().map(|(_, text)| text.as_str()).collect::<String>();
    assert!(swift.contains("  /// On a clock that stands still it has no end.\n  public var waitTime: Duration?"));
    assert!(swift.contains("call fails with `limit`."));
}

/// The public classes of Kotlin.
fn public(model: &Model) -> String {
    trimaran_generator::kotlin::public(model).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_new_setting_is_in_kotlin_and_swift() {
    let text = "
/// How hard it tries.
#[derive(uniffi::Enum)]
pub enum Effort {
    /// As little as possible.
    None,
    /// With all that it has.
    AllOfIt,
}
/// The configuration of an engine.
#[derive(uniffi::Record)]
pub struct Config {
    /// How hard it tries.
    #[cfg_attr(false, also(kotlin = \"So does the JVM.\"))]
    #[uniffi(default)]
    pub effort: Option<Effort>,
    /// The greatest stack, in bytes: see `effort`.
    #[uniffi(default)]
    pub max_stack: Option<u64>,
}
#[derive(uniffi::Error)]
pub enum WasmtimeError {
    Limit { reason: String },
}
/// A configuration for guests that nobody trusts.
#[uniffi::export]
pub fn untrusted_config() -> Config {}";
    let model = read_text("setting", text).expect("it can be read").model;
    let kotlin = public(&model);
    assert!(kotlin.contains("public enum class Effort {\n    /** As little as possible. */\n    NONE,\n"));
    assert!(kotlin.contains("     * So does the JVM.\n     */\n    public var effort: Effort? = null\n"));
    assert!(
        kotlin.contains(
            "    /** The greatest stack, in bytes: see [effort]. */\n    public var maxStack: Long? = null\n"
        )
    );
    assert!(kotlin.contains("    public fun setMaxStack(maxStack: Long) {\n"));
    assert!(kotlin.contains("public fun untrusted(): Config = core { untrustedConfig() }.toPublic()"));
    let swift: String = trimaran_generator::swift::swift(&model).into_iter().map(|(_, text)| text).collect();
    assert!(swift.contains("  public var maxStack: UInt64?"));
}
