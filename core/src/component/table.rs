//! Makes the table of a component's types out of wasmtime's.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::ResourceType;
use wasmtime::component::types::{self, ComponentExtern, ComponentFunc, ComponentItem, Type};

use crate::component::abi::call;
use crate::component::abi::plan::{Cases, Field, Kind, Made, Plan, Row};
use crate::component::types::{ComponentTypeKind, ComponentTypeNode, ComponentTypes};
use crate::{ExportType, ExternType, ImportType, Result, WasmtimeError};

/// How many items and types are looked at in instances of instances, whose tree may be far larger than the component.
pub(super) const MOST: usize = 200_000;

/// How many bytes of names count as one item.
const NAME: usize = 64;

/// How many resources a component may have. They are compared with each other.
pub(super) const RESOURCES: usize = 5_000;

/// The table of a whole component.
pub(super) fn of_component(engine: &wasmtime::Engine, component: &types::Component) -> Result<ComponentTypes> {
    let mut table = Table::new(engine, component);
    let root = table.component(component)?;
    Ok(ComponentTypes { nodes: table.nodes.nodes, root })
}

/// The table of one import.
pub(super) fn of_import(
    engine: &wasmtime::Engine,
    component: &types::Component,
    item: &ComponentItem,
) -> Result<ComponentTypes> {
    let mut table = Table::new(engine, component);
    // A handle is shown by its resource's name.
    for (name, import) in component.imports(engine) {
        table.spend(name)?;
        match &import.ty {
            ComponentItem::Resource(_) => _ = table.item(&import.ty, name)?,
            ComponentItem::ComponentInstance(instance) => {
                for (name, export) in instance.exports(engine) {
                    table.spend(name)?;
                    if matches!(export.ty, ComponentItem::Resource(_)) {
                        table.item(&export.ty, name)?;
                    }
                }
            }
            _ => {}
        }
    }
    let root = table.item(item, "")?;
    Ok(ComponentTypes { nodes: table.nodes.nodes, root })
}

/// The table of a function whose plans are made already.
pub(super) fn of_func(names: &[String], params: &Row, results: &Row, is_async: bool) -> Result<ComponentTypes> {
    let mut nodes = Nodes::default();
    let root = nodes.func(names.to_vec(), params, results, is_async)?;
    Ok(ComponentTypes { nodes: nodes.nodes, root })
}

/// The resources of that table, by their numbers in it.
pub(super) fn resources_of_func(names: &[String], params: &Row, results: &Row) -> Result<Vec<ResourceType>> {
    let mut nodes = Nodes::default();
    nodes.func(names.to_vec(), params, results, false)?;
    Ok(nodes.resources.into_iter().map(|(ty, _)| ty).collect())
}

/// The types that are there already.
#[derive(Default)]
struct Nodes {
    nodes: Vec<ComponentTypeNode>,
    /// Where a node is, by all that tells it from others.
    places: HashMap<Key, u32>,
    /// Where the node of a plan is. The plans live as long as this.
    plans: HashMap<*const Plan, u32>,
    /// The resources, and where their nodes are.
    resources: Vec<(ResourceType, u32)>,
}

type Key = (ComponentTypeKind, Vec<String>, Vec<Option<u32>>, u32);

impl Nodes {
    fn add(
        &mut self,
        kind: ComponentTypeKind,
        names: Vec<String>,
        parts: Vec<Option<u32>>,
        number: u32,
    ) -> Result<u32> {
        let key = (kind, names, parts, number);
        if let Some(place) = self.places.get(&key) {
            return Ok(*place);
        }
        let (kind, names, parts, number) = key.clone();
        let place = self.push(ComponentTypeNode { kind, names, parts, number, imports: vec![], exports: vec![] })?;
        self.places.insert(key, place);
        Ok(place)
    }

    fn push(&mut self, node: ComponentTypeNode) -> Result<u32> {
        let place = u32::try_from(self.nodes.len()).map_err(|_| too_many())?;
        self.nodes.push(node);
        Ok(place)
    }

    fn simple(&mut self, kind: ComponentTypeKind) -> Result<u32> {
        self.add(kind, vec![], vec![], 0)
    }

    fn around(&mut self, kind: ComponentTypeKind, part: u32) -> Result<u32> {
        self.add(kind, vec![], vec![Some(part)], 0)
    }

    fn unsupported(&mut self, what: &str) -> Result<u32> {
        self.add(ComponentTypeKind::Unsupported, vec![what.to_owned()], vec![], 0)
    }

    fn resource(&mut self, ty: Option<ResourceType>, name: &str) -> Result<u32> {
        let Some(ty) = ty else { return self.add(ComponentTypeKind::Resource, vec![], vec![], u32::MAX) };
        let names = if name.is_empty() { vec![] } else { vec![name.to_owned()] };
        if let Some((_, place)) = self.resources.iter().find(|(known, _)| *known == ty) {
            // The first name stays that a resource is seen by: a handle may come before it.
            if let Some(node) = self.nodes.get_mut(*place as usize).filter(|node| node.names.is_empty()) {
                node.names = names;
            }
            return Ok(*place);
        }
        let number = self.resources.len();
        if number == RESOURCES {
            return Err(too_many());
        }
        let (kind, number) = (ComponentTypeKind::Resource, u32::try_from(number).map_err(|_| too_many())?);
        let place =
            self.push(ComponentTypeNode { kind, names, parts: vec![], number, imports: vec![], exports: vec![] })?;
        self.resources.push((ty, place));
        Ok(place)
    }

    fn func(&mut self, names: Vec<String>, params: &Row, results: &Row, is_async: bool) -> Result<u32> {
        let mut parts = self.fields(&params.fields)?;
        parts.push(results.fields.first().map(|field| self.plan(&field.plan)).transpose()?);
        self.add(ComponentTypeKind::Func, names, parts, u32::from(is_async))
    }

    fn fields(&mut self, fields: &[Field]) -> Result<Vec<Option<u32>>> {
        fields.iter().map(|field| self.plan(&field.plan).map(Some)).collect()
    }

    fn payloads(&mut self, cases: &Cases) -> Result<Vec<Option<u32>>> {
        let payload =
            |case: &crate::component::abi::plan::Case| case.payload.as_ref().map(|plan| self.plan(plan)).transpose();
        cases.cases.iter().map(payload).collect()
    }

    fn plan(&mut self, plan: &Arc<Plan>) -> Result<u32> {
        if let Some(place) = self.plans.get(&Arc::as_ptr(plan)) {
            return Ok(*place);
        }
        let place = self.new_plan(plan)?;
        self.plans.insert(Arc::as_ptr(plan), place);
        Ok(place)
    }

    fn new_plan(&mut self, plan: &Plan) -> Result<u32> {
        use ComponentTypeKind as To;
        let names = |cases: &Cases| cases.cases.iter().map(|case| case.name.to_string()).collect::<Vec<_>>();
        match &plan.kind {
            Kind::Bool => self.simple(To::Bool),
            Kind::S8 => self.simple(To::S8),
            Kind::U8 => self.simple(To::U8),
            Kind::S16 => self.simple(To::S16),
            Kind::U16 => self.simple(To::U16),
            Kind::S32 => self.simple(To::S32),
            Kind::U32 => self.simple(To::U32),
            Kind::S64 => self.simple(To::S64),
            Kind::U64 => self.simple(To::U64),
            Kind::F32 => self.simple(To::F32),
            Kind::F64 => self.simple(To::F64),
            Kind::Char => self.simple(To::Char),
            Kind::String => self.simple(To::String),
            Kind::Numbers(element) | Kind::List(element) => {
                let element = self.plan(element)?;
                self.around(To::List, element)
            }
            Kind::FixedLengthList(element, length) => {
                let element = self.plan(element)?;
                self.add(To::FixedLengthList, vec![], vec![Some(element)], *length)
            }
            Kind::Map(parts, _) => self.fields(&**parts).and_then(|parts| self.add(To::Map, vec![], parts, 0)),
            Kind::Record(fields) => {
                let parts = self.fields(fields)?;
                self.add(To::Record, fields.iter().map(|field| field.name.to_string()).collect(), parts, 0)
            }
            Kind::Tuple(fields) => self.fields(fields).and_then(|parts| self.add(To::Tuple, vec![], parts, 0)),
            Kind::Variant(cases) => {
                let parts = self.payloads(cases)?;
                self.add(To::Variant, names(cases), parts, 0)
            }
            Kind::Option(cases) => {
                let parts = self.payloads(cases)?.into_iter().skip(1).collect();
                self.add(To::Option, vec![], parts, 0)
            }
            Kind::Result(cases) => {
                let parts = self.payloads(cases)?;
                self.add(To::Result, vec![], parts, 0)
            }
            Kind::Enum(cases) => self.add(To::Enum, names(cases), vec![], 0),
            Kind::Flags(_, names) => {
                self.add(To::Flags, names.iter().map(|name| name.to_string()).collect(), vec![], 0)
            }
            Kind::Own | Kind::Borrow => {
                let resource = self.resource(plan.resource, "")?;
                self.around(if matches!(plan.kind, Kind::Own) { To::Own } else { To::Borrow }, resource)
            }
            Kind::Stream(payload) | Kind::Future(payload) => {
                let part = payload.as_ref().map(|payload| self.plan(payload)).transpose()?;
                let kind = if matches!(plan.kind, Kind::Stream(_)) { To::Stream } else { To::Future };
                self.add(kind, vec![], vec![part], 0)
            }
            Kind::Unsupported(what) => self.unsupported(what),
        }
    }
}

/// A table that is made of a component's type.
struct Table<'a> {
    nodes: Nodes,
    engine: &'a wasmtime::Engine,
    component: &'a types::Component,
    made: Made,
    /// How much more is looked at.
    left: usize,
}

impl<'a> Table<'a> {
    fn new(engine: &'a wasmtime::Engine, component: &'a types::Component) -> Self {
        Self { nodes: Nodes::default(), engine, component, made: Made::default(), left: MOST }
    }

    /// Counts one more item of that name.
    fn spend(&mut self, name: &str) -> Result<()> {
        let left = self.left.checked_sub(1 + name.len() / NAME);
        self.left = left.ok_or_else(too_many)?;
        Ok(())
    }

    fn component(&mut self, component: &types::Component) -> Result<u32> {
        let engine = self.engine;
        let imports = self.items(component.imports(engine))?;
        let exports = self.items(component.exports(engine))?;
        self.nodes.add(ComponentTypeKind::Component, vec![], vec![Some(imports), Some(exports)], 0)
    }

    fn items<'b>(&mut self, items: impl Iterator<Item = (&'b str, ComponentExtern<'b>)>) -> Result<u32> {
        let (mut names, mut parts) = (Vec::new(), Vec::new());
        for (name, item) in items {
            self.spend(name)?;
            parts.push(Some(self.item(&item.ty, name)?));
            names.push(name.to_owned());
        }
        self.nodes.add(ComponentTypeKind::Instance, names, parts, 0)
    }

    fn item(&mut self, item: &ComponentItem, name: &str) -> Result<u32> {
        match item {
            ComponentItem::ComponentFunc(ty) => self.func(ty),
            ComponentItem::ComponentInstance(instance) => self.items(instance.exports(self.engine)),
            ComponentItem::Component(component) => self.component(component),
            ComponentItem::Module(module) => self.module(module),
            ComponentItem::Type(ty) => self.ty(ty),
            ComponentItem::Resource(ty) => self.nodes.resource(Some(*ty), name),
            ComponentItem::CoreFunc(_) => self.nodes.unsupported("core function"),
        }
    }

    fn func(&mut self, ty: &ComponentFunc) -> Result<u32> {
        let names: Vec<_> = ty.params().map(|(name, _)| name.to_owned()).collect();
        names.iter().try_for_each(|name| self.spend(name))?;
        let rows = call::rows(ty, self.component, &mut self.made);
        let [params, results] = rows.map_err(|error| WasmtimeError::Unexpected { reason: error.to_string() })?;
        self.nodes.func(names, &params, &results, ty.async_())
    }

    fn module(&mut self, module: &types::Module) -> Result<u32> {
        let mut imports = Vec::new();
        for ((from, name), ty) in module.imports(self.engine) {
            self.spend(from)?;
            self.spend(name)?;
            let ty = ExternType::from_wasmtime(&ty);
            imports.push(ImportType { module: from.to_owned(), name: name.to_owned(), ty });
        }
        let mut exports = Vec::new();
        for (name, ty) in module.exports(self.engine) {
            self.spend(name)?;
            exports.push(ExportType { name: name.to_owned(), ty: ExternType::from_wasmtime(&ty) });
        }
        let kind = ComponentTypeKind::Module;
        self.nodes.push(ComponentTypeNode { kind, names: vec![], parts: vec![], number: 0, imports, exports })
    }

    /// A type that an instance exports under a name.
    fn ty(&mut self, ty: &Type) -> Result<u32> {
        use ComponentTypeKind as To;
        self.spend("")?;
        match ty {
            Type::Bool => self.nodes.simple(To::Bool),
            Type::S8 => self.nodes.simple(To::S8),
            Type::U8 => self.nodes.simple(To::U8),
            Type::S16 => self.nodes.simple(To::S16),
            Type::U16 => self.nodes.simple(To::U16),
            Type::S32 => self.nodes.simple(To::S32),
            Type::U32 => self.nodes.simple(To::U32),
            Type::S64 => self.nodes.simple(To::S64),
            Type::U64 => self.nodes.simple(To::U64),
            Type::Float32 => self.nodes.simple(To::F32),
            Type::Float64 => self.nodes.simple(To::F64),
            Type::Char => self.nodes.simple(To::Char),
            Type::String => self.nodes.simple(To::String),
            Type::List(list) => {
                let element = self.ty(&list.ty())?;
                self.nodes.around(To::List, element)
            }
            Type::Record(record) => {
                let fields = record.fields().map(|field| (field.name, Some(field.ty)));
                self.named(To::Record, fields)
            }
            Type::Variant(variant) => {
                let cases = variant.cases().map(|case| (case.name, case.ty));
                self.named(To::Variant, cases)
            }
            Type::Enum(ty) => self.named(To::Enum, ty.names().map(|name| (name, None))),
            Type::Flags(ty) => self.named(To::Flags, ty.names().map(|name| (name, None))),
            Type::Tuple(tuple) => {
                let parts = tuple.types().map(|ty| self.ty(&ty).map(Some)).collect::<Result<_>>()?;
                self.nodes.add(To::Tuple, vec![], parts, 0)
            }
            Type::Option(option) => {
                let value = self.ty(&option.ty())?;
                self.nodes.around(To::Option, value)
            }
            Type::Result(result) => {
                let ok = result.ok().map(|ty| self.ty(&ty)).transpose()?;
                let error = result.err().map(|ty| self.ty(&ty)).transpose()?;
                self.nodes.add(To::Result, vec![], vec![ok, error], 0)
            }
            Type::Own(resource) | Type::Borrow(resource) => {
                let kind = if matches!(ty, Type::Own(_)) { To::Own } else { To::Borrow };
                let resource = self.nodes.resource(Some(*resource), "")?;
                self.nodes.around(kind, resource)
            }
            Type::Map(map) => {
                let parts = vec![Some(self.ty(&map.key())?), Some(self.ty(&map.value())?)];
                self.nodes.add(To::Map, vec![], parts, 0)
            }
            Type::Future(future) => self.end(To::Future, future.ty()),
            Type::Stream(stream) => self.end(To::Stream, stream.ty()),
            Type::ErrorContext => self.nodes.unsupported("error-context"),
            Type::FixedLengthList(list) => {
                let element = self.ty(&list.ty())?;
                self.nodes.add(To::FixedLengthList, vec![], vec![Some(element)], list.len())
            }
        }
    }

    fn end(&mut self, kind: ComponentTypeKind, payload: Option<Type>) -> Result<u32> {
        let part = payload.map(|ty| self.ty(&ty)).transpose()?;
        self.nodes.add(kind, vec![], vec![part], 0)
    }

    fn named<'b>(
        &mut self,
        kind: ComponentTypeKind,
        all: impl Iterator<Item = (&'b str, Option<Type>)>,
    ) -> Result<u32> {
        let (mut names, mut parts) = (Vec::new(), Vec::new());
        for (name, ty) in all {
            self.spend(name)?;
            names.push(name.to_owned());
            parts.push(ty.map(|ty| self.ty(&ty)).transpose()?);
        }
        if matches!(kind, ComponentTypeKind::Enum | ComponentTypeKind::Flags) {
            parts.clear();
        }
        self.nodes.add(kind, names, parts, 0)
    }
}

#[cold]
fn too_many() -> WasmtimeError {
    WasmtimeError::limit(
        "the component's types, written out, are far larger than the component: that is too many to tell them",
    )
}
