;; A guest that imports a shared memory: several instances of it, on several threads, count in one place.
(module
  (import "env" "memory" (memory 1 5 shared))

  ;; Adds 1 to the number at $address, $times times, atomically.
  (func (export "add") (param $address i32) (param $times i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $times)))
        (drop (i32.atomic.rmw.add (local.get $address) (i32.const 1)))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br $again))))

  (func (export "load") (param $address i32) (result i32)
    (i32.atomic.load (local.get $address)))

  (func (export "grow") (param $pages i32) (result i32)
    (memory.grow (local.get $pages)))

  (func (export "size") (result i32)
    (memory.size))

  ;; Says at $address + 4 that it is here, and sleeps at $address until it is notified: 0 woken, 1 the number
  ;; there is not 0, 2 timed out.
  (func (export "sleep") (param $address i32) (param $timeout_ns i64) (result i32)
    (i32.atomic.store offset=4 (local.get $address) (i32.const 1))
    (memory.atomic.wait32 (local.get $address) (i32.const 0) (local.get $timeout_ns)))

  ;; Sleeps while the number at $address is $expected: 0 woken, 1 another number, 2 timed out.
  (func (export "wait") (param $address i32) (param $expected i32) (param $timeout_ns i64) (result i32)
    (memory.atomic.wait32 (local.get $address) (local.get $expected) (local.get $timeout_ns)))

  (func (export "notify") (param $address i32) (param $count i32) (result i32)
    (memory.atomic.notify (local.get $address) (local.get $count))))
