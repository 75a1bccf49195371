//! Random types, and components that have functions of them.

use crate::random::Random;

/// A flat value's type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Core {
    I32,
    I64,
    F32,
    F64,
}

impl Core {
    fn text(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The type that holds both, for the payloads of a variant.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (one, two) if one == two => one,
            (Self::I32, Self::F32) | (Self::F32, Self::I32) => Self::I32,
            _ => Self::I64,
        }
    }
}

/// A type in the text format, its flat values, its size and its alignment: worked out here from the specification, and not from
/// the plans that are tested.
struct Type {
    text: String,
    flat: Vec<Core>,
    size: u32,
    align: u32,
}

#[derive(Default)]
struct Types {
    defined: String,
    count: usize,
}

impl Types {
    /// A type that has to have a name.
    fn named(&mut self, body: &str) -> String {
        let number = self.count;
        self.count += 1;
        self.defined +=
            &format!("(type $t{number}' {body}) (import \"t{number}\" (type $t{number} (eq $t{number}')))\n");
        format!("$t{number}")
    }

    fn plain(&mut self, body: &str) -> String {
        let number = self.count;
        self.count += 1;
        self.defined += &format!("(type $t{number} {body})\n");
        format!("$t{number}")
    }

    fn scalar(text: &str, core: Core, size: u32) -> Type {
        Type { text: text.to_owned(), flat: vec![core], size, align: size }
    }

    fn pointer(text: String) -> Type {
        Type { text, flat: vec![Core::I32, Core::I32], size: 8, align: 4 }
    }

    fn make(&mut self, random: &mut Random, depth: u32) -> Type {
        let kind = if depth == 0 { random.below(15) } else { random.below(if random.has_proposals { 28 } else { 26 }) };
        match kind {
            0 => Self::scalar("bool", Core::I32, 1),
            1 => Self::scalar("s8", Core::I32, 1),
            2 => Self::scalar("u8", Core::I32, 1),
            3 => Self::scalar("s16", Core::I32, 2),
            4 => Self::scalar("u16", Core::I32, 2),
            5 => Self::scalar("s32", Core::I32, 4),
            6 => Self::scalar("u32", Core::I32, 4),
            7 => Self::scalar("s64", Core::I64, 8),
            8 => Self::scalar("u64", Core::I64, 8),
            9 => Self::scalar("f32", Core::F32, 4),
            10 => Self::scalar("f64", Core::F64, 8),
            11 => Self::scalar("char", Core::I32, 4),
            12 => Self::pointer("string".to_owned()),
            13 => self.enumeration(random),
            14 => self.flags(random),
            15..=17 => {
                let item = self.make(random, depth - 1);
                Self::pointer(self.plain(&format!("(list {})", item.text)))
            }
            18..=20 => self.fields(random, depth),
            21..=22 => self.variant(random, depth),
            23 => {
                let some = self.make(random, depth - 1);
                let text = self.plain(&format!("(option {})", some.text));
                choice(text, &[None, Some(some)])
            }
            26 => {
                let keys = ["u8", "s32", "u64", "char", "bool", "string"];
                let (key, value) = (keys[random.index(keys.len())], self.make(random, depth - 1));
                Self::pointer(self.plain(&format!("(map {key} {})", value.text)))
            }
            27 => {
                let (item, count) = (self.make(random, depth - 1), 1 + random.below(4) as u32);
                let text = self.plain(&format!("(list {} {count})", item.text));
                let flat = (0..count).flat_map(|_| item.flat.iter().copied()).collect();
                Type { text, flat, size: item.size * count, align: item.align }
            }
            _ => {
                let mut payload = |types: &mut Self| (random.below(4) > 0).then(|| types.make(random, depth - 1));
                let (ok, error) = (payload(self), payload(self));
                let ok_text = ok.as_ref().map_or(String::new(), |ty| format!(" {}", ty.text));
                let error_text = error.as_ref().map_or(String::new(), |ty| format!(" (error {})", ty.text));
                let text = self.plain(&format!("(result{ok_text}{error_text})"));
                choice(text, &[ok, error])
            }
        }
    }

    fn enumeration(&mut self, random: &mut Random) -> Type {
        let most = if random.below(8) == 0 { 300 } else { 6 };
        let count = 1 + random.below(most);
        let size = if count <= 256 { 1 } else { 2 };
        let names: String = (0..count).map(|index| format!(" \"e{index}\"")).collect();
        Self::scalar(&self.named(&format!("(enum{names})")), Core::I32, size)
    }

    fn flags(&mut self, random: &mut Random) -> Type {
        let count = 1 + random.below(32);
        let size = match count {
            0..=8 => 1,
            9..=16 => 2,
            _ => 4,
        };
        let names: String = (0..count).map(|index| format!(" \"f{index}\"")).collect();
        Self::scalar(&self.named(&format!("(flags{names})")), Core::I32, size)
    }

    fn fields(&mut self, random: &mut Random, depth: u32) -> Type {
        let is_record = random.below(2) == 0;
        let (mut body, mut flat, mut size, mut align) = (String::new(), Vec::new(), 0_u32, 1);
        for index in 0..1 + random.below(7) {
            let field = self.make(random, depth - 1);
            body += &match is_record {
                true => format!(" (field \"n{index}\" {})", field.text),
                false => format!(" {}", field.text),
            };
            flat.extend(field.flat);
            size = size.next_multiple_of(field.align) + field.size;
            align = align.max(field.align);
        }
        let text = match is_record {
            true => self.named(&format!("(record{body})")),
            false => self.plain(&format!("(tuple{body})")),
        };
        Type { text, flat, size: size.next_multiple_of(align), align }
    }

    fn variant(&mut self, random: &mut Random, depth: u32) -> Type {
        let count = 1 + random.below(5);
        let cases: Vec<_> = (0..count).map(|_| (random.below(4) > 0).then(|| self.make(random, depth - 1))).collect();
        let body: String = cases
            .iter()
            .enumerate()
            .map(|(index, case)| match case {
                Some(payload) => format!(" (case \"c{index}\" {})", payload.text),
                None => format!(" (case \"c{index}\")"),
            })
            .collect();
        choice(self.named(&format!("(variant{body})")), &cases)
    }
}

/// A type of at most 256 cases.
fn choice(text: String, cases: &[Option<Type>]) -> Type {
    let (mut flat, mut size, mut align) = (Vec::<Core>::new(), 0, 1);
    for payload in cases.iter().flatten() {
        for (index, core) in payload.flat.iter().enumerate() {
            match flat.get_mut(index) {
                Some(known) => *known = known.join(*core),
                None => flat.push(*core),
            }
        }
        size = size.max(payload.size);
        align = align.max(payload.align);
    }
    flat.insert(0, Core::I32);
    Type { text, flat, size: (1_u32.next_multiple_of(align) + size).next_multiple_of(align), align }
}

/// A component whose `f` hands its arguments to the host's `f` and gives back what that gives, and whose `l` gives back a list.
pub fn component(random: &mut Random, encoding: &str) -> String {
    let mut types = Types::default();
    let params: Vec<_> = (0..random.below(5)).map(|_| types.make(random, 3)).collect();
    let result = (random.below(6) > 0).then(|| types.make(random, 3));
    let item = types.make(random, 3);
    let list = types.plain(&format!("(list {})", item.text));
    let flat: Vec<_> = params.iter().flat_map(|param| param.flat.iter().copied()).collect();
    let core_params = match flat.len() {
        0..=16 => flat.iter().map(|core| core.text()).collect(),
        _ => vec!["i32"],
    };
    let returned = result.as_ref().map_or(&[][..], |ty| &ty.flat);
    let is_in_memory = returned.len() > 1;
    let lifted = match (is_in_memory, returned.first()) {
        (true, _) => "(result i32)".to_owned(),
        (_, Some(core)) => format!("(result {})", core.text()),
        (_, None) => String::new(),
    };
    let flat_params = core_params.join(" ");
    let lowered = match is_in_memory {
        true => format!("(param {flat_params} i32)"),
        false => format!("(param {flat_params}) {lifted}"),
    };
    let pass: String = (0..core_params.len()).map(|index| format!("local.get {index} ")).collect();
    let body = match result.as_ref().filter(|_| is_in_memory) {
        Some(Type { size, align, .. }) => format!(
            "(local $to i32)
             (local.set $to (call $alloc (i32.const 0) (i32.const 0) (i32.const {align}) (i32.const {size})))
             {pass} local.get $to call $f local.get $to"
        ),
        None => format!("{pass} call $f"),
    };
    let shown: String =
        params.iter().enumerate().map(|(index, param)| format!("(param \"p{index}\" {}) ", param.text)).collect();
    let shown_result = result.map_or(String::new(), |ty| format!("(result {})", ty.text));
    let defined = types.defined;
    let options = format!("(memory $mem) (realloc $realloc) string-encoding={encoding}");
    format!(
        r#"(component {defined}
  (import "f" (func $f {shown} {shown_result}))
  (core module $libc
    (memory (export "mem") 64)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $size i32) (param i32) (param $new i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $new)))
      (memory.copy (local.get $at) (local.get $old) (local.get $size))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "mem" (core memory $mem))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $lowered (canon lower (func $f) {options}))
  (core module $m
    (import "" "f" (func $f {lowered}))
    (import "" "realloc" (func $alloc (param i32 i32 i32 i32) (result i32)))
    (import "" "mem" (memory 1))
    (func (export "f") (param {flat_params}) {lifted} {body})
    (func (export "l") (param i32 i32) (result i32) (local $to i32)
      (local.set $to (call $alloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))
      (i32.store (local.get $to) (local.get 0)) (i32.store offset=4 (local.get $to) (local.get 1)) (local.get $to)))
  (core instance $m (instantiate $m (with "" (instance
    (export "f" (func $lowered)) (export "realloc" (func $realloc)) (export "mem" (memory $mem))))))
  (alias core export $m "f" (core func $core_f))
  (alias core export $m "l" (core func $core_l))
  (func (export "f") {shown} {shown_result} (canon lift (core func $core_f) {options}))
  (func (export "l") (param "x" {list}) (result {list}) (canon lift (core func $core_l) {options}))
)"#
    )
}
