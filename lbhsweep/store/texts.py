"""Texts in datasets, in a type that every operation of xarray knows.

zarr hands texts to xarray as NumPy's StringDType, for which ``where``, ``reindex``, ``merge`` and
``align`` have no value of what is absent and raise DTypePromotionError.  xarray reads an array with
the CF attribute ``missing_value`` as Python objects, which can be NaN: so texts carry one that
none of them is.  On disk they stay zarr's ``string``, which other languages read.
"""

from __future__ import annotations

import xarray as xr

MISSING_VALUE = "missing_value"
NO_TEXT = "<missing>"
"""What no text is, so that none reads as absent."""
TEXT_ATTRIBUTES = {MISSING_VALUE: NO_TEXT}
"""Attributes of a text's array in a store."""


def with_plain_texts(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset whose texts are Python objects, also of stores without that attribute.

    Parameters
    ----------
    dataset : Dataset
        As opened; not changed.

    Returns
    -------
    Dataset
        Values are read when they are used, as before.
    """
    plain = dataset
    for name, variable in dataset.variables.items():
        if variable.dtype.kind != "T":
            continue
        if name in dataset.xindexes:
            # Those are in memory.
            plain = plain.assign_coords({name: dataset[name].astype(object)})
            continue
        marked = variable.copy(deep=False)
        marked.attrs = {**variable.attrs, **TEXT_ATTRIBUTES}
        decoded = xr.conventions.decode_cf_variable(str(name), marked)
        plain = (
            plain.assign_coords({name: decoded})
            if name in dataset.coords
            else plain.assign({name: decoded})
        )
    return plain


def tree_with_plain_texts(tree: xr.DataTree) -> xr.DataTree:
    """Return a tree whose texts are Python objects (see `with_plain_texts`)."""
    return xr.DataTree.from_dict(
        {node.path: with_plain_texts(node.to_dataset(inherit=False)) for node in tree.subtree},
        name=tree.name,
    )
