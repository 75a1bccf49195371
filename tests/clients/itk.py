"""itkwasm with itkwasm-compress-stringify-wasi: Zstandard and base64 in a pipeline, through the memory's address."""

from __future__ import annotations

import hashlib

from itkwasm_compress_stringify_wasi import compress_stringify, parse_string_decompress

for octets in b"hello", bytes(range(256)) * 200, b"x" * 1_000_000:
    packed = compress_stringify(octets)
    text = compress_stringify(octets, stringify=True, compression_level=5, data_url_prefix="data:base64,")
    print(len(octets), len(packed), hashlib.sha256(packed).hexdigest()[:16], text[:24].decode())
    print(parse_string_decompress(packed) == octets, parse_string_decompress(text, parse_string=True) == octets)
