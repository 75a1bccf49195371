//! `wasi:filesystem`: files and directories. Those of WASI 0.2 are the same resources, and each of its functions does what one of 0.2 does: on
//! the guest's own thread, without waiting.

use wasmtime::component::{Access, Accessor, FutureReader, Resource, StreamReader};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens as old_preopens;
use wasmtime_wasi::p2::bindings::sync::filesystem::types::HostDescriptor as Old;
use wasmtime_wasi::p3::bindings::filesystem::preopens;
use wasmtime_wasi::p3::bindings::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize, Host,
    HostDescriptor, HostDescriptorWithStore, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p3::filesystem::{FilesystemError, FilesystemResult};

use crate::wasi::functions::WasiHost;
use crate::wasi::preview2::waiting::{HasWaiting, Waiting};
use crate::wasi::preview3::{directory_stream, file_streams, words};

type File = Resource<Descriptor>;
type Ended = FutureReader<Result<(), ErrorCode>>;

impl Host for Waiting<'_> {
    fn convert_error_code(&mut self, error: FilesystemError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }
}

impl HostDescriptor for Waiting<'_> {
    fn drop(&mut self, fd: File) -> wasmtime::Result<()> {
        Old::drop(self, fd)
    }
}

impl preopens::Host for Waiting<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(File, String)>> {
        old_preopens::Host::get_directories(self)
    }
}

fn old<T: WasiHost, R>(
    store: &Accessor<T, HasWaiting>,
    work: impl FnOnce(&mut Waiting<'_>) -> FsResult<R>,
) -> FilesystemResult<R> {
    store.with(|mut access| work(&mut access.get())).map_err(words::error)
}

impl<T: WasiHost> HostDescriptorWithStore<T> for HasWaiting {
    fn read_via_stream(
        store: Access<'_, T, Self>,
        fd: File,
        offset: Filesize,
    ) -> wasmtime::Result<(StreamReader<u8>, Ended)> {
        file_streams::read(store, fd, offset)
    }

    fn write_via_stream(
        store: Access<'_, T, Self>,
        fd: File,
        data: StreamReader<u8>,
        offset: Filesize,
    ) -> wasmtime::Result<Ended> {
        file_streams::write(store, data, |files| Old::write_via_stream(files, fd, offset))
    }

    fn append_via_stream(store: Access<'_, T, Self>, fd: File, data: StreamReader<u8>) -> wasmtime::Result<Ended> {
        file_streams::write(store, data, |files| Old::append_via_stream(files, fd))
    }

    fn read_directory(store: Access<'_, T, Self>, fd: File) -> wasmtime::Result<(StreamReader<DirectoryEntry>, Ended)> {
        directory_stream::read(store, fd)
    }

    async fn advise(
        store: &Accessor<T, Self>,
        fd: File,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FilesystemResult<()> {
        old(store, |files| Old::advise(files, fd, offset, length, words::advice(advice)))
    }

    async fn sync_data(store: &Accessor<T, Self>, fd: File) -> FilesystemResult<()> {
        old(store, |files| Old::sync_data(files, fd))
    }

    async fn get_flags(store: &Accessor<T, Self>, fd: File) -> FilesystemResult<DescriptorFlags> {
        old(store, |files| Old::get_flags(files, fd)).map(words::new_flags)
    }

    async fn get_type(store: &Accessor<T, Self>, fd: File) -> FilesystemResult<DescriptorType> {
        old(store, |files| Old::get_type(files, fd)).map(words::kind)
    }

    async fn set_size(store: &Accessor<T, Self>, fd: File, size: Filesize) -> FilesystemResult<()> {
        old(store, |files| Old::set_size(files, fd, size))
    }

    async fn set_times(
        store: &Accessor<T, Self>,
        fd: File,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FilesystemResult<()> {
        old(store, |files| Old::set_times(files, fd, words::time(accessed)?, words::time(modified)?))
    }

    async fn sync(store: &Accessor<T, Self>, fd: File) -> FilesystemResult<()> {
        old(store, |files| Old::sync(files, fd))
    }

    async fn create_directory_at(store: &Accessor<T, Self>, fd: File, path: String) -> FilesystemResult<()> {
        old(store, |files| Old::create_directory_at(files, fd, path))
    }

    async fn stat(store: &Accessor<T, Self>, fd: File) -> FilesystemResult<DescriptorStat> {
        old(store, |files| Old::stat(files, fd)).map(words::stat)
    }

    async fn stat_at(
        store: &Accessor<T, Self>,
        fd: File,
        flags: PathFlags,
        path: String,
    ) -> FilesystemResult<DescriptorStat> {
        old(store, |files| Old::stat_at(files, fd, words::lookup(flags), path)).map(words::stat)
    }

    async fn set_times_at(
        store: &Accessor<T, Self>,
        fd: File,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FilesystemResult<()> {
        old(store, |files| {
            let (accessed, modified) = (words::time(accessed)?, words::time(modified)?);
            Old::set_times_at(files, fd, words::lookup(flags), path, accessed, modified)
        })
    }

    async fn link_at(
        store: &Accessor<T, Self>,
        fd: File,
        flags: PathFlags,
        path: String,
        new_fd: File,
        new_path: String,
    ) -> FilesystemResult<()> {
        old(store, |files| Old::link_at(files, fd, words::lookup(flags), path, new_fd, new_path))
    }

    async fn open_at(
        store: &Accessor<T, Self>,
        fd: File,
        path_flags: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FilesystemResult<File> {
        let (lookup, open, flags) = (words::lookup(path_flags), words::open(open), words::flags(flags));
        old(store, |files| Old::open_at(files, fd, lookup, path, open, flags))
    }

    async fn readlink_at(store: &Accessor<T, Self>, fd: File, path: String) -> FilesystemResult<String> {
        old(store, |files| Old::readlink_at(files, fd, path))
    }

    async fn remove_directory_at(store: &Accessor<T, Self>, fd: File, path: String) -> FilesystemResult<()> {
        old(store, |files| Old::remove_directory_at(files, fd, path))
    }

    async fn rename_at(
        store: &Accessor<T, Self>,
        fd: File,
        path: String,
        new_fd: File,
        new_path: String,
    ) -> FilesystemResult<()> {
        old(store, |files| Old::rename_at(files, fd, path, new_fd, new_path))
    }

    async fn symlink_at(store: &Accessor<T, Self>, fd: File, path: String, new_path: String) -> FilesystemResult<()> {
        old(store, |files| Old::symlink_at(files, fd, path, new_path))
    }

    async fn unlink_file_at(store: &Accessor<T, Self>, fd: File, path: String) -> FilesystemResult<()> {
        old(store, |files| Old::unlink_file_at(files, fd, path))
    }

    async fn is_same_object(store: &Accessor<T, Self>, fd: File, other: File) -> wasmtime::Result<bool> {
        store.with(|mut access| Old::is_same_object(&mut access.get(), fd, other))
    }

    async fn metadata_hash(store: &Accessor<T, Self>, fd: File) -> FilesystemResult<MetadataHashValue> {
        old(store, |files| Old::metadata_hash(files, fd)).map(|hash| words::hash(&hash))
    }

    async fn metadata_hash_at(
        store: &Accessor<T, Self>,
        fd: File,
        flags: PathFlags,
        path: String,
    ) -> FilesystemResult<MetadataHashValue> {
        let found = old(store, |files| Old::metadata_hash_at(files, fd, words::lookup(flags), path));
        found.map(|hash| words::hash(&hash))
    }
}
