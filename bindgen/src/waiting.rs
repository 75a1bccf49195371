//! Which functions may wait: those get a twin that is awaited where the component has them, and are async where the host has them.

use crate::model::{Function, FunctionKind, Interface, Model, Side};
use crate::{Problem, Result};

impl Model {
    /// Has functions wait: all, or those that a name stands for. That is the name of an interface, with or without its package, what a
    /// function of it is called behind that and a dot, or what one of the world's own is called.
    ///
    /// Fails with `Waiting` for a name that stands for none.
    pub fn wait(&mut self, names: Option<&[&str]>) -> Result<()> {
        let mut is_found = vec![false; names.map_or(0, <[_]>::len)];
        let mut waits = |interface: Option<(&str, &str)>, function: &Function| {
            let Some(names) = names else { return true };
            let own = own_name(function);
            let is_named = |name: &str| match interface {
                None => name == own,
                Some((plain, path)) => [plain, path].into_iter().any(|interface| {
                    name.strip_prefix(interface)
                        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('.') == Some(own.as_str()))
                }),
            };
            let mut is_one = false;
            for (_, found) in names.iter().zip(&mut is_found).filter(|(name, _)| is_named(name)) {
                (*found, is_one) = (true, true);
            }
            is_one
        };
        for Interface { name, path, functions, .. } in &mut self.interfaces {
            for function in functions {
                function.waits = waits(Some((name, path)), function);
            }
        }
        for function in self.world.imports.iter_mut().chain(&mut self.world.exports) {
            function.waits = waits(None, function);
        }
        let missing = names.unwrap_or_default().iter().zip(is_found).find(|(_, found)| !found);
        missing.map_or(Ok(()), |(name, _)| {
            let interfaces = self.interfaces.iter().map(|interface| interface.path.clone());
            let functions = self.world.imports.iter().chain(&self.world.exports).map(own_name);
            Err(Problem::Waiting { name: (*name).to_owned(), known: interfaces.chain(functions).collect() })
        })
    }

    /// Has all functions wait, as a host in Python says that loads a component: by its methods that are async. Which objects a resource of
    /// the host's will have is not known, so that their methods are not async.
    pub fn wait_as_loaded(&mut self) {
        let interfaces =
            self.interfaces.iter_mut().flat_map(|it| it.functions.iter_mut().map(|function| (it.side, function)));
        let imports = self.world.imports.iter_mut().map(|function| (Side::Import, function));
        let exports = self.world.exports.iter_mut().map(|function| (Side::Export, function));
        for (side, function) in interfaces.chain(imports).chain(exports) {
            function.waits = side == Side::Export || !matches!(function.kind, FunctionKind::Method(_));
        }
    }

    /// Whether a function of either side waits.
    pub fn waits(&self) -> bool {
        let interfaces = self.interfaces.iter().flat_map(|interface| &interface.functions);
        interfaces.chain(&self.world.imports).chain(&self.world.exports).any(|function| function.waits)
    }
}

/// What a function is called in its interface: `encode`, `codec` for a constructor, and `codec.encode` for what else a resource has.
fn own_name(function: &Function) -> String {
    function.path.split_once(']').map_or(&*function.path, |(_, name)| name).to_owned()
}
