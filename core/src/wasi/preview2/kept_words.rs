//! The words of preview 1 and those of WASI 0.2 for the same.

use wasmtime_wasi::p1::types::{
    Advice as OldAdvice, Errno, Fdflags, Fdstat, Filestat, Filetype, Fstflags, Lookupflags, Oflags, Rights,
};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::bindings::sync::filesystem::types::{
    Advice, Datetime, DescriptorFlags, DescriptorStat, DescriptorType, MetadataHashValue, NewTimestamp, OpenFlags,
    PathFlags,
};

const SECOND: u64 = 1_000_000_000;

pub(super) fn code(errno: Errno) -> ErrorCode {
    match errno {
        Errno::Acces => ErrorCode::Access,
        Errno::Again => ErrorCode::WouldBlock,
        Errno::Already => ErrorCode::Already,
        Errno::Badf => ErrorCode::BadDescriptor,
        Errno::Busy => ErrorCode::Busy,
        Errno::Deadlk => ErrorCode::Deadlock,
        Errno::Dquot => ErrorCode::Quota,
        Errno::Exist => ErrorCode::Exist,
        Errno::Fbig => ErrorCode::FileTooLarge,
        Errno::Ilseq => ErrorCode::IllegalByteSequence,
        Errno::Inprogress => ErrorCode::InProgress,
        Errno::Intr => ErrorCode::Interrupted,
        Errno::Inval => ErrorCode::Invalid,
        Errno::Isdir => ErrorCode::IsDirectory,
        Errno::Loop => ErrorCode::Loop,
        Errno::Mlink => ErrorCode::TooManyLinks,
        Errno::Msgsize => ErrorCode::MessageSize,
        Errno::Nametoolong => ErrorCode::NameTooLong,
        Errno::Nodev => ErrorCode::NoDevice,
        Errno::Noent => ErrorCode::NoEntry,
        Errno::Nolck => ErrorCode::NoLock,
        Errno::Nomem => ErrorCode::InsufficientMemory,
        Errno::Nospc => ErrorCode::InsufficientSpace,
        Errno::Nosys | Errno::Notsup => ErrorCode::Unsupported,
        Errno::Notdir => ErrorCode::NotDirectory,
        Errno::Notempty => ErrorCode::NotEmpty,
        Errno::Notrecoverable => ErrorCode::NotRecoverable,
        Errno::Notty => ErrorCode::NoTty,
        Errno::Nxio => ErrorCode::NoSuchDevice,
        Errno::Overflow => ErrorCode::Overflow,
        Errno::Perm | Errno::Notcapable => ErrorCode::NotPermitted,
        Errno::Pipe => ErrorCode::Pipe,
        Errno::Rofs => ErrorCode::ReadOnly,
        Errno::Spipe => ErrorCode::InvalidSeek,
        Errno::Txtbsy => ErrorCode::TextFileBusy,
        Errno::Xdev => ErrorCode::CrossDevice,
        // The others are of sockets and processes.
        _ => ErrorCode::Io,
    }
}

pub(super) fn lookup(flags: PathFlags) -> Lookupflags {
    if flags.contains(PathFlags::SYMLINK_FOLLOW) { Lookupflags::SYMLINK_FOLLOW } else { Lookupflags::empty() }
}

pub(super) fn open(flags: OpenFlags) -> Oflags {
    let pairs = [
        (OpenFlags::CREATE, Oflags::CREAT),
        (OpenFlags::DIRECTORY, Oflags::DIRECTORY),
        (OpenFlags::EXCLUSIVE, Oflags::EXCL),
        (OpenFlags::TRUNCATE, Oflags::TRUNC),
    ];
    pairs.into_iter().filter(|(new, _)| flags.contains(*new)).fold(Oflags::empty(), |all, (_, old)| all | old)
}

/// What a descriptor may do, and how it writes.
pub(super) fn rights(flags: DescriptorFlags) -> (Rights, Fdflags) {
    let mut rights = Rights::all() & !(Rights::FD_READ | Rights::FD_WRITE);
    let mut how = Fdflags::empty();
    for (new, old) in [(DescriptorFlags::READ, Rights::FD_READ), (DescriptorFlags::WRITE, Rights::FD_WRITE)] {
        if flags.contains(new) {
            rights |= old;
        }
    }
    for (new, old) in [
        (DescriptorFlags::FILE_INTEGRITY_SYNC, Fdflags::SYNC),
        (DescriptorFlags::DATA_INTEGRITY_SYNC, Fdflags::DSYNC),
        (DescriptorFlags::REQUESTED_WRITE_SYNC, Fdflags::RSYNC),
    ] {
        if flags.contains(new) {
            how |= old;
        }
    }
    (rights, how)
}

/// What a descriptor may do. Every directory can be read.
pub(super) fn flags(status: &Fdstat, is_read_only: bool) -> DescriptorFlags {
    if status.fs_filetype == Filetype::Directory {
        let change = if is_read_only { DescriptorFlags::empty() } else { DescriptorFlags::MUTATE_DIRECTORY };
        return DescriptorFlags::READ | change;
    }
    let mut flags = DescriptorFlags::empty();
    if status.fs_rights_base.contains(Rights::FD_READ) {
        flags |= DescriptorFlags::READ;
    }
    if status.fs_rights_base.contains(Rights::FD_WRITE) {
        flags |= DescriptorFlags::WRITE;
    }
    flags
}

pub(super) fn descriptor_type(old: Filetype) -> DescriptorType {
    match old {
        Filetype::BlockDevice => DescriptorType::BlockDevice,
        Filetype::CharacterDevice => DescriptorType::CharacterDevice,
        Filetype::Directory => DescriptorType::Directory,
        Filetype::RegularFile => DescriptorType::RegularFile,
        Filetype::SymbolicLink => DescriptorType::SymbolicLink,
        Filetype::SocketDgram | Filetype::SocketStream => DescriptorType::Socket,
        Filetype::Unknown => DescriptorType::Unknown,
    }
}

pub(super) fn stat(old: &Filestat) -> DescriptorStat {
    let time = |nanoseconds: u64| {
        let nanoseconds_of_second = u32::try_from(nanoseconds % SECOND).unwrap_or_default();
        Some(Datetime { seconds: nanoseconds / SECOND, nanoseconds: nanoseconds_of_second })
    };
    DescriptorStat {
        type_: descriptor_type(old.filetype),
        link_count: old.nlink,
        size: old.size,
        data_access_timestamp: time(old.atim),
        data_modification_timestamp: time(old.mtim),
        status_change_timestamp: time(old.ctim),
    }
}

/// The same for the same file alone.
pub(super) fn hash(old: &Filestat) -> MetadataHashValue {
    MetadataHashValue { lower: old.ino, upper: old.dev }
}

/// Two times, and which of them are set.
pub(super) fn times(accessed: NewTimestamp, modified: NewTimestamp) -> (u64, u64, Fstflags) {
    let one = |time: NewTimestamp, set: Fstflags, to_now: Fstflags| match time {
        NewTimestamp::NoChange => (0, Fstflags::empty()),
        NewTimestamp::Now => (0, to_now),
        NewTimestamp::Timestamp(time) => {
            (time.seconds.saturating_mul(SECOND).saturating_add(time.nanoseconds.into()), set)
        }
    };
    let (accessed, one_flag) = one(accessed, Fstflags::ATIM, Fstflags::ATIM_NOW);
    let (modified, other_flag) = one(modified, Fstflags::MTIM, Fstflags::MTIM_NOW);
    (accessed, modified, one_flag | other_flag)
}

pub(super) fn advice(new: Advice) -> OldAdvice {
    match new {
        Advice::Normal => OldAdvice::Normal,
        Advice::Sequential => OldAdvice::Sequential,
        Advice::Random => OldAdvice::Random,
        Advice::WillNeed => OldAdvice::Willneed,
        Advice::DontNeed => OldAdvice::Dontneed,
        Advice::NoReuse => OldAdvice::Noreuse,
    }
}
