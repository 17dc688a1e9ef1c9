//! The parameters of imported functions in which a `u32` is handed over, read from a component's own types.

use wasmtime::component::{
    Component, Type,
    types::{ComponentFunc, ComponentItem},
};

/// Limits the functions that are listed.
const MAX_FUNCTIONS: usize = 20;

/// Lists the imported functions that take a `u32` anywhere in a parameter, for example `control.apply (options)`.
///
/// A list whose elements are `u32` themselves does not count: engines check those.
pub(super) fn list(component: &Component) -> Vec<String> {
    let (engine, ty) = (component.engine(), component.component_type());
    let interfaces = ty.imports(engine).filter_map(|(name, item)| match item.ty {
        ComponentItem::ComponentInstance(instance) => Some((short_name(name), instance)),
        _ => None,
    });
    let functions = interfaces.flat_map(|(interface, instance)| {
        let functions = instance.exports(engine).filter_map(move |(name, item)| match item.ty {
            ComponentItem::ComponentFunc(function) => describe(&format!("{interface}.{name}"), &function),
            _ => None,
        });
        functions.collect::<Vec<_>>()
    });
    functions.take(MAX_FUNCTIONS).collect()
}

/// Names the function and its parameters that have a `u32`; none if no parameter has.
fn describe(name: &str, function: &ComponentFunc) -> Option<String> {
    let parameters: Vec<_> = function.params().filter(|(_, ty)| has_u32(ty)).map(|(name, _)| name).collect();
    (!parameters.is_empty()).then(|| format!("{name} ({})", parameters.join(", ")))
}

fn has_u32(ty: &Type) -> bool {
    let is_wide = |ty: Option<Type>| ty.is_some_and(|ty| has_u32(&ty));
    match ty {
        Type::U32 => true,
        Type::List(list) => !matches!(list.ty(), Type::U32) && has_u32(&list.ty()),
        Type::FixedLengthList(list) => has_u32(&list.ty()),
        Type::Map(map) => has_u32(&map.key()) || has_u32(&map.value()),
        Type::Record(record) => record.fields().any(|field| has_u32(&field.ty)),
        Type::Tuple(tuple) => tuple.types().any(|ty| has_u32(&ty)),
        Type::Variant(variant) => variant.cases().any(|case| is_wide(case.ty)),
        Type::Option(option) => has_u32(&option.ty()),
        Type::Result(result) => is_wide(result.ok()) || is_wide(result.err()),
        _ => false,
    }
}

/// Shortens for example `lamplighter:plugin/home@0.1.0` to `home`.
fn short_name(interface: &str) -> &str {
    let (_, name) = interface.rsplit_once('/').unwrap_or(("", interface));
    name.split_once('@').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine};

    use super::*;

    /// Lists the parameters of a component that imports one function with a parameter of this type.
    fn listed(ty: &str) -> Vec<String> {
        let wat = format!(
            r#"(component (import "a:b/c@1.0.0" (instance
                (type $r' (record (field "name" string) (field "ms" u32))) (export "r" (type $r (eq $r')))
                (type $v' (variant (case "none") (case "ms" u32))) (export "v" (type $v (eq $v')))
                (export "f" (func (param "x" {ty}) (param "y" u64) (result u32))))))"#
        );
        let engine = Engine::new(Config::new().gc_support(false)).unwrap();
        list(&Component::new(&engine, wat::parse_str(wat).unwrap()).unwrap())
    }

    #[test]
    fn a_u32_is_found_wherever_it_is_in_a_parameter() {
        for ty in [
            "u32",
            "(option u32)",
            "$r",
            "$v",
            "(list $r)",
            "(list (option u32))",
            "(tuple u8 u32)",
            "(result u32)",
            "(result (error u32))",
            "(option (list (tuple string $v)))",
        ] {
            assert_eq!(listed(ty), ["c.f (x)"], "{ty}");
        }
    }

    #[test]
    fn what_is_handed_over_right_is_not_listed() {
        for ty in ["u8", "u16", "s32", "u64", "f64", "string", "bool", "(list u8)", "(list u32)", "(option u64)"] {
            assert!(listed(ty).is_empty(), "{ty}");
        }
    }
}
