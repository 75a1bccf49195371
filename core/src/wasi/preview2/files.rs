//! `wasi:filesystem`: files and directories.

use waiting::{HostDescriptor, HostDirectoryEntryStream};
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types as waiting};
use wasmtime_wasi::p2::bindings::sync::filesystem::types::{
    self, Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream,
    ErrorCode, Filesize, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::bindings::sync::io::streams::{Error, InputStream, OutputStream};
use wasmtime_wasi::p2::{FsError, FsResult};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wiggle::GuestMemory;

use crate::wasi::preview2::io::MOST;
use crate::wasi::preview2::kept::{KeptEntries, nothing, text, texts};
use crate::wasi::preview2::kept_words as words;
use crate::wasi::preview2::waiting::{Waiting, wait};

type File = Resource<Descriptor>;

impl Waiting<'_> {
    fn files(&mut self) -> WasiFilesystemCtxView<'_> {
        let WasiCtxView { ctx, table } = self.preview1.context.ctx();
        WasiFilesystemCtxView { ctx: ctx.filesystem(), table }
    }

    /// Fails where the store's limits allow no other descriptor. A stream keeps its file open, and the entries of a directory are all
    /// there from the first on: both count as descriptors do.
    fn may_open(&self) -> FsResult<()> {
        if self.may_open { Ok(()) } else { Err(waiting::ErrorCode::InsufficientMemory.into()) }
    }

    fn counted<R>(&mut self, opened: Resource<R>) -> Resource<R> {
        self.opened.insert(opened.rep());
        opened
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
        if let Some(code) = self.preview1.context.ctx().table.get(&error)?.downcast_ref::<waiting::ErrorCode>() {
            return Ok(Some((*code).into()));
        }
        Ok(waiting::Host::filesystem_error_code(&mut self.files(), error)?.map(Into::into))
    }
}

impl preopens::Host for Waiting<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(File, String)>> {
        let mut all = preopens::Host::get_directories(&mut self.files())?;
        let counted = self.preview1.kept.counted.clone();
        for ((descriptor, _), fd) in all.iter_mut().zip(&counted) {
            if let Some(fd) = *fd {
                let theirs = std::mem::replace(descriptor, self.granted(fd)?);
                self.files().table.delete(theirs)?;
            }
        }
        for (fd, name) in self.preview1.kept.in_memory.clone() {
            all.push((self.granted(fd)?, name));
        }
        Ok(all)
    }
}

impl types::HostDescriptor for Waiting<'_> {
    fn advise(&mut self, fd: File, offset: Filesize, length: Filesize, advice: Advice) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            return self.by_preview1(&file, async |wasi, fd| {
                wasi.fd_advise(&mut nothing(), fd, offset, length, words::advice(advice)).await
            });
        }
        self.file(async |files| HostDescriptor::advise(files, fd, offset, length, advice.into()).await)
    }

    fn sync_data(&mut self, fd: File) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            return self.by_preview1(&file, async |wasi, fd| wasi.fd_datasync(&mut nothing(), fd).await);
        }
        self.file(async |files| HostDescriptor::sync_data(files, fd).await)
    }

    fn get_flags(&mut self, fd: File) -> FsResult<DescriptorFlags> {
        if let Some(file) = self.kept(&fd) {
            return self.flags_of_kept(&file);
        }
        self.file(async |files| Ok(HostDescriptor::get_flags(files, fd).await?.into()))
    }

    fn get_type(&mut self, fd: File) -> FsResult<DescriptorType> {
        if let Some(file) = self.kept(&fd) {
            return Ok(self.stat_of_kept(&file)?.type_);
        }
        self.file(async |files| Ok(HostDescriptor::get_type(files, fd).await?.into()))
    }

    fn set_size(&mut self, fd: File, size: Filesize) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            return self.by_preview1(&file, async |wasi, fd| wasi.fd_filestat_set_size(&mut nothing(), fd, size).await);
        }
        self.file(async |files| HostDescriptor::set_size(files, fd, size).await)
    }

    fn set_times(&mut self, fd: File, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            let (accessed, modified, flags) = words::times(accessed, modified);
            return self.by_preview1(&file, async |wasi, fd| {
                wasi.fd_filestat_set_times(&mut nothing(), fd, accessed, modified, flags).await
            });
        }
        self.file(async |files| HostDescriptor::set_times(files, fd, accessed.into(), modified.into()).await)
    }

    fn read(&mut self, fd: File, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        if let Some(file) = self.kept(&fd) {
            let bytes = self.read_kept(&file, length.min(MOST), offset)?;
            let is_end = bytes.is_empty();
            return Ok((bytes, is_end));
        }
        self.file(async |files| HostDescriptor::read(files, fd, length.min(MOST), offset).await)
    }

    fn write(&mut self, fd: File, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        if let Some(file) = self.kept(&fd) {
            return self.write_kept(&file, &bytes, offset);
        }
        self.file(async |files| HostDescriptor::write(files, fd, bytes, offset).await)
    }

    fn read_directory(&mut self, fd: File) -> FsResult<Resource<DirectoryEntryStream>> {
        self.may_open()?;
        if let Some(file) = self.kept(&fd) {
            let entries = KeptEntries(self.entries_of_kept(&file)?.into_iter());
            let pushed = self.preview1.context.ctx().table.push(entries).map_err(FsError::trap)?;
            return Ok(self.counted(Resource::new_own(pushed.rep())));
        }
        let entries = self.file(async |files| HostDescriptor::read_directory(files, fd).await)?;
        Ok(self.counted(entries))
    }

    fn sync(&mut self, fd: File) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            return self.by_preview1(&file, async |wasi, fd| wasi.fd_sync(&mut nothing(), fd).await);
        }
        self.file(async |files| HostDescriptor::sync(files, fd).await)
    }

    fn create_directory_at(&mut self, fd: File, path: String) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            let (mut path, at) = text(&path);
            return self.by_preview1(&file, async |wasi, fd| {
                wasi.path_create_directory(&mut GuestMemory::Unshared(&mut path), fd, at).await
            });
        }
        self.file(async |files| HostDescriptor::create_directory_at(files, fd, path).await)
    }

    fn stat(&mut self, fd: File) -> FsResult<DescriptorStat> {
        if let Some(file) = self.kept(&fd) {
            return self.stat_of_kept(&file);
        }
        self.file(async |files| Ok(HostDescriptor::stat(files, fd).await?.into()))
    }

    fn stat_at(&mut self, fd: File, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        if let Some(file) = self.kept(&fd) {
            return Ok(words::stat(&self.status_at_kept(&file, flags, &path)?));
        }
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
        if let Some(file) = self.kept(&fd) {
            let ((mut path, at), (accessed, modified, times)) = (text(&path), words::times(accessed, modified));
            return self.by_preview1(&file, async |wasi, fd| {
                let mut memory = GuestMemory::Unshared(&mut path);
                wasi.path_filestat_set_times(&mut memory, fd, words::lookup(flags), at, accessed, modified, times).await
            });
        }
        self.file(async |files| {
            HostDescriptor::set_times_at(files, fd, flags.into(), path, accessed.into(), modified.into()).await
        })
    }

    fn link_at(&mut self, fd: File, flags: PathFlags, old: String, new_fd: File, new: String) -> FsResult<()> {
        match (self.kept(&fd), self.kept(&new_fd)) {
            (Some(from), Some(to)) => return self.link_kept(&from, flags, &old, &to, &new),
            (None, None) => {}
            _ => return Err(waiting::ErrorCode::CrossDevice.into()),
        }
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
        self.may_open()?;
        if let Some(file) = self.kept(&fd) {
            // Preview 1 counts it.
            return self.open_kept(&file, path_flags, &path, open, flags);
        }
        let opened = self.file(async |files| {
            HostDescriptor::open_at(files, fd, path_flags.into(), path, open.into(), flags.into()).await
        })?;
        Ok(self.counted(opened))
    }

    fn drop(&mut self, fd: File) -> wasmtime::Result<()> {
        if self.kept(&fd).is_some() {
            return self.drop_kept(&fd);
        }
        // The granted directories, which count otherwise, are not there.
        self.opened.remove(&fd.rep());
        HostDescriptor::drop(&mut self.files(), fd)
    }

    fn readlink_at(&mut self, fd: File, path: String) -> FsResult<String> {
        if let Some(file) = self.kept(&fd) {
            return self.read_link_kept(&file, &path);
        }
        self.file(async |files| HostDescriptor::readlink_at(files, fd, path).await)
    }

    fn remove_directory_at(&mut self, fd: File, path: String) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            let (mut path, at) = text(&path);
            return self.by_preview1(&file, async |wasi, fd| {
                wasi.path_remove_directory(&mut GuestMemory::Unshared(&mut path), fd, at).await
            });
        }
        self.file(async |files| HostDescriptor::remove_directory_at(files, fd, path).await)
    }

    fn rename_at(&mut self, fd: File, old: String, new_fd: File, new: String) -> FsResult<()> {
        match (self.kept(&fd), self.kept(&new_fd)) {
            (Some(from), Some(to)) => return self.rename_kept(&from, &old, &to, &new),
            (None, None) => {}
            _ => return Err(waiting::ErrorCode::CrossDevice.into()),
        }
        self.file(async |files| HostDescriptor::rename_at(files, fd, old, new_fd, new).await)
    }

    fn symlink_at(&mut self, fd: File, old: String, new: String) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            let (mut own, old, new) = texts(&old, &new);
            return self.by_preview1(&file, async |wasi, fd| {
                wasi.path_symlink(&mut GuestMemory::Unshared(&mut own), old, fd, new).await
            });
        }
        self.file(async |files| HostDescriptor::symlink_at(files, fd, old, new).await)
    }

    fn unlink_file_at(&mut self, fd: File, path: String) -> FsResult<()> {
        if let Some(file) = self.kept(&fd) {
            let (mut path, at) = text(&path);
            return self.by_preview1(&file, async |wasi, fd| {
                wasi.path_unlink_file(&mut GuestMemory::Unshared(&mut path), fd, at).await
            });
        }
        self.file(async |files| HostDescriptor::unlink_file_at(files, fd, path).await)
    }

    fn read_via_stream(&mut self, fd: File, offset: Filesize) -> FsResult<Resource<InputStream>> {
        self.may_open()?;
        if let Some(file) = self.kept(&fd) {
            let stream = self.stream_of_kept(file, DescriptorFlags::READ, offset, false)?;
            return Ok(self.counted(stream));
        }
        let stream = HostDescriptor::read_via_stream(&mut self.files(), fd, offset)?;
        Ok(self.counted(stream))
    }

    fn write_via_stream(&mut self, fd: File, offset: Filesize) -> FsResult<Resource<OutputStream>> {
        self.may_open()?;
        if let Some(file) = self.kept(&fd) {
            let stream = self.stream_of_kept(file, DescriptorFlags::WRITE, offset, false)?;
            return Ok(self.counted(stream));
        }
        let stream = HostDescriptor::write_via_stream(&mut self.files(), fd, offset)?;
        Ok(self.counted(stream))
    }

    fn append_via_stream(&mut self, fd: File) -> FsResult<Resource<OutputStream>> {
        self.may_open()?;
        if let Some(file) = self.kept(&fd) {
            let stream = self.stream_of_kept(file, DescriptorFlags::WRITE, 0, true)?;
            return Ok(self.counted(stream));
        }
        let stream = HostDescriptor::append_via_stream(&mut self.files(), fd)?;
        Ok(self.counted(stream))
    }

    fn is_same_object(&mut self, one: File, other: File) -> wasmtime::Result<bool> {
        match (self.kept(&one), self.kept(&other)) {
            (None, None) => {}
            (Some(one), Some(other)) => {
                let (one, other) = (self.status_of_kept(&one), self.status_of_kept(&other));
                return Ok(one.is_ok_and(|one| other.is_ok_and(|other| (one.dev, one.ino) == (other.dev, other.ino))));
            }
            _ => return Ok(false),
        }
        let interrupts = self.interrupts.clone();
        let mut files = self.files();
        wait(interrupts.as_deref(), HostDescriptor::is_same_object(&mut files, one, other))?
    }

    fn metadata_hash(&mut self, fd: File) -> FsResult<MetadataHashValue> {
        if let Some(file) = self.kept(&fd) {
            return Ok(words::hash(&self.status_of_kept(&file)?));
        }
        self.file(async |files| Ok(HostDescriptor::metadata_hash(files, fd).await?.into()))
    }

    fn metadata_hash_at(&mut self, fd: File, flags: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        if let Some(file) = self.kept(&fd) {
            return Ok(words::hash(&self.status_at_kept(&file, flags, &path)?));
        }
        self.file(async |files| Ok(HostDescriptor::metadata_hash_at(files, fd, flags.into(), path).await?.into()))
    }
}

impl types::HostDirectoryEntryStream for Waiting<'_> {
    fn read_directory_entry(&mut self, stream: Resource<DirectoryEntryStream>) -> FsResult<Option<DirectoryEntry>> {
        let kept = Resource::<KeptEntries>::new_borrow(stream.rep());
        if let Ok(entries) = self.preview1.context.ctx().table.get_mut(&kept) {
            return Ok(entries.0.next());
        }
        self.file(async |files| {
            Ok(HostDirectoryEntryStream::read_directory_entry(files, stream).await?.map(Into::into))
        })
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.opened.remove(&stream.rep());
        let kept = Resource::<KeptEntries>::new_own(stream.rep());
        let table = self.preview1.context.ctx().table;
        if table.get(&kept).is_ok() {
            table.delete(kept)?;
            return Ok(());
        }
        HostDirectoryEntryStream::drop(&mut self.files(), stream)
    }
}
