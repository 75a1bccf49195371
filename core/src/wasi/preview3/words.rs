//! The words of WASI 0.2 and those of 0.3 for the same.

use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode as Told;
use wasmtime_wasi::p2::bindings::sync::filesystem::types as old;
use wasmtime_wasi::p2::{FsError, StreamError};
use wasmtime_wasi::p3::bindings::clocks::system_clock::Instant;
use wasmtime_wasi::p3::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p3::filesystem::FilesystemError;

fn code(code: Told) -> ErrorCode {
    match code {
        Told::Access => ErrorCode::Access,
        // It has no such code, and no call of ours gives it.
        Told::WouldBlock => ErrorCode::Other(Some("would-block".to_owned())),
        Told::Already => ErrorCode::Already,
        Told::BadDescriptor => ErrorCode::BadDescriptor,
        Told::Busy => ErrorCode::Busy,
        Told::Deadlock => ErrorCode::Deadlock,
        Told::Quota => ErrorCode::Quota,
        Told::Exist => ErrorCode::Exist,
        Told::FileTooLarge => ErrorCode::FileTooLarge,
        Told::IllegalByteSequence => ErrorCode::IllegalByteSequence,
        Told::InProgress => ErrorCode::InProgress,
        Told::Interrupted => ErrorCode::Interrupted,
        Told::Invalid => ErrorCode::Invalid,
        Told::Io => ErrorCode::Io,
        Told::IsDirectory => ErrorCode::IsDirectory,
        Told::Loop => ErrorCode::Loop,
        Told::TooManyLinks => ErrorCode::TooManyLinks,
        Told::MessageSize => ErrorCode::MessageSize,
        Told::NameTooLong => ErrorCode::NameTooLong,
        Told::NoDevice => ErrorCode::NoDevice,
        Told::NoEntry => ErrorCode::NoEntry,
        Told::NoLock => ErrorCode::NoLock,
        Told::InsufficientMemory => ErrorCode::InsufficientMemory,
        Told::InsufficientSpace => ErrorCode::InsufficientSpace,
        Told::NotDirectory => ErrorCode::NotDirectory,
        Told::NotEmpty => ErrorCode::NotEmpty,
        Told::NotRecoverable => ErrorCode::NotRecoverable,
        Told::Unsupported => ErrorCode::Unsupported,
        Told::NoTty => ErrorCode::NoTty,
        Told::NoSuchDevice => ErrorCode::NoSuchDevice,
        Told::Overflow => ErrorCode::Overflow,
        Told::NotPermitted => ErrorCode::NotPermitted,
        Told::Pipe => ErrorCode::Pipe,
        Told::ReadOnly => ErrorCode::ReadOnly,
        Told::InvalidSeek => ErrorCode::InvalidSeek,
        Told::TextFileBusy => ErrorCode::TextFileBusy,
        Told::CrossDevice => ErrorCode::CrossDevice,
    }
}

/// What a call has failed with: a code for the guest, or a trap.
pub(super) fn code_of(error: FsError) -> wasmtime::Result<ErrorCode> {
    error.downcast().map(code)
}

pub(super) fn error(error: FsError) -> FilesystemError {
    code_of(error).map_or_else(FilesystemError::trap, FilesystemError::from)
}

/// The same of a stream. None where it is at its end.
pub(super) fn code_of_stream(error: StreamError) -> wasmtime::Result<Option<ErrorCode>> {
    match error {
        StreamError::Closed => Ok(None),
        StreamError::Trap(error) => Err(error),
        StreamError::LastOperationFailed(error) => Ok(Some(match error.downcast::<Told>() {
            Ok(told) => code(told),
            Err(error) => error.downcast::<std::io::Error>().map_or(ErrorCode::Io, |error| code(Told::from(error))),
        })),
    }
}

pub(super) fn kind(old: old::DescriptorType) -> DescriptorType {
    match old {
        old::DescriptorType::BlockDevice => DescriptorType::BlockDevice,
        old::DescriptorType::CharacterDevice => DescriptorType::CharacterDevice,
        old::DescriptorType::Directory => DescriptorType::Directory,
        old::DescriptorType::Fifo => DescriptorType::Fifo,
        old::DescriptorType::SymbolicLink => DescriptorType::SymbolicLink,
        old::DescriptorType::RegularFile => DescriptorType::RegularFile,
        old::DescriptorType::Socket => DescriptorType::Socket,
        old::DescriptorType::Unknown => DescriptorType::Other(None),
    }
}

pub(super) fn entry(old: old::DirectoryEntry) -> DirectoryEntry {
    DirectoryEntry { type_: kind(old.type_), name: old.name }
}

pub(super) fn stat(old: old::DescriptorStat) -> DescriptorStat {
    let time = |time: Option<Datetime>| {
        let Datetime { seconds, nanoseconds } = time?;
        Some(Instant { seconds: i64::try_from(seconds).ok()?, nanoseconds })
    };
    DescriptorStat {
        type_: kind(old.type_),
        link_count: old.link_count,
        size: old.size,
        data_access_timestamp: time(old.data_access_timestamp),
        data_modification_timestamp: time(old.data_modification_timestamp),
        status_change_timestamp: time(old.status_change_timestamp),
    }
}

/// A time that a file gets. WASI 0.2 has none before 1970.
pub(super) fn time(new: NewTimestamp) -> Result<old::NewTimestamp, Told> {
    Ok(match new {
        NewTimestamp::NoChange => old::NewTimestamp::NoChange,
        NewTimestamp::Now => old::NewTimestamp::Now,
        NewTimestamp::Timestamp(Instant { seconds, nanoseconds }) => {
            let seconds = u64::try_from(seconds).map_err(|_| Told::Invalid)?;
            old::NewTimestamp::Timestamp(Datetime { seconds, nanoseconds })
        }
    })
}

pub(super) fn hash(old: &old::MetadataHashValue) -> MetadataHashValue {
    MetadataHashValue { lower: old.lower, upper: old.upper }
}

pub(super) fn advice(new: Advice) -> old::Advice {
    match new {
        Advice::Normal => old::Advice::Normal,
        Advice::Sequential => old::Advice::Sequential,
        Advice::Random => old::Advice::Random,
        Advice::WillNeed => old::Advice::WillNeed,
        Advice::DontNeed => old::Advice::DontNeed,
        Advice::NoReuse => old::Advice::NoReuse,
    }
}

pub(super) fn lookup(new: PathFlags) -> old::PathFlags {
    if new.contains(PathFlags::SYMLINK_FOLLOW) { old::PathFlags::SYMLINK_FOLLOW } else { old::PathFlags::empty() }
}

pub(super) fn open(new: OpenFlags) -> old::OpenFlags {
    let pairs = [
        (OpenFlags::CREATE, old::OpenFlags::CREATE),
        (OpenFlags::DIRECTORY, old::OpenFlags::DIRECTORY),
        (OpenFlags::EXCLUSIVE, old::OpenFlags::EXCLUSIVE),
        (OpenFlags::TRUNCATE, old::OpenFlags::TRUNCATE),
    ];
    pairs
        .into_iter()
        .filter(|(new_one, _)| new.contains(*new_one))
        .fold(old::OpenFlags::empty(), |all, (_, one)| all | one)
}

const FLAGS: [(DescriptorFlags, old::DescriptorFlags); 6] = [
    (DescriptorFlags::READ, old::DescriptorFlags::READ),
    (DescriptorFlags::WRITE, old::DescriptorFlags::WRITE),
    (DescriptorFlags::FILE_INTEGRITY_SYNC, old::DescriptorFlags::FILE_INTEGRITY_SYNC),
    (DescriptorFlags::DATA_INTEGRITY_SYNC, old::DescriptorFlags::DATA_INTEGRITY_SYNC),
    (DescriptorFlags::REQUESTED_WRITE_SYNC, old::DescriptorFlags::REQUESTED_WRITE_SYNC),
    (DescriptorFlags::MUTATE_DIRECTORY, old::DescriptorFlags::MUTATE_DIRECTORY),
];

pub(super) fn flags(new: DescriptorFlags) -> old::DescriptorFlags {
    let given = FLAGS.into_iter().filter(|(one, _)| new.contains(*one));
    given.fold(old::DescriptorFlags::empty(), |all, (_, one)| all | one)
}

pub(super) fn new_flags(old: old::DescriptorFlags) -> DescriptorFlags {
    let given = FLAGS.into_iter().filter(|(_, one)| old.contains(*one));
    given.fold(DescriptorFlags::empty(), |all, (one, _)| all | one)
}
