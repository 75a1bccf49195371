"""Formats a JSON file with a plugin of dprint: format_json.py PLUGIN.wasm FILE.json."""

import sys
from pathlib import Path

from trimaran import Engine, Instance, Module, Store


class FormatError(Exception):
    """What the plugin says about a broken file."""


class Formatter:
    """The plugin, and how text goes to it and comes back: through bytes in its memory."""

    def __init__(self, store: Store, plugin: Path) -> None:
        self.store = store
        self.instance = Instance(store, Module.from_file(store.engine, plugin))
        self.memory = self.instance.memory(store, "memory")
        self.send('{"global":{},"plugin":{}}')
        self.call("register_config", 1)

    def format(self, name: str, text: str) -> str:
        """The formatted text. Raises `FormatError` where it is broken."""
        self.send(name)
        self.call("set_file_path")
        self.send(text)
        match self.call("format", 1):
            case 0:
                return text
            case 1:
                return self.receive(self.call("get_formatted_text"))
            case _:
                raise FormatError(self.receive(self.call("get_error_text")))

    def send(self, text: str) -> None:
        data = text.encode()
        self.call("clear_shared_bytes", len(data))
        self.memory.write(self.store, data, self.call("get_shared_bytes_ptr"))

    def receive(self, length: int) -> str:
        return self.memory.read_string(self.store, self.call("get_shared_bytes_ptr"), length)

    def call(self, name: str, *arguments: int) -> int:
        result: int = self.instance.func(self.store, name)(self.store, *arguments)
        return result


def main(plugin: str, file: str) -> int:
    with Store(Engine()) as store:
        formatter = Formatter(store, Path(plugin))
        try:
            print(formatter.format(file, Path(file).read_bytes().decode()), end="")
        except FormatError as error:
            print(f"error: {str(error).strip()}")
            return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: format_json.py PLUGIN.wasm FILE.json")
    sys.exit(main(*sys.argv[1:]))
