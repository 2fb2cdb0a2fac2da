//! Hand-written guests: a core module in WebAssembly text that follows (or breaks) the calling convention, made a
//! component with the real contract. No toolchain for guests is needed.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The contract itself.
pub(crate) const WIT: &str = include_str!("../../../../plugins/wit/plugin.wit");
/// Where static data begins.
const DATA: u32 = 1024;
const PAGE: u32 = 65_536;

/// A guest in the making. Its functions all run `call`.
pub(crate) struct Guest {
    wit: String,
    world: &'static str,
    name: String,
    functions: Vec<Declared>,
    formats: Vec<&'static str>,
    /// Text between the imports and the functions: globals, more functions, a start function.
    extra: String,
    imports: String,
    call: String,
    call_many: String,
    plugin: Option<String>,
    infer: Option<String>,
    realloc: Option<String>,
    post_return: String,
    memory: Option<String>,
    data: Data,
}

/// A declared function.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) params: Vec<(&'static str, &'static str, bool)>,
    pub(crate) returns: String,
    pub(crate) traits: u8,
}

impl Declared {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), kind: 0, params: Vec::new(), returns: "any".to_owned(), traits: 0 }
    }
}

/// A node as a guest writes it, right or wrong.
pub(crate) enum Raw {
    Null,
    Boolean(u8),
    Int(i64),
    Text(Vec<u8>),
    /// A text, bytes or list anywhere in memory: its case, its address, its length.
    Far(u8, u32, u32),
    NdArray(u8, Vec<u64>, Vec<u8>),
    Table(u64, Vec<Column>),
    List(Vec<u32>),
    Map(Vec<(&'static str, u32)>),
    /// A case that there is not.
    Case(u8),
}

/// A column as a guest writes it.
#[derive(Clone)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) dtype: u8,
    pub(crate) validity: Option<Vec<u8>>,
    pub(crate) offsets: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
}

impl Guest {
    /// A plugin `hostile` whose one function `f` returns null.
    pub(crate) fn new() -> Self {
        let mut guest = Self {
            wit: WIT.to_owned(),
            world: "task",
            name: "hostile".to_owned(),
            functions: vec![Declared::new("f")],
            formats: Vec::new(),
            extra: String::new(),
            imports: String::new(),
            call: String::new(),
            call_many: "unreachable".to_owned(),
            plugin: None,
            infer: None,
            realloc: None,
            post_return: String::new(),
            memory: None,
            data: Data::default(),
        };
        guest = guest.returns(&[Raw::Null]);
        guest
    }

    /// `f` runs this.
    pub(crate) fn call(mut self, wat: &str) -> Self {
        self.call = wat.to_owned();
        self
    }

    /// `f` returns these nodes.
    pub(crate) fn returns(mut self, nodes: &[Raw]) -> Self {
        let result = self.data.ok(nodes);
        self.call = format!("i32.const {result}");
        self
    }

    /// A result that the text of `call` may return by its address.
    pub(crate) fn result(&mut self, nodes: &[Raw]) -> u32 {
        self.data.ok(nodes)
    }

    /// A failure that the text of `call` may return by its address.
    pub(crate) fn failure(&mut self, kind: u8, message: &str, context: &[&str]) -> u32 {
        self.data.err(kind, message, context)
    }

    /// Bytes in memory, and their address.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> u32 {
        self.data.put(bytes, 16)
    }

    pub(crate) fn call_many(mut self, wat: &str) -> Self {
        self.call_many = wat.to_owned();
        self
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    pub(crate) fn functions(mut self, functions: Vec<Declared>) -> Self {
        self.functions = functions;
        self
    }

    pub(crate) fn formats(mut self, formats: Vec<&'static str>) -> Self {
        self.formats = formats;
        self
    }

    /// `describe.plugin` runs this.
    pub(crate) fn plugin(mut self, wat: &str) -> Self {
        self.plugin = Some(wat.to_owned());
        self
    }

    /// `describe.infer` runs this.
    pub(crate) fn infer(mut self, wat: &str) -> Self {
        self.infer = Some(wat.to_owned());
        self
    }

    /// `describe.infer` returns this type.
    pub(crate) fn infers(mut self, ty: &str) -> Self {
        let text = self.data.put(ty.as_bytes(), 1);
        let result = self.data.words(&[0, text, ty.len() as u32]);
        self.infer = Some(format!("i32.const {result}"));
        self
    }

    /// `cabi_realloc` runs this; its parameters are 0 to 3.
    pub(crate) fn realloc(mut self, wat: &str) -> Self {
        self.realloc = Some(wat.to_owned());
        self
    }

    /// What runs after the host has read the result of `call`.
    pub(crate) fn post_return(mut self, wat: &str) -> Self {
        self.post_return = wat.to_owned();
        self
    }

    pub(crate) fn extra(mut self, wat: &str) -> Self {
        self.extra += wat;
        self
    }

    /// Imports `log`, `progress` and `task`.
    pub(crate) fn with_host(mut self) -> Self {
        self.imports += r#"
            (import "gristmill:plugin/host@0.1.0" "log" (func $log (param i32 i32 i32)))
            (import "gristmill:plugin/host@0.1.0" "progress" (func $progress (param f64)))
            (import "gristmill:plugin/host@0.1.0" "current-task" (func $task (param i32)))"#;
        self
    }

    /// The memory's size in pages, as text.
    pub(crate) fn memory(mut self, pages: &str) -> Self {
        self.memory = Some(pages.to_owned());
        self
    }

    /// Another contract than the real one.
    pub(crate) fn wit(mut self, from: &str, to: &str) -> Self {
        assert!(self.wit.contains(from), "`{from}` is not in plugin.wit any more");
        self.wit = self.wit.replace(from, to);
        self
    }

    /// More text for the imports.
    pub(crate) fn import(mut self, wat: &str) -> Self {
        self.imports += wat;
        self
    }

    /// The core module's text.
    pub(crate) fn wat(mut self) -> String {
        let info = self.data.info(&self.name, &self.functions, &self.formats);
        let unsupported = self.data.err(4, "", &[]);
        let heap = (DATA + self.data.bytes.len() as u32 + 16) & !15;
        let pages = self.memory.take().unwrap_or_else(|| (heap / PAGE + 2).to_string());
        let data: String = self.data.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let Self { imports, extra, call, call_many, post_return, .. } = self;
        let plugin = self.plugin.unwrap_or_else(|| format!("i32.const {info}"));
        let infer = self.infer.unwrap_or_else(|| format!("i32.const {unsupported}"));
        let realloc = self.realloc.unwrap_or_else(|| BUMP.to_owned());
        format!(
            r#"(module {imports}
            (memory (export "memory") {pages})
            (global $heap (mut i32) (i32.const {heap}))
            {extra}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32) {realloc})
            (func $plugin (export "gristmill:plugin/describe@0.1.0#plugin") (result i32) {plugin})
            (func (export "gristmill:plugin/describe@0.1.0#infer") (param i32 i32 i32 i32) (result i32) {infer})
            (func $call (export "gristmill:plugin/kernels@0.1.0#call") (param i32 i32 i32 i32) (result i32)
                (local $i i32) (local $j i64) {call})
            (func (export "gristmill:plugin/kernels@0.1.0#call-many") (param i32 i32 i32 i32) (result i32) {call_many})
            (func (export "cabi_post_gristmill:plugin/kernels@0.1.0#call") (param i32)
                (global.set $heap (i32.const {heap})) {post_return})
            (data (i32.const {DATA}) "{data}"))"#
        )
    }

    /// The component.
    pub(crate) fn build(self) -> Vec<u8> {
        let (wit, world) = (self.wit.clone(), self.world);
        component(&self.wat(), &wit, world)
    }
}

/// Allocates upwards and never frees.
const BUMP: &str = "
    (local.set 4 (i32.and (i32.add (global.get $heap) (i32.sub (local.get 2) (i32.const 1)))
                          (i32.sub (i32.const 0) (local.get 2))))
    (global.set $heap (i32.add (local.get 4) (local.get 3)))
    (block $enough
        (br_if $enough (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
        (br_if $enough (i32.ne (i32.const -1) (memory.grow
            (i32.add (i32.const 1) (i32.shr_u (i32.sub (global.get $heap) (i32.shl (memory.size) (i32.const 16)))
                                              (i32.const 16))))))
        unreachable)
    local.get 4";

/// A core module's text as a component of this world.
pub(crate) fn component(wat: &str, wit: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(wat).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("plugin.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// The guest's static memory, in the canonical layout.
#[derive(Default)]
struct Data {
    bytes: Vec<u8>,
}

impl Data {
    fn put(&mut self, bytes: &[u8], align: usize) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
        let at = DATA + self.bytes.len() as u32;
        self.bytes.extend(bytes);
        at
    }

    fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.put(&bytes, 8)
    }

    /// Address and length.
    fn text(&mut self, text: &str) -> [u32; 2] {
        [self.put(text.as_bytes(), 1), text.len() as u32]
    }

    /// `ok` of `result<value, task-error>`.
    fn ok(&mut self, nodes: &[Raw]) -> u32 {
        let nodes: Vec<[u8; 32]> = nodes.iter().map(|node| self.node(node)).collect();
        let at = self.put(&nodes.concat(), 8);
        self.words(&[0, at, nodes.len() as u32, 0, 0, 0, 0])
    }

    /// `err` of `result<_, task-error>`.
    fn err(&mut self, kind: u8, message: &str, context: &[&str]) -> u32 {
        let [text, len] = self.text(message);
        let lines: Vec<u32> = context.iter().flat_map(|line| self.text(line)).collect();
        let at = self.words(&lines);
        self.words(&[1, kind.into(), text, len, at, context.len() as u32, 0])
    }

    fn list(&mut self, bytes: &[u8], len: usize, align: usize) -> [u32; 2] {
        [self.put(bytes, align), len as u32]
    }

    fn node(&mut self, node: &Raw) -> [u8; 32] {
        let mut payload = Vec::new();
        let case = match node {
            Raw::Null => 0,
            Raw::Boolean(byte) => {
                payload.push(*byte);
                1
            }
            Raw::Int(int) => {
                payload.extend(int.to_le_bytes());
                2
            }
            Raw::Text(bytes) => {
                payload.extend(words(&self.list(bytes, bytes.len(), 1)));
                6
            }
            Raw::Far(case, at, len) => {
                payload.extend(words(&[*at, *len]));
                *case
            }
            Raw::NdArray(dtype, shape, data) => {
                let lengths: Vec<u8> = shape.iter().flat_map(|length| length.to_le_bytes()).collect();
                let [shape_at, ndim] = self.list(&lengths, shape.len(), 8);
                let [data_at, nbytes] = self.list(data, data.len(), 1);
                payload.extend(words(&[(*dtype).into(), shape_at, ndim, data_at, nbytes]));
                10
            }
            Raw::Table(rows, columns) => {
                let encoded: Vec<u8> = columns.iter().flat_map(|column| self.column(column)).collect();
                payload.extend(rows.to_le_bytes());
                payload.extend(words(&self.list(&encoded, columns.len(), 4)));
                11
            }
            Raw::List(children) => {
                payload.extend(words(&self.list(&words(children), children.len(), 4)));
                12
            }
            Raw::Map(entries) => {
                let encoded: Vec<u8> = entries
                    .iter()
                    .flat_map(|(name, child)| {
                        let [at, len] = self.text(name);
                        words(&[at, len, *child])
                    })
                    .collect();
                payload.extend(words(&self.list(&encoded, entries.len(), 4)));
                13
            }
            Raw::Case(case) => *case,
        };
        let mut bytes = [0; 32];
        bytes[0] = case;
        bytes[8..8 + payload.len()].copy_from_slice(&payload);
        bytes
    }

    fn column(&mut self, column: &Column) -> Vec<u8> {
        let mut optional = |bytes: &Option<Vec<u8>>| match bytes {
            None => [0, 0, 0],
            Some(bytes) => [1, self.put(bytes, 1), bytes.len() as u32],
        };
        let (validity, offsets) = (optional(&column.validity), optional(&column.offsets));
        let (name, data) = (self.text(column.name), self.list(&column.data, column.data.len(), 1));
        words(&[&name[..], &[column.dtype.into()], &validity, &offsets, &data].concat())
    }

    fn info(&mut self, name: &str, functions: &[Declared], formats: &[&str]) -> u32 {
        let mut signatures = Vec::new();
        for function in functions {
            let mut params = Vec::new();
            for (name, ty, optional) in &function.params {
                params.extend([self.text(name), self.text(ty)].concat());
                params.extend([u32::from(*optional), 0, 0]);
            }
            let params = self.words(&params);
            signatures.extend(self.text(&function.name));
            signatures.extend([function.kind.into(), params, function.params.len() as u32]);
            signatures.extend(self.text(&function.returns));
            signatures.extend([u32::from(function.traits), 0, 0]);
        }
        let signatures = self.words(&signatures);
        let formats: Vec<u32> =
            formats.iter().flat_map(|format| [&self.text(format)[..], &[0, 0, 0, 0]].concat()).collect();
        let n_formats = formats.len() as u32 / 6;
        let formats = self.words(&formats);
        let version = self.text("1.0");
        let [name, version] = [self.text(name), version];
        let lists = [0, 0, signatures, functions.len() as u32, formats, n_formats];
        self.words(&[&name[..], &version, &lists].concat())
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
