//! The status that a guest ends with.

/// The status of a guest that calls `proc_exit`. One of 0 or more stays as it is. One below 0 becomes what a process would end
/// with, so that -1 is 255.
pub(super) fn of_guest(status: i32) -> i32 {
    if status < 0 { of_process(status) } else { status }
}

/// The status of a process, which has eight bits: the low ones, as in POSIX. Where they are 0 and the whole is not, it is 255: a
/// failure never becomes a success.
pub(crate) fn of_process(status: i32) -> i32 {
    match status & 0xff {
        0 if status != 0 => 0xff,
        low => low,
    }
}
