;; Prints pieces of 64 MiB, so many of them or until one does not go, and gives the error number of the last.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1025)
  (func (export "print") (param $count i32) (result i32)
    (local $error i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 0x4000000))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $error (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if $done (local.get $error))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $error)))
