//! How a value of a component's type lies in a guest, worked out once for each type.
//!
//! A plan is what the canonical ABI says of a type: its size, its alignment, the number of its flat values, and where its
//! parts are. `lower.rs` and `lift.rs` walk over values by it. Two types that share a part share that part's plan: a component of some
//! kilobytes may have a type whose tree has a million nodes.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, Weak};

use wasmtime::ValRaw;
use wasmtime::component::__internal::wasmtime_environ::component::{ComponentTypes, MAX_FLAT_PARAMS, TypeTupleIndex};
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType};
use wasmtime::component::ResourceType;

/// What wasmtime is told of the size of our types: none. Whoever gets an address checks what is there.
pub(super) const NO_SIZE: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

/// How many flat values a function takes at most.
pub(super) const MOST: usize = 16;

/// The slots of flat values, one by one.
#[inline]
pub(super) fn parts<const N: usize>(slots: &mut MaybeUninit<[ValRaw; N]>) -> &mut [MaybeUninit<ValRaw>; N] {
    // SAFETY: an array that need not be initialized is an array of items that need not be.
    unsafe { &mut *ptr::from_mut(slots).cast::<[MaybeUninit<ValRaw>; N]>() }
}

/// What a value is, with the plans of its parts.
#[derive(Debug)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `s8`.
    S8,
    /// `u8`.
    U8,
    /// `s16`.
    S16,
    /// `u16`.
    U16,
    /// `s32`.
    S32,
    /// `u32`.
    U32,
    /// `s64`.
    S64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`.
    Char,
    /// `string`.
    String,
    /// A list of integers or floats, whose bytes are the same in the guest and in the host: they are copied at once.
    Numbers(Arc<Plan>),
    /// Any other list.
    List(Arc<Plan>),
    /// A list of so many elements, which are where the value is. They cross as a list does.
    FixedLengthList(Arc<Plan>, u32),
    /// `map`: a list of entries, of which each is a key and a value. Their offsets are those in an entry, of so many bytes.
    Map(Box<[Field; 2]>, Entry),
    /// `record`.
    Record(Box<[Field]>),
    /// `tuple`. Its fields have no names.
    Tuple(Box<[Field]>),
    /// `variant`.
    Variant(Cases),
    /// `option`: the cases `none` and `some`.
    Option(Cases),
    /// `result`: the cases `ok` and `error`.
    Result(Cases),
    /// `enum`. No case has a payload.
    Enum(Cases),
    /// `flags`: the bytes that they take, and their names.
    Flags(u8, Box<[Box<str>]>),
    /// `own`.
    Own,
    /// `borrow`.
    Borrow,
    /// `stream`, whose elements may have a type.
    Stream(Option<Arc<Plan>>),
    /// `future`, whose value may have a type.
    Future(Option<Arc<Plan>>),
    /// A type of a proposal that is not supported, by its name.
    Unsupported(&'static str),
}

/// How an entry of a map lies in a guest.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its bytes.
    pub size: usize,
    /// Its alignment.
    pub align: u32,
}

/// A part of a record, a tuple or a row.
#[derive(Debug)]
pub struct Field {
    /// The name; empty in a tuple and in a row.
    pub name: Box<str>,
    /// Where it begins, in bytes from the beginning of the whole.
    pub offset: usize,
    /// What it is.
    pub plan: Arc<Plan>,
}

/// The cases of a variant.
#[derive(Debug)]
pub struct Cases {
    /// The bytes of the number that says which case it is: 1, 2 or 4.
    pub discriminant: u8,
    /// Where the payload begins, in bytes.
    pub payload: usize,
    /// Each of them.
    pub cases: Box<[Case]>,
}

/// One case of a variant.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: Box<str>,
    /// What its payload is, if it has one.
    pub payload: Option<Arc<Plan>>,
}

/// How a value of one type lies in a guest.
#[derive(Debug)]
pub struct Plan {
    /// The type, whose index means something only beside the types of its component.
    pub ty: InterfaceType,
    /// Bytes in a guest's memory.
    pub size: usize,
    /// The alignment there.
    pub align: u32,
    /// The number of its flat values. More than any function takes where it cannot be flat.
    pub flat: usize,
    /// About how many bytes a language takes for its objects, without the elements of lists.
    pub weight: usize,
    /// What it is.
    pub kind: Kind,
    /// Which resource it is a handle of, if it is one and that is known.
    pub resource: Option<ResourceType>,
}

impl Plan {
    /// That of a value which a language and the host give each other, and no guest. Its type is not looked at.
    pub(super) fn of_host(kind: Kind) -> Self {
        let ty = InterfaceType::Bool;
        Self { ty, size: 0, align: 1, flat: 0, weight: kind.weight(), kind, resource: None }
    }
}

/// The parameters, or the results, of a function.
#[derive(Debug)]
pub struct Row {
    /// A field for each.
    pub fields: Box<[Field]>,
    /// Bytes in a guest's memory.
    pub size: usize,
    /// The alignment there.
    pub align: u32,
    /// The number of flat values, where those are at most as many as a function takes: 16.
    pub flat: Option<usize>,
    /// The types that the indices in the plans belong to. Their address is not given to others while this is here.
    types: Weak<ComponentTypes>,
}

impl Row {
    /// The plan of a tuple of types, which is what wasmtime has for parameters and for results.
    pub fn new(types: &Arc<ComponentTypes>, index: TypeTupleIndex) -> Self {
        Self::of(Plans { types, resources: None, made: &mut HashMap::new() }, index, Arc::downgrade(types))
    }

    /// The same, which shares the plans of parts that were made before, and adds those that it makes.
    pub(super) fn sharing(types: &InstanceType<'_>, index: TypeTupleIndex, made: &mut Made) -> Self {
        if !ptr::eq(made.types.as_ptr(), Arc::as_ptr(types.types)) {
            *made = Made { types: Arc::downgrade(types.types), plans: HashMap::new() };
        }
        let plans = Plans { types: types.types, resources: Some(types), made: &mut made.plans };
        Self::of(plans, index, Arc::downgrade(types.types))
    }

    /// The same for types that the caller only borrows. Such a row belongs to no component.
    pub(super) fn unowned(types: &ComponentTypes, index: TypeTupleIndex) -> Self {
        Self::of(Plans { types, resources: None, made: &mut HashMap::new() }, index, Weak::new())
    }

    /// The plan of one value of such a type, alone. `owner` are the types, if they are not only borrowed.
    pub(super) fn alone(types: &ComponentTypes, ty: &InterfaceType, owner: Weak<ComponentTypes>) -> Self {
        Self::around(Plans { types, resources: None, made: &mut HashMap::new() }.plan(ty), owner)
    }

    /// The plan of one value alone, which a language and the host give each other, and no guest.
    pub(super) fn of_one(plan: Arc<Plan>) -> Self {
        Self::around(plan, Weak::new())
    }

    fn around(plan: Arc<Plan>, types: Weak<ComponentTypes>) -> Self {
        let (size, align, flat) = (plan.size, plan.align, Some(plan.flat).filter(|flat| *flat <= MOST));
        Self { fields: Box::new([Field { name: "".into(), offset: 0, plan }]), size, align, flat, types }
    }

    /// No values.
    pub(super) fn none() -> Self {
        Self { fields: Box::default(), size: 0, align: 1, flat: Some(0), types: Weak::new() }
    }

    fn of(mut plans: Plans<'_>, index: TypeTupleIndex, owner: Weak<ComponentTypes>) -> Self {
        let tuple = &plans.types[index];
        let abi: &CanonicalAbiInfo = &tuple.abi;
        Self {
            fields: plans.fields(tuple.types.iter().map(|ty| ("", ty))),
            size: abi.size32 as usize,
            align: abi.align32,
            flat: abi.flat_count(MAX_FLAT_PARAMS),
            types: owner,
        }
    }

    /// Whether the indices in the plans belong to these types.
    #[inline]
    pub(super) fn belongs_to(&self, types: &ComponentTypes) -> bool {
        ptr::eq(self.types.as_ptr(), types)
    }
}

/// The plans of one component's types that were made already.
#[derive(Debug, Default)]
pub struct Made {
    types: Weak<ComponentTypes>,
    plans: HashMap<InterfaceType, Arc<Plan>>,
}

/// Makes plans, each type's once.
struct Plans<'a> {
    types: &'a ComponentTypes,
    /// By which handles know their resource.
    resources: Option<&'a InstanceType<'a>>,
    made: &'a mut HashMap<InterfaceType, Arc<Plan>>,
}

impl Plans<'_> {
    fn plan(&mut self, ty: &InterfaceType) -> Arc<Plan> {
        if let Some(made) = self.made.get(ty) {
            return Arc::clone(made);
        }
        // Types nest at most a hundred deep: the validator refuses more.
        let abi = self.types.canonical_abi(ty);
        let kind = self.kind(ty, abi.size32);
        let plan = Arc::new(Plan {
            ty: *ty,
            size: abi.size32 as usize,
            align: abi.align32,
            flat: abi.flat_count(usize::MAX).unwrap_or(usize::MAX),
            weight: kind.weight(),
            kind,
            resource: match ty {
                InterfaceType::Own(index) | InterfaceType::Borrow(index) => {
                    self.resources.map(|types| types.resource_type(*index))
                }
                _ => None,
            },
        });
        self.made.insert(*ty, Arc::clone(&plan));
        plan
    }

    fn kind(&mut self, ty: &InterfaceType, size: u32) -> Kind {
        let types = self.types;
        match *ty {
            InterfaceType::Bool => Kind::Bool,
            InterfaceType::S8 => Kind::S8,
            InterfaceType::U8 => Kind::U8,
            InterfaceType::S16 => Kind::S16,
            InterfaceType::U16 => Kind::U16,
            InterfaceType::S32 => Kind::S32,
            InterfaceType::U32 => Kind::U32,
            InterfaceType::S64 => Kind::S64,
            InterfaceType::U64 => Kind::U64,
            InterfaceType::Float32 => Kind::F32,
            InterfaceType::Float64 => Kind::F64,
            InterfaceType::Char => Kind::Char,
            InterfaceType::String => Kind::String,
            InterfaceType::List(index) => {
                let element = self.plan(&types[index].element);
                if element.kind.is_number() { Kind::Numbers(element) } else { Kind::List(element) }
            }
            InterfaceType::Record(index) => {
                Kind::Record(self.fields(types[index].fields.iter().map(|field| (&*field.name, &field.ty))))
            }
            InterfaceType::Tuple(index) => Kind::Tuple(self.fields(types[index].types.iter().map(|ty| ("", ty)))),
            InterfaceType::Variant(index) => {
                Kind::Variant(self.cases(types[index].cases.iter().map(|(name, ty)| (&**name, ty.as_ref()))))
            }
            InterfaceType::Option(index) => {
                Kind::Option(self.cases([("none", None), ("some", Some(&types[index].ty))].into_iter()))
            }
            InterfaceType::Result(index) => {
                let result = &types[index];
                Kind::Result(self.cases([("ok", result.ok.as_ref()), ("error", result.err.as_ref())].into_iter()))
            }
            InterfaceType::Enum(index) => Kind::Enum(self.cases(types[index].names.iter().map(|name| (&**name, None)))),
            InterfaceType::Flags(index) => {
                let names = types[index].names.iter().map(|name| name.as_str().into()).collect();
                Kind::Flags(u8::try_from(size).unwrap_or(u8::MAX), names)
            }
            InterfaceType::Own(_) => Kind::Own,
            InterfaceType::Borrow(_) => Kind::Borrow,
            InterfaceType::Map(index) => {
                let map = &types[index];
                let field = |name: &str, offset: u32, plan| Field { name: name.into(), offset: offset as usize, plan };
                let (key, value) = (self.plan(&map.key), self.plan(&map.value));
                let entry = Entry { size: map.entry_abi.size32 as usize, align: map.entry_abi.align32 };
                Kind::Map(Box::new([field("key", 0, key), field("value", map.value_offset32, value)]), entry)
            }
            InterfaceType::Stream(index) => {
                Kind::Stream(types[types[index].ty].payload.as_ref().map(|payload| self.plan(payload)))
            }
            InterfaceType::Future(index) => {
                Kind::Future(types[types[index].ty].payload.as_ref().map(|payload| self.plan(payload)))
            }
            InterfaceType::ErrorContext(_) => Kind::Unsupported("error-context"),
            InterfaceType::FixedLengthList(index) => {
                let list = &types[index];
                Kind::FixedLengthList(self.plan(&list.element), list.size)
            }
        }
    }

    fn fields<'b>(&mut self, all: impl Iterator<Item = (&'b str, &'b InterfaceType)>) -> Box<[Field]> {
        let mut end = 0;
        all.map(|(name, ty)| {
            let offset = self.types.canonical_abi(ty).next_field32(&mut end) as usize;
            Field { name: name.into(), offset, plan: self.plan(ty) }
        })
        .collect()
    }

    fn cases<'b>(&mut self, all: impl ExactSizeIterator<Item = (&'b str, Option<&'b InterfaceType>)>) -> Cases {
        let discriminant: u8 = match all.len() {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let cases: Box<[Case]> =
            all.map(|(name, ty)| Case { name: name.into(), payload: ty.map(|ty| self.plan(ty)) }).collect();
        let payloads = cases.iter().filter_map(|case| case.payload.as_ref());
        let align = payloads.map(|plan| plan.align).fold(u32::from(discriminant), u32::max);
        Cases { discriminant, payload: u32::from(discriminant).next_multiple_of(align) as usize, cases }
    }
}

impl Kind {
    /// The weight of a value, whose parts have theirs. A flag of one byte is a set in Python; a tree of types may have more nodes
    /// than a number counts.
    fn weight(&self) -> usize {
        let sum = |fields: &[Field]| fields.iter().fold(0, |sum: usize, field| sum.saturating_add(field.plan.weight));
        let most = |cases: &Cases| {
            cases.cases.iter().filter_map(|case| case.payload.as_ref()).map(|plan| plan.weight).max().unwrap_or(0)
        };
        match self {
            Self::Bool | Self::Enum(_) => 16,
            Self::Char | Self::String | Self::Numbers(_) | Self::List(_) | Self::Map(..) => 64,
            Self::FixedLengthList(element, length) => {
                element.weight.saturating_mul(*length as usize).saturating_add(64)
            }
            Self::Record(fields) | Self::Tuple(fields) => sum(fields).saturating_add(128),
            Self::Variant(cases) | Self::Option(cases) | Self::Result(cases) => most(cases).saturating_add(64),
            Self::Flags(_, names) => 128 + 32 * names.len(),
            Self::Own | Self::Borrow | Self::Stream(_) | Self::Future(_) => 128,
            _ => 32,
        }
    }

    /// Whether it is an integer or a float, whose every pattern of bits is a value.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::S8
                | Self::U8
                | Self::S16
                | Self::U16
                | Self::S32
                | Self::U32
                | Self::S64
                | Self::U64
                | Self::F32
                | Self::F64
        )
    }
}
