;; What a guest can ask of WASI preview 1, a function each. `_start` prints its arguments.
(module $wasi
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; 0: a pair of a start and a length, 8: a count, 12: a size, 16: a file, 24: a number; 64: the path of a file;
  ;; 1024: lists of addresses; 4096: text.
  (memory (export "memory") 2)
  (data (i32.const 64) "note.txt")
  (data (i32.const 96) "../note.txt")

  (func $write (param $file i32) (param $start i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (local.get $start))
    (i32.store (i32.const 4) (local.get $length))
    (call $fd_write (local.get $file) (i32.const 0) (i32.const 1) (i32.const 12)))

  ;; The texts lie one after the other, each with a zero at its end, which becomes a new line.
  (func $lines (param $length i32) (result i32)
    (local $at i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (if (i32.eqz (i32.load8_u offset=4096 (local.get $at)))
          (then (i32.store8 offset=4096 (local.get $at) (i32.const 10))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $write (i32.const 1) (i32.const 4096) (local.get $length)))

  (func $args (export "args") (result i32)
    (drop (call $args_sizes_get (i32.const 8) (i32.const 12)))
    (drop (call $args_get (i32.const 1024) (i32.const 4096)))
    (call $lines (i32.load (i32.const 12))))

  (func (export "env") (result i32)
    (drop (call $environ_sizes_get (i32.const 8) (i32.const 12)))
    (drop (call $environ_get (i32.const 1024) (i32.const 4096)))
    (call $lines (i32.load (i32.const 12))))

  ;; Copies the standard input to an output, and gives how many bytes there were.
  (func (export "cat") (param $output i32) (result i32)
    (local $count i32) (local $all i32)
    (block $done
      (loop $next
        (i32.store (i32.const 0) (i32.const 4096))
        (i32.store (i32.const 4) (i32.const 5))
        (br_if $done (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $count (i32.load (i32.const 8)))
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $all (i32.add (local.get $all) (local.get $count)))
        (br_if $done (call $write (local.get $output) (i32.const 4096) (local.get $count)))
        (br $next)))
    (local.get $all))

  (func $open (param $start i32) (param $length i32) (param $flags i32) (param $rights i64) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (local.get $start) (local.get $length) (local.get $flags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))

  ;; Makes `note.txt` in the first directory, and gives the error number.
  (func (export "make_file") (result i32)
    (local $error i32)
    (local.set $error (call $open (i32.const 64) (i32.const 8) (i32.const 9) (i64.const 64)))
    (if (local.get $error) (then (return (local.get $error))))
    (local.set $error (call $write (i32.load (i32.const 16)) (i32.const 64) (i32.const 4)))
    (drop (call $fd_close (i32.load (i32.const 16))))
    (local.get $error))

  ;; Prints `note.txt` of the first directory, and gives the error number.
  (func (export "show_file") (result i32)
    (local $error i32)
    (local.set $error (call $open (i32.const 64) (i32.const 8) (i32.const 0) (i64.const 2)))
    (if (local.get $error) (then (return (local.get $error))))
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 1000))
    (local.set $error (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $fd_close (i32.load (i32.const 16))))
    (if (local.get $error) (then (return (local.get $error))))
    (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 8))))

  ;; Opens a file beside the first directory, and gives the error number.
  (func (export "climb") (result i32)
    (call $open (i32.const 96) (i32.const 11) (i32.const 0) (i64.const 2)))

  (func (export "clock") (param $which i32) (result i64)
    (drop (call $clock_time_get (local.get $which) (i64.const 1) (i32.const 24)))
    (i64.load (i32.const 24)))

  (func (export "random") (result i64)
    (drop (call $random_get (i32.const 24) (i32.const 8)))
    (i64.load (i32.const 24)))

  (func (export "exit") (param $status i32)
    (call $proc_exit (local.get $status)))

  (func (export "_start")
    (drop (call $args))))
