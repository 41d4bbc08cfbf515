"""Clara's Monday from breakfast to closing time: does it, checks it, and gives its steps."""

from __future__ import annotations

from collections.abc import Iterator

from omnicommerce.cli.demo_carts import find_dress, sign_in, take_over
from omnicommerce.cli.demo_order import (
    ask_price,
    choose_store,
    decline_card,
    pay,
    place_order,
    refuse_lucia,
)
from omnicommerce.cli.demo_pickup import (
    close_books,
    collect,
    compare_channels,
    prepare,
    sell_again,
    turn_away,
)
from omnicommerce.cli.demo_stage import Stage
from omnicommerce.cli.demo_steps import Step

__all__ = ["tell"]


def tell(stage: Stage, *, channel_parity: bool = False) -> Iterator[Step]:
    """Yield the steps of the story, each after it was done and its claims were checked.

    Args:
        stage: The shop, opened for this run.
        channel_parity: Also price the basket in every channel, at the end.

    Raises:
        BrokenClaim: Something that would have been told is not so.
    """
    phone, step = find_dress(stage)
    yield step
    laptop, guests, step = take_over(stage, phone)
    yield step
    cart, step = sign_in(stage, laptop, guests)
    yield step
    choice, step = choose_store(stage)
    yield step
    quote, step = ask_price(stage, cart, choice)
    yield step
    order, step = place_order(stage, quote)
    yield step
    hers, step = refuse_lucia(stage, choice)
    yield step
    yield decline_card(stage, quote, order)
    order, step = pay(stage, quote, order)
    yield step
    code, step = prepare(stage, order)
    yield step
    yield turn_away(stage, order, code)
    yield collect(stage, quote, order, code)
    yield sell_again(stage, choice, hers)
    yield close_books(stage)
    if channel_parity:
        yield compare_channels(stage, quote)
