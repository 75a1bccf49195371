;; A WASI program that opens the first directory that it was granted again and again.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) ".")
  (global $error (mut i32) (i32.const 0))
  ;; How often that went well, a number of times at most.
  (func (export "open") (param $most i32) (result i32)
    (local $count i32)
    (loop $more
      (if (i32.lt_u (local.get $count) (local.get $most))
        (then
          ;; As a directory, for reading.
          (global.set $error
            (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 2)
              (i64.const 0x4002) (i64.const 0x4002) (i32.const 0) (i32.const 8)))
          (if (i32.eqz (global.get $error))
            (then
              (local.set $count (i32.add (local.get $count) (i32.const 1)))
              (br $more))))))
    (local.get $count))
  ;; What the last time ended with.
  (func (export "error") (result i32) (global.get $error))
  (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
  (func (export "renumber") (param i32 i32) (result i32) (call $renumber (local.get 0) (local.get 1))))
