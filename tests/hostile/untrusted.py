from trimaran import Config, Engine, ExitTrap, Linker, Module, OutputPipe, Store, StoreLimits, WasiConfig

ENGINE = Engine(Config.untrusted())


def run_untrusted(program: bytes) -> str:
    """Runs an untrusted WASI program for a second at most, and gives what it printed."""
    output = OutputPipe(capacity=64 * 1024)
    wasi = WasiConfig()
    wasi.stdout_pipe = output
    with Store(ENGINE) as store:
        store.set_limits(StoreLimits.untrusted())
        store.set_timeout(1.0)
        store.set_wasi(wasi)
        linker = Linker(ENGINE)
        linker.define_wasi()
        try:
            linker.instantiate(store, Module(ENGINE, program)).func(store, "_start")(store)
        except ExitTrap as exit:
            if exit.code != 0:
                raise
    return output.contents().decode(errors="replace")
