//! What a guest has opened of the host, which wasmtime-wasi has under a number of its own.

use std::fs::File;
use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::WasiView;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::types::{Errno, Error, Fd, Filetype, Lookupflags};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;

use crate::wasi::quota::{OwnPath, Quota};

/// A standard stream, a file or a directory of the host.
pub(super) struct HostFile {
    /// The number that wasmtime-wasi knows it by.
    number: u32,
    /// The handle of a directory.
    pub(super) folder: Option<Arc<File>>,
    /// What bounds what guests add to the directory that it is in.
    pub(super) quota: Option<Arc<Quota>>,
    /// The file that it has open there.
    pub(super) counted: Option<u64>,
}

impl Drop for HostFile {
    fn drop(&mut self) {
        // The store is gone, or was given others.
        if let (Some(quota), Some(file)) = (&self.quota, self.counted) {
            quota.forget(file);
        }
    }
}

impl HostFile {
    pub(super) fn new(number: u32, folder: Option<Arc<File>>, quota: Option<Arc<Quota>>) -> Self {
        Self { number, folder, quota, counted: None }
    }

    /// The quota that it counts for, if it is a file.
    pub(super) fn file_quota(&self) -> Option<Arc<Quota>> {
        self.counted.and(self.quota.clone())
    }

    pub(super) fn fd(&self) -> Fd {
        self.number.into()
    }
}

/// The handles of the first directories that wasmtime-wasi has: those that were granted, in their order. It has opened nothing
/// else yet, and its table of resources begins with the streams.
pub(super) fn granted_folders(context: &mut WasiP1Ctx, count: usize) -> Vec<Option<Arc<File>>> {
    // Each stream has a resource, and may have had one for its terminal.
    const BEFORE: usize = 16;
    let resources = 0..u32::try_from(BEFORE + count).unwrap_or(u32::MAX);
    let mut folders: Vec<_> =
        resources.filter_map(|resource| folder(context, resource)).map(Some).take(count).collect();
    if folders.len() < count {
        // Wasmtime-wasi has them elsewhere: do without.
        folders = vec![None; count];
    }
    folders
}

/// Fails with `nxio` for a path that leads to a named pipe or a socket. To open a pipe waits in the system for its other side,
/// and wasmtime-wasi could not read it afterwards.
pub(super) async fn refuse_pipe(
    context: &mut WasiP1Ctx,
    fd: Fd,
    lookup: Lookupflags,
    path: &mut OwnPath,
) -> Result<(), Error> {
    let (mut memory, path) = path.parts();
    match context.path_filestat_get(&mut memory, fd, lookup, path).await {
        Ok(status) if status.filetype == Filetype::Unknown => Err(Errno::Nxio.into()),
        // To open it fails in the same way, or makes it.
        _ => Ok(()),
    }
}

/// The place of wasmtime-wasi's next resource: it takes the place that was free last.
pub(super) fn next_resource(context: &mut WasiP1Ctx) -> Result<u32, Error> {
    let table = context.ctx().table;
    let probe = table.push(())?;
    let place = probe.rep();
    table.delete(probe)?;
    Ok(place)
}

/// The handle of the directory that is at this place, if it is one.
pub(super) fn folder(context: &mut WasiP1Ctx, resource: u32) -> Option<Arc<File>> {
    match context.ctx().table.get(&Resource::<Descriptor>::new_borrow(resource)) {
        Ok(Descriptor::Dir(dir)) => Some(Arc::clone(&dir.dir)),
        _ => None,
    }
}
