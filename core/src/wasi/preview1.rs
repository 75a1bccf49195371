//! WASI preview 1 for the guests of one store. Wasmtime-wasi does what is asked of the host; the numbers of the file
//! descriptors, the arguments and the variables, files in memory and quotas are ours.

use std::ops::Range;
use std::sync::Arc;

use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::types::{Ciovec, Errno, Error, Fd};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::StreamPort;
use crate::wasi::descriptors::{Descriptor, Descriptors};
use crate::wasi::host_file::{self, HostFile};
use crate::wasi::memory_open::MemoryOpen;
use crate::wasi::preview3::streaming::Streaming;
use crate::wasi::quota::Quota;
use crate::wasi::standard_streams::StandardStreams;

/// The standard streams.
const STREAMS: u32 = 3;

/// What the functions of WASI work with.
pub(crate) struct Preview1 {
    pub(crate) context: WasiP1Ctx,
    pub(super) granted: Granted,
    pub(super) descriptors: Descriptors,
    /// How many bytes this call may read or write.
    pub(super) fuel: usize,
    pub(super) kept: KeptFolders,
    /// What components have of streams of WASI 0.3.
    pub(super) streaming: Streaming,
}

/// The granted directories that components have by these descriptors, too: wasmtime-wasi's own know no quotas, and nothing of memory.
#[derive(Default)]
pub(super) struct KeptFolders {
    /// Of each directory of the host, in their order, the number of its descriptor if a quota counts it.
    pub(super) counted: Vec<Option<u32>>,
    /// The directories in memory: the number of the descriptor, and the name for guests.
    pub(super) in_memory: Vec<(u32, String)>,
}

/// What guests begin with, beside what wasmtime-wasi knows of.
#[derive(Default)]
pub(super) struct Granted {
    /// Each of them without the zero at its end.
    pub(super) arguments: Vec<Vec<u8>>,
    pub(super) variables: Vec<Vec<u8>>,
    /// The quotas of the host's directories, in their order.
    pub(super) quotas: Vec<Option<Arc<Quota>>>,
    /// The directories in memory, which come after those of the host.
    pub(super) in_memory: Vec<MemoryOpen>,
    /// What serves the standard streams that are async ones, by their numbers.
    pub(super) ports: [Option<Arc<StreamPort>>; STREAMS as usize],
    /// The standard streams; of those that are async ones, what fails.
    pub(super) streams: StandardStreams,
}

impl Preview1 {
    pub(super) fn new(mut context: WasiP1Ctx, mut granted: Granted) -> Self {
        // The first use makes its descriptors.
        _ = context.fd_tell(&mut GuestMemory::Unshared(&mut []), 0.into());
        let streams = (0..STREAMS).map(|number| HostFile::new(number, None, None));
        let quotas = std::mem::take(&mut granted.quotas);
        let counted: Vec<_> = (STREAMS..).zip(&quotas).map(|(fd, quota)| quota.is_some().then_some(fd)).collect();
        let folders = host_file::granted_folders(&mut context, quotas.len()).into_iter().zip(quotas);
        let folders = (STREAMS..).zip(folders).map(|(number, (folder, quota))| HostFile::new(number, folder, quota));
        let in_memory = std::mem::take(&mut granted.in_memory);
        let names = in_memory.iter().map(|open| open.granted.clone().unwrap_or_default());
        let kept = KeptFolders { in_memory: (STREAMS..).skip(counted.len()).zip(names).collect(), counted };
        let in_memory = in_memory.into_iter().map(Descriptor::Memory);
        let descriptors = Descriptors::new(streams.chain(folders).map(Descriptor::Host).chain(in_memory));
        Self { context, granted, descriptors, fuel: 0, kept, streaming: Streaming::default() }
    }

    /// How many file descriptors the guests have.
    pub(super) fn count(&self) -> u64 {
        self.descriptors.count()
    }

    /// Whether the descriptor is of a directory in memory in which guests can change nothing.
    pub(super) fn is_read_only(&mut self, fd: u32) -> bool {
        matches!(self.descriptors.get(fd.into()), Ok(Descriptor::Memory(open)) if open.is_read_only)
    }

    /// Lets this call read so many vectors of the guest's, beside the bytes that it may move: wasmtime-wasi counts both.
    pub(super) fn admit_vectors(&mut self, count: u32) {
        let vectors = (count as usize).saturating_mul(Ciovec::guest_size() as usize);
        self.context.set_hostcall_fuel(self.fuel.saturating_add(vectors.min(self.fuel)));
    }

    /// Wasmtime-wasi's part, which knows descriptors by its own numbers.
    pub(super) fn host(&mut self) -> &mut WasiP1Ctx {
        &mut self.context
    }

    /// The number that wasmtime-wasi knows a descriptor by.
    pub(super) fn host_fd(&mut self, fd: Fd) -> Result<Fd, Error> {
        match self.descriptors.get(fd)? {
            Descriptor::Host(file) => Ok(file.fd()),
            Descriptor::Memory(_) => Err(Errno::Badf.into()),
        }
    }

    pub(super) async fn close(&mut self, memory: &mut GuestMemory<'_>, descriptor: Descriptor) -> Result<(), Error> {
        match descriptor {
            Descriptor::Host(mut file) => match (file.file_quota(), file.counted.take()) {
                (Some(quota), Some(counted)) => quota.turn(&mut self.context).close(file.fd(), counted),
                _ => self.context.fd_close(memory, file.fd()).await,
            },
            Descriptor::Memory(_) => Ok(()),
        }
    }

    /// What serves a standard stream, if the descriptor is one of `numbers` and an async one.
    pub(super) fn port(&mut self, fd: Fd, numbers: Range<u32>) -> Option<Arc<StreamPort>> {
        let Ok(Descriptor::Host(file)) = self.descriptors.get(fd) else { return None };
        let (fd, number) = (file.fd(), u32::from(file.fd()));
        let port = self.granted.ports.get(number as usize)?.as_ref().filter(|_| numbers.contains(&number))?;
        let told = self.context.fd_tell(&mut GuestMemory::Unshared(&mut []), fd);
        // A file that was opened since may have a stream's number.
        let is_stream = told.is_err_and(|error| matches!(error.downcast_ref(), Some(Errno::Spipe)));
        is_stream.then(|| Arc::clone(port))
    }

    /// Writes to a file that counts for a quota, if it is one.
    pub(super) fn write_counted(
        &mut self,
        memory: &GuestMemory<'_>,
        fd: Fd,
        vectors: GuestPtr<[Ciovec]>,
        place: Option<u64>,
    ) -> Option<Result<u32, Error>> {
        let Ok(Descriptor::Host(file)) = self.descriptors.get(fd) else { return None };
        let (quota, fd) = (file.file_quota()?, file.fd());
        Some(quota.turn(&mut self.context).write(memory, fd, vectors, place, self.fuel))
    }

    /// Where two paths of one call are.
    pub(super) fn pair(&mut self, from: Fd, to: Fd) -> Result<Pair, Error> {
        Ok(match self.descriptors.both(from, to)? {
            (Descriptor::Host(from), Descriptor::Host(to)) => match (&from.quota, &to.quota) {
                (None, None) => Pair::Host(from.fd(), to.fd()),
                (Some(one), Some(other)) if Arc::ptr_eq(one, other) => {
                    Pair::Counted(from.fd(), to.fd(), Arc::clone(one))
                }
                // What is counted in one place would not be in the other.
                _ => return Err(Errno::Xdev.into()),
            },
            (Descriptor::Memory(_), Descriptor::Memory(_)) => Pair::Memory,
            _ => return Err(Errno::Xdev.into()),
        })
    }
}

/// What two descriptors of one call are.
pub(super) enum Pair {
    Host(Fd, Fd),
    Counted(Fd, Fd, Arc<Quota>),
    Memory,
}
