//! Hands edge values of every WIT type to a component in each language, and back: which types does a language carry?
//!
//! The components (`tests/exchange`, and the example `exchange` of `tests/guests`) hand each value to the host's function
//! of the same name and return what it returns. New versions of the contract use only types that all languages carry.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use lamplighter_tests::{example, guest};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, Instance, Linker, ResourceTable, Val};
use wasmtime::error::Context as _;
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wit_parser::{Resolve, Type, TypeDefKind, WorldItem};

const HOST: &str = "lamplighter:exchange/host";
const GUEST: &str = "lamplighter:exchange/guest";
/// What is noted of a value that ended the guest.
const ENDED: &str = "the guest ended";
/// A number that f64 cannot hold.
const ABOVE_F64: u64 = (1 << 53) + 1;

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    /// Is what the guest must hand over, and what it is given in return.
    sent: Val,
    /// Is what the guest handed over.
    arrived: Option<Val>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A value that was not carried: its function, the value, what the host got, and what the guest returned.
type Miss = (String, String, String, String);

/// Returns the values of each function, by its name.
fn edge_values() -> Vec<(&'static str, Vec<Val>)> {
    let text = |text: &str| Val::String(text.to_owned());
    let texts = || vec![text(""), text("Küche 🌙"), text("a\0b"), text(&"x".repeat(70_000))];
    let list = |values: Vec<Val>| vec![Val::List(Vec::new()), Val::List(values)];
    let some = |value: Val| Val::Option(Some(Box::new(value)));
    let none_or = |values: Vec<Val>| [Val::Option(None)].into_iter().chain(values.into_iter().map(some)).collect();
    let pair = |a: &str, b: &str| Val::Tuple(vec![text(a), text(b)]);
    vec![
        ("bool", bools()),
        ("u8", u8s()),
        ("u16", u16s()),
        ("u32", u32s()),
        ("u64", u64s()),
        ("s8", [i8::MIN, -1, 0, i8::MAX].map(Val::S8).into()),
        ("s16", [i16::MIN, -1, 0, i16::MAX].map(Val::S16).into()),
        ("s32", s32s()),
        ("s64", [i64::MIN, -1, 0, i64::MAX].map(Val::S64).into()),
        ("f32", [0.0, -0.0, 0.1, f32::MIN, f32::MAX, f32::INFINITY, f32::NAN].map(Val::Float32).into()),
        ("f64", f64s()),
        ("char", ['a', '\0', 'ü', '\u{ffff}', '🌙'].map(Val::Char).into()),
        ("string", texts()),
        ("list-u8", list(u8s())),
        ("list-u16", list(u16s())),
        ("list-u32", list(u32s())),
        ("list-u64", list(u64s())),
        ("list-s32", list(s32s())),
        ("list-f64", list(f64s())),
        ("list-string", list(texts())),
        ("list-tuple", list(vec![pair("", "b"), pair("a", "🌙")])),
        ("list-record", list(records())),
        ("option-bool", none_or(bools())),
        ("option-u8", none_or(u8s())),
        ("option-u16", none_or(u16s())),
        ("option-u32", none_or(u32s())),
        ("option-u64", none_or(u64s())),
        ("option-f64", none_or(f64s())),
        ("option-string", none_or(texts())),
        ("option-record", none_or(records())),
        ("tuple", vec![Val::Tuple(vec![text("🌙"), Val::Float64(-0.5)])]),
        ("record", records()),
        ("variant", choices()),
        ("enum", ["spring", "summer", "late-autumn"].map(|name| Val::Enum(name.to_owned())).into()),
        ("flags", [&[][..], &["second"], &["first", "third"]].map(flags).into()),
    ]
}

fn bools() -> Vec<Val> {
    [false, true].map(Val::Bool).into()
}

fn u8s() -> Vec<Val> {
    [0, 127, 128, u8::MAX].map(Val::U8).into()
}

fn u16s() -> Vec<Val> {
    [0, 0x7fff, 0x8000, u16::MAX].map(Val::U16).into()
}

fn u32s() -> Vec<Val> {
    [0, 0x7fff_ffff, 0x8000_0000, 3_000_000_000, u32::MAX].map(Val::U32).into()
}

fn u64s() -> Vec<Val> {
    [0, 1 << 31, ABOVE_F64, 1 << 63, u64::MAX].map(Val::U64).into()
}

fn s32s() -> Vec<Val> {
    [i32::MIN, -1, 0, i32::MAX].map(Val::S32).into()
}

fn f64s() -> Vec<Val> {
    [0.0, -0.0, 0.1, 1e9, f64::MIN, f64::MAX, f64::NEG_INFINITY, f64::NAN].map(Val::Float64).into()
}

fn flags(names: &[&str]) -> Val {
    Val::Flags(names.iter().map(|name| (*name).to_owned()).collect())
}

fn choices() -> Vec<Val> {
    let of = |name: &str, value: Option<Val>| Val::Variant(name.to_owned(), value.map(Box::new));
    vec![of("nothing", None), of("text", Some(Val::String("🌙".to_owned()))), of("number", Some(Val::Float64(0.1)))]
}

fn records() -> Vec<Val> {
    let record = |maybe: Option<&str>, count: u64| {
        let maybe = maybe.map(|text| Box::new(Val::String(text.to_owned())));
        let fields = [
            ("text", Val::String("Küche".to_owned())),
            ("number", Val::Float64(0.1)),
            ("count", Val::U64(count)),
            ("flag", Val::Bool(true)),
            ("maybe", Val::Option(maybe)),
            ("bytes", Val::List(u8s())),
        ];
        Val::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    vec![record(None, 0), record(Some(""), ABOVE_F64)]
}

/// An instance of a component that exports the guest's functions.
struct Guest {
    store: Store<State>,
    instance: Instance,
    exports: ComponentExportIndex,
}

impl Guest {
    fn instantiate(linker: &Linker<State>, component: &Component) -> wasmtime::Result<Self> {
        let (wasi, table) = (WasiCtx::builder().build(), ResourceTable::new());
        let state = State { wasi, table, sent: Val::Bool(false), arrived: None };
        let mut store = Store::new(linker.engine(), state);
        let instance = linker.instantiate(&mut store, component)?;
        let exports = instance.get_export_index(&mut store, None, GUEST).context("it exports the guest's functions")?;
        Ok(Self { store, instance, exports })
    }

    /// Hands a value to a function, and returns what the host got and what the guest returned.
    fn pass(&mut self, name: &str, sent: &Val) -> wasmtime::Result<(Val, Val)> {
        let (store, function) = (&mut self.store, format!("pass-{name}"));
        let at = self.instance.get_export_index(&mut *store, Some(&self.exports), &function).context(function)?;
        let function = self.instance.get_func(&mut *store, at).context("an export is a function")?;
        store.data_mut().sent = sent.clone();
        let mut returned = [Val::Bool(false)];
        function.call(&mut *store, std::slice::from_ref(sent), &mut returned)?;
        let arrived = store.data_mut().arrived.take().context("the guest calls the host")?;
        let [returned] = returned;
        Ok((arrived, returned))
    }
}

/// Hands each value to a component, and returns those that it did not carry.
fn misses(component: &[u8]) -> wasmtime::Result<Vec<Miss>> {
    // Without garbage collection, as the host's engines are: no collector is compiled in.
    let engine = Engine::new(Config::new().gc_support(false))?;
    let component = Component::new(&engine, component)?;
    let linker = linker(&engine, &component)?;
    let mut guest = Guest::instantiate(&linker, &component)?;
    let mut misses = Vec::new();
    for (name, sent) in edge_values().iter().flat_map(|(name, values)| values.iter().map(move |value| (*name, value))) {
        // As text, in which NaN is equal to NaN, and -0.0 is not 0.0.
        let text = |value: &Val| format!("{value:?}");
        if let Ok((arrived, returned)) = guest.pass(name, sent) {
            if text(&arrived) != text(sent) || text(&returned) != text(sent) {
                misses.push((name.to_owned(), text(sent), text(&arrived), text(&returned)));
            }
        } else {
            misses.push((name.to_owned(), text(sent), ENDED.to_owned(), ENDED.to_owned()));
            guest = Guest::instantiate(&linker, &component)?;
        }
    }
    Ok(misses)
}

/// Links every function of the host: it notes what arrives, and returns what was sent.
fn linker(engine: &Engine, component: &Component) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    let ty = component.component_type();
    let imported = ty.get_import(engine, HOST).context("it imports the host's functions")?;
    let ComponentItem::ComponentInstance(imported) = imported.ty else { wasmtime::bail!("{HOST} is an interface") };
    let mut host = linker.instance(HOST)?;
    for (name, item) in imported.exports(engine) {
        if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
            host.func_new(name, |mut store, _, given, results| {
                store.data_mut().arrived = Some(given[0].clone());
                results[0] = store.data().sent.clone();
                Ok(())
            })?;
        }
    }
    Ok(linker)
}

/// Asserts that a component carries everything but these values.
fn assert_misses(component: &[u8], expected: &[(&str, &str, &str, &str)]) {
    let misses = misses(component).expect("the component runs");
    let misses: Vec<_> = misses.iter().map(|(a, b, c, d)| (a.as_str(), b.as_str(), c.as_str(), d.as_str())).collect();
    assert_eq!(misses, expected);
}

#[test]
fn rust_carries_every_type() -> Result<()> {
    assert_misses(&guest("exchange")?, &[]);
    Ok(())
}

#[test]
fn c_carries_every_type() -> Result<()> {
    example("exchange-c")?.iter().for_each(|component| assert_misses(component, &[]));
    Ok(())
}

#[test]
fn python_carries_every_type() -> Result<()> {
    example("exchange-python")?.iter().for_each(|component| assert_misses(component, &[]));
    Ok(())
}

#[test]
fn javascript_carries_every_type_but_a_large_u32_and_a_negative_s64() -> Result<()> {
    // componentize-js 0.23.0. A u32 is wrong where the guest hands it over or returns it, but for lists, and but for what it
    // returns in an option. A negative s64 ends the guest.
    let expected = [
        ("u32", "U32(2147483648)", "U32(0)", "U32(0)"),
        ("u32", "U32(3000000000)", "U32(3221225472)", "U32(3221225472)"),
        ("u32", "U32(4294967295)", "U32(4292870144)", "U32(4292870144)"),
        ("s64", "S64(-9223372036854775808)", ENDED, ENDED),
        ("s64", "S64(-1)", ENDED, ENDED),
        ("option-u32", "Option(Some(U32(2147483648)))", "Option(Some(U32(0)))", "Option(Some(U32(2147483648)))"),
        (
            "option-u32",
            "Option(Some(U32(3000000000)))",
            "Option(Some(U32(3221225472)))",
            "Option(Some(U32(3000000000)))",
        ),
        (
            "option-u32",
            "Option(Some(U32(4294967295)))",
            "Option(Some(U32(4292870144)))",
            "Option(Some(U32(4294967295)))",
        ),
    ];
    example("exchange-javascript")?.iter().for_each(|component| assert_misses(component, &expected));
    Ok(())
}

/// Collects the types of numbers, texts and lists that a type is made of, as the functions of the exchange name them.
fn collect(resolve: &Resolve, ty: &Type, found: &mut BTreeSet<String>) {
    let Type::Id(id) = ty else {
        found.insert(format!("{ty:?}").to_lowercase());
        return;
    };
    let kind = &resolve.types[*id].kind;
    let inner: Vec<&Type> = match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| &field.ty).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty.as_ref()).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.iter().collect(),
        TypeDefKind::Option(inner) | TypeDefKind::List(inner) | TypeDefKind::Type(inner) => vec![inner],
        TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).collect(),
        TypeDefKind::Enum(_) | TypeDefKind::Flags(_) => Vec::new(),
        other => panic!("no language was tried with a {}", other.as_str()),
    };
    for inner in inner {
        collect(resolve, inner, found);
    }
}

/// Returns the types that a plugin of the world `everything` hands over: to imports, and from `tools` and its like.
fn handed_over(wit: &str) -> Result<BTreeSet<String>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(wit))?;
    let mut found = BTreeSet::new();
    for world in resolve.packages[package].worlds.values() {
        let world = &resolve.worlds[*world];
        let functions = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].functions.values().collect(),
            _ => Vec::new(),
        };
        let given = world.imports.values().flat_map(functions).flat_map(|it| it.params.iter().map(|param| &param.ty));
        let returned = world.exports.values().flat_map(functions).filter_map(|it| it.result.as_ref());
        given.chain(returned).for_each(|ty| collect(&resolve, ty, &mut found));
    }
    Ok(found)
}

#[test]
fn a_plugin_of_the_draft_hands_over_only_what_every_language_carries() -> Result<()> {
    let tried: BTreeSet<_> = edge_values().into_iter().map(|(name, _)| name.to_owned()).collect();
    let handed_over = handed_over("wit-draft")?;
    assert!(handed_over.is_subset(&tried), "{handed_over:?}");
    for wrong in ["u32", "s64"] {
        assert!(!handed_over.contains(wrong), "JavaScript hands a {wrong} over wrongly: {handed_over:?}");
    }
    Ok(())
}

#[test]
fn the_first_version_of_the_contract_takes_a_u32() -> Result<()> {
    assert!(handed_over("wit")?.contains("u32"), "then the test above would see nothing");
    Ok(())
}
