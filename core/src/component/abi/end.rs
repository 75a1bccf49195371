//! Streams and futures on their way between guests and the host: of each, the end that is read.

use std::mem::MaybeUninit;
use std::sync::Arc;

use wasmtime::component::__internal::{LiftContext, LowerContext};
use wasmtime::component::{FutureAny, Lift, Lower, StreamAny};
use wasmtime::{AsContextMut, Result, ValRaw, bail};

use crate::component::abi::plan::{Kind, Plan, Row};
use crate::component::abi::same::same;

/// The end of a stream or of a future that is read. It belongs to one store.
#[derive(Debug, Clone)]
pub struct End {
    inner: Inner,
    /// What its elements are, or its value.
    payload: Option<Arc<Plan>>,
}

#[derive(Debug, Clone)]
enum Inner {
    Stream(StreamAny),
    Future(FutureAny),
}

impl End {
    /// That of a stream.
    pub(crate) fn of_stream(stream: StreamAny, payload: Option<Arc<Plan>>) -> Self {
        Self { inner: Inner::Stream(stream), payload }
    }

    /// That of a future.
    pub(crate) fn of_future(future: FutureAny, payload: Option<Arc<Plan>>) -> Self {
        Self { inner: Inner::Future(future), payload }
    }

    /// What its elements are, or its value.
    pub(crate) fn payload(&self) -> Option<&Arc<Plan>> {
        self.payload.as_ref()
    }

    /// Whether it is that of a future.
    pub(crate) fn is_future(&self) -> bool {
        matches!(self.inner, Inner::Future(_))
    }

    /// Whether it is of this type.
    pub(super) fn fits(&self, plan: &Plan) -> bool {
        match (&self.inner, &plan.kind) {
            (Inner::Stream(_), Kind::Stream(payload)) | (Inner::Future(_), Kind::Future(payload)) => {
                match (&self.payload, payload) {
                    (Some(own), Some(wanted)) => same(own, wanted),
                    (own, wanted) => own.is_none() && wanted.is_none(),
                }
            }
            _ => false,
        }
    }

    /// Takes it from a guest, which knows it by that index.
    pub(super) fn lift(cx: &mut LiftContext<'_>, plan: &Plan, index: u32) -> Result<Self> {
        let slot = ValRaw::u32(index);
        match &plan.kind {
            Kind::Stream(payload) => {
                Ok(Self::of_stream(StreamAny::linear_lift_from_flat(cx, plan.ty, &slot)?, payload.clone()))
            }
            Kind::Future(payload) => {
                Ok(Self::of_future(FutureAny::linear_lift_from_flat(cx, plan.ty, &slot)?, payload.clone()))
            }
            _ => bail!("a stream stands where another value should"),
        }
    }

    /// Gives it to a guest. Returns the index that the guest knows it by.
    pub(super) fn lower<T>(&self, cx: &mut LowerContext<'_, T>, plan: &Plan) -> Result<u32> {
        let mut slot = MaybeUninit::uninit();
        match &self.inner {
            Inner::Stream(stream) => stream.linear_lower_to_flat(cx, plan.ty, &mut slot)?,
            Inner::Future(future) => future.linear_lower_to_flat(cx, plan.ty, &mut slot)?,
        }
        // SAFETY: `Lower` writes its slot before it returns without an error.
        Ok(unsafe { slot.assume_init() }.get_u32())
    }

    /// Says that nobody reads it any more: who writes to it sees that.
    pub(crate) fn close(self, store: impl AsContextMut) -> Result<()> {
        match self.inner {
            Inner::Stream(mut stream) => stream.close(store),
            Inner::Future(mut future) => future.close(store),
        }
    }

    /// The stream, if it is one.
    pub(crate) fn into_stream(self) -> std::result::Result<StreamAny, FutureAny> {
        match self.inner {
            Inner::Stream(stream) => Ok(stream),
            Inner::Future(future) => Err(future),
        }
    }
}

/// How a language and the host give each other what such a stream or future has: the parameters of a function that is asked for it, and what
/// that gives. For a stream they are how many elements it may be at most, and a list of them, which is empty at the end; for a
/// future the value.
pub(crate) fn rows_of(is_future: bool, payload: Option<&Arc<Plan>>) -> [Row; 2] {
    match (is_future, payload) {
        (true, None) => [Row::none(), Row::none()],
        (true, Some(payload)) => [Row::none(), Row::of_one(Arc::clone(payload))],
        (false, payload) => {
            let element = payload.map_or_else(|| Arc::new(Plan::of_host(Kind::Tuple(Box::default()))), Arc::clone);
            let is_number = element.kind.is_number();
            let list = if is_number { Kind::Numbers(element) } else { Kind::List(element) };
            [Row::of_one(Arc::new(Plan::of_host(Kind::U32))), Row::of_one(Arc::new(Plan::of_host(list)))]
        }
    }
}
