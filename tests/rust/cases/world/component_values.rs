//! Values of components, as the cases write them, and as core takes and gives them.

use std::sync::Arc;

use serde_json::{Value, json};
use trimaran::adapter::plan::{Case, Field, Kind, Plan, Row};
use trimaran::adapter::stream::BESIDE;
use trimaran::adapter::{GivenResource, Received, ResourceValue, component_mistake};
use trimaran::{ComponentMistake, ComponentTypeKind, Result};

use super::Object;
use super::component_streams;
use super::hosted::Objects;

/// Values on their way into a guest.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    pub(super) resources: Vec<GivenResource>,
    path: Vec<String>,
}

impl Writer {
    /// The arguments of a function.
    pub(super) fn arguments(objects: &Objects, row: &Row, values: &[Value]) -> Result<Self> {
        let mut writer = Self::default();
        writer.count("arguments", row.fields.len(), values.len())?;
        for (index, (field, value)) in row.fields.iter().zip(values).enumerate() {
            writer.within(format!("argument {}", index + 1), |writer| writer.write(objects, &field.plan, value))?;
        }
        Ok(writer)
    }

    /// The result of a function of the host.
    pub(super) fn result(objects: &Objects, row: &Row, value: &Value) -> Result<Self> {
        let mut writer = Self::default();
        let given = usize::from(!value.is_null());
        writer.within("result".to_owned(), |writer| match row.fields.first() {
            Some(field) if given == 1 => writer.write(objects, &field.plan, value),
            field => writer.count("values", usize::from(field.is_some()), given),
        })?;
        Ok(writer)
    }

    fn within(&mut self, part: String, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.path.push(part);
        work(self)?;
        self.path.pop();
        Ok(())
    }

    fn refuse<T>(&self, mistake: ComponentMistake) -> Result<T> {
        Err(component_mistake(&self.path, mistake))
    }

    fn count(&self, what: &str, expected: usize, found: usize) -> Result<()> {
        if expected == found {
            return Ok(());
        }
        self.refuse(ComponentMistake::Count { what: what.to_owned(), expected: expected as u64, found: found as u64 })
    }

    fn put(&mut self, number: usize) {
        self.bytes.extend_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
    }

    fn write(&mut self, objects: &Objects, plan: &Plan, value: &Value) -> Result<()> {
        let tag = value[0].as_str().unwrap_or("null");
        let content = &value[1];
        let kind = kind(&plan.kind);
        let wrong = |writer: &Self| {
            let found = if value.is_null() { "nothing".to_owned() } else { format!("a {tag}") };
            writer.refuse(ComponentMistake::Kind { expected: kind, found })
        };
        match &plan.kind {
            Kind::Bool if tag == "bool" => self.bytes.push(content.as_bool().unwrap().into()),
            Kind::S8 | Kind::U8 | Kind::S16 | Kind::U16 | Kind::S32 | Kind::U32 | Kind::S64 | Kind::U64 => {
                if !tag.starts_with(['s', 'u']) || tag == "string" || tag == "some" {
                    return wrong(self);
                }
                let number: i128 = content.as_str().unwrap().parse().unwrap();
                let bytes = integer(&plan.kind, number);
                let Some(bytes) = bytes else {
                    return self.refuse(ComponentMistake::Range { expected: kind, found: number.to_string() });
                };
                self.bytes.extend_from_slice(&bytes);
            }
            Kind::F32 if tag == "f32" => {
                let bits =
                    if content == "nan" { f32::NAN.to_bits() } else { content.as_str().unwrap().parse().unwrap() };
                self.bytes.extend_from_slice(&bits.to_le_bytes());
            }
            Kind::F32 | Kind::F64 if matches!(tag, "s8" | "u8" | "s16" | "u16" | "s32" | "u32" | "s64" | "u64") => {
                let number: i128 = content.as_str().unwrap().parse().unwrap();
                let is_single = matches!(plan.kind, Kind::F32);
                if number.unsigned_abs() > 1 << if is_single { 24 } else { 53 } {
                    return self.refuse(ComponentMistake::Range { expected: kind, found: number.to_string() });
                }
                let bits = if is_single {
                    (number as f32).to_le_bytes().to_vec()
                } else {
                    (number as f64).to_le_bytes().to_vec()
                };
                self.bytes.extend_from_slice(&bits);
            }
            Kind::F64 if tag == "f64" => {
                let bits =
                    if content == "nan" { f64::NAN.to_bits() } else { content.as_str().unwrap().parse().unwrap() };
                self.bytes.extend_from_slice(&bits.to_le_bytes());
            }
            Kind::Char if tag == "char" => {
                let text = content.as_str().unwrap();
                let mut all = text.chars();
                let (Some(only), None) = (all.next(), all.next()) else {
                    return self.refuse(ComponentMistake::Range { expected: kind, found: text.to_owned() });
                };
                self.put(u32::from(only) as usize);
            }
            Kind::String if tag == "string" => {
                let text = content.as_str().unwrap();
                self.put(text.len());
                self.bytes.extend_from_slice(text.as_bytes());
            }
            Kind::Numbers(_) if tag == "bytes" => {
                let bytes = crate::step::unhex(content.as_str().unwrap()).unwrap();
                self.put(bytes.len());
                self.bytes.extend_from_slice(&bytes);
            }
            Kind::Numbers(element) | Kind::List(element) if tag == "list" => {
                let all = content.as_array().unwrap();
                self.put(all.len());
                for (index, each) in all.iter().enumerate() {
                    self.within(format!("element {index}"), |writer| writer.write(objects, element, each))?;
                }
            }
            Kind::FixedLengthList(element, length) if tag == "list" || tag == "bytes" => {
                let octet = |byte: &u8| json!(["u8", byte.to_string()]);
                let all: Vec<Value> = match tag {
                    "bytes" => crate::step::unhex(content.as_str().unwrap()).unwrap().iter().map(octet).collect(),
                    _ => content.as_array().unwrap().clone(),
                };
                self.count("elements", *length as usize, all.len())?;
                self.put(all.len());
                for (index, each) in all.iter().enumerate() {
                    self.within(format!("element {index}"), |writer| writer.write(objects, element, each))?;
                }
            }
            Kind::Map(parts, _) if tag == "map" => {
                let all = content.as_array().unwrap();
                self.put(all.len());
                for (index, entry) in all.iter().enumerate() {
                    for (part, each) in parts.iter().zip(entry.as_array().unwrap()) {
                        let path = format!("{} {index}", part.name);
                        self.within(path, |writer| writer.write(objects, &part.plan, each))?;
                    }
                }
            }
            Kind::Record(fields) if tag == "record" => self.record(objects, fields, content.as_array().unwrap())?,
            Kind::Tuple(fields) if tag == "tuple" => {
                let all = content.as_array().unwrap();
                self.count("items", fields.len(), all.len())?;
                for (index, (field, each)) in fields.iter().zip(all).enumerate() {
                    self.within(format!("item {index}"), |writer| writer.write(objects, &field.plan, each))?;
                }
            }
            Kind::Variant(cases) if tag == "variant" => self.case(objects, &cases.cases, content, &value[2])?,
            Kind::Enum(cases) if tag == "enum" => self.case(objects, &cases.cases, content, &Value::Null)?,
            Kind::Option(cases) if tag == "some" => {
                self.put(1);
                let plan = cases.cases[1].payload.as_ref().unwrap();
                self.within("some".to_owned(), |writer| writer.write(objects, plan, content))?;
            }
            Kind::Option(_) if tag == "none" => self.put(0),
            Kind::Result(cases) if tag == "ok" || tag == "err" => {
                let (number, name) = if tag == "ok" { (0, "ok") } else { (1, "error") };
                self.put(number);
                self.payload(objects, &cases.cases[number], name, name.to_owned(), content)?;
            }
            Kind::Flags(_, names) if tag == "flags" => {
                let mut bits = 0_u32;
                for name in content.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    match names.iter().position(|known| **known == *name) {
                        Some(place) => bits |= 1 << place,
                        None => {
                            let known = names.iter().map(ToString::to_string).collect();
                            return self.refuse(ComponentMistake::UnknownCase { name: name.to_owned(), known });
                        }
                    }
                }
                self.put(bits as usize);
            }
            Kind::Own | Kind::Borrow if tag == "resource" || tag == "object" => {
                let name = content.as_str().unwrap();
                let value = match objects.get(name) {
                    _ if tag == "object" => ResourceValue::Host(objects.host(name)),
                    Some(Object::Resource(resource)) => ResourceValue::Guest(resource),
                    _ => panic!("`{name}` is no resource"),
                };
                self.put(self.resources.len());
                self.resources.push(GivenResource { value, is_own: matches!(plan.kind, Kind::Own) });
            }
            Kind::Stream(_) | Kind::Future(_) => {
                let is_future = matches!(plan.kind, Kind::Future(_));
                let Some(given) = component_streams::given(objects, is_future, value) else { return wrong(self) };
                self.put(self.resources.len());
                self.resources.push(GivenResource { value: given, is_own: true });
            }
            Kind::Unsupported(name) => {
                return self.refuse(ComponentMistake::Unsupported { name: (*name).to_owned() });
            }
            _ => return wrong(self),
        }
        Ok(())
    }

    fn record(&mut self, objects: &Objects, fields: &[Field], given: &[Value]) -> Result<()> {
        let name = |pair: &Value| pair[0].as_str().unwrap().to_owned();
        for field in fields {
            let Some(pair) = given.iter().find(|pair| name(pair) == *field.name) else {
                return self.refuse(ComponentMistake::MissingField { name: field.name.to_string() });
            };
            self.within(format!("field \"{}\"", field.name), |writer| writer.write(objects, &field.plan, &pair[1]))?;
        }
        match given.iter().find(|pair| fields.iter().all(|field| *field.name != name(pair))) {
            Some(pair) => {
                let known = fields.iter().map(|field| field.name.to_string()).collect();
                self.refuse(ComponentMistake::UnknownField { name: name(pair), known })
            }
            None => Ok(()),
        }
    }

    fn case(&mut self, objects: &Objects, cases: &[Case], name: &Value, payload: &Value) -> Result<()> {
        let name = name.as_str().unwrap();
        let Some(number) = cases.iter().position(|case| *case.name == *name) else {
            let known = cases.iter().map(|case| case.name.to_string()).collect();
            return self.refuse(ComponentMistake::UnknownCase { name: name.to_owned(), known });
        };
        self.put(number);
        self.payload(objects, &cases[number], name, format!("case \"{name}\""), payload)
    }

    fn payload(&mut self, objects: &Objects, case: &Case, name: &str, part: String, payload: &Value) -> Result<()> {
        match &case.payload {
            Some(plan) if !payload.is_null() => self.within(part, |writer| writer.write(objects, plan, payload)),
            None if payload.is_null() => Ok(()),
            plan => self.refuse(ComponentMistake::Payload { name: name.to_owned(), is_expected: plan.is_some() }),
        }
    }
}

fn integer(kind: &Kind, number: i128) -> Option<Vec<u8>> {
    Some(match kind {
        Kind::S8 => i8::try_from(number).ok()?.to_le_bytes().to_vec(),
        Kind::U8 => u8::try_from(number).ok()?.to_le_bytes().to_vec(),
        Kind::S16 => i16::try_from(number).ok()?.to_le_bytes().to_vec(),
        Kind::U16 => u16::try_from(number).ok()?.to_le_bytes().to_vec(),
        Kind::S32 => i32::try_from(number).ok()?.to_le_bytes().to_vec(),
        Kind::U32 => u32::try_from(number).ok()?.to_le_bytes().to_vec(),
        Kind::S64 => i64::try_from(number).ok()?.to_le_bytes().to_vec(),
        _ => u64::try_from(number).ok()?.to_le_bytes().to_vec(),
    })
}

fn kind(kind: &Kind) -> ComponentTypeKind {
    use ComponentTypeKind as To;
    match kind {
        Kind::Bool => To::Bool,
        Kind::S8 => To::S8,
        Kind::U8 => To::U8,
        Kind::S16 => To::S16,
        Kind::U16 => To::U16,
        Kind::S32 => To::S32,
        Kind::U32 => To::U32,
        Kind::S64 => To::S64,
        Kind::U64 => To::U64,
        Kind::F32 => To::F32,
        Kind::F64 => To::F64,
        Kind::Char => To::Char,
        Kind::String => To::String,
        Kind::Numbers(_) | Kind::List(_) => To::List,
        Kind::FixedLengthList(..) => To::FixedLengthList,
        Kind::Map(..) => To::Map,
        Kind::Record(_) => To::Record,
        Kind::Tuple(_) => To::Tuple,
        Kind::Variant(_) => To::Variant,
        Kind::Option(_) => To::Option,
        Kind::Result(_) => To::Result,
        Kind::Enum(_) => To::Enum,
        Kind::Flags(..) => To::Flags,
        Kind::Own => To::Own,
        Kind::Borrow => To::Borrow,
        Kind::Stream(_) => To::Stream,
        Kind::Future(_) => To::Future,
        Kind::Unsupported(_) => To::Unsupported,
    }
}

/// Reads what a guest gave.
pub(super) struct Reader<'a> {
    objects: &'a Objects,
    received: &'a Received,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(objects: &'a Objects, received: &'a Received) -> Self {
        Self { objects, received, at: 0 }
    }

    /// One value for each field.
    pub(super) fn row(&mut self, row: &Row) -> Vec<Value> {
        let values = row.fields.iter().map(|field| self.read(&field.plan)).collect();
        assert_eq!(self.at, self.received.bytes.len(), "there is more than was read");
        values
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let found = self.received.bytes[self.at..self.at + N].try_into().unwrap();
        self.at += N;
        found
    }

    fn number(&mut self) -> usize {
        u32::from_le_bytes(self.take()) as usize
    }

    /// The bytes of so many elements.
    fn part(&mut self, size: usize) -> &'a [u8] {
        let count = self.number();
        if count & BESIDE as usize != 0 {
            let part = self.number();
            return &self.received.beside[part];
        }
        let found = &self.received.bytes[self.at..self.at + count * size];
        self.at += count * size;
        found
    }

    fn read(&mut self, plan: &Plan) -> Value {
        match &plan.kind {
            Kind::Bool => json!(["bool", self.take::<1>() == [1]]),
            Kind::S8 => json!(["s8", i8::from_le_bytes(self.take()).to_string()]),
            Kind::U8 => json!(["u8", u8::from_le_bytes(self.take()).to_string()]),
            Kind::S16 => json!(["s16", i16::from_le_bytes(self.take()).to_string()]),
            Kind::U16 => json!(["u16", u16::from_le_bytes(self.take()).to_string()]),
            Kind::S32 => json!(["s32", i32::from_le_bytes(self.take()).to_string()]),
            Kind::U32 => json!(["u32", u32::from_le_bytes(self.take()).to_string()]),
            Kind::S64 => json!(["s64", i64::from_le_bytes(self.take()).to_string()]),
            Kind::U64 => json!(["u64", u64::from_le_bytes(self.take()).to_string()]),
            Kind::F32 => {
                let value = f32::from_le_bytes(self.take());
                json!(["f32", if value.is_nan() { "nan".to_owned() } else { value.to_bits().to_string() }])
            }
            Kind::F64 => {
                let value = f64::from_le_bytes(self.take());
                json!(["f64", if value.is_nan() { "nan".to_owned() } else { value.to_bits().to_string() }])
            }
            Kind::Char => json!(["char", char::from_u32(u32::from_le_bytes(self.take())).unwrap().to_string()]),
            Kind::String => json!(["string", std::str::from_utf8(self.part(1)).unwrap()]),
            Kind::FixedLengthList(element, length) if matches!(element.kind, Kind::U8) => {
                let bytes = self.part(1);
                assert_eq!(bytes.len(), *length as usize);
                json!(["bytes", crate::step::hex(bytes)])
            }
            Kind::FixedLengthList(element, length) => {
                let count = self.number();
                assert_eq!(count, *length as usize);
                json!(["list", (0..count).map(|_| self.read(element)).collect::<Vec<_>>()])
            }
            Kind::Map(parts, _) => {
                let [key, value] = &**parts;
                let entries = (0..self.number()).map(|_| json!([self.read(&key.plan), self.read(&value.plan)]));
                json!(["map", entries.collect::<Vec<_>>()])
            }
            Kind::Numbers(element) if matches!(element.kind, Kind::U8) => {
                json!(["bytes", crate::step::hex(self.part(1))])
            }
            Kind::Numbers(element) => {
                let bytes = self.part(element.size);
                let received = Received { bytes: bytes.to_vec(), ..Received::default() };
                let mut inner = Reader::new(self.objects, &received);
                let count = bytes.len() / element.size;
                json!(["list", (0..count).map(|_| inner.read(element)).collect::<Vec<_>>()])
            }
            Kind::List(element) => {
                let count = self.number();
                json!(["list", (0..count).map(|_| self.read(element)).collect::<Vec<_>>()])
            }
            Kind::Record(fields) => {
                let fields = fields.iter().map(|field| json!([*field.name, self.read(&field.plan)]));
                json!(["record", fields.collect::<Vec<_>>()])
            }
            Kind::Tuple(fields) => {
                json!(["tuple", fields.iter().map(|field| self.read(&field.plan)).collect::<Vec<_>>()])
            }
            Kind::Variant(cases) => {
                let case = &cases.cases[self.number()];
                json!(["variant", *case.name, self.payload(case)])
            }
            Kind::Enum(cases) => json!(["enum", *cases.cases[self.number()].name]),
            Kind::Option(cases) => match self.number() {
                0 => json!(["none"]),
                _ => json!(["some", self.payload(&cases.cases[1])]),
            },
            Kind::Result(cases) => {
                let number = self.number();
                let tag = if number == 0 { "ok" } else { "err" };
                json!([tag, self.payload(&cases.cases[number])])
            }
            Kind::Flags(_, names) => {
                let bits = self.number();
                let set = names.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
                json!(["flags", set.map(|(_, name)| &**name).collect::<Vec<_>>()])
            }
            Kind::Own | Kind::Borrow => {
                let index = self.number();
                match &self.received.resources[index] {
                    ResourceValue::Host(object) => {
                        let text = object.downcast_ref::<String>().unwrap().clone();
                        let same = Arc::ptr_eq(object, &self.objects.host(&text));
                        if same { json!(["object", text]) } else { json!(["another object"]) }
                    }
                    ResourceValue::Guest(_) => json!(["resource"]),
                    ResourceValue::Stream(_) | ResourceValue::Source(_) => panic!("no resource"),
                }
            }
            Kind::Stream(_) | Kind::Future(_) => json!(["stream"]),
            Kind::Unsupported(name) => panic!("{name}"),
        }
    }

    fn payload(&mut self, case: &Case) -> Value {
        case.payload.as_ref().map_or(Value::Null, |plan| self.read(plan))
    }
}
