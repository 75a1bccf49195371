(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  ;; Waits as many times as it is told, and gives how often.
  (func (export "waits") (param $count i32) (result i32) (local $done i32)
    (loop $again
      (local.set $done (i32.add (local.get $done) (call $wait (i32.const 1))))
      (br_if $again (i32.lt_u (local.get $done) (local.get $count))))
    (local.get $done))
  (func (export "spin") (loop $again (br $again))))
