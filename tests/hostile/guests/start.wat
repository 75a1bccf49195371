;; Never has started.
(module
  (func $start (loop $again (br $again)))
  (start $start))
