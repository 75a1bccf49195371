;; What calls the host, in every language: `inc` so many times, each on what the last one gave.
(module
  (import "host" "inc" (func $inc (param i32) (result i32)))
  (func (export "run") (param $times i32) (result i32) (local $value i32)
    (block $done (loop $again
      (br_if $done (i32.eqz (local.get $times)))
      (local.set $value (call $inc (local.get $value)))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br $again)))
    (local.get $value)))
