"""The steps of shared cases about stores: WASI and limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bodies import Thrown
from case import Case, Kept
from step import Json, Problem, Step
from trimaran import HttpError, HttpRequest, HttpResponse, MemoryDirectory, OutputPipe, WasiConfig

LIMITS = [
    "memory_size",
    "table_elements",
    "instances",
    "tables",
    "memories",
    "file_descriptors",
    "trap_on_grow_failure",
]


class StoreCase(Case):
    """A case with WASI and limits."""

    def _op_set_wasi(self, step: Step) -> None:
        settings = Step(step.value("config"))
        wasi = WasiConfig()
        if settings.has("argv"):
            wasi.argv = settings.value("argv")
        if settings.has("env"):
            wasi.env = settings.value("env")
        if settings.has("stdin"):
            wasi.stdin_bytes = settings.text("stdin").encode()
        if settings.has("stdin_file"):
            wasi.stdin_file = settings.text("stdin_file")
        self._output(wasi, settings)
        preopens: list[list[Any]] = settings.optional("preopens") or []
        for directory, guest_path, is_read_only, *quota in preopens:
            limits = dict(zip(("max_bytes", "max_files"), map(int, quota), strict=False))
            wasi.preopen_dir(self.named(directory, Path), guest_path, fs_mutable=not is_read_only, **limits)
        folders: list[tuple[str, str, bool]] = settings.optional("memory_preopens") or []
        for folder, guest_path, is_read_only in folders:
            wasi.preopen_memory(self.named(folder, MemoryDirectory), guest_path, fs_mutable=not is_read_only)
        if settings.has("max_transfer"):
            wasi.max_transfer = int(settings.text("max_transfer"))
        if settings.has("http"):
            wasi.http = self._answers(*settings.value("http"))
        if settings.has("max_http_body"):
            wasi.max_http_body = int(settings.text("max_http_body"))
        if settings.has("clock"):
            wasi.fixed_clock(*map(int, settings.value("clock")))
        if settings.has("random_seed"):
            wasi.random_seed = int(settings.text("random_seed"))
        settings.check_all_used()
        self._store(step).set_wasi(wasi)

    def _answers(self, kind: str, *parts: Any) -> Callable[[HttpRequest], HttpResponse]:
        def answer(request: HttpRequest) -> HttpResponse:
            match kind:
                case "describe":
                    return HttpResponse(200, (), f"{request.method} {request.url} {request.read().decode()}")
                case "give":
                    status, headers, body = parts
                    return HttpResponse(status, headers, body)
                case "fail":
                    raise HttpError(*parts)
                case _:
                    thrown = Thrown(*parts)
                    self.keep(parts[0], thrown)
                    raise thrown

        return answer

    def _output(self, wasi: WasiConfig, settings: Step) -> None:
        if settings.has("stdout"):
            wasi.stdout_pipe = self._pipe(settings.text("stdout"))
        if settings.has("stderr"):
            wasi.stderr_pipe = self._pipe(settings.text("stderr"))
        if settings.has("stdout_limited"):
            wasi.stdout_pipe = self._pipe(*settings.value("stdout_limited"))
        if settings.has("stdout_sink"):
            collected = bytearray()
            self.keep(settings.text("stdout_sink"), collected)
            wasi.stdout_custom = collected.extend
        if settings.has("stdout_throws"):
            name = settings.text("stdout_throws")

            def throw(_data: bytes) -> None:
                thrown = Thrown(name)
                self.keep(name, thrown)
                raise thrown

            wasi.stdout_custom = throw

    def _pipe(self, name: str, capacity: int | None = None) -> OutputPipe:
        made = OutputPipe(capacity)
        self.keep(name, made)
        return made

    def _op_output(self, step: Step) -> str:
        pipe = self._objects.get(step.text("pipe"))
        if not isinstance(pipe, (OutputPipe, bytearray)):
            raise Problem("`pipe` is no pipe")
        return bytes(pipe).decode()

    def _op_directory(self, _step: Step) -> Kept:
        return Kept(Path(self.ending.enter_context(TemporaryDirectory())))

    def _op_folder(self, step: Step) -> Kept:
        pairs: list[tuple[str, str]] = step.value("files")
        files = {name: text.encode() for name, text in pairs}
        limits = {name: int(step.text(name)) for name in ("max_bytes", "max_files") if step.has(name)}
        return Kept(MemoryDirectory(files, **limits))

    def _folder(self, step: Step) -> MemoryDirectory:
        return self._get(step, "folder", MemoryDirectory)

    def _op_folder_files(self, step: Step) -> list[list[str]]:
        return [[name, data.decode()] for name, data in self._folder(step).files().items()]

    def _op_folder_names(self, step: Step) -> list[str]:
        return self._folder(step).names()

    def _op_folder_read(self, step: Step) -> str:
        return self._folder(step).read(step.text("name")).decode()

    def _op_folder_write(self, step: Step) -> None:
        self._folder(step).write(step.text("name"), step.text("text").encode())

    def _op_folder_remove(self, step: Step) -> None:
        self._folder(step).remove(step.text("name"))

    def _op_put_file(self, step: Step) -> None:
        self._file(step).write_text(step.text("text"), encoding="utf-8", newline="")

    def _op_get_file(self, step: Step) -> str:
        return self._file(step).read_bytes().decode()

    def _file(self, step: Step) -> Path:
        return self._get(step, "directory", Path) / step.text("name")

    def _op_set_limits(self, step: Step) -> None:
        limits: dict[str, Json] = {name: step.value(name) for name in LIMITS if step.has(name)}
        self._store(step).set_limits(**limits)

    def _op_set_timeout(self, step: Step) -> None:
        milliseconds: int | None = step.value("milliseconds")
        self._store(step).set_timeout(None if milliseconds is None else milliseconds / 1000)

    def _op_set_fuel(self, step: Step) -> None:
        self._store(step).set_fuel(int(step.text("fuel")))

    def _op_set_host_call_fuel(self, step: Step) -> None:
        self._store(step).set_host_call_fuel(int(step.text("fuel")))

    def _op_get_fuel(self, step: Step) -> str:
        return str(self._store(step).get_fuel())

    def _op_set_epoch_deadline(self, step: Step) -> None:
        self._store(step).set_epoch_deadline(step.int("ticks"))

    def _op_increment_epoch(self, step: Step) -> None:
        self._engine(step).increment_epoch()

    def _op_gc(self, step: Step) -> None:
        self._store(step).gc()
