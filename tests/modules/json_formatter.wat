;; A JSON formatter with the interface of the dprint plugins, for machines that cannot fetch one.
;;
;; Bytes go in and out by a shared buffer: `clear_shared_bytes` makes room for them, `get_shared_bytes_ptr` says
;; where it is. `format` gives 0 where nothing changes, 1 for a new text, 2 for an error.
(module
  (memory (export "memory") 1)

  ;; What was expected, by address and length, for `$fail`.
  (data (i32.const 0) "a value")
  (data (i32.const 16) "a quote")
  (data (i32.const 32) "the end of a string")
  (data (i32.const 64) "a digit")
  (data (i32.const 80) "a colon")
  (data (i32.const 96) "a comma or a closing bracket")
  (data (i32.const 128) "the end of the file")
  (data (i32.const 160) "true")
  (data (i32.const 168) "false")
  (data (i32.const 176) "null")
  (data (i32.const 192) "expected ")
  (data (i32.const 208) ", in line ")
  (data (i32.const 224) ", column ")

  (global $input i32 (i32.const 1024))
  (global $length (mut i32) (i32.const 0))
  (global $at (mut i32) (i32.const 0))
  ;; Where the text that is written begins, and where it ends so far.
  (global $output (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $shared (mut i32) (i32.const 1024))
  (global $depth (mut i32) (i32.const 0))
  (global $expected (mut i32) (i32.const 0))
  (global $expected_length (mut i32) (i32.const 0))

  (func (export "clear_shared_bytes") (param $length i32) (result i32)
    (global.set $length (local.get $length))
    (global.set $shared (global.get $input))
    (call $reserve (i32.add (global.get $input) (local.get $length)))
    (global.get $input))

  (func (export "get_shared_bytes_ptr") (result i32)
    (global.get $shared))

  ;; The formatter has no settings and takes every file for JSON.
  (func (export "register_config") (param $id i32))
  (func (export "set_file_path"))

  (func (export "format") (param $config i32) (result i32)
    (global.set $at (i32.const 0))
    (global.set $depth (i32.const 0))
    (global.set $expected_length (i32.const 0))
    (call $begin_output)
    (if (i32.eqz (call $file)) (then (return (i32.const 2))))
    (i32.eqz (call $is_unchanged)))

  (func (export "get_formatted_text") (result i32)
    (global.set $shared (global.get $output))
    (i32.sub (global.get $end) (global.get $output)))

  (func (export "get_error_text") (result i32)
    (local $index i32) (local $line i32) (local $column i32)
    (local.set $line (i32.const 1))
    (local.set $column (i32.const 1))
    (block $counted
      (loop $count
        (br_if $counted (i32.ge_u (local.get $index) (global.get $at)))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (if (i32.eq (i32.load8_u (i32.add (global.get $input) (local.get $index))) (i32.const 10))
          (then
            (local.set $line (i32.add (local.get $line) (i32.const 1)))
            (local.set $column (i32.const 1))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $count)))
    (call $begin_output)
    (call $write (i32.const 192) (i32.const 9))
    (call $write (global.get $expected) (global.get $expected_length))
    (call $write (i32.const 208) (i32.const 10))
    (call $write_number (local.get $line))
    (call $write (i32.const 224) (i32.const 9))
    (call $write_number (local.get $column))
    (global.set $shared (global.get $output))
    (i32.sub (global.get $end) (global.get $output)))

  ;; Grows the memory until it has $size bytes.
  (func $reserve (param $size i32)
    (local $pages i32)
    (local.set $pages
      (i32.sub (i32.shr_u (i32.add (local.get $size) (i32.const 65535)) (i32.const 16)) (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable)))))

  (func $begin_output
    (global.set $output (i32.add (global.get $input) (global.get $length)))
    (global.set $end (global.get $output)))

  (func $put (param $byte i32)
    (call $reserve (i32.add (global.get $end) (i32.const 1)))
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  (func $write (param $from i32) (param $length i32)
    (call $reserve (i32.add (global.get $end) (local.get $length)))
    (memory.copy (global.get $end) (local.get $from) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length))))

  (func $write_number (param $number i32)
    (if (i32.ge_u (local.get $number) (i32.const 10))
      (then (call $write_number (i32.div_u (local.get $number) (i32.const 10)))))
    (call $put (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10)))))

  ;; The next byte, or -1 at the end.
  (func $peek (result i32)
    (if (result i32) (i32.lt_u (global.get $at) (global.get $length))
      (then (i32.load8_u (i32.add (global.get $input) (global.get $at))))
      (else (i32.const -1))))

  (func $skip
    (global.set $at (i32.add (global.get $at) (i32.const 1))))

  (func $take
    (call $put (call $peek))
    (call $skip))

  (func $skip_space
    (local $byte i32)
    (loop $again
      (local.set $byte (call $peek))
      (if (i32.or
            (i32.or (i32.eq (local.get $byte) (i32.const 32)) (i32.eq (local.get $byte) (i32.const 10)))
            (i32.or (i32.eq (local.get $byte) (i32.const 13)) (i32.eq (local.get $byte) (i32.const 9))))
        (then
          (call $skip)
          (br $again)))))

  (func $new_line
    (local $spaces i32)
    (call $put (i32.const 10))
    (local.set $spaces (i32.mul (global.get $depth) (i32.const 2)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $spaces)))
        (call $put (i32.const 32))
        (local.set $spaces (i32.sub (local.get $spaces) (i32.const 1)))
        (br $again))))

  ;; Each of the following takes one thing from the input and gives 1, or says what it missed and gives 0.
  (func $fail (param $expected i32) (param $length i32) (result i32)
    (global.set $expected (local.get $expected))
    (global.set $expected_length (local.get $length))
    (i32.const 0))

  (func $file (result i32)
    (if (i32.eqz (call $value)) (then (return (i32.const 0))))
    (call $skip_space)
    (call $put (i32.const 10))
    (if (i32.ne (call $peek) (i32.const -1)) (then (return (call $fail (i32.const 128) (i32.const 19)))))
    (i32.const 1))

  (func $value (result i32)
    (local $byte i32)
    (call $skip_space)
    (local.set $byte (call $peek))
    (if (i32.eq (local.get $byte) (i32.const 0x7b))
      (then (return (call $list (i32.const 0x7d) (i32.const 1)))))
    (if (i32.eq (local.get $byte) (i32.const 0x5b))
      (then (return (call $list (i32.const 0x5d) (i32.const 0)))))
    (if (i32.eq (local.get $byte) (i32.const 0x22)) (then (return (call $string))))
    (if (i32.eq (local.get $byte) (i32.const 0x74)) (then (return (call $word (i32.const 160) (i32.const 4)))))
    (if (i32.eq (local.get $byte) (i32.const 0x66)) (then (return (call $word (i32.const 168) (i32.const 5)))))
    (if (i32.eq (local.get $byte) (i32.const 0x6e)) (then (return (call $word (i32.const 176) (i32.const 4)))))
    (if (i32.or (i32.eq (local.get $byte) (i32.const 0x2d)) (call $is_digit)) (then (return (call $number))))
    (call $fail (i32.const 0) (i32.const 7)))

  ;; An object (with $keys) or an array, up to the bracket $close.
  (func $list (param $close i32) (param $keys i32) (result i32)
    (local $byte i32)
    (call $take)
    (call $skip_space)
    (if (i32.eq (call $peek) (local.get $close))
      (then
        (call $take)
        (return (i32.const 1))))
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (loop $next
      (call $new_line)
      (if (local.get $keys) (then (if (i32.eqz (call $key)) (then (return (i32.const 0))))))
      (if (i32.eqz (call $value)) (then (return (i32.const 0))))
      (call $skip_space)
      (local.set $byte (call $peek))
      (if (i32.eq (local.get $byte) (i32.const 0x2c))
        (then
          (call $take)
          (br $next))))
    (if (i32.ne (local.get $byte) (local.get $close)) (then (return (call $fail (i32.const 96) (i32.const 28)))))
    (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
    (call $new_line)
    (call $take)
    (i32.const 1))

  (func $key (result i32)
    (call $skip_space)
    (if (i32.ne (call $peek) (i32.const 0x22)) (then (return (call $fail (i32.const 16) (i32.const 7)))))
    (if (i32.eqz (call $string)) (then (return (i32.const 0))))
    (call $skip_space)
    (if (i32.ne (call $peek) (i32.const 0x3a)) (then (return (call $fail (i32.const 80) (i32.const 7)))))
    (call $take)
    (call $put (i32.const 32))
    (i32.const 1))

  (func $string (result i32)
    (local $byte i32)
    (call $take)
    (loop $next
      (local.set $byte (call $peek))
      (if (i32.lt_s (local.get $byte) (i32.const 32)) (then (return (call $fail (i32.const 32) (i32.const 19)))))
      (call $take)
      ;; What a backslash escapes cannot end the string.
      (if (i32.eq (local.get $byte) (i32.const 0x5c))
        (then
          (if (i32.lt_s (call $peek) (i32.const 32)) (then (return (call $fail (i32.const 32) (i32.const 19)))))
          (call $take)
          (br $next)))
      (br_if $next (i32.ne (local.get $byte) (i32.const 0x22))))
    (i32.const 1))

  (func $word (param $word i32) (param $length i32) (result i32)
    (local $index i32)
    (loop $next
      (if (i32.ne (call $peek) (i32.load8_u (i32.add (local.get $word) (local.get $index))))
        (then (return (call $fail (i32.const 0) (i32.const 7)))))
      (call $take)
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $index) (local.get $length))))
    (i32.const 1))

  (func $number (result i32)
    (if (i32.eq (call $peek) (i32.const 0x2d)) (then (call $take)))
    (if (i32.eqz (call $digits)) (then (return (i32.const 0))))
    (if (i32.eq (call $peek) (i32.const 0x2e))
      (then
        (call $take)
        (if (i32.eqz (call $digits)) (then (return (i32.const 0))))))
    (if (i32.eq (i32.or (call $peek) (i32.const 0x20)) (i32.const 0x65))
      (then
        (call $take)
        (if (i32.or (i32.eq (call $peek) (i32.const 0x2b)) (i32.eq (call $peek) (i32.const 0x2d)))
          (then (call $take)))
        (return (call $digits))))
    (i32.const 1))

  (func $digits (result i32)
    (if (i32.eqz (call $is_digit)) (then (return (call $fail (i32.const 64) (i32.const 7)))))
    (loop $next
      (call $take)
      (br_if $next (call $is_digit)))
    (i32.const 1))

  (func $is_digit (result i32)
    (i32.le_u (i32.sub (call $peek) (i32.const 48)) (i32.const 9)))

  (func $is_unchanged (result i32)
    (local $index i32)
    (if (i32.ne (i32.sub (global.get $end) (global.get $output)) (global.get $length))
      (then (return (i32.const 0))))
    (block $same
      (loop $next
        (br_if $same (i32.ge_u (local.get $index) (global.get $length)))
        (if (i32.ne
              (i32.load8_u (i32.add (global.get $input) (local.get $index)))
              (i32.load8_u (i32.add (global.get $output) (local.get $index))))
          (then (return (i32.const 0))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (i32.const 1)))
