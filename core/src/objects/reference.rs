//! References that the host holds: to values of the host, and to garbage-collected values of guests.

use std::sync::Arc;

use wasmtime::{ArrayRef, AsContextMut, ExternRef, I31, RootScope, StoreContextMut};

use trimaran_gate::DropQueue;

use crate::errors::numbers::natural;
use crate::stores::root::Root;
use crate::stores::store::StoreData;
use crate::{HostObject, RefType, Reference, Result, Store, Tag, Val, WasmtimeError};

/// What a store has of one. It may be dropped by a collection in the middle of a guest, and on the guest's stack: then the
/// object waits until its thread has left the store, since its end may run any code of the host.
struct KeptObject {
    object: Option<HostObject>,
    departed: Arc<DropQueue<HostObject>>,
}

impl Drop for KeptObject {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            self.departed.push(object);
        }
    }
}

impl Reference {
    /// Makes a reference to a value of the host. Fails with `Limit` where the store has no room for it.
    pub fn of_host(store: &Store, object: HostObject) -> Result<Arc<Self>> {
        let departed = store.departed();
        store.enter(|context| {
            let kept = KeptObject { object: Some(object), departed };
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let made = ExternRef::new(&mut context, kept).and_then(|value| value.to_owned_rooted(&mut context));
            let root = made.map_err(WasmtimeError::not_allocated)?;
            Ok(Self::new(store, Root::Extern(root)))
        })
    }

    /// The value of the host that this is a reference to, if it is one.
    pub fn host_object(&self, store: &Store) -> Result<Option<HostObject>> {
        store.check_owner(self.owner, "reference")?;
        let Some(Root::Extern(root)) = &self.root else { return Ok(None) };
        store.enter(|context| {
            let data = root.data(&context).map_err(WasmtimeError::not_allocated)?;
            Ok(data.and_then(|data| data.downcast_ref::<KeptObject>()).and_then(|kept| kept.object.clone()))
        })
    }

    /// A look at the value, which is rooted for as long as that takes.
    fn look<R>(
        &self,
        store: &Store,
        work: impl FnOnce(wasmtime::Val, StoreContextMut<'_, StoreData>) -> Result<R>,
    ) -> Result<R> {
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let value = self.to_wasmtime(store, &mut context)?;
            work(value, context)
        })
    }
}

#[uniffi::export]
impl Reference {
    /// Whether two references are to the same value, in the sense of `ref.eq`.
    pub fn same(&self, store: &Store, other: &Reference) -> Result<bool> {
        store.check_owner(other.owner, "reference")?;
        store.check_owner(self.owner, "reference")?;
        store.enter(|context| {
            let same = match (&self.root, &other.root) {
                (Some(Root::Extern(a)), Some(Root::Extern(b))) => wasmtime::Rooted::ref_eq(&context, a, b),
                (Some(Root::Any(a)), Some(Root::Any(b))) => wasmtime::Rooted::ref_eq(&context, a, b),
                (Some(Root::I31(a)), Some(Root::I31(b))) => Ok(a == b),
                (Some(Root::Exn(a)), Some(Root::Exn(b))) => wasmtime::Rooted::ref_eq(&context, a, b),
                _ => Ok(false),
            };
            same.map_err(WasmtimeError::not_allocated)
        })
    }

    /// Makes an `i31` reference. Fails with `Range` for a number that does not fit into 31 bits, with or without a sign.
    #[uniffi::constructor]
    pub fn of_i31(store: &Store, value: i32) -> Result<Arc<Self>> {
        let fitting = I31::new_i32(value).or_else(|| I31::new_u32(u32::try_from(value).ok()?));
        let value = fitting
            .ok_or_else(|| WasmtimeError::range(format!("the i31 is {value}: expected -1073741824 to 2147483647")))?;
        store.enter(|_| Ok(Self::new(store, Root::I31(value))))
    }

    /// The number of an `i31`, with its sign; none for any other value.
    pub fn i31(&self, store: &Store) -> Result<Option<i32>> {
        self.look(store, |value, context| match value {
            wasmtime::Val::AnyRef(Some(value)) => {
                Ok(value.as_i31(&context).map_err(WasmtimeError::not_allocated)?.map(|value| value.get_i32()))
            }
            _ => Ok(None),
        })
    }

    /// The type of the value itself.
    pub fn r#type(&self, store: &Store) -> Result<RefType> {
        self.look(store, |value, context| {
            let wasmtime::ValType::Ref(ty) = value.ty(&context).map_err(WasmtimeError::not_allocated)? else {
                let reason = "a reference without a reference type".to_owned();
                return Err(WasmtimeError::Unexpected { reason });
            };
            Ok(RefType { nullable: false, ..RefType::from_wasmtime(&ty) })
        })
    }

    /// Whether the value is of a type. Fails with `Unsupported` for a type of a module.
    pub fn matches(&self, store: &Store, ty: RefType) -> Result<bool> {
        let ty = wasmtime::ValType::Ref(ty.to_wasmtime()?);
        self.look(store, |value, context| value.matches_ty(&context, &ty).map_err(WasmtimeError::not_allocated))
    }

    /// How many fields a struct has, elements an array, or values an exception. Fails with `Type` for anything else.
    pub fn field_count(&self, store: &Store) -> Result<u64> {
        self.look(store, |value, mut context| Ok(Parts::of(&value, &mut context)?.count()))
    }

    /// The fields of a struct, the elements of an array, or what an exception carries: `length` of them from `start` on, or all
    /// that follow where no length is given.
    ///
    /// Fails with `Type` for anything else, with `Range` where they are not there, and with `Limit` for more than 1,048,576 of
    /// them at once, or where the process has no room for them.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, called(start = "the start"))]
    pub fn fields(&self, store: &Store, start: i64, length: Option<i64>) -> Result<Vec<Val>> {
        let start = natural(start, "the first field")?;
        let length = length.map(|length| natural(length, "the number of fields")).transpose()?;
        self.look(store, |value, mut context| {
            let parts = Parts::of(&value, &mut context)?;
            let count = parts.count();
            let length = length.unwrap_or_else(|| count.saturating_sub(start));
            if start.checked_add(length).is_none_or(|end| end > count) {
                let reason = format!("{length} fields from {start} on are not in the value: it has {count}");
                return Err(WasmtimeError::range(reason));
            }
            if length > MOST_FIELDS {
                return Err(WasmtimeError::limit(format!(
                    "{length} fields are too many at once: give `fields` a range of at most {MOST_FIELDS}"
                )));
            }
            let mut found = Vec::new();
            found
                .try_reserve_exact(length as usize)
                .map_err(|_| WasmtimeError::limit(format!("there is no room for {length} fields")))?;
            for index in start..start + length {
                // Each is let go of before the next: there may be many.
                let mut scope = RootScope::new(&mut context);
                let mut context = scope.as_context_mut();
                found.push(parts.get(index, store, &mut context)?);
            }
            Ok(found)
        })
    }

    /// The tag of an exception; none for any other value.
    pub fn tag(&self, store: &Store) -> Result<Option<Arc<Tag>>> {
        self.look(store, |value, mut context| match value {
            wasmtime::Val::ExnRef(Some(value)) => {
                Ok(Some(Tag::new(store, value.tag(&mut context).map_err(WasmtimeError::not_allocated)?)))
            }
            _ => Ok(None),
        })
    }
}

/// How many fields are given at once. A guest may make an array of any number, and each element takes some hundred bytes on its
/// way into a language.
const MOST_FIELDS: u64 = 1 << 20;

/// What a value is made of.
enum Parts {
    /// The elements of an array, of which a guest may have made any number.
    Array(wasmtime::Rooted<ArrayRef>, u32),
    /// The fields of a struct, or what an exception carries: no more than a type has.
    Fields(Vec<wasmtime::Val>),
}

impl Parts {
    fn of(value: &wasmtime::Val, context: &mut StoreContextMut<'_, StoreData>) -> Result<Self> {
        match value {
            wasmtime::Val::AnyRef(Some(value)) => {
                if let Some(found) = value.as_array(&*context).map_err(WasmtimeError::not_allocated)? {
                    let count = found.len(&*context).map_err(WasmtimeError::not_allocated)?;
                    return Ok(Self::Array(found, count));
                }
                if let Some(found) = value.as_struct(&*context).map_err(WasmtimeError::not_allocated)? {
                    return Ok(Self::Fields(found.fields(context).map_err(WasmtimeError::not_allocated)?.collect()));
                }
            }
            wasmtime::Val::ExnRef(Some(value)) => {
                return Ok(Self::Fields(value.fields(context).map_err(WasmtimeError::not_allocated)?.collect()));
            }
            _ => {}
        }
        let reason = "the reference has no fields: expected a struct, an array or an exception";
        Err(WasmtimeError::wrong_type(reason))
    }

    fn count(&self) -> u64 {
        match self {
            Self::Array(_, count) => (*count).into(),
            Self::Fields(fields) => fields.len() as u64,
        }
    }

    /// One that is there.
    fn get(&self, index: u64, store: &Store, context: &mut StoreContextMut<'_, StoreData>) -> Result<Val> {
        let found = match self {
            Self::Array(array, _) => array.get(&mut *context, index as u32).map_err(WasmtimeError::not_allocated)?,
            Self::Fields(fields) => match fields.get(index as usize) {
                Some(field) => *field,
                None => return Err(WasmtimeError::Unexpected { reason: "a field that is not there".to_owned() }),
            },
        };
        Val::from_wasmtime(&found, store, context)
    }
}
