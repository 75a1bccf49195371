;; What a path that ends in a slash means. The path lies in the memory; each function gives WASI's error number.
(module $wasi_paths
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "note.txt//")
  (data (i32.const 16) "made//")
  (data (i32.const 32) "link//")
  (data (i32.const 48) "////")

  ;; Looks at a path without following it.
  (func (export "stat") (param $start i32) (param $length i32) (result i32)
    (call $stat (i32.const 3) (i32.const 0) (local.get $start) (local.get $length) (i32.const 1024)))

  (func (export "mkdir") (param $start i32) (param $length i32) (result i32)
    (call $mkdir (i32.const 3) (local.get $start) (local.get $length)))

  (func (export "rmdir") (param $start i32) (param $length i32) (result i32)
    (call $rmdir (i32.const 3) (local.get $start) (local.get $length)))

  ;; Makes `link`, which points at the path.
  (func (export "symlink") (param $start i32) (param $length i32) (result i32)
    (call $symlink (local.get $start) (local.get $length) (i32.const 3) (i32.const 32) (i32.const 4))))
