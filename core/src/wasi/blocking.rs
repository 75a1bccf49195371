//! Calls of WASI that wait: what ends a guest ends them as well.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::{Duration, Instant};

use wasmtime::{AsContextMut, Caller, Extern, Linker};
use wasmtime_wasi::p1::types::{
    Errno, Event, EventFdReadwrite, Eventrwflags, Eventtype, Subclockflags, Subscription, SubscriptionU,
};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{WasiSnapshotPreview1, fd_read, poll_oneoff};
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use wasmtime_wasi::runtime::{in_tokio, with_ambient_tokio_runtime};
use wiggle::{GuestMemory, GuestPtr};

use crate::interrupt::Interrupts;
use crate::store::StoreData;

/// The module that guests import it from.
pub(crate) const WASI: &str = "wasi_snapshot_preview1";

/// How long a call waits before it asks again whether it may.
const SLICE: Duration = Duration::from_millis(10);

/// Defines all of WASI: wasmtime-wasi's functions, and around the two that wait for others what can end them.
/// Afterwards the linker lets definitions be replaced or not, as `shadowing` says.
pub(crate) fn define(linker: &mut Linker<StoreData>, shadowing: bool) -> wasmtime::Result<()> {
    add_to_linker_sync(linker, StoreData::wasi)?;
    linker.allow_shadowing(true);
    linker.func_wrap(WASI, "fd_read", |caller: Caller<'_, StoreData>, fd, vectors, count, read| {
        run(caller, async |wasi, memory, _| fd_read(wasi, memory, fd, vectors, count, read).await)
    })?;
    linker.func_wrap(WASI, "poll_oneoff", |caller: Caller<'_, StoreData>, wanted, events, count, happened| {
        run(caller, async |wasi, memory, interrupts| {
            match interrupts.and_then(|interrupts| Some((interrupts, Sleep::find(memory, wanted, count)?))) {
                Some((interrupts, sleep)) => sleep.run(interrupts, memory, events, happened),
                None => poll_oneoff(wasi, memory, wanted, events, count, happened).await,
            }
        })
    })?;
    linker.allow_shadowing(shadowing);
    Ok(())
}

/// Runs a function of WASI as its own integration does, and asks meanwhile whether the guest has to end.
fn run(
    mut caller: Caller<'_, StoreData>,
    function: impl AsyncFnOnce(&mut WasiP1Ctx, &mut GuestMemory<'_>, Option<&Interrupts>) -> wasmtime::Result<i32>,
) -> wasmtime::Result<i32> {
    let interrupts = caller.data().interrupts();
    let fuel = caller.as_context_mut().hostcall_fuel();
    let export = caller.get_export("memory");
    let (mut memory, data) = match &export {
        Some(Extern::Memory(memory)) => {
            let (bytes, data) = memory.data_and_store_mut(&mut caller);
            (GuestMemory::Unshared(bytes), data)
        }
        Some(Extern::SharedMemory(memory)) => (GuestMemory::Shared(memory.data()), caller.data_mut()),
        _ => wasmtime::bail!("missing required memory export"),
    };
    let wasi = data.wasi();
    wasi.set_hostcall_fuel(fuel);
    let interrupts = interrupts.as_deref();
    let call = function(wasi, &mut memory, interrupts);
    match interrupts {
        Some(interrupts) => wait(interrupts, call),
        None => in_tokio(call),
    }
}

/// Waits for a call in slices.
fn wait(interrupts: &Interrupts, call: impl Future<Output = wasmtime::Result<i32>>) -> wasmtime::Result<i32> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(current())));
    let mut call = pin!(call);
    with_ambient_tokio_runtime(|| {
        loop {
            if let Poll::Ready(done) = call.as_mut().poll(&mut Context::from_waker(&waker)) {
                return done;
            }
            park_timeout(SLICE);
            interrupts.go_on()?;
        }
    })
}

/// A guest that polls for nothing but a time that passes. Wasmtime-wasi would have its thread sleep, and nothing ends that.
struct Sleep {
    time: Duration,
    userdata: u64,
}

impl Sleep {
    fn find(memory: &GuestMemory<'_>, wanted: i32, count: i32) -> Option<Self> {
        let subscription = GuestPtr::<Subscription>::new(wanted.cast_unsigned());
        match memory.read(subscription).ok()? {
            Subscription { userdata, u: SubscriptionU::Clock(clock) }
                if count == 1 && !clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME) =>
            {
                Some(Self { time: Duration::from_nanos(clock.timeout), userdata })
            }
            _ => None,
        }
    }

    /// Sleeps, and leaves what wasmtime-wasi would. Gives the guest's error number.
    fn run(
        self,
        interrupts: &Interrupts,
        memory: &mut GuestMemory<'_>,
        events: i32,
        happened: i32,
    ) -> wasmtime::Result<i32> {
        let start = Instant::now();
        while let Some(left) = self.time.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            std::thread::sleep(left.min(SLICE));
            interrupts.go_on()?;
        }
        let fd_readwrite = EventFdReadwrite { flags: Eventrwflags::empty(), nbytes: 1 };
        let event = Event { userdata: self.userdata, error: Errno::Success, type_: Eventtype::Clock, fd_readwrite };
        memory.write(GuestPtr::new(events.cast_unsigned()), event)?;
        memory.write(GuestPtr::<u32>::new(happened.cast_unsigned()), 1)?;
        Ok(Errno::Success as i32)
    }
}
