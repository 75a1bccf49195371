;; A component that opens the first directory that it was granted, its entries, a file in it, or sockets, again and again. It closes
;; nothing, but in `cheat` the granted directory, which it is given anew each time, and in `streams` the file, which its stream keeps open.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (import "wasi:io/streams@0.2.0" (instance $streams (export "input-stream" (type (sub resource)))))
  (alias export $streams "input-stream" (type $input))
  (import "wasi:filesystem/types@0.2.0" (instance $types
    (alias outer 1 $input (type $outer-input))
    (export "input-stream" (type $input (eq $outer-input)))
    (export "directory-entry-stream" (type $entries (sub resource)))
    (export "descriptor" (type $descriptor (sub resource)))
    (type $code-type (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist" "file-too-large"
      "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io" "is-directory" "loop" "too-many-links" "message-size"
      "name-too-long" "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory" "not-empty"
      "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow" "not-permitted" "pipe" "read-only" "invalid-seek"
      "text-file-busy" "cross-device"))
    (export "error-code" (type $code (eq $code-type)))
    (type $path-type (flags "symlink-follow"))
    (export "path-flags" (type $path-flags (eq $path-type)))
    (type $open-type (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $open-flags (eq $open-type)))
    (type $descriptor-type (flags "read" "write" "file-integrity-sync" "data-integrity-sync" "requested-write-sync" "mutate-directory"))
    (export "descriptor-flags" (type $descriptor-flags (eq $descriptor-type)))
    (export "[method]descriptor.open-at" (func
      (param "self" (borrow $descriptor)) (param "path-flags" $path-flags) (param "path" string) (param "open-flags" $open-flags)
      (param "flags" $descriptor-flags) (result (result (own $descriptor) (error $code)))))
    (export "[method]descriptor.read-directory" (func
      (param "self" (borrow $descriptor)) (result (result (own $entries) (error $code)))))
    (export "[method]descriptor.read-via-stream" (func
      (param "self" (borrow $descriptor)) (param "offset" u64) (result (result (own $input) (error $code)))))))
  (alias export $types "descriptor" (type $descriptor))
  (alias export $types "directory-entry-stream" (type $entries))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (alias outer 1 $descriptor (type $outer-descriptor))
    (export "descriptor" (type $descriptor (eq $outer-descriptor)))
    (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))))
  (import "wasi:sockets/network@0.2.0" (instance $network
    (type $code-type (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
      "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable"
      "address-in-use" "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large"
      "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type $code (eq $code-type)))
    (type $family-type (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type $family (eq $family-type)))
    (export "network" (type $network (sub resource)))))
  (alias export $network "error-code" (type $code))
  (alias export $network "ip-address-family" (type $family))
  (alias export $network "network" (type $net))
  (import "wasi:sockets/instance-network@0.2.0" (instance $instance-network
    (alias outer 1 $net (type $outer-net))
    (export "network" (type $network (eq $outer-net)))
    (export "instance-network" (func (result (own $network))))))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp (export "tcp-socket" (type $socket (sub resource)))))
  (alias export $tcp "tcp-socket" (type $tcp-socket))
  (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
    (alias outer 1 $tcp-socket (type $outer-socket))
    (export "tcp-socket" (type $socket (eq $outer-socket)))
    (alias outer 1 $family (type $outer-family))
    (export "ip-address-family" (type $family (eq $outer-family)))
    (alias outer 1 $code (type $outer-code))
    (export "error-code" (type $code (eq $outer-code)))
    (export "create-tcp-socket" (func (param "address-family" $family) (result (result (own $socket) (error $code)))))))

  (core module $libc
    (memory (export "memory") 1)
    ;; Lists of directories come there: one is used at a time.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (select (i32.const 1024) (i32.const 2048) (i32.eq (local.get 2) (i32.const 4)))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (alias export $types "[method]descriptor.open-at" (func $open-func))
  (core func $open (canon lower (func $open-func) (memory $memory)))
  (alias export $types "[method]descriptor.read-directory" (func $entries-func))
  (core func $entries (canon lower (func $entries-func) (memory $memory)))
  (alias export $types "[method]descriptor.read-via-stream" (func $stream-func))
  (core func $stream (canon lower (func $stream-func) (memory $memory)))
  (core func $drop (canon resource.drop $descriptor))
  (alias export $preopens "get-directories" (func $directories-func))
  (core func $directories (canon lower (func $directories-func) (memory $memory) (realloc $realloc)))
  (alias export $instance-network "instance-network" (func $network-func))
  (core func $network (canon lower (func $network-func)))
  (alias export $create "create-tcp-socket" (func $create-func))
  (core func $create (canon lower (func $create-func) (memory $memory)))

  (core module $m
    (import "libc" "memory" (memory 1))
    (import "" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "" "entries" (func $entries (param i32 i32)))
    (import "" "stream" (func $stream (param i32 i64 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "directories" (func $directories (param i32)))
    (import "" "network" (func $network (result i32)))
    (import "" "create" (func $create (param i32 i32)))
    (data (i32.const 512) ".inside.txt")
    ;; The error code that the last one ended with, and one more.
    (global $error (mut i32) (i32.const 0))
    ;; The first directory that was granted, by a new handle.
    (func $first (result i32)
      (call $directories (i32.const 0))
      (if (i32.eqz (i32.load (i32.const 4))) (then (unreachable)))
      (i32.load (i32.load (i32.const 0))))
    ;; Opens `.` or the file for reading; gives whether that went well.
    (func $opened (param $directory i32) (param $file i32) (result i32)
      (call $open (local.get $directory) (i32.const 0)
        (i32.add (i32.const 512) (local.get $file)) (select (i32.const 10) (i32.const 1) (local.get $file))
        (select (i32.const 0) (i32.const 2) (local.get $file)) (i32.const 1) (i32.const 0))
      (call $went))
    (func $went (result i32)
      (if (i32.load8_u (i32.const 0)) (then (global.set $error (i32.add (i32.load8_u (i32.const 4)) (i32.const 1))) (return (i32.const 0))))
      (i32.const 1))
    ;; Each gives how often it went well, a number of times at most.
    (func (export "open") (param $most i32) (result i32) (local $count i32) (local $directory i32)
      (local.set $directory (call $first))
      (block $over (loop $more
        (br_if $over (i32.ge_u (local.get $count) (local.get $most)))
        (br_if $over (i32.eqz (call $opened (local.get $directory) (i32.const 0))))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $more)))
      (call $drop (local.get $directory))
      (local.get $count))
    (func (export "cheat") (param $most i32) (result i32) (local $count i32) (local $directory i32)
      (block $over (loop $more
        (br_if $over (i32.ge_u (local.get $count) (local.get $most)))
        (local.set $directory (call $first))
        (br_if $over (i32.eqz (call $opened (local.get $directory) (i32.const 0))))
        (call $drop (local.get $directory))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $more)))
      (local.get $count))
    (func (export "entries") (param $most i32) (result i32) (local $count i32) (local $directory i32)
      (local.set $directory (call $first))
      (block $over (loop $more
        (br_if $over (i32.ge_u (local.get $count) (local.get $most)))
        (call $entries (local.get $directory) (i32.const 0))
        (br_if $over (i32.eqz (call $went)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $more)))
      (local.get $count))
    (func (export "streams") (param $most i32) (result i32) (local $count i32) (local $directory i32) (local $file i32)
      (local.set $directory (call $first))
      (block $over (loop $more
        (br_if $over (i32.ge_u (local.get $count) (local.get $most)))
        (br_if $over (i32.eqz (call $opened (local.get $directory) (i32.const 1))))
        (local.set $file (i32.load (i32.const 4)))
        (call $stream (local.get $file) (i64.const 0) (i32.const 0))
        (br_if $over (i32.eqz (call $went)))
        (call $drop (local.get $file))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $more)))
      (local.get $count))
    (func (export "sockets") (param $most i32) (result i32) (local $count i32)
      (loop $more
        (if (i32.lt_u (local.get $count) (local.get $most)) (then
          (call $create (i32.const 0) (i32.const 0))
          (if (i32.load8_u (i32.const 0))
            (then (global.set $error (i32.add (i32.load8_u (i32.const 4)) (i32.const 1))))
            (else (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $more))))))
      (local.get $count))
    (func (export "networks") (loop $more (drop (call $network)) (br $more)))
    (func (export "directories") (loop $more (call $directories (i32.const 0)) (br $more)))
    (func (export "error") (result i32) (global.get $error)))
  (core instance $m (instantiate $m (with "libc" (instance $libc)) (with "" (instance
    (export "open" (func $open)) (export "entries" (func $entries)) (export "stream" (func $stream)) (export "drop" (func $drop))
    (export "directories" (func $directories)) (export "network" (func $network))
    (export "create" (func $create))))))
  (func (export "open") (param "most" u32) (result u32) (canon lift (core func $m "open")))
  (func (export "cheat") (param "most" u32) (result u32) (canon lift (core func $m "cheat")))
  (func (export "entries") (param "most" u32) (result u32) (canon lift (core func $m "entries")))
  (func (export "streams") (param "most" u32) (result u32) (canon lift (core func $m "streams")))
  (func (export "sockets") (param "most" u32) (result u32) (canon lift (core func $m "sockets")))
  (func (export "networks") (canon lift (core func $m "networks")))
  (func (export "directories") (canon lift (core func $m "directories")))
  (func (export "error") (result u32) (canon lift (core func $m "error"))))
