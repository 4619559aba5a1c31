#!/usr/bin/env python3
"""Read the files of `ness solve -o DIR` back with NumPy, and VTK where it is there.

    read_back.py DIR

Checks shapes, that the density integrates to 1, that what flows into a cell flows out
of it, that currents at the centres are near the mean of those on the faces, that the
parts of the current sum to it, those of its split (--split current) too, and that the .vti or .vtr has the
numbers of the .npz. Prints one line per check; the exit status is 1 if one fails.
Debian: apt-get install python3-numpy python3-vtk9.
"""
import json
import pathlib
import sys

import numpy

failed = False


def check(what, deviation, limit):
    """Report a deviation that is to be at most limit (NaN is not)."""
    global failed
    ok = bool(deviation <= limit)
    failed |= not ok
    print(f"{'ok  ' if ok else 'FAIL'} {what}: {deviation:.2g}, at most {limit:.2g}")


def check_shapes(z, names, shape):
    """Cell arrays have the shape of the density, fluxes one more along their axis, and
    fields on corners one more along every axis."""
    for a, v in enumerate(names):
        want = {f"edges_{v}": (shape[a] + 1,), f"centers_{v}": (shape[a],), f"current_{v}": shape,
                f"flux_{v}": shape[:a] + (shape[a] + 1,) + shape[a + 1:]}
        cell = [f"{k}_{v}" for k in ("drift_current", "diffusion_current", "gradient", "solenoidal", "harmonic")]
        want.update({k: shape for k in cell if k in z})
        for key, s in want.items():
            check(f"shape of {key} is {s}", 0 if z[key].shape == s else 1, 0)
    corner = tuple(n + 1 for n in shape)
    for key, allowed in ("stream", [corner]), ("vorticity", [corner, shape]), ("entropy_production_density", [shape]):
        if key in z:
            check(f"shape of {key} is {z[key].shape}", 0 if z[key].shape in allowed else 1, 0)


def along(a, d, x):
    """x as an array that varies along axis a of d."""
    return x.reshape([-1 if k == a else 1 for k in range(d)])


def check_flows(z, names, width, residual):
    """Net flows out of cells are as small as the residual, which is relative to the flows
    to and fro of a cell: about 2 D/h² times its mass, where those through faces are D/h
    times what the density changes by over a length or more: fewer by the cells per axis."""
    d = len(names)
    net = largest = 0
    for a, v in enumerate(names):
        area = 1
        for b in range(d):
            if b != a:
                area = area * along(b, d, width[b])
        flow = z[f"flux_{v}"] * area
        largest = max(largest, abs(flow).max())
        net = net + numpy.diff(flow, axis=a)
    limit = 16 * max(z["density"].shape) * max(residual, 1e-13)
    check("largest net flow out of a cell, of the largest through a face", abs(net).max() / largest, limit)


def check_parts(z, names, field):
    """Currents at centres are near the mean of the faces; parts sum to the whole. Those of a
    split are looked at where it is the current that was split."""
    largest = max(abs(z[f"current_{v}"]).max() for v in names)
    for a, v in enumerate(names):
        f = numpy.moveaxis(z[f"flux_{v}"], a, 0)
        # The mean of two faces is a parabola's h²/8 off; on grids worth looking at, little.
        mean = numpy.moveaxis((f[1:] + f[:-1]) / 2, 0, a)
        check(f"current_{v} is the mean of its faces, of the largest", abs(mean - z[f"current_{v}"]).max() / largest, 0.1)
        split = [("gradient", "solenoidal", "harmonic")] if field == "current" else []
        for parts in [("drift_current", "diffusion_current")] + split:
            keys = [f"{p}_{v}" for p in parts]
            if all(k in z for k in keys):
                scale = max(abs(z[k]).max() for k in keys)
                total = sum(z[k] for k in keys)
                # Parts of a split are means of their faces; current may be of higher order.
                off = min(abs(total - whole).max() for whole in (z[f"current_{v}"], mean))
                check(" + ".join(keys) + f" is the current along {v}", off / scale, 1e-9)


def check_vtk(path, z, names):
    """The numbers of a .vti or .vtr are those of the .npz."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLImageDataReader, vtkXMLRectilinearGridReader

    reader = (vtkXMLImageDataReader if path.suffix == ".vti" else vtkXMLRectilinearGridReader)()
    reader.SetFileName(str(path))
    reader.Update()
    g = reader.GetOutput()
    bounds = [x for v in names for x in (z[f"edges_{v}"][0], z[f"edges_{v}"][-1])]
    span = max(abs(x) for x in bounds)
    check(f"{path.name}: bounds, of the largest", max(abs(x - y) for x, y in zip(g.GetBounds(), bounds)) / span, 1e-14)
    for kind, data in ("cell", g.GetCellData()), ("point", g.GetPointData()):
        for k in range(data.GetNumberOfArrays()):
            name = data.GetArrayName(k)
            got = vtk_to_numpy(data.GetArray(k))
            if got.ndim == 1:
                columns = [(name, got)]
            else:  # components beyond the axes are 0
                columns = [(f"{name}_{v}", got[:, a]) for a, v in enumerate(names)]
            for key, column in columns:
                same = numpy.array_equal(column, z[key].ravel(order="F"), equal_nan=True)
                check(f"{path.name}: {kind} data {key}, bit by bit", 0 if same else 1, 0)


def main(folder):
    z = numpy.load(folder / "solution.npz")
    names = [k[len("edges_"):] for k in z.files if k.startswith("edges_")]
    density = z["density"]
    check_shapes(z, names, density.shape)
    d = len(names)
    width = [numpy.diff(z[f"edges_{v}"]) for v in names]
    volume = 1
    for a in range(d):
        volume = volume * along(a, d, width[a])
    check("mass − 1", abs((density * volume).sum() - 1), 1e-12)
    summary = json.loads((folder / "summary.json").read_text())
    if summary["detailed_balance"]["verdict"] == "holds":
        print("     detailed balance holds: flows are round-off, and not looked at")
    else:
        check_flows(z, names, width, summary["residual"])
        check_parts(z, names, summary["split"]["field"])
    files = [folder / name for name in ("solution.vti", "solution.vtr") if (folder / name).exists()]
    try:
        import vtkmodules  # noqa: F401
    except ImportError:
        print("     no vtkmodules: VTK files are not read")
    else:
        for path in files:
            check_vtk(path, z, names)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
