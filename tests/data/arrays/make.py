"""Writes the arrays that the tests of `engine/storage` read, with the libraries that people write them with.

    pip install numpy==2.4.6 dask==2026.8.0 h5py==3.16.0 zarr==3.1.6 netCDF4==1.7.5.1.post1 xarray==2026.9.0 \
        kerchunk==0.2.10 virtualizarr==2.5.1 obstore==0.12.1 scipy==1.17.1
    python tests/data/arrays/make.py

Element i of every array, counted in C order, is known without reading it: see `fill`, and `expected` in
`engine/storage/src/array/tests.rs`. So a test never compares two readers.
"""

import json
import os
import shutil
import warnings
from pathlib import Path

import dask.array
import h5py
import kerchunk.hdf
import kerchunk.netCDF3
import netCDF4
import numpy as np
import obstore.store
import virtualizarr
import virtualizarr.parsers
import xarray
import zarr
from obspec_utils.registry import ObjectStoreRegistry
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

import numcodecs

HERE = Path(__file__).parent
NAMES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NAMES += ["float16", "float32", "float64", "complex64", "complex128"]
TIMES = ["datetime64[ns]", "timedelta64[ns]"]
SHAPE, CHUNKS = (7, 9), (4, 5)


def fill(name, shape):
    """i*7 % 251; less 125 if signed, odd or even for bool, quarters for floats, seconds for times."""
    base = np.arange(int(np.prod(shape)), dtype=np.int64) * 7 % 251
    dtype = np.dtype(name)
    if dtype.kind == "b":
        base = base % 2 == 1
    elif dtype.kind == "i":
        base = base - 125
    elif dtype.kind == "f":
        base = base / 4
    elif dtype.kind == "c":
        base = base / 4 + 1j * (base - 125)
    elif dtype.kind in "mM":
        base = (base - 125) * 1_000_000_000
    return base.astype(dtype).reshape(shape)


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def make_npy():
    folder = fresh("npy")
    for name in NAMES + TIMES:
        np.save(folder / f"{name}.npy", fill(name, (3, 5)))
    for code in [">i2", ">f4", ">u8", ">c16", ">M8[ns]"]:
        swapped = fill(code, (3, 5))
        np.save(folder / f"big_{np.dtype(code).name}.npy", swapped)
    np.save(folder / "fortran.npy", np.asfortranarray(fill("float64", (4, 3, 5))))
    np.save(folder / "big_fortran.npy", np.asfortranarray(fill(">i4", (4, 3, 5))))
    np.save(folder / "0d.npy", fill("int32", ()))
    np.save(folder / "1d.npy", fill("int32", (251,)))
    np.save(folder / "empty.npy", fill("float32", (0, 3)))
    for version in [2, 3]:
        with open(folder / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, fill("int16", (3, 5)), version=(version, 0))
    dask.array.to_npy_stack(folder / "stack", dask.array.from_array(fill("float32", (7, 9)), (7, 4)), axis=1)
    np.save(folder / "seconds.npy", np.zeros(3, "M8[s]"))
    np.save(folder / "text.npy", np.array(["a", "bc"]))
    np.save(folder / "record.npy", np.zeros(2, [("a", "i4"), ("b", "f8", (2,))]))
    np.save(folder / "object.npy", np.array([None, {}], dtype=object))


def make_zarr2():
    folder = fresh("zarr2")

    def make(name, dtype="float32", shape=SHAPE, chunks=CHUNKS, part=..., **options):
        array = zarr.create(
            store=folder / name, shape=shape, chunks=chunks, dtype=dtype, zarr_format=2, **options
        )
        array[part] = fill(dtype, shape)[part]
        return array

    for name in NAMES + TIMES:
        make(name.split("[")[0], name, (3, 5), (3, 5), compressor=None)
    make("plain", compressor=None)
    make("zlib", compressor=numcodecs.Zlib(1))
    make("gzip", compressor=numcodecs.GZip(1))
    make("zstd", "int32", compressor=numcodecs.Zstd(1))
    wide = {"shape": (60, 50), "chunks": (40, 50)}
    for cname in ["blosclz", "lz4", "zlib", "zstd"]:
        make(f"blosc_{cname}", "int32", **wide, compressor=numcodecs.Blosc(cname, shuffle=numcodecs.Blosc.SHUFFLE))
    for cname in ["blosclz", "lz4"]:
        packing = numcodecs.Blosc(cname, 9, shuffle=numcodecs.Blosc.NOSHUFFLE, blocksize=1024)
        make(f"blosc_{cname}_blocks", "int16", **wide, compressor=packing)
    packing = numcodecs.Blosc("zstd", shuffle=numcodecs.Blosc.BITSHUFFLE, blocksize=1024)
    make("blosc_bits", "float64", **wide, compressor=packing)
    # 39 * 50 elements are not a multiple of 8.
    make("blosc_bits_rest", "int16", (60, 50), (39, 50), compressor=numcodecs.Blosc("lz4", shuffle=numcodecs.Blosc.BITSHUFFLE))
    make("blosc_kept", "int16", compressor=numcodecs.Blosc("lz4"))
    make("big", ">f4", compressor=numcodecs.Zlib(1))
    make("fortran", "int32", (4, 6, 5), (2, 4, 5), order="F", compressor=numcodecs.Zlib(1))
    make("slash", dimension_separator="/", compressor=None)
    make("0d", "int32", (), (), compressor=None)
    make("empty", "int32", (0, 3), (1, 3), compressor=None)
    make("missing", "int32", part=(slice(0, 4), slice(0, 5)), fill_value=42, compressor=None)
    make("no_fill", "int32", part=(slice(0, 4), slice(0, 5)), fill_value=None, compressor=None)
    make("delta", "int32", filters=[numcodecs.Delta("int32")], compressor=None)
    make("lzma", "int32", compressor=numcodecs.LZMA())
    make("named", compressor=None, attributes={"units": "K", "_ARRAY_DIMENSIONS": ["y", "x"]})


def make_zarr3():
    folder = fresh("zarr3")

    def make(name, dtype="float32", shape=SHAPE, chunks=CHUNKS, part=..., compressors=None, store=folder, **options):
        array = zarr.create_array(
            store / name, shape=shape, chunks=chunks, dtype=dtype, compressors=compressors, **options
        )
        array[part] = fill(dtype, shape)[part]
        return array

    for name in NAMES + TIMES:
        make(name.split("[")[0], name, (3, 5), (3, 5))
    make("plain")
    make("gzip", compressors=GzipCodec(level=1))
    make("zstd", "int32", compressors=ZstdCodec(level=1))
    make("zstd_checksum", "int32", compressors=ZstdCodec(level=1, checksum=True))
    make("blosc", "int16", (60, 50), (40, 50), compressors=BloscCodec(cname="zstd", shuffle="shuffle"))
    make("crc32c", "int32", compressors=[Crc32cCodec()])
    make("big", "float32", serializer=BytesCodec(endian="big"))
    make("transposed", "int32", (4, 6, 5), (2, 4, 5), filters=[TransposeCodec(order=(2, 0, 1))])
    make("0d", "int32", (), ())
    make("empty", "int32", (0, 3), (1, 3))
    make("missing", "int32", part=(slice(0, 4), slice(0, 5)), fill_value=42)
    make("nan_fill", "float32", part=(slice(0, 4), slice(0, 5)), fill_value=float("nan"))
    make("named", dimension_names=["y", "x"], attributes={"units": "K"})
    make("sharded", "int32", (10, 12), (2, 3), shards=(4, 6))
    make("sharded_gzip", "float64", (10, 12), (2, 3), shards=(6, 6), compressors=GzipCodec(level=1))
    make("sharded_missing", "int32", (10, 12), (2, 3), part=(slice(2, 4), slice(3, 6)), shards=(4, 6), fill_value=42)
    group = zarr.open_group(folder / "group", mode="w", zarr_format=3)
    group.create_group("inner")
    make("a", "int32", store=folder / "group")
    make("b", "int32", store=folder / "group" / "inner")


def make_hdf5():
    folder = fresh("hdf5")
    with h5py.File(folder / "many.h5", "w") as file:
        for name in NAMES:
            file[f"dtypes/{name}"] = fill(name, (3, 5))
        for code in [">i2", ">f4", ">u8", ">c16", ">f2"]:
            file[f"big/{np.dtype(code).name}"] = fill(code, (3, 5))
        make = file.create_dataset

        def chunked(name, dtype="float32", chunks=CHUNKS, **options):
            return make(name, data=fill(dtype, SHAPE), chunks=chunks, **options)

        chunked("chunked")
        chunked("gzip", compression="gzip")
        chunked("shuffled", "int32", compression="gzip", shuffle=True)
        chunked("checked", "int32", fletcher32=True)
        chunked("checked_bool", "bool", fletcher32=True, compression="gzip", shuffle=True)
        chunked("lzf", "int32", compression="lzf")
        chunked("growing", "int64", maxshape=(None, 9))
        packed = [("zstd", 32015, numcodecs.Zstd(1)), ("unknown", 32999, numcodecs.LZMA())]
        for name, number, codec in packed:
            # The library need not know a filter whose chunks are written as they are.
            create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            create.set_chunk((7, 9))
            create.set_filter(number, h5py.h5z.FLAG_OPTIONAL, ())
            space = h5py.h5s.create_simple(SHAPE)
            dataset = h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_I32LE, space, create)
            dataset.write_direct_chunk((0, 0), codec.encode(fill("int32", SHAPE)))
        brain, narrow = h5py.h5t.IEEE_F16LE.copy(), h5py.h5t.STD_I16LE.copy()
        brain.set_fields(15, 7, 8, 0, 7)
        brain.set_ebias(127)
        narrow.set_precision(12)
        for name, dtype in [("bfloat16", brain), ("int12", narrow)]:
            h5py.h5d.create(file.id, name.encode(), dtype, h5py.h5s.create_simple(SHAPE))
        missing = make("missing", SHAPE, "int32", chunks=CHUNKS, fillvalue=42)
        missing[0:4, 0:5] = fill("int32", SHAPE)[0:4, 0:5]
        make("unwritten", SHAPE, "int32", fillvalue=42)
        file["0d"] = fill("int32", ())
        file["empty"] = fill("float32", (0, 3))
        file["text"] = ["a", "bc"]
        file["record"] = np.zeros(2, [("a", "i4"), ("b", "f8")])
        file["named"] = fill("float32", (3, 5))
        file["named"].attrs.update({"units": "K", "scale": 0.5, "range": [1, 2], "empty": h5py.Empty("f4")})
        file["y"], file["x"] = np.arange(3), np.arange(5)
        for axis, name in enumerate("yx"):
            file[name].make_scale(name)
            file["named"].dims[axis].attach_scale(file[name])
    with h5py.File(folder / "single.h5", "w") as file:
        file.create_dataset("group/only", data=fill("int32", SHAPE), chunks=CHUNKS, compression="gzip")
    with h5py.File(folder / "latest.h5", "w", libver="latest") as file:
        file.create_dataset("fixed", data=fill("int32", SHAPE), chunks=CHUNKS, compression="gzip")
        file.create_dataset("growing", data=fill("int32", SHAPE), chunks=CHUNKS, maxshape=(None, 9))
        file.create_dataset("both", data=fill("int32", SHAPE), chunks=CHUNKS, maxshape=(None, None))
        file["contiguous"] = fill("float64", SHAPE)


def make_netcdf():
    folder = fresh("netcdf")
    kinds = {"NETCDF3_CLASSIC": "classic", "NETCDF3_64BIT_OFFSET": "offset64", "NETCDF3_64BIT_DATA": "data64"}
    for kind, name in (kinds | {"NETCDF4": "four"}).items():
        with netCDF4.Dataset(folder / f"{name}.nc", "w", format=kind) as file:
            file.createDimension("time", None)
            file.createDimension("y", 7)
            file.createDimension("x", 9)
            dtypes = ["int8", "int16", "int32", "float32", "float64"]
            if name in ["data64", "four"]:
                dtypes += ["uint8", "uint16", "uint32", "uint64", "int64"]
            for dtype in dtypes:
                file.createVariable(dtype, dtype, ("y", "x"))[:] = fill(dtype, SHAPE)
            for dtype in ["int16", "float64"]:
                file.createVariable(f"record_{dtype}", dtype, ("time", "y", "x"))[:] = fill(dtype, (3, *SHAPE))
            packed = file.createVariable("packed", "int16", ("y", "x"), fill_value=-999)
            packed.setncatts({"scale_factor": 0.5, "add_offset": 10.0, "units": "K"})
            packed.set_auto_maskandscale(False)
            packed[:] = fill("int16", SHAPE)
            file.createVariable("scalar", "int32", ())[:] = fill("int32", ())
            if name == "four":
                grid = file.createGroup("inner").createVariable("grid", "int32", ("y", "x"), zlib=True, chunksizes=CHUNKS)
                grid[:] = fill("int32", SHAPE)
                # Blosc refuses chunks that do not become smaller.
                wide = file.createGroup("wide")
                wide.createDimension("y", 60)
                wide.createDimension("x", 50)
                for packing in ["blosc_lz4", "zstd"]:
                    packed = wide.createVariable(packing, "int32", ("y", "x"), compression=packing, chunksizes=(40, 50))
                    packed[:] = fill("int32", (60, 50))
    with netCDF4.Dataset(folder / "single.nc", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        file.createVariable("only", "int8", ("time",))[:] = fill("int8", (5,))


def make_netcdf_written():
    """What our own files must be, byte for byte."""
    folder = fresh("netcdf_written")

    def make(name, kind, dtype, shape, dims=None, variable="data", fill_value=None, **attributes):
        with netCDF4.Dataset(folder / f"{name}.nc", "w", format=kind) as file:
            dims = dims or [f"dim_{axis}" for axis in range(len(shape))]
            for dim, length in zip(dims, shape):
                if dim not in file.dimensions:
                    file.createDimension(dim, length)
            made = file.createVariable(variable, dtype, dims, fill_value=fill_value)
            for key in sorted(attributes):
                made.setncattr(key, attributes[key])
            made.set_auto_maskandscale(False)
            made[:] = fill(dtype, shape)

    classic = ["int8", "int16", "int32", "float32", "float64"]
    for dtype in classic:
        make(dtype, "NETCDF3_64BIT_OFFSET", dtype, (3, 5))
    for dtype in ["uint8", "uint16", "uint32", "uint64", "int64"]:
        make(dtype, "NETCDF3_64BIT_DATA", dtype, (3, 5))
    make("0d", "NETCDF3_64BIT_OFFSET", "int32", ())
    make("1d", "NETCDF3_64BIT_OFFSET", "int8", (251,))
    make("empty", "NETCDF3_64BIT_OFFSET", "float32", (0, 3))
    named = {"units": "K", "scale": 0.5, "range": np.array([1, 2], "i4"), "missing_value": np.int16(-5), "z": "abcd"}
    make("named", "NETCDF3_64BIT_OFFSET", "int16", (3, 3), ["y", "y"], "t2m", -90, **named)


def make_packed():
    """Numbers that stand for others, and in `decoded` what xarray makes of them."""
    folder = fresh("packed")
    narrow = {"scale_factor": np.float32(0.01), "add_offset": np.float32(273.15)}
    wide = {"scale_factor": 0.01, "add_offset": 273.15}
    kinds = {
        "scaled": ("int16", -90, wide),
        "scaled_narrow": ("int16", -90, narrow),
        "scale_only": ("int8", None, {"scale_factor": np.float32(0.1)}),
        "offset_only": ("int16", None, {"add_offset": np.float32(0.1)}),
        "scaled_int32": ("int32", -90, narrow),
        "scaled_float32": ("float32", 1.75, wide),
        "unsigned": ("int8", None, {"_Unsigned": "true"}),
        "unsigned_scaled": ("int8", -90, {"_Unsigned": "true"} | narrow),
        "fill_int8": ("int8", -90, {}),
        "fill_int32": ("int32", -90, {}),
        "fill_float32": ("float32", 1.75, {}),
        "fill_float64": ("float64", 1.75, {}),
        "missing": ("float64", None, {"missing_value": np.array([1.75, 3.5])}),
        "plain": ("int32", None, {}),
    }
    for name, kind in {"offset64.nc": "NETCDF3_64BIT_OFFSET", "four.nc": "NETCDF4"}.items():
        with netCDF4.Dataset(folder / name, "w", format=kind) as file:
            file.createDimension("y", 7)
            file.createDimension("x", 9)
            for variable, (dtype, fill_value, attributes) in kinds.items():
                made = file.createVariable(variable, dtype, ("y", "x"), fill_value=fill_value)
                made.set_auto_maskandscale(False)
                made.setncatts({"units": "K"} | attributes)
                made[:] = fill(dtype, SHAPE)
    with xarray.open_dataset(folder / "four.nc", mask_and_scale=False) as stored:
        stored = stored.load()
    for name, version in {"two.zarr": 2, "three.zarr": 3}.items():
        encoding = {variable: {"compressors": None} for variable in stored}
        stored.drop_encoding().to_zarr(folder / name, zarr_format=version, consolidated=False, encoding=encoding)
    for name in ["offset64.nc", "four.nc", "two.zarr", "three.zarr"]:
        (folder / "decoded" / name).mkdir(parents=True)
        engine = {"engine": "zarr", "consolidated": False} if name.endswith("zarr") else {}
        with xarray.open_dataset(folder / name, **engine) as file:
            for variable, (_, fill_value, attributes) in kinds.items():
                values = file[variable].values
                # What stands for nothing is among what was written.
                assert np.isnan(values).any() == (fill_value is not None or "missing_value" in attributes)
                np.save(folder / "decoded" / name / f"{variable}.npy", values)


def make_references():
    """Lists of references to files beside them."""
    folder = fresh("references")
    os.chdir(folder)
    for name, kind in {"three.nc": "NETCDF3_64BIT_OFFSET", "four.nc": "NETCDF4"}.items():
        with netCDF4.Dataset(name, "w", format=kind) as file:
            file.createDimension("time", None)
            file.createDimension("y", 7)
            file.createDimension("x", 9)
            file.createVariable("contiguous", "float64", ("y", "x"))[:] = fill("float64", SHAPE)
            file.createVariable("record", "int16", ("time", "y", "x"))[:] = fill("int16", (3, *SHAPE))
            # One variable along the unlimited dimension would not be padded, which kerchunk does not know.
            file.createVariable("records", "int32", ("time", "y", "x"))[:] = fill("int32", (3, *SHAPE))
            file.createVariable("scalar", "int32", ())[:] = fill("int32", ())
            if name == "four.nc":
                chunked = {"zlib": True, "chunksizes": CHUNKS}
                file.createVariable("shuffled", "int32", ("y", "x"), **chunked)[:] = fill("int32", SHAPE)
                file.createGroup("inner").createVariable("grid", "int16", ("y", "x"))[:] = fill("int16", SHAPE)
    inline = kerchunk.hdf.SingleHdf5ToZarr("four.nc", inline_threshold=100).translate()
    plain = kerchunk.hdf.SingleHdf5ToZarr("four.nc", inline_threshold=0).translate()
    classic = kerchunk.netCDF3.NetCDF3ToZarr("three.nc", inline_threshold=0).translate()
    templates = {"version": 1, "templates": {"file": "four"}, "refs": dict(plain["refs"])}
    for key, value in templates["refs"].items():
        if isinstance(value, list):
            templates["refs"][key] = ["{{ file }}.nc", *value[1:]]
    # VirtualiZarr knows a checksum that kerchunk does not.
    with netCDF4.Dataset("checked.nc", "w") as file:
        file.createDimension("y", 7)
        file.createDimension("x", 9)
        chunked = {"zlib": True, "fletcher32": True, "chunksizes": CHUNKS}
        file.createVariable("checked", "int32", ("y", "x"), **chunked)[:] = fill("int32", SHAPE)
        file.createVariable("scalar", "int32", ())[:] = fill("int32", ())
    registry = ObjectStoreRegistry({"file://": obstore.store.LocalStore()})
    parser, url = virtualizarr.parsers.HDFParser(), f"file://{folder}/checked.nc"
    opened = virtualizarr.open_virtual_dataset(url=url, parser=parser, registry=registry, loadable_variables=[])
    virtual = opened.virtualize.to_kerchunk(format="dict")
    lists = {"inline": inline, "version0": plain["refs"], "classic": classic, "templates": templates, "virtual": virtual}
    for name, references in lists.items():
        text = json.dumps(references).replace(f"{folder}/", "")
        Path(f"{name}.json").write_text(text)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for make in [make_npy, make_zarr2, make_zarr3, make_hdf5, make_netcdf, make_netcdf_written, make_packed, make_references]:
        make()
