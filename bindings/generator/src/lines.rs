//! The model as text, one line an item, in the words of `trimaran-metadata`. The two must agree.

use crate::model::{Method, Model, Type};

impl Model {
    /// The lines, sorted, such as `method Store.set_fuel(fuel: u64) throws WasmtimeError`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for function in &self.functions {
            lines.push(format!("function {}{}", function.named.name, signature(function)));
        }
        for object in &self.objects {
            let name = &object.named.name;
            lines.push(format!("class {name}"));
            let made = object.constructors.iter();
            lines.extend(made.map(|made| format!("constructor {name}.{}{}", made.named.name, signature(made))));
            lines.extend(object.methods.iter().map(|method| line(name, method)));
        }
        for foreign in &self.foreign {
            lines.push(format!("interface {}", foreign.named.name));
            lines.extend(foreign.methods.iter().map(|method| line(&foreign.named.name, method)));
        }
        for record in &self.records {
            let name = &record.named.name;
            lines.push(format!("record {name}"));
            for field in &record.fields {
                let default = initial(field.default.as_deref(), &field.ty);
                lines.push(format!("field {name}.{}: {}{default}", field.name, field.ty.rust()));
            }
        }
        for choice in &self.enums {
            let name = &choice.named.name;
            lines.push(format!("{} {name}", if choice.is_error { "error" } else { "enum" }));
            for variant in &choice.variants {
                let fields: Vec<_> =
                    variant.fields.iter().map(|field| format!("{}: {}", field.name, field.ty.rust())).collect();
                let fields = if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) };
                lines.push(format!("variant {name}.{}{fields}", variant.name));
            }
            lines.extend(choice.methods.iter().map(|method| line(name, method)));
        }
        lines.sort();
        lines
    }
}

fn line(name: &str, method: &Method) -> String {
    format!("method {name}.{}{}", method.named.name, signature(method))
}

fn signature(method: &Method) -> String {
    let params: Vec<_> = method
        .params
        .iter()
        .map(|param| format!("{}: {}{}", param.name, param.ty.rust(), initial(param.default.as_deref(), &param.ty)))
        .collect();
    let result = method.result.as_ref().map(|result| format!(" -> {}", result.rust())).unwrap_or_default();
    format!("({}){result}{}", params.join(", "), if method.fails { " throws WasmtimeError" } else { "" })
}

fn initial(default: Option<&str>, ty: &Type) -> String {
    match (default, ty) {
        (None, _) => String::new(),
        (Some(""), Type::Option(_)) => " = None".into(),
        (Some(""), Type::List(_)) => " = []".into(),
        (Some(""), _) => " = default".into(),
        (Some(text), _) => format!(" = {text}"),
    }
}
