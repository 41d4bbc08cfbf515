"""Sixteen customers want the last three dresses at the same instant.

They race on sixteen threads over one SQLite file. Three get an order, thirteen a reason,
and the books agree with the journal.

Run it: ``python -m examples.last_unit``
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from examples.alma import ALMA, GRAN_VIA, names, quote
from omnicommerce import Commerce, Order, Quote, Reason, Shortage
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.i18n import render

BUYERS, DRESSES = 16, 3


def race(shop: Commerce) -> None:
    """Place sixteen orders at once, and count."""
    shop.inventory.receive("DRESS-M", GRAN_VIA, DRESSES, key="delivery-1")
    buyers = [
        shop.customers.register(f"Buyer {number}", f"buyer{number}@example.com")
        for number in range(BUYERS)
    ]
    quotes = [quote(shop, buyer, "DRESS-M") for buyer in buyers]
    line_up = Barrier(BUYERS)

    def buy(wish: Quote) -> Order | Reason:
        line_up.wait()
        try:
            return shop.checkout.place(wish)
        except Shortage as refusal:
            return refusal.reasons[0]

    with ThreadPoolExecutor(BUYERS) as threads:
        answers = list(threads.map(buy, quotes))
    reasons = [answer for answer in answers if isinstance(answer, Reason)]
    print(f"{BUYERS} customers, {DRESSES} dresses: {len(answers) - len(reasons)} orders")
    print(f"{len(reasons)} times:", render(reasons[0], locale="en", names=names("en")))
    assert len(answers) - len(reasons) == DRESSES
    assert shop.inventory.available("DRESS-M", GRAN_VIA).available == 0
    report = shop.audit()
    print(f"The audit finds {'nothing wrong' if report.is_clean else report}")
    assert report.is_clean


def main() -> None:
    """Let them race."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'shop.db').as_posix()}"
        with Commerce.open(url, ALMA, gateway=InProcessGateway(), sender=Mailbox()) as shop:
            race(shop)


if __name__ == "__main__":
    main()
