;; What a guest may do to fill a directory, until an error number ends it, which each function gives.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))

  ;; 0: what is written, 8: a count, 16: a descriptor; 64: a name of 16 bytes; 4096: zeros.
  (memory (export "memory") 2)
  (data (i32.const 0) "\00\10\00\00\00\00\01\00")
  (data (i32.const 64) "aaaaaaaaaaaaaaaa")

  ;; Another name.
  (func $next
    (local $at i32)
    (local.set $at (i32.const 79))
    (loop $carry
      (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
      (if (i32.gt_u (i32.load8_u (local.get $at)) (i32.const 122))
        (then
          (i32.store8 (local.get $at) (i32.const 97))
          (local.set $at (i32.sub (local.get $at) (i32.const 1)))
          (br $carry)))))

  (func $open (param $dir i32) (param $length i32) (param $flags i32) (param $rights i64) (result i32)
    (call $path_open (local.get $dir) (i32.const 0) (i32.const 64) (local.get $length) (local.get $flags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))

  (func $write (result i32)
    (call $fd_write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))

  ;; One file without an end.
  (func (export "flood") (param $dir i32) (result i32)
    (local $error i32)
    (local.set $error (call $open (local.get $dir) (i32.const 16) (i32.const 1) (i64.const 64)))
    (if (local.get $error) (then (return (local.get $error))))
    (loop $more
      (br_if $more (i32.eqz (local.tee $error (call $write)))))
    (local.get $error))

  ;; Files and folders without an end.
  (func (export "names") (param $dir i32) (result i32)
    (local $error i32)
    (loop $more
      (call $next)
      (local.set $error (call $path_create_directory (local.get $dir) (i32.const 64) (i32.const 16)))
      (if (local.get $error) (then (return (local.get $error))))
      (call $next)
      (local.set $error (call $open (local.get $dir) (i32.const 16) (i32.const 1) (i64.const 64)))
      (if (local.get $error) (then (return (local.get $error))))
      (drop (call $fd_close (i32.load (i32.const 16))))
      (br $more))
    (unreachable))

  ;; A folder in a folder without an end.
  (func (export "deep") (param $dir i32) (result i32)
    (local $error i32)
    (loop $more
      (local.set $error (call $path_create_directory (local.get $dir) (i32.const 64) (i32.const 16)))
      (if (local.get $error) (then (return (local.get $error))))
      (local.set $error (call $open (local.get $dir) (i32.const 16) (i32.const 2) (i64.const 2)))
      (if (local.get $error) (then (return (local.get $error))))
      (if (i32.ne (local.get $dir) (i32.const 3)) (then (drop (call $fd_close (local.get $dir)))))
      (local.set $dir (i32.load (i32.const 16)))
      (br $more))
    (unreachable))

  ;; A file that has a size and no bytes.
  (func (export "sparse") (param $dir i32) (result i32)
    (local $error i32)
    (local.set $error (call $open (local.get $dir) (i32.const 16) (i32.const 1) (i64.const 64)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $fd_filestat_set_size (i32.load (i32.const 16)) (i64.const 0x1000000000)))

  ;; Files that have no name any more, and stay open.
  (func (export "orphans") (param $dir i32) (result i32)
    (local $error i32)
    (loop $more
      (local.set $error (call $open (local.get $dir) (i32.const 16) (i32.const 5) (i64.const 64)))
      (if (local.get $error) (then (return (local.get $error))))
      (local.set $error (call $path_unlink_file (local.get $dir) (i32.const 64) (i32.const 16)))
      (if (local.get $error) (then (return (local.get $error))))
      (local.set $error (call $write))
      (if (local.get $error) (then (return (local.get $error))))
      (br $more))
    (unreachable)))
