;; A WASI program that waits: for input that does not come, for a clock, and for nothing at all.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A subscription to the monotonic clock, for an hour.
  (data (i32.const 16) "\01\00\00\00")
  (data (i32.const 24) "\00\a0\b8\30\46\03\00\00")
  (func (export "sleep") (result i32)
    (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))
  (func (export "loop") (loop $again (br $again))))
