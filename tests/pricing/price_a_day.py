"""Print answers and traces of generated baskets: the other side of the test of pricing 24."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from omnicommerce.kernel.documents import canonical
from omnicommerce.pricing import PriceBook, explain, price
from omnicommerce.testing.strategies import baskets, pricing_configurations, situations


@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def print_answers(data: st.DataObject) -> None:
    """Print what generated baskets cost, and why."""
    configuration = data.draw(pricing_configurations())
    basket = data.draw(baskets(configuration.currency))
    situation = data.draw(situations())
    book = PriceBook.compile(configuration)
    sys.stdout.write(f"{book.version} {price(book, basket, situation).lines}\n")
    sys.stdout.write(
        "\n".join(
            f"{step.subject} {step.verdict} {step.reason}"
            for step in explain(book, basket, situation)
        )
    )
    sys.stdout.write(canonical(configuration))


if __name__ == "__main__":
    print_answers()
