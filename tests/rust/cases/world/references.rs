//! Tags and references to garbage-collected values.

use serde_json::{Value, json};
use trimaran::{Extern, FuncType, Reference, Tag, TagType, Val, ValType};

use super::hosted::val_type;
use super::{Object, Outcome, Run, Step, World, plain};

impl World {
    pub(super) fn run_references(&mut self, step: &Step<'_>) -> Run {
        let store = self.store(step)?;
        let kept = |reference| Outcome::Kept(Object::Reference(reference));
        let list = |name| {
            let values = step.value(name)?.as_array().ok_or_else(|| format!("`{name}` is no list"))?;
            Ok::<_, String>(values.clone())
        };
        Ok(match step.text("op")? {
            "tag" => {
                let params = list("params")?.iter().map(val_type).collect::<Result<_, _>>()?;
                let tag = Tag::make(&store, TagType { func: FuncType { params, results: Vec::new() } });
                tag.map(|tag| Outcome::Kept(Object::Extern(Extern::OfTag { tag })))
            }
            "tag_type" => self.tag(step)?.r#type(&store).map(|ty| plain(ty.to_string())),
            "keep" => {
                let arguments = match self.objects.values(&store, &list("args")?)? {
                    Ok(arguments) => arguments,
                    Err(error) => return Ok(Err(error)),
                };
                let mut results = match self.func(step)?.call(&store, arguments) {
                    Ok(results) => results,
                    Err(error) => return Ok(Err(error)),
                };
                Ok(match results.pop() {
                    Some(Val::FuncRef { func: Some(func) }) => Outcome::Kept(Object::Extern(Extern::OfFunc { func })),
                    Some(Val::AnyRef { value: Some(value) } | Val::ExnRef { value: Some(value) }) => kept(value),
                    Some(Val::ExternRef { value: Some(value) }) => kept(value),
                    _ => return Err("it gave no reference".to_owned()),
                })
            }
            "i31" => {
                let value = i32::try_from(step.int("value")?).map_err(|_| "`value` is no i32")?;
                Reference::of_i31(&store, value).map(kept)
            }
            "ref_i31" => self.reference(step)?.i31(&store).map(|value| plain(json!(value))),
            "ref_type" => self.reference(step)?.r#type(&store).map(|ty| plain(ty.to_string())),
            "ref_matches" => {
                let name = format!("{}ref", step.text("type")?);
                let ValType::Ref { ty } = val_type(&json!(name))? else { return Err("no reference type".to_owned()) };
                self.reference(step)?.matches(&store, ty).map(plain)
            }
            "ref_fields" => {
                let expected = step.optional("result").and_then(Value::as_array);
                let start = step.optional("start").and_then(Value::as_i64).unwrap_or(0);
                let length = step.optional("length").and_then(Value::as_i64);
                self.reference(step)?.fields(&store, start, length).map(|fields| {
                    let show =
                        |(index, value)| self.objects.show(&store, value, expected.and_then(|all| all.get(index)));
                    plain(fields.iter().enumerate().map(show).collect::<Vec<_>>())
                })
            }
            "ref_field_count" => self.reference(step)?.field_count(&store).map(plain),
            "ref_same" => {
                let Some(Object::Reference(other)) = self.objects.get(step.text("other")?) else {
                    return Err("`other` is no reference".to_owned());
                };
                self.reference(step)?.same(&store, &other).map(plain)
            }
            "ref_tag_type" => match self.reference(step)?.tag(&store) {
                Ok(Some(tag)) => tag.r#type(&store).map(|ty| plain(ty.to_string())),
                Ok(None) => Ok(plain(Value::Null)),
                Err(error) => Err(error),
            },
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }
}
