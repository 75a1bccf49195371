//! Slots: what the adapters hand over.

use std::sync::Arc;

use trimaran::adapter::Slot;
use trimaran::{Caller, Func, FuncType, HostFunction, Result, Val, ValType, WasmtimeError};

use crate::chance::Chance;
use crate::guest::store;

/// Gives the first of its arguments that fit its results.
struct Echo;

impl HostFunction for Echo {
    fn call(&self, _caller: &Caller, arguments: Vec<Val>) -> Result<Vec<Val>> {
        Ok(arguments)
    }
}

const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

/// A function of any numbers gives its arguments back, to the bit, however it is called; with too few slots it is
/// not called at all.
pub(crate) fn run(bytes: &[u8]) {
    let mut chance = Chance::new(bytes);
    let params: Vec<_> = (0..chance.below(20)).map(|_| TYPES[chance.below(5)].clone()).collect();
    let store = store();
    let ty = FuncType { params: params.clone(), results: params.clone() };
    let func = Func::of_values(&store, &ty, Arc::new(Echo)).unwrap();
    let rows = chance.below(4);
    let slots = |chance: &mut Chance| -> Vec<Slot> {
        let slot = |ty: &ValType| match ty {
            ValType::I32 | ValType::F32 => Slot { low: chance.word() & 0xffff_ffff, high: 0 },
            ValType::V128 => Slot { low: chance.word(), high: chance.word() },
            _ => Slot { low: chance.word(), high: 0 },
        };
        params.iter().map(slot).collect()
    };
    let bits = |slots: &[Slot]| -> Vec<u128> {
        let types = params.iter().cycle();
        let bits = |(slot, ty): (&Slot, &ValType)| match ty {
            ValType::I32 | ValType::F32 => u128::from(slot.low as u32),
            ValType::V128 => u128::from(slot.high) << 64 | u128::from(slot.low),
            _ => u128::from(slot.low),
        };
        slots.iter().zip(types).map(bits).collect()
    };
    let given = slots(&mut chance);
    let mut called = given.clone();
    func.call_slots(&store, &mut called).unwrap();
    assert_eq!(bits(&called), bits(&given));

    let given: Vec<Slot> = (0..rows).flat_map(|_| slots(&mut chance)).collect();
    let mut called = given.clone();
    func.call_rows_in_place(&store, rows, &mut called).map_err(|(_, error)| error).unwrap();
    assert_eq!(bits(&called), bits(&given));

    if !params.is_empty() {
        let mut few = vec![Slot::default(); chance.below(params.len())];
        let refused = func.call_slots(&store, &mut few);
        assert!(matches!(refused, Err(WasmtimeError::Type { .. })), "{refused:?}");
    }
}
