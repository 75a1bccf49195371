;; The binary format.

(component binary "\00asm" "\0d\00\01\00")
(component definition binary "\00asm" "\0d\00\01\00")

(assert_malformed (component binary "") "unexpected end")
(assert_malformed (component binary "\00asm") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00") "unexpected end")
;; Another version, and another layer.
(assert_malformed (component binary "\00asm" "\0e\00\01\00") "unknown binary version")
(assert_malformed (component binary "\00asm" "\0d\00\02\00") "unknown binary version")
;; A section that is not there, one that ends too early, and one that says more than there is.
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\7f\00") "unexpected section id")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\01") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\01\01") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\ff\ff\ff\ff\0f") "unexpected end")
;; Bytes behind the end of a section's content.
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\03\00\00\00") "section size mismatch")
;; A defined type that there is not.
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\01\20") "invalid leading byte")
;; A name that is no UTF-8: a custom section, and an import.
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\00\02\01\ff") "malformed UTF-8 encoding")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0a\06\01\00\01\ff\01\00") "malformed UTF-8 encoding")
;; A length in more bytes than it may have.
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\80\80\80\80\80\00") "invalid var_u32")

;; A custom section may stand anywhere, and says nothing.
(component binary "\00asm" "\0d\00\01\00" "\00\02\01a" "\00\02\01a")
;; The type `list<u8>`, and a function type with it.
(component binary "\00asm" "\0d\00\01\00" "\07\03\01\70\7d")
;; A module inside, which is a module itself.
(component binary "\00asm" "\0d\00\01\00" "\01\08\00asm" "\01\00\00\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\08\00asm" "\02\00\00\00") "unknown binary version")
;; A component where a module has to be.
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\08\00asm" "\0d\00\01\00") "expected a version header for a core module")
;; A component inside.
(component binary "\00asm" "\0d\00\01\00" "\04\08\00asm" "\0d\00\01\00")

;; Text that is none.
(assert_malformed (component quote "(import)") "expected")
(assert_malformed (component quote "(func (export \"f\") (canon lift))") "expected")
(assert_malformed (component quote "(nothing)") "expected valid component field")
