"""A running top-K gives what sorting everything gives."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.ops.strongest import Strongest


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    channels=st.integers(1, 4),
    count=st.integers(1, 5),
    batches=st.lists(st.integers(1, 7), min_size=1, max_size=6),
)
def test_the_lists_are_those_of_sorting_everything(seed, channels, count, batches):
    numbers = torch.Generator().manual_seed(seed)
    total = sum(batches)
    values = torch.randint(0, 6, (total, channels), generator=numbers).float()  # full of ties
    values[torch.rand(total, channels, generator=numbers) < 0.1] = torch.nan
    values[torch.rand(total, channels, generator=numbers) < 0.1] = -torch.inf
    lists = Strongest(channels, count)
    kept = torch.full((channels, count), -1)  # what a channel keeps in each slot: the image's row
    for rows in torch.arange(total).split(batches):
        entered = lists.merge(values[rows], rows)
        kept[entered.channels, entered.slots] = rows[entered.images]
    wide = torch.cat(
        [
            values.nan_to_num(nan=-torch.inf, neginf=-torch.inf),
            torch.full((count, channels), -torch.inf),
        ]
    )
    best = wide.T.sort(dim=1, descending=True, stable=True)
    there = best.values[:, :count] > -torch.inf
    assert torch.equal(lists.values, best.values[:, :count])
    assert torch.equal(lists.rows, torch.where(there, best.indices[:, :count], -1))
    assert torch.equal(kept.gather(1, lists.slots)[there], lists.rows[there])
    assert torch.equal(lists.slots.sort(1).values, torch.arange(count).repeat(channels, 1))
