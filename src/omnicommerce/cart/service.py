"""Use cases of the shared cart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import attrs

from omnicommerce.cart.decide import (
    accept,
    check_fits,
    code_hash,
    next_operations,
    open_cart_of,
    opens,
    owner_of,
    require_owner,
    selection_of,
    skus_of,
)
from omnicommerce.cart.errors import CartFull, CartRefused, ForeignCart
from omnicommerce.cart.events import CartHandedOver, CartStarted
from omnicommerce.cart.model import Cart, CartPolicy, HandOver
from omnicommerce.cart.operations import (
    AddUnits,
    ApplyCode,
    Change,
    MoveToList,
    Note,
    Operation,
    RemoveCode,
    RemoveLine,
    Selection,
    SetQuantity,
)
from omnicommerce.cart.ports import CartStores
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import KeyReused, UnknownSku
from omnicommerce.kernel.ids import CartId, ChannelId, IdFactory, Sku, require_id
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.unit_of_work import Transactions

__all__ = ["Carts", "UnknownSkus", "Visitor"]

UnknownSkus = Callable[[Iterable[str]], Iterable[str]]
"""Return those of some SKUs that the shop does not sell."""


@attrs.frozen
class Visitor:
    """Who acts, and on which device.

    Args:
        actor: A customer's identity, or a guest's token; see `owner_of`.
        device: Identity of the phone, laptop or till.
        sequence: Number of this operation on the device, where it counts them
            itself: then a repetition changes nothing. None: the next one.
    """

    actor: str
    device: str
    sequence: int | None = None


@attrs.frozen
class Carts:
    """One cart per shopper, the same on every device.

    Every command returns the cart as it is afterwards; ``cart.state`` is what
    people see. A cart lives on while it is used.

    Args:
        transactions: Where units of work run.
        clock: Read once per command.
        ids: Makes identities before the transaction.
        currency: Of the carts that are started.
        unknown_skus: Tells which SKUs the shop does not sell.
        policy: How long carts live and how much they hold.
    """

    transactions: Transactions[CartStores]
    clock: Clock
    ids: IdFactory
    currency: Currency
    unknown_skus: UnknownSkus
    policy: CartPolicy = attrs.field(factory=CartPolicy)

    def start(self, visitor: Visitor, channel: ChannelId) -> Cart:
        """Start a cart for a customer, or for a guest's token."""
        at = self.clock.now()
        cart = Cart(
            cart_id=CartId(self.ids.new("cart")),
            owner=owner_of(visitor.actor),
            currency=self.currency,
            channel=channel,
            started_at=at,
            expires_at=at + self.policy.keep,
        )
        started = CartStarted(
            event_id=f"{cart.cart_id}:started",
            subject=cart.cart_id,
            at=at,
            owner=cart.owner,
            channel=channel,
        )

        def work(stores: CartStores) -> Cart:
            stores.carts.add(cart)
            stores.outbox.add(started)
            return cart

        return self.transactions.run(work)

    def open_of(self, actor: str) -> Cart | None:
        """Return the actor's latest open cart that has not expired, if there is one."""
        at = self.clock.now()
        carts = self.transactions.run(lambda stores: stores.carts.find_open(owner_of(actor)))
        return next((cart for cart in carts if at < cart.expires_at), None)

    def get(self, cart_id: CartId, actor: str) -> Cart:
        """Return the cart, whether open or not.

        Raises:
            NotFound: There is no such cart.
            ForeignCart: It is somebody else's.
        """
        cart = self.transactions.run(lambda stores: stores.carts.get(cart_id))
        require_owner(cart, actor)
        return cart

    def add(
        self,
        cart_id: CartId,
        sku: str,
        quantity: int = 1,
        *,
        by: Visitor,
        options: Mapping[str, str] | None = None,
        notes: Iterable[str] = (),
    ) -> Cart:
        """Add units of a SKU; the same SKU, options and notes are one line, in any order.

        Args:
            cart_id: The cart.
            sku: What to add.
            quantity: How much, in the smallest unit of its measure.
            by: Who, and on which device.
            options: Choices that the SKU does not say.
            notes: How it is to be prepared.

        Raises:
            UnknownSku: The shop does not sell it.
            InvalidValue: The quantity is not a sane positive whole number.
            ForeignCart: The cart is somebody else's.
            CartClosed: It was ordered, went into another one, or has expired.
            CartFull: It would hold more than the shop allows.
            KeyReused: ``by.sequence`` stands for another operation.
            NotFound: There is no such cart.
        """
        change = AddUnits(Selection(Sku(sku), options or {}, notes), quantity)
        return self._change(cart_id, by, lambda _: change)

    def set_quantity(self, cart_id: CartId, line_id: str, quantity: int, *, by: Visitor) -> Cart:
        """Make a line hold this quantity; zero takes it out. Raises what `add` raises."""
        return self._change(
            cart_id, by, lambda cart: SetQuantity(selection_of(cart, line_id), quantity), line_id
        )

    def remove(self, cart_id: CartId, line_id: str, *, by: Visitor) -> Cart:
        """Take a line out, as far as it is known here. Raises what `add` raises."""
        return self._change(cart_id, by, lambda _: RemoveLine(line_id), line_id)

    def note(self, cart_id: CartId, line_id: str, text: str, *, by: Visitor) -> Cart:
        """Write a note on a line; empty text removes it. Raises what `add` raises."""
        return self._change(cart_id, by, lambda _: Note(line_id, text), line_id)

    def move_to_list(self, cart_id: CartId, line_id: str, name: str | None, *, by: Visitor) -> Cart:
        """Move a line to a list, or with None back to the cart. Raises what `add` raises."""
        return self._change(cart_id, by, lambda _: MoveToList(line_id, name), line_id)

    def apply_code(self, cart_id: CartId, code: str, *, by: Visitor) -> Cart:
        """Use a promotion code; what it is good for, the quote says. Raises what `add` raises."""
        return self._change(cart_id, by, lambda _: ApplyCode(code))

    def remove_code(self, cart_id: CartId, code: str, *, by: Visitor) -> Cart:
        """Stop using a promotion code. Raises what `add` raises."""
        return self._change(cart_id, by, lambda _: RemoveCode(code))

    def synchronise(self, cart_id: CartId, operations: Iterable[Operation], *, actor: str) -> Cart:
        """Take in what a device did offline; it then replaces its own cart by the answer.

        Raises:
            KeyReused: A device's sequence stands for another operation here.
            CartRefused: An operation is missing in between, or a device's clock is ahead.
            UnknownSku: The shop does not sell something.
            ForeignCart: The cart is somebody else's.
            CartClosed: It was ordered, went into another one, or has expired.
            CartFull: It would hold more than the shop allows.
            NotFound: There is no such cart.
        """
        at = self.clock.now()
        offered = tuple(operations)

        def work(stores: CartStores) -> Cart:
            cart = stores.carts.get(cart_id)
            open_cart_of(cart, actor, at=at)
            new = accept(cart, offered, self.policy, at=at)
            self._require_sold(operation.change for operation in new)
            return self._append(stores, cart, new, at)

        return self.transactions.run(work)

    def hand_over(self, cart_id: CartId, *, actor: str) -> str:
        """Return a code with which somebody else opens this cart, once and soon.

        Raises:
            ForeignCart: The cart is somebody else's.
            CartClosed: It was ordered, went into another one, or has expired.
            NotFound: There is no such cart.
        """
        at = self.clock.now()
        code = self.ids.code(self.policy.code_digits)
        kept = HandOver(code_hash(code), at + self.policy.code_valid)

        def work(stores: CartStores) -> str:
            cart = stores.carts.get(cart_id)
            open_cart_of(cart, actor, at=at)
            stores.carts.save(attrs.evolve(cart, hand_over=kept))
            return code

        return self.transactions.run(work)

    def take_over(self, code: str, *, actor: str) -> Cart:
        """Open the cart of a hand-over code to this actor too, and return it.

        Callers should limit how often somebody may try.

        Raises:
            ForeignCart: The code opens no cart, or not any more.
            CartClosed: The cart was ordered, went into another one, or has expired.
        """
        at = self.clock.now()
        wanted = code_hash(code)
        holder = owner_of(actor)

        def work(stores: CartStores) -> Cart:
            found = stores.carts.find_by_hand_over(wanted)
            carts = [cart for cart in found if opens(code, cart.hand_over, at=at)]
            if len(carts) != 1:
                raise ForeignCart(Reason("cart.code_unknown"))
            shared = carts[0].shared_with | {holder} - {carts[0].owner}
            cart = attrs.evolve(carts[0], shared_with=shared, hand_over=None)
            open_cart_of(cart, actor, at=at)
            stores.outbox.add(
                CartHandedOver(
                    event_id=f"{cart.cart_id}:handed_over:{cart.version}",
                    subject=cart.cart_id,
                    at=at,
                    taken_by=holder,
                )
            )
            return stores.carts.save(cart)

        return self.transactions.run(work)

    def _change(
        self,
        cart_id: CartId,
        by: Visitor,
        make: Callable[[Cart], Change],
        line_id: str | None = None,
    ) -> Cart:
        require_id(by.device, "device")
        at = self.clock.now()

        def work(stores: CartStores) -> Cart:
            cart = stores.carts.get(cart_id)
            open_cart_of(cart, by.actor, at=at)
            change = make(cart)
            if _is_repetition(cart, by, change):
                return cart
            if line_id is not None and cart.state.line(line_id) is None:
                raise CartRefused(Reason("cart.no_such_line", {"line": line_id}))
            self._require_sold([change])
            new = next_operations(cart, [change], device=by.device, actor=by.actor, at=at)
            return self._append(stores, cart, new, at)

        return self.transactions.run(work)

    def _append(
        self, stores: CartStores, cart: Cart, new: tuple[Operation, ...], at: datetime
    ) -> Cart:
        """Add operations that were checked, and let the cart live on if it is half through."""
        after = attrs.evolve(cart, operations=(*cart.operations, *new))
        if len(after.operations) > self.policy.largest_operations:
            largest = self.policy.largest_operations
            raise CartFull(Reason("cart.too_many_operations", {"largest": largest}))
        check_fits(self.policy, cart.state, after.state, new)
        if new:
            stores.carts.append(cart.cart_id, new)
        if new and after.expires_at - at < self.policy.keep / 2:
            return stores.carts.save(attrs.evolve(after, expires_at=at + self.policy.keep))
        return after

    def _require_sold(self, changes: Iterable[Change]) -> None:
        skus = skus_of(changes)
        unknown = sorted(self.unknown_skus(skus)) if skus else []
        if unknown:
            raise UnknownSku(unknown)


def _is_repetition(cart: Cart, by: Visitor, change: Change) -> bool:
    """Tell whether the cart has this numbered operation already.

    Raises:
        KeyReused: The number stands for another change.
        CartRefused: Numbers before it are missing.
    """
    expected = cart.sequences.get(by.device, 0) + 1
    if by.sequence is None or by.sequence == expected:
        return False
    if by.sequence > expected:
        figures = {"device": by.device, "sequence": expected}
        raise CartRefused(Reason("cart.operation_missing", figures))
    if any(
        each.identity == (by.device, by.sequence) and each.change == change
        for each in cart.operations
    ):
        return True
    raise KeyReused(f"{by.device}/{by.sequence}")
