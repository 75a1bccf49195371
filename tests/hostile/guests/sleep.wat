;; A WASI program that waits: for clocks, for input that does not come, and for nothing at all.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A subscription has 48 bytes: from 8 its kind, from 16 the clock, from 24 the time, at 40 whether that is absolute.
  ;; The monotonic clock, for an hour.
  (data (i32.const 16) "\01\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
  ;; The same until a time, which is added.
  (data (i32.const 80) "\01\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00" "\00\00\00\00\00\00\00\00" "\01")
  ;; Both clocks, for an hour.
  (data (i32.const 144) "\01\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
  (data (i32.const 192) "\00\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
  ;; Standard input, or an hour.
  (data (i32.const 264) "\01")
  (data (i32.const 320) "\01\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
  ;; The monotonic clock, for 50 ms.
  (data (i32.const 400) "\01\00\00\00\00\00\00\00" "\80\f0\fa\02\00\00\00\00")
  ;; The monotonic clock until a time, which is added.
  (data (i32.const 616) "\01\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\01")
  ;; Both clocks, for 50 ms and for an hour.
  (data (i32.const 720) "\01\00\00\00\00\00\00\00" "\80\f0\fa\02\00\00\00\00")
  (data (i32.const 768) "\00\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
  ;; A text for the standard output.
  (data (i32.const 816) "\38\03\00\00\05\00\00\00" "text\0a")
  ;; Standard input, or 50 ms.
  (data (i32.const 872) "\01")
  (data (i32.const 928) "\01\00\00\00\00\00\00\00" "\80\f0\fa\02\00\00\00\00")
  ;; Sixteen bytes at 1024.
  (data (i32.const 512) "\00\04\00\00\10\00\00\00")

  (func $wait (param $from i32) (param $count i32) (result i32)
    (call $poll (local.get $from) (i32.const 2048) (local.get $count) (i32.const 4096)))
  (func (export "sleep") (result i32) (call $wait (i32.const 0) (i32.const 1)))
  (func (export "until") (result i32)
    (drop (call $now (i32.const 1) (i64.const 1) (i32.const 1104)))
    (i64.store (i32.const 88) (i64.add (i64.load (i32.const 1104)) (i64.const 3600000000000)))
    (call $wait (i32.const 64) (i32.const 1)))
  (func (export "both") (result i32) (call $wait (i32.const 128) (i32.const 2)))
  (func (export "read") (result i32) (call $read (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 528)))
  (func (export "ready") (result i32) (call $wait (i32.const 256) (i32.const 2)))
  (func (export "moment") (result i32) (call $wait (i32.const 384) (i32.const 1)))
  (func (export "soon") (result i32)
    (drop (call $now (i32.const 1) (i64.const 1) (i32.const 1104)))
    (i64.store (i32.const 624) (i64.add (i64.load (i32.const 1104)) (i64.const 50000000)))
    (call $wait (i32.const 600) (i32.const 1)))
  (func (export "either") (result i32) (call $wait (i32.const 704) (i32.const 2)))
  (func (export "print") (result i32) (call $write (i32.const 1) (i32.const 816) (i32.const 1) (i32.const 4096)))
  (func (export "briefly") (result i32) (call $wait (i32.const 864) (i32.const 2)))
  (func (export "plain") (param i32) (result i32) (local.get 0))
  (func (export "loop") (loop $again (br $again))))
