"""Write Gristmill task functions in Python: plain values in and out.

    from gristmill_plugin import function, plugin

    plugin(name="words", version="0.1.0", license="MIT")

    @function
    def count(text: str) -> int:
        "How many words there are."
        return len(text.split())

A function's annotations are its declaration: `bool`, `int`, `float`, `str`, `bytes`, `list[T]`, `dict[str, T]`,
`T | None`, `Any`, `None`, `Datetime`, `Timedelta`, `Table["hour: int64"]` and `NdArray["float64"]`.
"""

import array
import inspect
import itertools
import struct
import types as pytypes
import typing

from componentize_py_types import Err, Ok
from wit_world.exports import describe
from wit_world.imports import host, types

__all__ = ["Datetime", "NdArray", "Table", "TaskError", "Timedelta", "function", "log", "plugin", "progress"]

_NUMBERS = {
    "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I",
    "uint64": "Q", "float32": "f", "float64": "d", "date32": "i", "datetime64[ns]": "q", "timedelta64[ns]": "q",
}
_PLAIN = {bool: "boolean", int: "int", float: "float", str: "text", bytes: "bytes", None: "null",
          type(None): "null", typing.Any: "any", inspect.Parameter.empty: "any"}


class TaskError(Exception):
    """Why a task function failed: a kind of the contract, such as `invalid-argument`, and a sentence."""

    def __init__(self, message, kind="failed", retryable=False):
        super().__init__(message)
        self.kind, self.retryable = kind, retryable


class Datetime(int):
    """Nanoseconds since 1970-01-01 00:00 UTC."""


class Timedelta(int):
    """Nanoseconds."""


class Declared:
    """A type with its name in the type grammar, as in `Table["hour: int64"]`."""

    def __init__(self, name):
        self.name = name


class NdArray:
    """One chunk: `dtype`, `shape`, and `items` in C order, an `array.array`."""

    def __init__(self, items, shape=None, dtype="float64"):
        self.dtype = dtype
        self.items = items if isinstance(items, array.array) else array.array(_NUMBERS[dtype], items)
        self.shape = tuple(shape) if shape is not None else (len(self.items),)

    def __class_getitem__(cls, dtype):
        return Declared(f"ndarray<{dtype}>")


class Table:
    """One partition: columns by name, each a list with None for nulls. `Table(x=[1, 2], y=["a", None])`.

    A column's dtype follows from its items; `Table.typed({"x": "float64"}, x=[1, 2])` says it.
    """

    def __init__(self, **columns):
        self.columns, self.dtypes = columns, {}

    @classmethod
    def typed(cls, dtypes, **columns):
        table = cls(**columns)
        table.dtypes = dict(dtypes)
        return table

    def __class_getitem__(cls, columns):
        return Declared(f"table{{{columns}}}")

    def __getitem__(self, name):
        if name not in self.columns:
            raise TaskError(f"the table has no column `{name}`; it has {', '.join(self.columns)}", "type-mismatch")
        return self.columns[name]

    def __len__(self):
        return len(next(iter(self.columns.values()), []))


def log(line):
    """Writes one line to the task's log."""
    host.log(host.Level.INFO, str(line))


def progress(fraction):
    """Tells how far the task is, from 0.0 to 1.0. A cancelled task stops here."""
    host.progress(fraction)


_info = {"name": "plugin", "version": "0.0.0", "license": ""}
_functions = {}


def plugin(name, version, license):
    """Names the plugin."""
    _info.update(name=name, version=version, license=license)


def function(run=None, *, name=None, returns=None, kind="task", traits=()):
    """Makes a function a task function. `returns` declares what annotations cannot: a table's columns."""

    def register(run):
        parameters = inspect.signature(run).parameters.values()
        params = [(param.name, _type_name(param.annotation), _is_optional(param)) for param in parameters]
        result = returns or _type_name(inspect.signature(run).return_annotation)
        _functions[name or run.__name__] = (run, params, result, kind, traits)
        return run

    return register(run) if run else register


def _is_optional(param):
    return param.default is not inspect.Parameter.empty or type(None) in typing.get_args(param.annotation)


def _type_name(annotation):
    if isinstance(annotation, Declared):
        return annotation.name
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    named = {Table: "table", NdArray: "ndarray", Datetime: "datetime", Timedelta: "timedelta", list: "list<any>",
             dict: "map<any>"}
    if annotation in named:
        return named[annotation]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        return f"list<{_type_name(args[0])}>"
    if origin is dict:
        return f"map<{_type_name(args[1])}>"
    if origin in (typing.Union, pytypes.UnionType):
        inner = [arg for arg in args if arg is not type(None)]
        return f"option<{_type_name(inner[0])}>" if len(inner) == 1 else "any"
    raise TypeError(f"{annotation} has no name in the type grammar")


# Values to and from the contract's flat node lists.

def _take(nodes):
    """The value whose root is node 0. Children come later than their parents, so one pass from the end is enough."""
    values = [None] * len(nodes)
    for idx in range(len(nodes) - 1, -1, -1):
        node = nodes[idx]
        if isinstance(node, types.Node_Null):
            value = None
        elif isinstance(node, types.Node_List):
            value = [values[child] for child in node.value]
        elif isinstance(node, types.Node_Map):
            value = {name: values[child] for name, child in node.value}
        elif isinstance(node, types.Node_Ndarray):
            value = _take_chunk(node.value)
        elif isinstance(node, types.Node_Table):
            value = Table(**{column.name: _take_column(column, node.value.rows) for column in node.value.columns})
            value.dtypes = {column.name: _dtype_name(column.dtype) for column in node.value.columns}
        elif isinstance(node, types.Node_Datetime):
            value = Datetime(node.value)
        elif isinstance(node, types.Node_Timedelta):
            value = Timedelta(node.value)
        elif isinstance(node, types.Node_Complex):
            value = complex(*node.value)
        else:
            value = node.value
        values[idx] = value
    return values[0]


def _dtype_name(dtype):
    name = dtype.name.lower()
    return {"boolean": "bool", "datetime64ns": "datetime64[ns]", "timedelta64ns": "timedelta64[ns]"}.get(name, name)


def _dtype(enum, name):
    names = {"bool": "boolean", "datetime64[ns]": "datetime64ns", "timedelta64[ns]": "timedelta64ns"}
    return enum[names.get(name, name).upper()]


def _numbers(dtype, data):
    if dtype not in _NUMBERS:
        raise TaskError(f"a chunk of {dtype} cannot be read in Python", "unsupported")
    return array.array(_NUMBERS[dtype], data)


def _take_chunk(chunk):
    dtype = _dtype_name(chunk.dtype)
    if dtype == "bool":
        return NdArray(array.array("B", chunk.data), chunk.shape, dtype)
    return NdArray(_numbers(dtype, chunk.data), chunk.shape, dtype)


def _bits(data, rows):
    return [data[row >> 3] >> (row & 7) & 1 == 1 for row in range(rows)]


def _pack(bits):
    data = bytearray((len(bits) + 7) // 8)
    for row, bit in enumerate(bits):
        data[row >> 3] |= bool(bit) << (row & 7)
    return bytes(data)


def _take_column(column, rows):
    dtype = _dtype_name(column.dtype)
    if dtype == "bool":
        items = _bits(column.data, rows)
    elif dtype in ("utf8", "binary"):
        offsets = struct.unpack(f"<{rows + 1}i", column.offsets)
        items = [column.data[start:end] for start, end in itertools.pairwise(offsets)]
        if dtype == "utf8":
            items = [item.decode() for item in items]
    else:
        items = _numbers(dtype, column.data).tolist()
    if column.validity is not None:
        items = [item if valid else None for item, valid in zip(items, _bits(column.validity, rows))]
    return items


def _give(value, declared):
    """The nodes of a value; `declared` tells what a bare Python number is."""
    nodes, waiting, n_named = [], [(value, declared)], 1
    for value, declared in waiting:
        inner = declared[declared.find("<") + 1:-1] if declared.endswith(">") else "any"
        if declared.startswith("option<"):
            declared, inner = inner, inner[inner.find("<") + 1:-1] if inner.endswith(">") else "any"
        if isinstance(value, (list, tuple)):
            nodes.append(types.Node_List(list(range(n_named, n_named + len(value)))))
            waiting.extend((item, inner) for item in value)
            n_named += len(value)
        elif isinstance(value, dict):
            nodes.append(types.Node_Map([(str(name), n_named + idx) for idx, name in enumerate(value)]))
            waiting.extend((item, inner) for item in value.values())
            n_named += len(value)
        else:
            nodes.append(_give_one(value, declared))
    return nodes


def _give_one(value, declared):
    if value is None:
        return types.Node_Null()
    if isinstance(value, bool):
        return types.Node_Boolean(value)
    if isinstance(value, Datetime):
        return types.Node_Datetime(int(value))
    if isinstance(value, Timedelta):
        return types.Node_Timedelta(int(value))
    if isinstance(value, int):
        if declared == "float":
            return types.Node_Float(float(value))
        return types.Node_Uint(value) if declared == "uint" or value >= 1 << 63 else types.Node_Int(value)
    if isinstance(value, float):
        return types.Node_Float(value)
    if isinstance(value, complex):
        return types.Node_Complex((value.real, value.imag))
    if isinstance(value, str):
        return types.Node_Text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return types.Node_Bytes(bytes(value))
    if isinstance(value, NdArray):
        return types.Node_Ndarray(types.Ndarray(_dtype(types.Dtype, value.dtype), list(value.shape),
                                                value.items.tobytes()))
    if isinstance(value, Table):
        return types.Node_Table(_give_table(value, declared))
    raise TaskError(f"a task function cannot return a {type(value).__name__}", "type-mismatch")


def _give_table(table, declared):
    dtypes = dict(table.dtypes)
    if declared.startswith("table{"):
        dtypes.update(pair.split(": ", 1) for pair in declared[6:-1].split(", "))
    lengths = {name: len(items) for name, items in table.columns.items()}
    if len(set(lengths.values())) > 1:
        raise TaskError(f"the columns differ in length: {lengths}", "invalid-argument")
    columns = [_give_column(name, list(items), dtypes.get(name)) for name, items in table.columns.items()]
    return types.Table(len(table), columns)


def _give_column(name, items, dtype):
    present = [item for item in items if item is not None]
    validity = _pack([item is not None for item in items]) if len(present) < len(items) else None
    dtype = dtype or _guess(present)
    offsets = None
    if dtype == "bool":
        data = _pack([bool(item) for item in items])
    elif dtype in ("utf8", "binary"):
        parts = [b"" if item is None else item.encode() if isinstance(item, str) else bytes(item) for item in items]
        ends = itertools.accumulate(map(len, parts), initial=0)
        data, offsets = b"".join(parts), struct.pack(f"<{len(parts) + 1}i", *ends)
    else:
        data = array.array(_NUMBERS[dtype], [0 if item is None else item for item in items]).tobytes()
    return types.Column(name, _dtype(types.ColumnDtype, dtype), validity, offsets, data)


def _guess(items):
    if not items:
        return "float64"
    first = items[0]
    if isinstance(first, bool):
        return "bool"
    if isinstance(first, str):
        return "utf8"
    if isinstance(first, bytes):
        return "binary"
    return "float64" if any(isinstance(item, float) for item in items) else "int64"


# What the host calls.

def _error(kind, message, context=(), retryable=False):
    return types.TaskError(types.ErrorKind[kind.replace("-", "_").upper()], message, list(context), retryable)


def _call(name, args):
    if name not in _functions:
        raise Err(_error("no-such-function", f"the plugin has no function `{name}`; it has {', '.join(_functions)}"))
    run, params, returns, *_ = _functions[name]
    required = sum(not optional for _, _, optional in params)
    if not required <= len(args) <= len(params):
        raise Err(_error("invalid-argument", f"`{name}` takes {len(params)} arguments, got {len(args)}"))
    try:
        values = [_take(nodes) for nodes in args]
        while len(values) > required and values[-1] is None:
            values.pop()
        return _give(run(*values), returns)
    except TaskError as error:
        raise Err(_error(error.kind, str(error), (), error.retryable)) from None
    except Exception as error:
        raise Err(_error("failed", f"{type(error).__name__}: {error}", _frames(error))) from None


def _frames(error):
    frames, at = [], error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        frames.append(f"{code.co_name} ({code.co_filename.rsplit('/', 1)[-1]}:{at.tb_lineno})")
        at = at.tb_next
    return frames[1:]


class Describe:
    def plugin(self):
        functions = []
        for name, (run, params, returns, kind, traits) in _functions.items():
            flags = describe.Traits.PURE
            for trait in traits:
                flags |= describe.Traits[trait.replace("-", "_").upper()]
            functions.append(describe.Signature(
                name, describe.Kind[kind.replace("-", "_").upper()],
                [describe.Param(name, ty, optional, "") for name, ty, optional in params],
                returns, flags, inspect.getdoc(run) or ""))
        return describe.PluginInfo(_info["name"], _info["version"], _info["license"], functions, [])

    def infer(self, function, args):
        raise Err(_error("unsupported", f"`{function}` always returns what its signature says"))


class Kernels:
    def call(self, function, args):
        return _call(function, args)

    def call_many(self, function, calls):
        results = []
        for args in calls:
            try:
                results.append(Ok(_call(function, args)))
            except Err as error:
                results.append(error)
        return results
