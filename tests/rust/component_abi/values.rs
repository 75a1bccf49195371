//! Random values as wasmtime has them, and the stream that they are for us.

use trimaran::adapter::stream::BESIDE;
use wasmtime::component::Val;
use wasmtime::component::types::Type;

use crate::random::Random;

/// A random value of a type.
pub fn value(random: &mut Random, ty: &Type) -> Val {
    let boxed = |random: &mut Random, ty: Option<Type>| ty.map(|ty| Box::new(value(random, &ty)));
    match ty {
        Type::Bool => Val::Bool(random.below(2) == 0),
        Type::S8 => Val::S8(random.next() as i8),
        Type::U8 => Val::U8(random.next() as u8),
        Type::S16 => Val::S16(random.next() as i16),
        Type::U16 => Val::U16(random.next() as u16),
        Type::S32 => Val::S32(random.next() as i32),
        Type::U32 => Val::U32(random.next() as u32),
        Type::S64 => Val::S64(random.next() as i64),
        Type::U64 => Val::U64(random.next()),
        Type::Float32 => Val::Float32(f32::from(random.next() as i16) / 8.0),
        Type::Float64 => Val::Float64(f64::from(random.next() as i32) / 8.0),
        Type::Char => Val::Char(['a', 'é', '漢', '🐱'][random.index(4)]),
        Type::String => Val::String(match random.below(40) {
            0 => "été 🐱".repeat(random.longest as usize / 3),
            other => ["", "a", "été", "漢字 🐱"][other as usize % 4].to_owned(),
        }),
        Type::List(list) => {
            let most = if random.below(30) == 0 { random.longest } else { 4 };
            Val::List((0..random.below(most)).map(|_| value(random, &list.ty())).collect())
        }
        Type::Map(map) => {
            Val::Map((0..random.below(4)).map(|_| (value(random, &map.key()), value(random, &map.value()))).collect())
        }
        Type::FixedLengthList(list) => {
            Val::FixedLengthList((0..list.len()).map(|_| value(random, &list.ty())).collect())
        }
        Type::Record(record) => {
            Val::Record(record.fields().map(|field| (field.name.to_owned(), value(random, &field.ty))).collect())
        }
        Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| value(random, &ty)).collect()),
        Type::Variant(variant) => {
            let case = variant.cases().nth(random.index(variant.cases().len())).unwrap();
            Val::Variant(case.name.to_owned(), boxed(random, case.ty))
        }
        Type::Enum(names) => Val::Enum(names.names().nth(random.index(names.names().len())).unwrap().to_owned()),
        Type::Option(option) => Val::Option(if random.below(3) == 0 { None } else { boxed(random, Some(option.ty())) }),
        Type::Result(result) => Val::Result(match random.below(2) {
            0 => Ok(boxed(random, result.ok())),
            _ => Err(boxed(random, result.err())),
        }),
        Type::Flags(flags) => Val::Flags(flags.names().filter(|_| random.below(2) == 0).map(str::to_owned).collect()),
        other => panic!("no values of {other:?}"),
    }
}

/// Values of a stream, and what stands beside it.
#[derive(Debug, Default, PartialEq)]
pub struct Stream {
    pub bytes: Vec<u8>,
    pub beside: Vec<Vec<u8>>,
    /// From how many bytes on a part stands beside the stream.
    pub large: usize,
}

impl Stream {
    pub fn new(large: usize) -> Self {
        Self { large, ..Self::default() }
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend(u32::try_from(number).unwrap().to_le_bytes());
    }

    fn part(&mut self, count: usize, bytes: &[u8]) {
        if bytes.len() < self.large {
            self.number(count);
            self.bytes.extend(bytes);
        } else {
            self.number(count | BESIDE as usize);
            self.number(self.beside.len());
            self.beside.push(bytes.to_vec());
        }
    }

    pub fn put(&mut self, val: &Val, ty: &Type) {
        match (val, ty) {
            (Val::List(items), Type::List(list)) => self.list(items, &list.ty()),
            (Val::Map(entries), Type::Map(map)) => {
                self.number(entries.len());
                for (key, value) in entries {
                    self.put(key, &map.key());
                    self.put(value, &map.value());
                }
            }
            // Its numbers stand in the stream, however many there are.
            (Val::FixedLengthList(items), Type::FixedLengthList(list)) => {
                self.number(items.len());
                items.iter().for_each(|item| self.put(item, &list.ty()));
            }
            (Val::Bool(value), _) => self.bytes.push(u8::from(*value)),
            (Val::Char(value), _) => self.number(u32::from(*value) as usize),
            (Val::String(value), _) => self.part(value.len(), value.as_bytes()),
            (Val::Record(fields), Type::Record(record)) => {
                fields.iter().zip(record.fields()).for_each(|((_, value), field)| self.put(value, &field.ty));
            }
            (Val::Tuple(items), Type::Tuple(tuple)) => {
                items.iter().zip(tuple.types()).for_each(|(item, ty)| self.put(item, &ty));
            }
            (Val::Variant(name, payload), Type::Variant(variant)) => {
                let (index, case) = variant.cases().enumerate().find(|(_, case)| case.name == name).unwrap();
                self.number(index);
                self.payload(payload.as_deref(), case.ty);
            }
            (Val::Enum(name), Type::Enum(names)) => {
                self.number(names.names().position(|other| other == name).unwrap());
            }
            (Val::Option(payload), Type::Option(option)) => {
                self.number(usize::from(payload.is_some()));
                self.payload(payload.as_deref(), Some(option.ty()));
            }
            (Val::Result(Ok(payload)), Type::Result(result)) => {
                self.number(0);
                self.payload(payload.as_deref(), result.ok());
            }
            (Val::Result(Err(payload)), Type::Result(result)) => {
                self.number(1);
                self.payload(payload.as_deref(), result.err());
            }
            (Val::Flags(set), Type::Flags(flags)) => {
                let bits = flags.names().enumerate().filter(|(_, name)| set.iter().any(|other| other == name));
                self.number(bits.fold(0, |bits, (index, _)| bits | 1 << index));
            }
            (number, _) => self.bytes.extend(bytes(number)),
        }
    }

    fn payload(&mut self, payload: Option<&Val>, ty: Option<Type>) {
        if let Some((value, ty)) = payload.zip(ty) {
            self.put(value, &ty);
        }
    }

    fn list(&mut self, items: &[Val], ty: &Type) {
        if matches!(ty, Type::Bool | Type::Char | Type::String) || !is_number(ty) {
            self.number(items.len());
            items.iter().for_each(|item| self.put(item, ty));
            return;
        }
        let all: Vec<u8> = items.iter().flat_map(bytes).collect();
        self.part(items.len(), &all);
    }
}

fn is_number(ty: &Type) -> bool {
    use Type::{Float32, Float64, S8, S16, S32, S64, U8, U16, U32, U64};
    matches!(ty, S8 | U8 | S16 | U16 | S32 | U32 | S64 | U64 | Float32 | Float64)
}

fn bytes(number: &Val) -> Vec<u8> {
    match number {
        Val::S8(value) => value.to_le_bytes().to_vec(),
        Val::U8(value) => value.to_le_bytes().to_vec(),
        Val::S16(value) => value.to_le_bytes().to_vec(),
        Val::U16(value) => value.to_le_bytes().to_vec(),
        Val::S32(value) => value.to_le_bytes().to_vec(),
        Val::U32(value) => value.to_le_bytes().to_vec(),
        Val::S64(value) => value.to_le_bytes().to_vec(),
        Val::U64(value) => value.to_le_bytes().to_vec(),
        Val::Float32(value) => value.to_le_bytes().to_vec(),
        Val::Float64(value) => value.to_le_bytes().to_vec(),
        other => panic!("{other:?} is no number"),
    }
}
