;; A core module in the folder of a target: it has no bindings.
(; (component) is what it is (; not ;) ;)
(module (func (export "run")))
