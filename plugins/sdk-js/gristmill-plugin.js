// Write Gristmill task functions in JavaScript: plain values in and out.
//
//   export const { describe, kernels } = plugin({
//     name: "words", version: "0.1.0", license: "MIT",
//     functions: {
//       count: { doc: "How many words.", params: { text: "text" }, returns: "int", run: (text) => text.split(/\s+/).length },
//     },
//   });
//
// Types are those of the type grammar. `option<T>` parameters may be left out. A table is an object of columns, each an
// array with null for nulls; a chunk is { dtype, shape, items }, where items is a typed array. Integers are numbers: beyond
// 2^53 they lose digits.

import { currentTask, log as hostLog, progress as hostProgress } from "gristmill:plugin/host@0.1.0";

class TaskFailure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** Stops the task with an error of the contract's kind, such as "invalid-argument". */
export function fail(kind, message) {
  throw new TaskFailure(kind, message);
}

/** Writes one line to the task's log. */
export function log(line) {
  hostLog("info", String(line));
}

/** Tells how far the task is, from 0 to 1. A cancelled task stops here. */
export function progress(fraction) {
  hostProgress(fraction);
}

export { currentTask };

const ARRAYS = {
  int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array, uint8: Uint8Array, uint16: Uint16Array,
  uint32: Uint32Array, uint64: BigUint64Array, float32: Float32Array, float64: Float64Array, date32: Int32Array,
  datetime64ns: BigInt64Array, timedelta64ns: BigInt64Array, boolean: Uint8Array,
};

/** The grammar writes some dtypes otherwise than the contract. */
const CONTRACT_NAMES = { bool: "boolean", "datetime64[ns]": "datetime64ns", "timedelta64[ns]": "timedelta64ns" };
const contractName = (dtype) => CONTRACT_NAMES[dtype] ?? dtype;
const grammarName = (dtype) => Object.keys(CONTRACT_NAMES).find((name) => CONTRACT_NAMES[name] === dtype) ?? dtype;

/** Bytes as numbers; a copy, because the view may start at any address. */
function numbers(dtype, data) {
  const Numbers = ARRAYS[dtype];
  if (!Numbers) fail("unsupported", `items of ${dtype} cannot be read in JavaScript`);
  return new Numbers(new Uint8Array(data).buffer);
}

const bytesOf = (items) => new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
const bitAt = (bits, idx) => ((bits[idx >> 3] >> (idx & 7)) & 1) === 1;

function pack(flags) {
  const bits = new Uint8Array((flags.length + 7) >> 3);
  flags.forEach((flag, idx) => (bits[idx >> 3] |= (flag ? 1 : 0) << (idx & 7)));
  return bits;
}

// UTF-8 by hand: the small engine has no TextEncoder.

function decodeUtf8(bytes) {
  let text = "";
  for (let idx = 0; idx < bytes.length; ) {
    const lead = bytes[idx];
    const n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let code = n === 1 ? lead : lead & (0xff >> (n + 1));
    for (let next = 1; next < n; next++) code = (code << 6) | (bytes[idx + next] & 0x3f);
    text += String.fromCodePoint(code);
    idx += n;
  }
  return text;
}

function encodeUtf8(text, out) {
  for (const char of text) {
    const code = char.codePointAt(0);
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else {
      out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    }
  }
}

// From nodes to values. Children come later than their parents, so one pass from the end is enough.

function take(nodes) {
  const values = new Array(nodes.length);
  for (let idx = nodes.length - 1; idx >= 0; idx--) {
    const { tag, val } = nodes[idx];
    if (tag === "null") values[idx] = null;
    else if (tag === "list") values[idx] = Array.from(val, (child) => values[child]);
    else if (tag === "map") values[idx] = Object.fromEntries(val.map(([name, child]) => [name, values[child]]));
    else if (tag === "ndarray") values[idx] = takeChunk(val);
    else if (tag === "table") values[idx] = takeTable(val);
    else values[idx] = typeof val === "bigint" ? Number(val) : val;
  }
  return values[0];
}

function takeChunk({ dtype, shape, data }) {
  return { dtype: grammarName(dtype), shape: Array.from(shape, Number), items: numbers(dtype, data) };
}

function takeTable({ rows, columns }) {
  return Object.fromEntries(columns.map((column) => [column.name, takeColumn(column, Number(rows))]));
}

function takeColumn({ dtype, validity, offsets, data }, rows) {
  const bytes = new Uint8Array(data);
  let items;
  if (dtype === "boolean") items = Array.from({ length: rows }, (_, row) => bitAt(bytes, row));
  else if (dtype === "utf8" || dtype === "binary") {
    const ends = numbers("int32", offsets);
    const part = (row) => bytes.subarray(ends[row], ends[row + 1]);
    items = Array.from({ length: rows }, (_, row) => (dtype === "utf8" ? decodeUtf8(part(row)) : part(row)));
  } else items = Array.from(numbers(dtype, bytes), Number);
  return validity ? items.map((item, row) => (bitAt(validity, row) ? item : null)) : items;
}

// From values to nodes. What a number is, the declared type says.

/** The type inside `list<T>`, `map<T>` or `option<T>`. */
const inside = (ty) => ty.slice(ty.indexOf("<") + 1, -1);

function give(value, returns) {
  const nodes = [];
  const waiting = [[value, returns]];
  for (let idx = 0; idx < waiting.length; idx++) {
    const [value, ty] = waiting[idx];
    nodes.push(giveOne(value, ty, (child, childType) => waiting.push([child, childType]) - 1));
  }
  return nodes;
}

function giveOne(value, declared, later) {
  if (value === null || value === undefined) return { tag: "null" };
  const ty = declared.startsWith("option<") ? inside(declared) : declared;
  const kind = /^[a-z]+/.exec(ty === "any" ? guess(value) : ty)[0];
  const inner = ty.startsWith("list<") || ty.startsWith("map<") ? inside(ty) : "any";
  switch (kind) {
    case "list":
      return { tag: "list", val: Uint32Array.from(value, (item) => later(item, inner)) };
    case "map":
      return { tag: "map", val: Object.entries(value).map(([name, item]) => [name, later(item, inner)]) };
    case "ndarray":
      return { tag: "ndarray", val: giveChunk(value, ty) };
    case "table":
      return { tag: "table", val: giveTable(value, ty) };
    case "int":
    case "uint":
    case "datetime":
    case "timedelta":
      return { tag: kind, val: whole(value) };
    default:
      return { tag: kind, val: value };
  }
}

function whole(value) {
  if (!Number.isSafeInteger(value)) fail("type-mismatch", `${value} is no whole number below 2^53`);
  return value;
}

function guess(value) {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int" : "float";
  if (typeof value === "string") return "text";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return "list";
  return ArrayBuffer.isView(value.items) ? "ndarray" : "map";
}

function giveChunk({ dtype, shape, items }, ty) {
  const name = contractName(dtype ?? (ty.startsWith("ndarray<") ? inside(ty).split(",")[0] : "float64"));
  const typed = items instanceof ARRAYS[name] ? items : ARRAYS[name].from(items);
  return { dtype: name, shape: BigUint64Array.from(shape ?? [typed.length], BigInt), data: bytesOf(typed) };
}

function giveTable(table, ty) {
  const pairs = ty.startsWith("table{") ? ty.slice(6, -1).split(", ") : [];
  const dtypes = Object.fromEntries(pairs.map((pair) => pair.split(": ")));
  const names = Object.keys(table);
  const rows = names.length > 0 ? table[names[0]].length : 0;
  const columns = names.map((name) => {
    if (table[name].length !== rows) fail("invalid-argument", `column ${name} has ${table[name].length} rows, not ${rows}`);
    return giveColumn(name, Array.from(table[name]), dtypes[name]);
  });
  return { rows, columns };
}

function giveColumn(name, items, declared) {
  const isNull = (item) => item === null || item === undefined;
  const dtype = contractName(declared ?? guessDtype(items.filter((item) => !isNull(item))));
  const validity = items.some(isNull) ? pack(items.map((item) => !isNull(item))) : undefined;
  if (dtype === "boolean") return { name, dtype, validity, offsets: undefined, data: pack(items) };
  if (dtype === "utf8" || dtype === "binary") {
    const [bytes, ends] = [[], [0]];
    for (const item of items) {
      if (!isNull(item)) typeof item === "string" ? encodeUtf8(item, bytes) : bytes.push(...item);
      ends.push(bytes.length);
    }
    return { name, dtype, validity, offsets: bytesOf(Int32Array.from(ends)), data: Uint8Array.from(bytes) };
  }
  const Numbers = ARRAYS[dtype];
  const isWide = Numbers === BigInt64Array || Numbers === BigUint64Array;
  const data = Numbers.from(items, (item) => (isWide ? BigInt(whole(item ?? 0)) : (item ?? 0)));
  return { name, dtype, validity, offsets: undefined, data: bytesOf(data) };
}

function guessDtype(items) {
  if (typeof items[0] === "boolean") return "bool";
  if (typeof items[0] === "string") return "utf8";
  return items.length > 0 && items.every(Number.isSafeInteger) ? "int64" : "float64";
}

// What the host calls.

const taskError = (kind, message, context = []) => ({ kind, message, context, retryable: false });

/** The exports of a plugin. */
export function plugin({ name, version, license, functions }) {
  const run = (called, args) => {
    const found = functions[called];
    if (!found) {
      return { err: taskError("no-such-function", `the plugin has no function \`${called}\`; it has ${Object.keys(functions).join(", ")}`) };
    }
    try {
      return { ok: give(found.run(...args.map(take)), found.returns) };
    } catch (error) {
      if (error instanceof TaskFailure) return { err: taskError(error.kind, error.message) };
      return { err: taskError("failed", String(error), String(error?.stack ?? "").trim().split("\n").slice(0, 4)) };
    }
  };
  const signature = ([name, { doc = "", params = {}, returns = "any", kind = "task", traits = {} }]) => ({
    name,
    kind,
    params: Object.entries(params).map(([name, ty]) => ({ name, ty, optional: ty.startsWith("option<"), doc: "" })),
    returns,
    traits: { pure: true, elementwise: false, commutative: false, associative: false, keepsShape: false, ...traits },
    doc,
  });
  return {
    describe: {
      plugin: () => ({ name, version, license, functions: Object.entries(functions).map(signature), formats: [] }),
      infer: (called) => {
        throw taskError("unsupported", `\`${called}\` always returns what its signature says`);
      },
    },
    kernels: {
      call: (called, args) => {
        const { ok, err } = run(called, args);
        if (err) throw err;
        return ok;
      },
      callMany: (called, calls) =>
        calls.map((args) => {
          const { ok, err } = run(called, args);
          return err ? { tag: "err", val: err } : { tag: "ok", val: ok };
        }),
    },
  };
}
