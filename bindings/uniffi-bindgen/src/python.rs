//! What UniFFI generates for Python, adapted: it finds its functions in the extension module, is imported in half the
//! time, serialises in a third of it, and has objects that can be neither copied nor pickled.

use anyhow::{Result, bail};

/// Where the generated module looks for a library of its own. Python has one library in the process: the extension
/// module, which the lane needs as well.
const SEARCH: &str =
    "    path = os.path.join(os.path.dirname(__file__), libname)\n    lib = ctypes.cdll.LoadLibrary(path)";
const FOUND: &str = "    from . import _native\n    lib = _UniffiLibrary(_native.__file__)";

/// The types of a function are looked up when it is first used: no program uses them all.
const LOADER: &str = "def _uniffi_load_indirect():\n";
const LIBRARY: &str = r#"_UNIFFI_SIGNATURES = {}


class _UniffiLibrary(ctypes.CDLL):
    def __getitem__(self, name):
        function = super().__getitem__(name)
        function.argtypes, function.restype = _UNIFFI_SIGNATURES[name]()
        return function


"#;

/// A call reports into a structure that is all zeros at first, as `ctypes` makes it by itself, and mostly afterwards.
const CALL: &str = "    call_status = _UniffiRustCallStatus.default()

    args_with_error = args + (ctypes.byref(call_status),)
    result = fn(*args_with_error)
    _uniffi_check_call_status(error_ffi_converter, call_status)
    return result
";
const SHORT_CALL: &str = "    call_status = _UniffiRustCallStatus()
    result = fn(*args, ctypes.byref(call_status))
    if call_status.code != 0:
        _uniffi_check_call_status(error_ffi_converter, call_status)
    return result
";

/// An object has a handle, and voids it when it goes. A copy would void it once more.
const HANDLE: &str = "    _handle: ctypes.c_uint64\n";
const NO_COPY: &str = r#"    _handle: ctypes.c_uint64

    def __reduce_ex__(self, protocol):
        raise TypeError(f"{type(self).__name__} has a handle of its own: it can be neither copied nor pickled")

    __reduce__ = __copy__ = lambda self: self.__reduce_ex__(2)

    def __deepcopy__(self, memo):
        return self.__reduce_ex__(2)
"#;

/// What reads and writes the bytes of values: number by number by `ctypes` and a context manager each. Ours is here instead.
const BUFFERS: (&str, &str) = ("class _UniffiRustBufferStream:\n", "# A handful of classes and functions to support");
const OUR_BUFFERS: &str = include_str!("python_buffers.py");

/// The context managers for those.
const MANAGERS: (&str, &str) =
    ("    @contextlib.contextmanager\n    def alloc_with_builder(", "class _UniffiForeignBytes(");
const TAKE: &str = "    def take(self):
        try:
            return self.data[0:self.len]
        finally:
            self.free()

";

/// What used them; and the call that never fails, one step shorter.
const USES: [(&str, &str); 5] = [
    (
        "    return _uniffi_rust_call_with_error(None, fn, *args)
",
        "    call_status = _UniffiRustCallStatus()
    result = fn(*args, ctypes.byref(call_status))
    if call_status.code != 0:
        _uniffi_check_call_status(None, call_status)
    return result
",
    ),
    (
        "        with rbuf.consume_with_stream() as stream:
            return cls.read(stream)
",
        "        data = rbuf.take()
        stream = _UniffiRustBufferStream(data, len(data))
        value = cls.read(stream)
        stream.check_end()
        return value
",
    ),
    (
        "        with _UniffiRustBuffer.alloc_with_builder() as builder:
            cls.write(value, builder)
            return builder.finalize()
",
        "        builder = _UniffiRustBufferBuilder()
        cls.write(value, builder)
        return builder.finalize()
",
    ),
    (
        "        with buf.consume_with_stream() as stream:
            return stream.read(stream.remaining()).decode(\"utf-8\")
",
        "        return buf.take().decode(\"utf-8\")
",
    ),
    (
        "        with _UniffiRustBuffer.alloc_with_builder() as builder:
            builder.write(value.encode(\"utf-8\"))
            return builder.finalize()
",
        "        builder = _UniffiRustBufferBuilder()
        builder.write(value.encode(\"utf-8\"))
        return builder.finalize()
",
    ),
];

/// What the module does not need. `dataclasses` gives the generated classes no more than a `__repr__`,
/// and is the slowest import of all.
const UNUSED: [&str; 7] = [
    "import contextlib",
    "import datetime",
    "import itertools",
    "import traceback",
    "import platform",
    "from dataclasses import dataclass",
    "@dataclass",
];

/// Adapts a generated module. Fails where it does not look as expected: then this file has to follow UniFFI.
pub(crate) fn adapt(source: &str) -> Result<String> {
    let mut made = String::with_capacity(source.len());
    let mut signatures = 0;
    let mut skips = false;
    for line in source.lines() {
        let begins = line.starts_with(|first: char| first.is_ascii_alphabetic() || "_@#".contains(first));
        skips = if begins { is_superfluous(line) } else { skips };
        if skips || UNUSED.contains(&line.trim()) {
            continue;
        }
        if let Some(name) = between(line, "_UniffiLib.", ".argtypes = (") {
            made.push_str(&format!("_UNIFFI_SIGNATURES[\"{name}\"] = lambda: ((\n"));
            signatures += 1;
        } else if let Some((_, result)) = line.split_once(".restype = ").filter(|_| line.starts_with("_UniffiLib.")) {
            // The tuple of the types of the arguments has been closed.
            made.push_str(&format!(", {result})\n"));
        } else if let Some((head, _)) = line.split_once("Protocol):").filter(|_| line.starts_with("class ")) {
            // The protocols of the objects, which nobody uses, are superfluous.
            let Some((class, _)) = head.split_once('(') else { bail!("UniFFI writes classes otherwise: {line}") };
            made.push_str(&format!("{class}:\n"));
        } else {
            made.push_str(line);
            made.push('\n');
        }
    }
    // A result follows its arguments on a line of its own.
    let made = made.replace("\n)\n, ", "\n), ");
    let made = between_replaced(&made, BUFFERS, OUR_BUFFERS)?;
    let mut made = between_replaced(&made, MANAGERS, TAKE)?;
    for (used, instead) in USES {
        if made.matches(used).count() != 1 {
            bail!("UniFFI uses its buffers otherwise: there is no `{used}`");
        }
        made = made.replace(used, instead);
    }
    for expected in [SEARCH, LOADER, CALL] {
        if made.matches(expected).count() != 1 {
            bail!("UniFFI loads and calls the library otherwise: there is no `{expected}`");
        }
    }
    if !made.contains(HANDLE) {
        bail!("UniFFI keeps handles otherwise: there is no `{HANDLE}`");
    }
    if signatures == 0 || made.contains("_UniffiLib.uniffi_trimaran_fn_func_version.") {
        bail!("UniFFI declares functions otherwise");
    }
    Ok(made
        .replace(SEARCH, FOUND)
        .replace(CALL, SHORT_CALL)
        .replace(HANDLE, NO_COPY)
        .replace(LOADER, &format!("{LIBRARY}{LOADER}")))
}

/// The text with something else from the first mark up to the second.
fn between_replaced(text: &str, (from, to): (&str, &str), instead: &str) -> Result<String> {
    let parts = text.split_once(from).and_then(|(before, rest)| Some((before, rest.split_once(to)?.1)));
    let Some((before, after)) = parts else {
        bail!("UniFFI reads and writes otherwise: there is no `{from}` before `{to}`")
    };
    Ok(format!("{before}{instead}{to}{after}"))
}

/// Whether what begins with this line is left out: checksums, since module and library are one wheel, which nobody can
/// mix; protocols; and what the module would export, since it is private.
fn is_superfluous(line: &str) -> bool {
    line.starts_with("def _uniffi_check_api_checksums(")
        || line.starts_with("_UniffiLib.") && line.contains("_checksum_")
        || line.starts_with("class ") && line.ends_with("Protocol(typing.Protocol):")
        || line.starts_with("__all__ = [")
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.strip_prefix(before)?.strip_suffix(after)
}
