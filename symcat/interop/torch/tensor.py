"""Tensors that are read, not computed: PyTorch's code runs on them, and every operation is traced."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from symcat.category.tracing.array import Array, Scalar, Traced
from symcat.errors import TraceError
from symcat.interop.torch.number import Number, plain
from symcat.interop.torch.operations import ALIASES, FACTORIES, OPERATIONS, VIEWS
from symcat.interop.torch.paths import Stopped, truth

DTYPE = torch.float32     # that a step is told when it asks; it is read over the real numbers

RANDOM = {"rand", "randn", "rand_like", "randn_like", "randint", "normal", "normal_", "uniform_", "bernoulli", "bernoulli_", "manual_seed"}


class Cell:
    """The storage of a tensor and of those that share it entry by entry; views of other shapes are in the same family."""

    def __init__(self, value: object, family: list[Cell] | None = None) -> None:
        self.value, self.stale = value, False
        self.family = family if family is not None else []
        self.family.append(self)

    def read(self) -> Any:
        if self.stale:
            raise TraceError("a tensor is read after another view of its storage was changed in place: use operations that return new "
                             "tensors on views (x.mT * y, not x.mT.mul_(y))")
        return self.value

    def write(self, value: object) -> None:
        self.value, self.stale = value, False
        for other in self.family:
            if other is not self:
                other.stale = True


class Symbolic(torch.Tensor):
    """A traced array as a tensor.  Its own memory, one entry, is never looked at."""

    cell: Cell
    gradient: Symbolic | None

    @staticmethod
    def of(value: object, cell: Cell | None = None, gradient: Symbolic | None = None) -> Symbolic:
        self = torch.Tensor._make_subclass(Symbolic, torch.empty(1))
        self.__dict__["cell"] = cell or Cell(value)
        self.__dict__["gradient"] = gradient
        return self

    @classmethod
    def __torch_function__(cls, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None) -> Any:
        return dispatched(func, args, kwargs or {})



class Reading(TorchFunctionMode):
    """Within it, every function of torch that meets a symbolic tensor or number is traced, and so are those that make tensors."""

    def __torch_function__(self, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None) -> Any:
        return dispatched(func, args, kwargs or {})


def dispatched(func: Callable, args: tuple, kwargs: dict) -> Any:
    """A call of torch; what cannot be read stops the run (a TypeError would be taken for an operator to be tried the other way)."""
    try:
        return _dispatched(func, args, kwargs)
    except TraceError as error:
        raise Stopped(str(error)) from error


def _dispatched(func: Callable, args: tuple, kwargs: dict) -> Any:
    """Attribute, operation, view, change in place or factory."""
    name = getattr(func, "__name__", "")
    if name in ("__get__", "__set__", "__delete__"):
        return _attribute(name, func.__self__.__name__, func, args)
    if name in RANDOM:
        raise TraceError(f"torch.{name}: a step that uses randomness is no function of its inputs, and cannot be read")
    symbolic = any(isinstance(item, (Symbolic, Number)) for item in _leaves((*args, *kwargs.values())))
    if not symbolic and name not in FACTORIES:
        with torch._C.DisableTorchFunction():
            return func(*args, **kwargs)
    return _called(name, args, kwargs)


def _called(name: str, args: tuple, kwargs: dict) -> Any:
    if name in SIZES and args and isinstance(args[0], Symbolic):
        return SIZES[name](args[0], *args[1:], **kwargs)
    if name in ALIASES:
        return Symbolic.of(None, args[0].cell, args[0].gradient)
    if name in VIEWS:
        return _view(name, args, kwargs)
    out = kwargs.pop("out", None)
    if name == "__setitem__":
        return _assigned(*args)
    changed = args[0] if name.endswith("_") and not name.startswith("__") else None
    word = name.rstrip("_") if changed is not None else {"__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div",
                                                           "__idiv__": "div", "__ipow__": "pow"}.get(name, name)
    if word != name and changed is None:
        changed = args[0]
    result = _operation(word, name)(*map(unwrap, args), **{key: unwrap(value) for key, value in kwargs.items() if key not in IGNORED})
    if word == "item":
        return Number(result)
    target = out if out is not None else changed
    if target is None:
        return Symbolic.of(result)
    if not isinstance(target, Symbolic):
        raise TraceError(f"torch.{name} writes a symbolic value into a tensor made outside of the step")
    target.cell.write(result)
    return target


IGNORED = {"dtype", "device", "requires_grad", "memory_format", "pin_memory", "layout", "non_blocking"}


def _operation(word: str, name: str) -> Callable:
    if word in OPERATIONS:
        return OPERATIONS[word]
    if word in FACTORIES:
        return FACTORIES[word]
    raise TraceError(f"torch.{name} cannot be read on symbolic tensors: use arithmetic, sqrt, abs, sign, exp, log, where, maximum, clamp, "
                     "sums, norms and matrix products")


def unwrap(item: Any) -> Any:
    """The traced arrays and numbers in an argument."""
    if isinstance(item, Symbolic):
        return item.cell.read()
    if isinstance(item, torch.Tensor):
        with torch._C.DisableTorchFunction():
            return item.item() if item.numel() == 1 else np.asarray(item.detach().cpu().numpy())
    if type(item) in (tuple, list, torch.Size):
        return tuple(map(unwrap, item))
    if isinstance(item, slice):
        return slice(unwrap(item.start), unwrap(item.stop), unwrap(item.step))
    return plain(item)


def _leaves(items: Any) -> list:
    found = []
    for item in items:
        found += _leaves(item) if isinstance(item, (tuple, list)) else [item]
    return found


def _view(name: str, args: tuple, kwargs: dict) -> Symbolic:
    """Another shape of a tensor's storage, in its family."""
    x = args[0]
    if name == "__getitem__" and any(isinstance(item, Symbolic) for item in _leaves([args[1]])):
        raise TraceError("a tensor indexed by a mask has a shape that depends on data: use torch.where")
    value = VIEWS[name](*map(unwrap, args), **{key: unwrap(item) for key, item in kwargs.items()})
    return Symbolic.of(None, Cell(value, x.cell.family))


def _assigned(x: Symbolic, key: Any, value: Any) -> None:
    """`x[mask] = value`, or a whole tensor."""
    old, new = x.cell.read(), unwrap(value)
    if isinstance(key, Symbolic):
        if isinstance(new, Traced) and new.ndim:
            raise TraceError("x[mask] = y with an array y: use torch.where(mask, y, x)")
        x.cell.write(np.where(key.cell.read(), new, old))
    elif key in (Ellipsis, slice(None)):
        x.cell.write(OPERATIONS["copy"](old, new))
    else:
        raise TraceError("a part of a tensor is assigned: use torch.where, or masks")


def _shape(x: Symbolic) -> tuple:
    value = x.cell.read()
    extents = value.shape if isinstance(value, Traced) else ()
    return tuple(Number(extent) if isinstance(extent, Scalar) else extent for extent in extents)


def _size(x: Symbolic, dim: int | None = None) -> Any:
    return _shape(x) if dim is None else _shape(x)[dim]


def _count(x: Symbolic) -> Any:
    value = x.cell.read()
    count = value.size if isinstance(value, Array) else 1
    return Number(count) if isinstance(count, Scalar) else count


def _truth(x: Symbolic) -> bool:
    return truth(OPERATIONS["item"](x.cell.read()), "!=", 0)


def _sized(name: str) -> Callable:
    """A method that takes sizes, which PyTorch would refuse for symbols before it asks for their meaning."""
    return lambda self, *sizes, **options: _called(name, (self, *sizes), options)


class Sized(ModuleType):
    """The module `torch`, whose factories take sizes that are symbols."""

    def __getattr__(self, name: str) -> Any:
        return (lambda *items, **options: _called(name, items, options)) if name in FACTORIES else getattr(torch, name)


for _name in ("new_zeros", "new_ones", "new_full", "view", "reshape", "expand"):
    setattr(Symbolic, _name, _sized(_name))

SIZES: dict[str, Callable] = {
    "size": _size, "dim": lambda x: len(_shape(x)), "ndimension": lambda x: len(_shape(x)), "numel": _count, "nelement": _count,
    "__len__": lambda x: _shape(x)[0], "__bool__": _truth, "is_complex": lambda x: False, "is_floating_point": lambda x: True,
    "is_contiguous": lambda x, **o: True, "get_device": lambda x: -1, "is_nonzero": _truth, "register_hook": lambda x, hook: None,
}
ATTRIBUTES: dict[str, Callable] = {
    "shape": _shape, "ndim": lambda x: len(_shape(x)), "dtype": lambda x: DTYPE, "device": lambda x: torch.device("cpu"),
    "is_leaf": lambda x: True, "requires_grad": lambda x: False, "grad": lambda x: x.gradient, "is_sparse": lambda x: False,
    "is_cuda": lambda x: False, "is_quantized": lambda x: False, "layout": lambda x: torch.strided, "grad_fn": lambda x: None,
    "is_meta": lambda x: False, "retains_grad": lambda x: False, "is_mkldnn": lambda x: False, "is_cpu": lambda x: True,
    "is_xla": lambda x: False, "is_mps": lambda x: False, "names": lambda x: (None,) * len(_shape(x)),
}


def _attribute(access: str, name: str, func: Callable, args: tuple) -> Any:
    x = args[0]
    if not isinstance(x, Symbolic):
        with torch._C.DisableTorchFunction():
            return func(*args)
    if access == "__get__":
        if name in ALIASES:
            return Symbolic.of(None, x.cell, x.gradient)
        if name in VIEWS:
            return _view(name, (x,), {})
        if name in ATTRIBUTES:
            return ATTRIBUTES[name](x)
    elif access == "__set__" and name == "data":
        x.cell.write(unwrap(args[1]))
        return None
    elif access == "__set__" and name == "grad" and (args[1] is None or isinstance(args[1], Symbolic)):
        x.__dict__["gradient"] = args[1]
        return None
    raise TraceError(f"the attribute {name} of a tensor cannot be {'read' if access == '__get__' else 'set'} in a symbolic step")
