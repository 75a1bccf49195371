//! Functions of the host: what a guest calls, and the caller that they are given.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use wasmtime::{AsContextMut, RootScope, StoreContextMut, ValRaw};

use crate::errors::error::HostError;
use crate::errors::shown::Name;
use crate::process::failpoint;
use crate::stores::data::StoreData;
use crate::types::slot::Owned;
use crate::types::slot::{Kind, Signature, Slot};
use crate::values::val::Place;
use crate::{Extern, Func, FuncType, Result, Store, Val, WasmtimeError};
use trimaran_gate::HostCallId;

/// A function of the host, on slots.
///
/// # Safety
/// What it leaves in the slots of results that are references is as the head of `Slot` says, and belongs to the core from
/// then on.
pub unsafe trait SlotFunction: Send + Sync {
    /// Runs it. The slots hold the parameters before and the results after; handles among the parameters belong to it.
    /// `pass` is the number of this call, for `Store::caller_export`. What it fails with comes out of the outer call,
    /// after the guest has unwound.
    fn call(&self, store: &Store, pass: u64, slots: &mut [Slot]) -> Result<()>;
}

/// A function of the host, on values.
pub trait HostFunction: Send + Sync {
    /// Runs it. What it fails with comes out of the outer call, after the guest has unwound.
    fn call(&self, caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>>;
}

/// The guest that called a host function. It is valid on its own thread, until that function returns; the
/// store itself can be used as well, to any depth.
#[derive(Clone)]
pub struct Caller {
    store: Arc<Store>,
    pass: u64,
}

impl Caller {
    /// The store of the guest.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What the calling instance exports under `name`. Fails with `NotFound`, and with `Escaped` after the
    /// host function has returned.
    pub fn export(&self, name: &str) -> Result<Extern> {
        self.store.caller_export(self.pass, name)?.ok_or_else(|| WasmtimeError::NotFound {
            name: name.to_owned(),
            reason: format!("the calling instance has no export `{}`", Name(name)),
        })
    }
}

/// What a function of the host does, once that is known.
#[derive(Default)]
pub(crate) struct Body {
    function: OnceLock<Box<dyn SlotFunction>>,
    /// It is of a definition, from which each gets the same: a second one is as good as the first.
    is_defined: bool,
}

/// A function of the host that stores share. Each has a body for it of its own.
pub(crate) struct HostDefinition {
    number: u64,
    ty: wasmtime::FuncType,
}

impl HostDefinition {
    pub(crate) fn new(engine: &wasmtime::Engine, ty: FuncType) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Ok(Self { number: NEXT.fetch_add(1, Ordering::Relaxed), ty: ty.to_wasmtime(engine)? })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn ty(&self) -> &wasmtime::FuncType {
        &self.ty
    }

    pub(crate) fn unknown(number: u64) -> WasmtimeError {
        let reason = format!("there is no host function with the number {number}");
        WasmtimeError::NotFound { name: number.to_string(), reason }
    }

    /// Fails with `NotFound` where one has no body in a store. It is for who has not run anything there yet: the package has
    /// seen to the bodies, unless another thread has defined something since, and then begins again.
    pub(crate) fn check_bodies(hosts: &[Arc<Self>], data: &StoreData) -> Result<()> {
        let Some(host) = hosts.iter().find(|host| !host.has_body(data)) else { return Ok(()) };
        let reason = format!("the host function with the number {} is without a body in this store", host.number);
        Err(WasmtimeError::NotFound { name: host.number.to_string(), reason })
    }

    /// What wasmtime runs: the body of the store that it is called in.
    pub(crate) fn run(
        &self,
    ) -> impl Fn(wasmtime::Caller<'_, StoreData>, &mut [MaybeUninit<ValRaw>]) -> wasmtime::Result<()> + Send + Sync + use<>
    {
        let (number, ty, signature) = (self.number, self.ty.clone(), Signature::of(&self.ty));
        move |caller, slots| {
            let body = caller.data().hosts.get(&number).map(Arc::clone).unwrap_or_default();
            Called { ty: &ty, signature: &signature, body: &body }.run(caller, slots)
        }
    }

    /// The function in a store, to be given its body there.
    pub(crate) fn in_store(&self, store: &Store) -> Result<Arc<Func>> {
        store.enter(|mut context| {
            let room = Arc::downgrade(self.room(context.data_mut()));
            // SAFETY: `run` takes the slots for what the type says, and leaves there what it says.
            let func = unsafe { wasmtime::Func::new_unchecked(context, self.ty.clone(), self.run()) };
            Ok(Func::with_body(store, func, room))
        })
    }

    /// Where its body is in a store.
    fn room<'a>(&self, data: &'a mut StoreData) -> &'a Arc<Body> {
        data.hosts.entry(self.number).or_insert_with(|| Arc::new(Body { is_defined: true, ..Body::default() }))
    }

    /// Whether the store has a body for it.
    pub(crate) fn has_body(&self, data: &StoreData) -> bool {
        data.hosts.get(&self.number).is_some_and(|body| body.function.get().is_some())
    }
}

/// A function of the host that a linker defines, and that has no body in some store yet. For a lane, which gives it one there.
pub struct Bodiless(Arc<HostDefinition>);

impl Bodiless {
    pub(crate) fn new(host: Arc<HostDefinition>) -> Self {
        Self(host)
    }

    /// What `Linker::define_func` gave for it.
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// What it takes and gives.
    pub fn signature(&self) -> Signature {
        Signature::of(&self.0.ty)
    }

    /// Gives it a body, which lives as long as the store. Where another thread was faster, that one stays: each is as good.
    pub fn give(&self, store: &Store, body: Box<dyn SlotFunction>) -> Result<()> {
        let superfluous = store.enter(|mut context| Ok(self.0.room(context.data_mut()).function.set(body).err()))?;
        // It may be anything, and goes when nobody is inside.
        drop(superfluous);
        Ok(())
    }
}

#[uniffi::export]
impl Func {
    /// Makes a function of the host. The lane gives it its body.
    ///
    /// Fails with `Unsupported` where the type names one of a module's own types.
    #[uniffi::constructor]
    pub fn host(store: &Store, ty: FuncType) -> Result<Arc<Self>> {
        let raw_type = ty.to_wasmtime(store.engine())?;
        let signature = Signature::of(&raw_type);
        let body = Arc::new(Body::default());
        // The store alone holds the body: it goes with the store, whoever holds the function.
        let room = Arc::downgrade(&body);
        let run = {
            let ty = raw_type.clone();
            move |caller: wasmtime::Caller<'_, StoreData>, slots: &mut [MaybeUninit<ValRaw>]| {
                Called { ty: &ty, signature: &signature, body: &body }.run(caller, slots)
            }
        };
        store.enter(|context| {
            // SAFETY: `run` takes the slots for what the type says, and leaves there what it says.
            let func = unsafe { wasmtime::Func::new_unchecked(context, raw_type, run) };
            Ok(Self::with_body(store, func, room))
        })
    }

    /// What a host function of this type gives, as a guest wants it: numbers are converted as arguments are.
    ///
    /// Fails with `Type` for a wrong number or type of results, and with `Range` for a number that does not fit.
    pub fn convert_results(&self, store: &Store, values: Vec<Val>) -> Result<Vec<Val>> {
        let func = self.get(store)?;
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let results: Vec<_> = func.ty(&context).results().collect();
            if results.len() != values.len() {
                let (found, expected) = (values.len(), results.len());
                let reason = format!("the host function gave {found} results: expected {expected}");
                return Err(WasmtimeError::wrong_type(reason));
            }
            let pairs = results.iter().zip(&values).enumerate();
            pairs
                .map(|(index, (ty, value))| {
                    let given = value.to_wasmtime(ty, store, &mut context, Place { what: "result", index })?;
                    // A reference is handed on as it is.
                    let is_reference = matches!(ty, wasmtime::ValType::Ref(_));
                    if is_reference { Ok(value.clone()) } else { Val::from_wasmtime(&given, store, &mut context) }
                })
                .collect()
        })
    }
}

impl Func {
    /// Gives a function that `Func::host` made its body, which lives as long as the store. Fails with `Type` where it has
    /// one, or is no such function.
    pub fn attach(&self, store: &Store, body: Box<dyn SlotFunction>) -> Result<()> {
        self.get(store)?;
        let set = self.body.upgrade().is_some_and(|room| room.function.set(body).is_ok() || room.is_defined);
        if set { Ok(()) } else { Err(WasmtimeError::wrong_type("the function has a body already")) }
    }

    /// Gives a function of the host a body that takes and gives values. Its results are checked as arguments are. Fails as
    /// `attach` does.
    pub fn attach_values(&self, store: &Store, function: Arc<dyn HostFunction>) -> Result<()> {
        let inner = self.get(store)?;
        let signature = store.enter(|context| Ok(Signature::of(&inner.ty(&context))))?;
        // Not the function itself: it would never go.
        let same = Self::new(store, inner);
        self.attach(store, Box::new(OnValues { function, signature, func: same }))
    }

    /// Makes a function of the host that takes and gives values.
    pub fn of_values(store: &Store, ty: &FuncType, function: Arc<dyn HostFunction>) -> Result<Arc<Self>> {
        let func = Self::host(store, ty.clone())?;
        func.attach_values(store, function)?;
        Ok(func)
    }
}

/// A function on values, for slots.
struct OnValues {
    function: Arc<dyn HostFunction>,
    signature: Signature,
    func: Arc<Func>,
}

// SAFETY: the results are made by `Slot::of`.
unsafe impl SlotFunction for OnValues {
    fn call(&self, store: &Store, pass: u64, slots: &mut [Slot]) -> Result<()> {
        let given = slots.iter().zip(self.signature.params());
        // SAFETY: by the contract of the trait.
        let arguments = given.map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByUs) }).collect();
        let Some(home) = store.home() else { return Err(WasmtimeError::Closed { what: "store".to_owned() }) };
        let found = self.function.call(&Caller { store: home, pass }, arguments)?;
        // What is right as it is needs no store, which the function may have closed.
        let is_right = found.len() == self.signature.results().len()
            && found.iter().zip(self.signature.results()).all(|(value, kind)| value.is_plain(*kind));
        let results = if is_right { found } else { self.func.convert_results(store, found)? };
        slots.iter_mut().zip(results).for_each(|(slot, value)| *slot = Slot::of(value));
        Ok(())
    }
}

/// A host function, as a guest has called it.
struct Called<'a> {
    ty: &'a wasmtime::FuncType,
    signature: &'a Signature,
    body: &'a Body,
}

impl Called<'_> {
    fn run(
        &self,
        mut caller: wasmtime::Caller<'_, StoreData>,
        raw: &mut [MaybeUninit<ValRaw>],
    ) -> wasmtime::Result<()> {
        let home = caller.data().home.as_ptr();
        // SAFETY: whoever entered the store borrows it until this has returned, as nothing else runs its guests.
        let store = unsafe { &*home };
        store.charge(&mut caller)?;
        self.run_in(store, caller, raw).map_err(|error| {
            failpoint::panic_at("guest");
            wasmtime::Error::new(HostError(*error))
        })?;
        store.check_run()
    }

    /// The error is a pointer, since a wide one would be copied at each step.
    fn run_in(
        &self,
        store: &Store,
        mut caller: wasmtime::Caller<'_, StoreData>,
        raw: &mut [MaybeUninit<ValRaw>],
    ) -> Result<(), Box<WasmtimeError>> {
        let Some(body) = self.body.function.get() else {
            let reason = "a host function without a body".to_owned();
            return Err(Box::new(WasmtimeError::Unexpected { reason }));
        };
        // Results that are more than the parameters find nothing there yet.
        let filled = self.signature.params().len();
        raw.iter_mut().skip(filled).for_each(|slot| _ = slot.write(ValRaw::i64(0)));
        let length = raw.len();
        // SAFETY: a `Slot` is of the size and alignment of a `ValRaw`, and takes any bits. All are written: the
        // parameters by the guest, and the rest above.
        let slots = unsafe { std::slice::from_raw_parts_mut(raw.as_mut_ptr().cast::<Slot>(), length) };
        if self.signature.is_plain() {
            return call(store, &mut caller, body.as_ref(), slots);
        }
        self.load(store, caller.as_context_mut(), slots).map_err(Box::new)?;
        call(store, &mut caller, body.as_ref(), slots)?;
        self.store(store, caller.as_context_mut(), slots).map_err(Box::new)
    }

    /// Makes handles of the references among the parameters.
    fn load(&self, store: &Store, mut context: StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
        for (slot, (kind, ty)) in slots.iter_mut().zip(self.signature.params().iter().zip(self.ty.params())) {
            if !kind.is_plain() {
                // SAFETY: the guest left a value of that type there, and nothing has been collected since.
                let value = unsafe { wasmtime::Val::from_raw(&mut context, slot.raw(), ty) };
                *slot = Slot::of(Val::from_wasmtime(&value, store, &mut context)?);
            }
        }
        Ok(())
    }

    /// Makes references of the handles among the results.
    fn store(&self, store: &Store, mut context: StoreContextMut<'_, StoreData>, slots: &mut [Slot]) -> Result<()> {
        let given = slots.iter().zip(self.signature.results());
        // SAFETY: by the contract of `SlotFunction`. All handles are taken before anything may fail.
        let values: Vec<_> = given.map(|(slot, kind)| unsafe { slot.value(*kind, Owned::ByUs) }).collect();
        for (index, (slot, (value, ty))) in slots.iter_mut().zip(values.iter().zip(self.ty.results())).enumerate() {
            if matches!(ty, wasmtime::ValType::Ref(_)) {
                let value = value.to_wasmtime(&ty, store, &mut context, Place { what: "result", index })?;
                let raw = value.to_raw(&mut context).map_err(|error| WasmtimeError::limit(error.to_string()))?;
                *slot = Slot::of_reference(raw, Kind::of(&ty));
            }
        }
        Ok(())
    }
}

fn call(
    store: &Store,
    caller: &mut wasmtime::Caller<'_, StoreData>,
    body: &dyn SlotFunction,
    slots: &mut [Slot],
) -> Result<(), Box<WasmtimeError>> {
    let done = store.host_call(caller, |HostCallId(pass)| {
        // A panic must not cross the guest's frames.
        let work = || body.call(store, pass, slots).inspect_err(|_| failpoint::panic_at("host")).map_err(Box::new);
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(Box::new(WasmtimeError::from_panic(panic.as_ref()))))
    });
    let too_deep = "the thread's stack has no room for another call of the host: its calls are nested too deeply";
    done.unwrap_or_else(|| Err(Box::new(WasmtimeError::limit(too_deep))))
}
