"""Sums of products in Einstein's notation, as a chain of matrix products."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence

from lamina.ops import reduction
from lamina.ops._apply import apply_one, to_common, to_tensor
from lamina.ops.linalg import product
from lamina.ops.matrices import diagonal
from lamina.ops.shaping import reshape
from lamina.symbolic import operation
from lamina.tensor import Tensor, TensorBase, TensorLike

__all__ = ["einsum"]


@operation
def einsum(subscripts: str, *operands: TensorLike) -> TensorBase:
    """Return sums of products in Einstein's notation, such as "bi,io->bo".

    Each letter is an axis; letters not in the result are summed over, a letter that an operand has
    twice stands for its diagonal, and `...` for the axes that are not named, which broadcast.
    """
    tensors = [to_tensor(x) for x in operands]
    terms, result = _parse(subscripts, tensors)
    pairs = [_diagonals(term, x) for term, x in zip(terms, tensors, strict=True)]
    terms, tensors = _without_ones(*map(list, zip(*pairs, strict=True)))
    term, total = terms[0], tensors[0]
    for i in range(1, len(terms)):
        kept = set(result).union(*terms[i + 1 :])
        term, total = _contract(term, total, terms[i], tensors[i], kept)
    term, total = _sum_out(term, total, set(result))
    missing = [c for c in result if c not in term]  # of size 1 wherever they were
    total, term = reshape(total, (*total.shape, *(1 for _ in missing))), term + "".join(missing)
    return (
        apply_one("transpose", total, axes=[term.index(c) for c in result])
        if term != result
        else total
    )


def _parse(subscripts: str, tensors: Sequence[TensorBase]) -> tuple[list[str], str]:
    """Return the letters of each operand and of the result, dots replaced by letters."""
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    unused = [c for c in string.ascii_letters if c not in subscripts]
    named = [len(term.replace("...", "")) for term in terms]
    plain = "".join((*terms, result)).replace("...", "")
    extra = [x.ndim - n for x, n in zip(tensors, named, strict=False)]
    if (
        len(terms) != len(tensors)
        or (plain and not plain.isalpha())
        or any(n < 0 or (n > 0) > ("..." in t) for n, t in zip(extra, terms, strict=True))
        or not set(result.replace("...", "")) <= set("".join(terms))
        or len(set(result)) < len(result.replace("...", ""))
    ):
        raise ValueError(
            f"einsum: expected a letter for each axis, as in 'bi,io->bo', "
            f"received {subscripts!r} with {len(tensors)} operands of shapes "
            f"{[x.shape for x in tensors]}"
        )
    dots = "".join(unused[: max([0, *extra])])
    terms = [t.replace("...", dots[len(dots) - n :]) for t, n in zip(terms, extra, strict=True)]
    if not arrow:
        letters = "".join(terms)
        result = "..." + "".join(
            sorted(c for c in set(letters) if letters.count(c) == 1 and c not in dots)
        )
    return terms, result.replace("...", dots)


def _diagonals(term: str, x: TensorBase) -> tuple[str, TensorBase]:
    """Return an operand in which every letter stands once."""
    for letter in sorted(set(term)):
        while term.count(letter) > 1:
            first, second = term.index(letter), term.rindex(letter)
            x = diagonal(x, 0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    return term, x


def _without_ones(
    terms: list[str], tensors: list[TensorBase]
) -> tuple[list[str], list[TensorBase]]:
    """Drop axes of size 1, which broadcast, and check that the sizes of the others agree."""
    sizes: dict[str, int] = {}
    for term, x in zip(terms, tensors, strict=True):
        for letter, size in zip(term, x.shape, strict=True):
            if sizes.setdefault(letter, size) == 1:
                sizes[letter] = size
            elif size not in (1, sizes[letter]):
                raise ValueError(
                    f"einsum: axis {letter!r} has size {sizes[letter]} and size {size}"
                )
    kept = [[i for i, n in enumerate(x.shape) if n != 1] for x in tensors]
    return (
        ["".join(term[i] for i in axes) for term, axes in zip(terms, kept, strict=True)],
        [_shaped(x, [x.shape[i] for i in axes]) for x, axes in zip(tensors, kept, strict=True)],
    )


def _contract(
    left: str, a: TensorBase, right: str, b: TensorBase, kept: set[str]
) -> tuple[str, TensorBase]:
    """Multiply two operands, summing over the letters that no one needs any more, as one matmul."""
    left, a = _sum_out(left, a, kept | set(right))
    right, b = _sum_out(right, b, kept | set(left))
    a, b = to_common(a, b)
    batch = [c for c in left if c in right and c in kept]
    inner = [c for c in left if c in right and c not in kept]
    rows = [c for c in left if c not in right]
    columns = [c for c in right if c not in left]
    sizes = dict(zip(left + right, a.shape + b.shape, strict=True))

    def arranged(term: str, x: TensorBase, *groups: list[str]) -> TensorBase:
        order = [term.index(c) for group in groups for c in group]
        x = apply_one("transpose", x, axes=order) if order != sorted(order) else x
        return _shaped(x, [math.prod(sizes[c] for c in group) for group in groups])

    found = product(
        arranged(left, a, batch, rows, inner), arranged(right, b, batch, inner, columns)
    )
    letters = [*batch, *rows, *columns]
    return "".join(letters), reshape(found, [sizes[c] for c in letters])


def _shaped(x: TensorBase, shape: list[int]) -> TensorBase:
    """Return x in another shape, for a product: at once, that takes no copy."""
    if list(x.shape) == shape:
        return x
    return Tensor(x.numpy().reshape(shape)) if isinstance(x, Tensor) else reshape(x, shape)


def _sum_out(term: str, x: TensorBase, kept: set[str]) -> tuple[str, TensorBase]:
    axes = [i for i, c in enumerate(term) if c not in kept]
    return "".join(c for c in term if c in kept), reduction.sum(x, axis=axes) if axes else x
