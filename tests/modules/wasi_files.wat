;; What a guest can do with the files of a granted directory, a function each. Names are places of the text at 64; the first
;; descriptor that the guest opened last is kept at 16.
(module $wasi_files
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $fd_renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $fd_allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory"
    (func $path_remove_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link" (func $path_link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink"
    (func $path_readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))

  ;; 0: a pair of a start and a length, 8: a count, 16: a descriptor, 24: a number, 256: a file's status; 64: names;
  ;; 1024: what was read, 4096: zeros to write.
  (memory (export "memory") 3 4096)
  (data (i32.const 64) "note.txt")  ;; 64, 8 bytes; "note" 4
  (data (i32.const 80) "sub/a")     ;; 80, 5 bytes; "sub" 3
  (data (i32.const 96) "other")     ;; 96, 5 bytes
  (data (i32.const 112) "../up")    ;; 112, 5 bytes
  (data (i32.const 128) "sub/deep/b")
  (data (i32.const 144) "/etc")

  ;; Opens a file of a directory: `open` has 1 to make it, 2 for a directory, 4 where it must be new, 8 to empty it; `access` has
  ;; 1 to read and 2 to write; `flags` has 1 to append. Gives the error number.
  (func $open (export "open") (param $dir i32) (param $name i32) (param $length i32) (param $open i32)
      (param $access i32) (param $flags i32) (result i32)
    (call $path_open (local.get $dir) (i32.const 0) (local.get $name) (local.get $length) (local.get $open)
      (i64.or
        (i64.shl (i64.extend_i32_u (i32.and (local.get $access) (i32.const 1))) (i64.const 1))
        (i64.shl (i64.extend_i32_u (i32.shr_u (local.get $access) (i32.const 1))) (i64.const 6)))
      (i64.const 0) (local.get $flags) (i32.const 16)))

  ;; The descriptor that was opened last, the count of the last read or write, and its number.
  (func (export "fd") (result i32) (i32.load (i32.const 16)))
  (func (export "count") (result i32) (i32.load (i32.const 8)))
  (func (export "number") (result i64) (i64.load (i32.const 24)))

  (func $piece (param $start i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $start))
    (i32.store (i32.const 4) (local.get $length)))

  ;; Writes so many bytes of the memory from a place on.
  (func (export "write") (param $fd i32) (param $start i32) (param $length i32) (result i32)
    (call $piece (local.get $start) (local.get $length))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))

  (func (export "pwrite") (param $fd i32) (param $start i32) (param $length i32) (param $at i64) (result i32)
    (call $piece (local.get $start) (local.get $length))
    (call $fd_pwrite (local.get $fd) (i32.const 0) (i32.const 1) (local.get $at) (i32.const 8)))

  (func (export "read") (param $fd i32) (param $start i32) (param $length i32) (result i32)
    (call $piece (local.get $start) (local.get $length))
    (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))

  (func (export "pread") (param $fd i32) (param $start i32) (param $length i32) (param $at i64) (result i32)
    (call $piece (local.get $start) (local.get $length))
    (call $fd_pread (local.get $fd) (i32.const 0) (i32.const 1) (local.get $at) (i32.const 8)))

  (func (export "seek") (param $fd i32) (param $offset i64) (param $whence i32) (result i32)
    (call $fd_seek (local.get $fd) (local.get $offset) (local.get $whence) (i32.const 24)))

  (func (export "tell") (param $fd i32) (result i32) (call $fd_tell (local.get $fd) (i32.const 24)))
  (func (export "close") (param $fd i32) (result i32) (call $fd_close (local.get $fd)))
  (func (export "renumber") (param $from i32) (param $to i32) (result i32)
    (call $fd_renumber (local.get $from) (local.get $to)))
  (func (export "allocate") (param $fd i32) (param $offset i64) (param $length i64) (result i32)
    (call $fd_allocate (local.get $fd) (local.get $offset) (local.get $length)))
  (func (export "set_flags") (param $fd i32) (param $flags i32) (result i32)
    (call $fd_fdstat_set_flags (local.get $fd) (local.get $flags)))
  (func (export "set_size") (param $fd i32) (param $size i64) (result i32)
    (call $fd_filestat_set_size (local.get $fd) (local.get $size)))

  ;; The size of an open file, or the error number below zero.
  (func (export "size") (param $fd i32) (result i64)
    (local $error i32)
    (local.set $error (call $fd_filestat_get (local.get $fd) (i32.const 256)))
    (if (local.get $error) (then (return (i64.sub (i64.const 0) (i64.extend_i32_u (local.get $error))))))
    (i64.load (i32.const 288)))

  ;; The kind of a file by its path, or the error number below zero.
  (func (export "kind") (param $dir i32) (param $name i32) (param $length i32) (result i32)
    (local $error i32)
    (local.set $error
      (call $path_filestat_get (local.get $dir) (i32.const 0) (local.get $name) (local.get $length) (i32.const 256)))
    (if (local.get $error) (then (return (i32.sub (i32.const 0) (local.get $error)))))
    (i32.load8_u (i32.const 272)))

  (func (export "mkdir") (param $dir i32) (param $name i32) (param $length i32) (result i32)
    (call $path_create_directory (local.get $dir) (local.get $name) (local.get $length)))
  (func (export "rmdir") (param $dir i32) (param $name i32) (param $length i32) (result i32)
    (call $path_remove_directory (local.get $dir) (local.get $name) (local.get $length)))
  (func (export "unlink") (param $dir i32) (param $name i32) (param $length i32) (result i32)
    (call $path_unlink_file (local.get $dir) (local.get $name) (local.get $length)))
  (func (export "rename") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $path_rename (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
  (func (export "link") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $path_link
      (local.get 0) (i32.const 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
  (func (export "symlink") (param $old i32) (param $old_length i32) (param $dir i32) (param $new i32)
      (param $new_length i32) (result i32)
    (call $path_symlink
      (local.get $old) (local.get $old_length) (local.get $dir) (local.get $new) (local.get $new_length)))
  (func (export "readlink") (param $dir i32) (param $name i32) (param $length i32) (result i32)
    (call $path_readlink
      (local.get $dir) (local.get $name) (local.get $length) (i32.const 1024) (i32.const 64) (i32.const 8)))

  ;; Reads a directory to 1024: how much there is of it is the count.
  (func (export "readdir") (param $fd i32) (param $length i32) (param $cookie i64) (result i32)
    (call $fd_readdir (local.get $fd) (i32.const 1024) (local.get $length) (local.get $cookie) (i32.const 8)))

  ;; Writes the name of a granted directory to 1024.
  (func (export "granted") (param $fd i32) (result i32)
    (local $error i32)
    (local.set $error (call $fd_prestat_get (local.get $fd) (i32.const 4)))
    (if (local.get $error) (then (return (local.get $error))))
    (call $fd_prestat_dir_name (local.get $fd) (i32.const 1024) (i32.load (i32.const 8))))

  (func (export "rights") (param $fd i32) (result i64)
    (drop (call $fd_fdstat_get (local.get $fd) (i32.const 256)))
    (i64.load (i32.const 264)))

  ;; Random bytes from 65536 on.
  (func (export "random") (param $length i32) (result i32)
    (call $random_get (i32.const 65536) (local.get $length))))
