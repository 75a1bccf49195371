class _UniffiRustBufferStream:
    def __init__(self, data, len):
        self.data, self.len, self.offset = data, len, 0

    def read(self, size):
        start = self.offset
        self.offset = start + size
        if self.offset > self.len:
            raise InternalError("read past end of rust buffer")
        return self.data[start:self.offset]

    def check_end(self):
        if self.offset != self.len:
            raise InternalError(f"{self.len - self.offset} bytes are left in the buffer")


class _UniffiRustBufferBuilder:
    def __init__(self):
        self.parts = []
        self.write = self.parts.append

    def finalize(self):
        data = b"".join(self.parts)
        rbuf = _UniffiRustBuffer.alloc(len(data))
        ctypes.memmove(rbuf.data, data, len(data))
        rbuf.len = len(data)
        return rbuf


def _uniffi_number(name, form):
    size, pack, unpack = struct.calcsize(form), struct.Struct(form).pack, struct.Struct(form).unpack_from

    def read(self):
        start = self.offset
        self.offset = start + size
        if self.offset > self.len:
            raise InternalError("read past end of rust buffer")
        return unpack(self.data, start)[0]

    def write(self, value):
        self.write(pack(value))

    setattr(_UniffiRustBufferStream, f"read_{name}", read)
    setattr(_UniffiRustBufferBuilder, f"write_{name}", write)


for _name, _form in {
    "i8": ">b", "u8": ">B", "i16": ">h", "u16": ">H", "i32": ">i", "u32": ">I", "i64": ">q", "u64": ">Q",
    "float": ">f", "double": ">d",
}.items():
    _uniffi_number(_name, _form)

