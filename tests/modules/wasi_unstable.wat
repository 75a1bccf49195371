;; A guest of WASI preview 0: a subscription has 56 bytes, a file's status 56, and `fd_seek` counts from other places.
(module $wasi_unstable
  (import "wasi_unstable" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))

  ;; 0: a pair of a start and a length, 8: a count, 16: a file, 24: a number; 64: a text; 128: subscriptions; 512: events.
  (memory (export "memory") 1)
  (data (i32.const 64) "note.txt")

  (func $write (param $file i32) (result i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 8))
    (call $fd_write (local.get $file) (i32.const 0) (i32.const 1) (i32.const 8)))

  (func (export "print") (result i32) (call $write (i32.const 1)))

  (func (export "count") (result i32)
    (drop (call $args_sizes_get (i32.const 8) (i32.const 12)))
    (i32.load (i32.const 8)))

  ;; Writes `note.txt` twice, goes back by `SEEK_CUR`, which is 0 here, and gives the position and the size.
  (func (export "file") (result i64 i64)
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 8) (i32.const 1) (i64.const 102)
      (i64.const 0) (i32.const 0) (i32.const 16)))
    (drop (call $write (i32.load (i32.const 16))))
    (drop (call $write (i32.load (i32.const 16))))
    (drop (call $fd_seek (i32.load (i32.const 16)) (i64.const -6) (i32.const 0) (i32.const 24)))
    (drop (call $fd_filestat_get (i32.load (i32.const 16)) (i32.const 1024)))
    (i64.load (i32.const 24))
    ;; dev, ino, the type, 4 bytes of links: the size is 8 bytes before where preview 1 has it.
    (i64.load (i32.const 1048)))

  ;; Waits for 1 ms of the monotonic clock, and for the standard output. Gives the number of events, and the name and the type
  ;; of the first one.
  (func (export "poll") (param $nanoseconds i64) (result i32 i64 i32)
    (i64.store (i32.const 128) (i64.const 7))
    (i32.store8 (i32.const 136) (i32.const 0))
    (i64.store (i32.const 144) (i64.const -1))
    (i32.store (i32.const 152) (i32.const 1))
    (i64.store (i32.const 160) (local.get $nanoseconds))
    (i64.store (i32.const 184) (i64.const 9))
    (i32.store8 (i32.const 192) (i32.const 2))
    (i32.store (i32.const 200) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 128) (i32.const 512) (i32.const 2) (i32.const 24)))
    (i32.load (i32.const 24))
    (i64.load (i32.const 512))
    (i32.load8_u (i32.const 522)))

  (func (export "sleep") (param $nanoseconds i64) (result i32 i64 i32)
    (i64.store (i32.const 128) (i64.const 7))
    (i32.store8 (i32.const 136) (i32.const 0))
    (i64.store (i32.const 144) (i64.const -1))
    (i32.store (i32.const 152) (i32.const 1))
    (i64.store (i32.const 160) (local.get $nanoseconds))
    (drop (call $poll_oneoff (i32.const 128) (i32.const 512) (i32.const 1) (i32.const 24)))
    (i32.load (i32.const 24))
    (i64.load (i32.const 512))
    (i32.load8_u (i32.const 522)))

  (func (export "random") (result i32) (call $random_get (i32.const 1024) (i32.const 16)))

  (func (export "exit") (param $status i32) (call $proc_exit (local.get $status))))
