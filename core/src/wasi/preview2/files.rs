//! `wasi:filesystem`: files and directories.

use waiting::{HostDescriptor, HostDirectoryEntryStream};
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::p2::bindings::filesystem::types as waiting;
use wasmtime_wasi::p2::bindings::sync::filesystem::types::{
    self, Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream,
    ErrorCode, Filesize, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::bindings::sync::io::streams::{Error, InputStream, OutputStream};
use wasmtime_wasi::p2::{FsError, FsResult};

use crate::wasi::preview2::waiting::{Waiting, wait};

type File = Resource<Descriptor>;

impl Waiting<'_> {
    fn files(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: self.view.ctx.filesystem(), table: &mut *self.view.table }
    }

    /// Runs a call that may wait.
    fn file<R>(&mut self, call: impl AsyncFnOnce(&mut WasiFilesystemCtxView<'_>) -> FsResult<R>) -> FsResult<R> {
        let interrupts = self.interrupts.clone();
        let mut files = self.files();
        wait(interrupts.as_deref(), call(&mut files)).map_err(FsError::trap)?
    }
}

impl types::Host for Waiting<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        Ok(waiting::Host::convert_error_code(&mut self.files(), error)?.into())
    }

    fn filesystem_error_code(&mut self, error: Resource<Error>) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(waiting::Host::filesystem_error_code(&mut self.files(), error)?.map(Into::into))
    }
}

impl types::HostDescriptor for Waiting<'_> {
    fn advise(&mut self, fd: File, offset: Filesize, length: Filesize, advice: Advice) -> FsResult<()> {
        self.file(async |files| HostDescriptor::advise(files, fd, offset, length, advice.into()).await)
    }

    fn sync_data(&mut self, fd: File) -> FsResult<()> {
        self.file(async |files| HostDescriptor::sync_data(files, fd).await)
    }

    fn get_flags(&mut self, fd: File) -> FsResult<DescriptorFlags> {
        self.file(async |files| Ok(HostDescriptor::get_flags(files, fd).await?.into()))
    }

    fn get_type(&mut self, fd: File) -> FsResult<DescriptorType> {
        self.file(async |files| Ok(HostDescriptor::get_type(files, fd).await?.into()))
    }

    fn set_size(&mut self, fd: File, size: Filesize) -> FsResult<()> {
        self.file(async |files| HostDescriptor::set_size(files, fd, size).await)
    }

    fn set_times(&mut self, fd: File, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        self.file(async |files| HostDescriptor::set_times(files, fd, accessed.into(), modified.into()).await)
    }

    fn read(&mut self, fd: File, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        self.file(async |files| HostDescriptor::read(files, fd, length.min(MOST), offset).await)
    }

    fn write(&mut self, fd: File, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        self.file(async |files| HostDescriptor::write(files, fd, bytes, offset).await)
    }

    fn read_directory(&mut self, fd: File) -> FsResult<Resource<DirectoryEntryStream>> {
        self.file(async |files| HostDescriptor::read_directory(files, fd).await)
    }

    fn sync(&mut self, fd: File) -> FsResult<()> {
        self.file(async |files| HostDescriptor::sync(files, fd).await)
    }

    fn create_directory_at(&mut self, fd: File, path: String) -> FsResult<()> {
        self.file(async |files| HostDescriptor::create_directory_at(files, fd, path).await)
    }

    fn stat(&mut self, fd: File) -> FsResult<DescriptorStat> {
        self.file(async |files| Ok(HostDescriptor::stat(files, fd).await?.into()))
    }

    fn stat_at(&mut self, fd: File, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        self.file(async |files| Ok(HostDescriptor::stat_at(files, fd, flags.into(), path).await?.into()))
    }

    fn set_times_at(
        &mut self,
        fd: File,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        self.file(async |files| {
            HostDescriptor::set_times_at(files, fd, flags.into(), path, accessed.into(), modified.into()).await
        })
    }

    fn link_at(&mut self, fd: File, flags: PathFlags, old: String, new_fd: File, new: String) -> FsResult<()> {
        self.file(async |files| HostDescriptor::link_at(files, fd, flags.into(), old, new_fd, new).await)
    }

    fn open_at(
        &mut self,
        fd: File,
        path_flags: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<File> {
        if !self.may_open {
            return Err(waiting::ErrorCode::InsufficientMemory.into());
        }
        let opened = self.file(async |files| {
            HostDescriptor::open_at(files, fd, path_flags.into(), path, open.into(), flags.into()).await
        })?;
        *self.opened += 1;
        Ok(opened)
    }

    fn drop(&mut self, fd: File) -> wasmtime::Result<()> {
        // The granted directories, which count otherwise, are handed out anew for each call of `get-directories`.
        *self.opened = self.opened.saturating_sub(1);
        HostDescriptor::drop(&mut self.files(), fd)
    }

    fn readlink_at(&mut self, fd: File, path: String) -> FsResult<String> {
        self.file(async |files| HostDescriptor::readlink_at(files, fd, path).await)
    }

    fn remove_directory_at(&mut self, fd: File, path: String) -> FsResult<()> {
        self.file(async |files| HostDescriptor::remove_directory_at(files, fd, path).await)
    }

    fn rename_at(&mut self, fd: File, old: String, new_fd: File, new: String) -> FsResult<()> {
        self.file(async |files| HostDescriptor::rename_at(files, fd, old, new_fd, new).await)
    }

    fn symlink_at(&mut self, fd: File, old: String, new: String) -> FsResult<()> {
        self.file(async |files| HostDescriptor::symlink_at(files, fd, old, new).await)
    }

    fn unlink_file_at(&mut self, fd: File, path: String) -> FsResult<()> {
        self.file(async |files| HostDescriptor::unlink_file_at(files, fd, path).await)
    }

    fn read_via_stream(&mut self, fd: File, offset: Filesize) -> FsResult<Resource<InputStream>> {
        HostDescriptor::read_via_stream(&mut self.files(), fd, offset)
    }

    fn write_via_stream(&mut self, fd: File, offset: Filesize) -> FsResult<Resource<OutputStream>> {
        HostDescriptor::write_via_stream(&mut self.files(), fd, offset)
    }

    fn append_via_stream(&mut self, fd: File) -> FsResult<Resource<OutputStream>> {
        HostDescriptor::append_via_stream(&mut self.files(), fd)
    }

    fn is_same_object(&mut self, one: File, other: File) -> wasmtime::Result<bool> {
        let interrupts = self.interrupts.clone();
        let mut files = self.files();
        wait(interrupts.as_deref(), HostDescriptor::is_same_object(&mut files, one, other))?
    }

    fn metadata_hash(&mut self, fd: File) -> FsResult<MetadataHashValue> {
        self.file(async |files| Ok(HostDescriptor::metadata_hash(files, fd).await?.into()))
    }

    fn metadata_hash_at(&mut self, fd: File, flags: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        self.file(async |files| Ok(HostDescriptor::metadata_hash_at(files, fd, flags.into(), path).await?.into()))
    }
}

impl types::HostDirectoryEntryStream for Waiting<'_> {
    fn read_directory_entry(&mut self, stream: Resource<DirectoryEntryStream>) -> FsResult<Option<DirectoryEntry>> {
        self.file(async |files| {
            Ok(HostDirectoryEntryStream::read_directory_entry(files, stream).await?.map(Into::into))
        })
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        HostDirectoryEntryStream::drop(&mut self.files(), stream)
    }
}

/// The most bytes that one read makes, whatever the guest asks for: a read may give less.
const MOST: u64 = 1 << 20;
