"""Use cases at sign-in: the guest's cart becomes the customer's, or part of it."""

from __future__ import annotations

from datetime import datetime

import attrs

from omnicommerce.cart.decide import open_cart_of, owner_of, require_owner
from omnicommerce.cart.events import CartClaimed, CartsMerged
from omnicommerce.cart.merge import MergePreview, Prices, merge_carts, preview_merge
from omnicommerce.cart.model import Cart, CartPolicy, CartStatus
from omnicommerce.cart.ports import CartStores
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.ids import CartId
from omnicommerce.kernel.unit_of_work import Transactions

__all__ = ["SignIn", "SignedIn"]


@attrs.frozen
class SignedIn:
    """The customer's cart after sign-in, and what merging did to it, if there were two."""

    cart: Cart
    preview: MergePreview | None = None


@attrs.frozen
class SignIn:
    """Bring a guest's cart to the customer that the guest turns out to be.

    Args:
        transactions: Where units of work run.
        clock: Read once per command.
        policy: The shop's limits, and the merge policy where none is named.
    """

    transactions: Transactions[CartStores]
    clock: Clock
    policy: CartPolicy = attrs.field(factory=CartPolicy)

    def preview(
        self,
        source_id: CartId,
        *,
        guest: str,
        customer: str,
        policy: str | None = None,
        prices_before: Prices | None = None,
        prices_after: Prices | None = None,
    ) -> MergePreview | None:
        """Say what signing in would do to the customer's cart; None: the guest's is the only one.

        Args:
            source_id: The guest's cart.
            guest: The guest's token.
            customer: The customer's identity.
            policy: Name of the merge policy; None: the shop's.
            prices_before: What the guest's lines cost now, by line.
            prices_after: What they would cost the customer.

        Raises:
            ForeignCart: The cart is not this guest's.
            CartClosed: It was ordered, went into another one, or has expired.
            InvalidValue: There is no such policy.
            NotFound: There is no such cart.
        """
        at = self.clock.now()

        def work(stores: CartStores) -> MergePreview | None:
            source = stores.carts.get(source_id)
            open_cart_of(source, guest, at=at)
            target = _target(stores, source, customer, at)
            if target is None:
                return None
            return preview_merge(
                source,
                target,
                policy=policy or self.policy.merge,
                limits=self.policy,
                prices_before=prices_before or {},
                prices_after=prices_after or {},
            )

        return self.transactions.run(work)

    def merge(
        self, source_id: CartId, *, guest: str, customer: str, policy: str | None = None
    ) -> SignedIn:
        """Make the guest's cart the customer's, or merge it into the one they have.

        Their latest open cart in the same currency is the one. Doing it again,
        after signing out and in, changes nothing.

        Raises:
            ForeignCart: The cart is neither this guest's nor this customer's.
            CartClosed: It was ordered, went into a third one, or has expired.
            InvalidValue: There is no such policy.
            NotFound: There is no such cart.
        """
        at = self.clock.now()

        def work(stores: CartStores) -> SignedIn:
            source = stores.carts.get(source_id)
            if source.owner == owner_of(customer):
                open_cart_of(source, customer, at=at)
                return SignedIn(source)
            require_owner(source, guest)
            if source.status is CartStatus.MERGED and source.merged_into is not None:
                target = stores.carts.get(source.merged_into)
                open_cart_of(target, customer, at=at)
                return SignedIn(target)
            open_cart_of(source, guest, at=at)
            target_or_none = _target(stores, source, customer, at)
            if target_or_none is None:
                return SignedIn(_claim(stores, source, customer, at))
            return self._merge(stores, source, target_or_none, customer, policy, at)

        return self.transactions.run(work)

    def _merge(
        self,
        stores: CartStores,
        source: Cart,
        target: Cart,
        customer: str,
        policy: str | None,
        at: datetime,
    ) -> SignedIn:
        name = policy or self.policy.merge
        preview = preview_merge(source, target, policy=name, limits=self.policy)
        spent, operations = merge_carts(source, target, preview, actor=customer, at=at)
        if operations:
            stores.carts.append(target.cart_id, operations)
        stores.carts.save(spent)
        stores.outbox.add(
            CartsMerged(
                event_id=f"{source.cart_id}:merged",
                subject=target.cart_id,
                at=at,
                source_id=source.cart_id,
                policy=name,
            )
        )
        merged = attrs.evolve(target, operations=(*target.operations, *operations))
        return SignedIn(merged, preview)


def _target(stores: CartStores, source: Cart, customer: str, at: datetime) -> Cart | None:
    """Return the customer's latest open cart in the source's currency."""
    carts = stores.carts.find_open(owner_of(customer))
    same = (cart for cart in carts if cart.currency == source.currency and at < cart.expires_at)
    return next(same, None)


def _claim(stores: CartStores, source: Cart, customer: str, at: datetime) -> Cart:
    claimed = stores.carts.save(attrs.evolve(source, owner=owner_of(customer)))
    stores.outbox.add(
        CartClaimed(
            event_id=f"{source.cart_id}:claimed",
            subject=source.cart_id,
            at=at,
            owner=claimed.owner,
        )
    )
    return claimed
