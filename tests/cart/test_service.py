"""The shared cart in use: two devices, a guest who signs in, a till that takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import attrs
import pytest

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.cart.decide import next_operations, owner_of
from omnicommerce.cart.errors import CartClosed, CartFull, CartRefused, ForeignCart
from omnicommerce.cart.merge import MergeKind
from omnicommerce.cart.model import Cart, CartPolicy, CartStatus
from omnicommerce.cart.operations import AddUnits, Note, Operation, RemoveLine, Selection
from omnicommerce.cart.service import Carts, Visitor
from omnicommerce.cart.sign_in import SignIn
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound, UnknownSku
from omnicommerce.kernel.ids import CartId, ChannelId, SequentialIds, Sku
from tests.laws.carts import NOW, held

GUEST = "guest_5f0c6a"
PHONE = Visitor(GUEST, "phone")
LAPTOP = Visitor("clara", "laptop")
WEB = ChannelId("web")
SOLD = {"DRESS-M", "HAM", "HAT"}
POLICY = CartPolicy(largest_lines=3, largest_quantity=10, largest_operations=20, largest_note=9)


def unknown_skus(skus: Iterable[str]) -> Iterable[str]:
    """Return what is not sold."""
    return set(skus) - SOLD


@attrs.frozen
class Shop:
    """Carts and sign-in over one memory store, with a clock to move."""

    store: MemoryStore = attrs.field(factory=MemoryStore)
    clock: ManualClock = attrs.field(factory=lambda: ManualClock(NOW))

    @property
    def carts(self) -> Carts:
        """The service."""
        ids, currency = SequentialIds(), Currency.of("EUR")
        return Carts(self.store, self.clock, ids, currency, unknown_skus, POLICY)

    @property
    def sign_in(self) -> SignIn:
        """What happens at sign-in."""
        return SignIn(self.store, self.clock, POLICY)


@pytest.fixture
def shop() -> Shop:
    """Give an empty shop."""
    return Shop()


@pytest.fixture
def cart(shop: Shop) -> Cart:
    """Give a guest's cart with a dress in it."""
    started = Carts(
        shop.store, shop.clock, SequentialIds(), Currency.of("EUR"), unknown_skus, POLICY
    ).start(PHONE, WEB)
    return shop.carts.add(started.cart_id, "DRESS-M", by=PHONE)


def start(shop: Shop, visitor: Visitor, cart_id: str, currency: str = "EUR") -> Cart:
    """Start a second cart under a chosen identity."""
    cart = Cart(
        cart_id=CartId(cart_id),
        owner=owner_of(visitor.actor),
        currency=Currency.of(currency),
        channel=WEB,
        started_at=shop.clock.now(),
        expires_at=shop.clock.now() + POLICY.keep,
    )
    shop.store.run(lambda unit: unit.carts.add(cart))
    return cart


def test_two_devices_see_one_cart(shop: Shop, cart: Cart) -> None:
    """What the phone adds the laptop sees, and both add up."""
    laptop = attrs.evolve(PHONE, device="laptop")
    shop.carts.add(cart.cart_id, "HAM", 3, by=laptop, notes=["thin"])
    shop.carts.add(cart.cart_id, "DRESS-M", by=laptop)
    seen = shop.carts.get(cart.cart_id, GUEST).state
    assert [(line.sku, line.quantity, line.notes) for line in seen.lines] == [
        ("DRESS-M", 2, ()),
        ("HAM", 3, ("thin",)),
    ]


def test_every_command_changes_the_cart(shop: Shop, cart: Cart) -> None:
    """Set, note, list, code and removal, one after the other."""
    carts, cart_id = shop.carts, cart.cart_id
    assert held(carts.set_quantity(cart_id, "DRESS-M", 4, by=PHONE).state) == {"DRESS-M": 4}
    assert carts.note(cart_id, "DRESS-M", "a gift", by=PHONE).state.lines[0].note == "a gift"
    assert carts.move_to_list(cart_id, "DRESS-M", "later", by=PHONE).state.lines == ()
    assert len(carts.move_to_list(cart_id, "DRESS-M", None, by=PHONE).state.lines) == 1
    assert carts.apply_code(cart_id, "SPRING", by=PHONE).state.codes == ("SPRING",)
    assert carts.remove_code(cart_id, "SPRING", by=PHONE).state.codes == ()
    assert carts.remove(cart_id, "DRESS-M", by=PHONE).state.lines == ()


def test_a_repeated_command_counts_once(shop: Shop, cart: Cart) -> None:
    """A device may send a numbered command again, but no other under its number."""
    second = attrs.evolve(PHONE, sequence=2)
    for _ in range(3):
        again = shop.carts.add(cart.cart_id, "HAM", 2, by=second)
    assert held(again.state) == {"DRESS-M": 1, "HAM": 2}
    with pytest.raises(KeyReused):
        shop.carts.add(cart.cart_id, "HAM", 3, by=second)
    with pytest.raises(CartRefused, match=r"cart\.operation_missing"):
        shop.carts.add(cart.cart_id, "HAM", by=attrs.evolve(PHONE, sequence=9))


def test_a_repeated_removal_counts_once(shop: Shop, cart: Cart) -> None:
    """A removal sent again after the line came back from elsewhere removes nothing more."""
    second = attrs.evolve(PHONE, sequence=2)
    shop.carts.remove(cart.cart_id, "DRESS-M", by=second)
    shop.carts.add(cart.cart_id, "DRESS-M", by=attrs.evolve(PHONE, device="laptop"))
    assert held(shop.carts.remove(cart.cart_id, "DRESS-M", by=second).state) == {"DRESS-M": 1}


def offline(cart: Cart, device: str, *changes: AddUnits | RemoveLine | Note) -> list[Operation]:
    """Return what a device did that had seen the cart."""
    return list(next_operations(cart, changes, device=device, actor=GUEST, at=NOW))


def test_an_offline_device_catches_up(shop: Shop, cart: Cart) -> None:
    """What phone and till did apart is all in the cart, however often it is sent."""
    till = offline(cart, "till", AddUnits(Selection(Sku("HAM")), 2), RemoveLine("DRESS-M"))
    shop.carts.add(cart.cart_id, "DRESS-M", 3, by=PHONE)
    for _ in range(2):
        after = shop.carts.synchronise(cart.cart_id, [*till, *cart.operations], actor=GUEST)
    assert held(after.state) == {"DRESS-M": 3, "HAM": 2}
    assert after == shop.carts.get(cart.cart_id, GUEST)
    assert GUEST not in repr(after)


def test_a_removed_line_may_be_set_again_by_number(shop: Shop, cart: Cart) -> None:
    """A repeated quantity is recognised even after somebody removed its line."""
    second = attrs.evolve(PHONE, sequence=2)
    shop.carts.set_quantity(cart.cart_id, "DRESS-M", 4, by=second)
    shop.carts.remove(cart.cart_id, "DRESS-M", by=attrs.evolve(PHONE, device="laptop"))
    assert shop.carts.set_quantity(cart.cart_id, "DRESS-M", 4, by=second).state.lines == ()


@pytest.mark.parametrize(
    "limit", [{"largest_lines": 0}, {"largest_note": 1.5}, {"keep": timedelta()}, {"keep": 60}]
)
def test_impossible_policies_are_refused(limit: dict[str, int]) -> None:
    """Limits are whole numbers from one, and durations positive."""
    with pytest.raises(InvalidValue):
        CartPolicy(**limit)  # type: ignore[arg-type] # that is the point


def test_a_gap_is_refused(shop: Shop, cart: Cart) -> None:
    """The second operation of a device is not taken before the first."""
    log = offline(cart, "till", AddUnits(Selection(Sku("HAM"))), AddUnits(Selection(Sku("HAT"))))
    with pytest.raises(CartRefused) as caught:
        shop.carts.synchronise(cart.cart_id, log[1:], actor=GUEST)
    (reason,) = caught.value.reasons
    assert reason.code == "cart.operation_missing"
    assert dict(reason.parameters) == {"device": "till", "sequence": 1}


def test_foresight_is_refused(shop: Shop, cart: Cart) -> None:
    """An operation that says it has seen what nobody did would remove the future."""
    (removal,) = offline(cart, "till", RemoveLine("DRESS-M"))
    liar = attrs.evolve(removal, seen={"phone": 99})
    with pytest.raises(InvalidValue, match="has no operation 99 yet"):
        shop.carts.synchronise(cart.cart_id, [liar], actor=GUEST)


def test_a_clock_far_ahead_is_refused(shop: Shop, cart: Cart) -> None:
    """A device that lives in the future would win for ever."""
    (early,) = offline(cart, "till", RemoveLine("DRESS-M"))
    late = attrs.evolve(early, at=NOW + timedelta(days=1))
    with pytest.raises(CartRefused, match=r"cart\.clock_ahead"):
        shop.carts.synchronise(cart.cart_id, [late], actor=GUEST)


def test_operations_of_strangers_are_refused(shop: Shop, cart: Cart) -> None:
    """A device cannot slip in what somebody else did."""
    (own,) = offline(cart, "till", RemoveLine("DRESS-M"))
    with pytest.raises(ForeignCart):
        shop.carts.synchronise(cart.cart_id, [attrs.evolve(own, actor="mallory")], actor=GUEST)


@pytest.mark.parametrize("quantity", [0, -1, 2.5, True, "2", 10**12])
def test_impossible_quantities_change_nothing(shop: Shop, cart: Cart, quantity: int) -> None:
    """A quantity that is no positive whole number is an error, and the cart is as before."""
    with pytest.raises(InvalidValue, match="quantity"):
        shop.carts.add(cart.cart_id, "HAM", quantity, by=PHONE)
    assert shop.carts.get(cart.cart_id, GUEST) == cart


def test_unknown_skus_change_nothing(shop: Shop, cart: Cart) -> None:
    """What the shop does not sell is an error, online and offline."""
    with pytest.raises(UnknownSku, match="UNICORN"):
        shop.carts.add(cart.cart_id, "UNICORN", by=PHONE)
    log = offline(cart, "till", AddUnits(Selection(Sku("UNICORN"))))
    with pytest.raises(UnknownSku, match="UNICORN"):
        shop.carts.synchronise(cart.cart_id, log, actor=GUEST)
    assert shop.carts.get(cart.cart_id, GUEST) == cart


def test_lines_that_are_not_there_are_refused(shop: Shop, cart: Cart) -> None:
    """Removing, setting and noting need a line."""
    commands: tuple[Callable[[], Cart], ...] = (
        lambda: shop.carts.remove(cart.cart_id, "HAM", by=PHONE),
        lambda: shop.carts.set_quantity(cart.cart_id, "HAM", 2, by=PHONE),
        lambda: shop.carts.note(cart.cart_id, "HAM", "thin", by=PHONE),
    )
    for command in commands:
        with pytest.raises(CartRefused, match=r"cart\.no_such_line"):
            command()


def test_limits_are_kept(shop: Shop, cart: Cart) -> None:
    """Too much of one line, too many lines, a note too long, a log too long."""
    carts, cart_id = shop.carts, cart.cart_id
    with pytest.raises(CartFull, match=r"cart\.too_many_units"):
        carts.add(cart_id, "DRESS-M", 10, by=PHONE)
    with pytest.raises(InvalidValue, match="longer than 9"):
        carts.note(cart_id, "DRESS-M", "ten signs!", by=PHONE)
    carts.add(cart_id, "HAM", by=PHONE)
    carts.add(cart_id, "HAT", by=PHONE)
    with pytest.raises(CartFull, match=r"cart\.too_many_lines"):
        carts.add(cart_id, "HAT", by=PHONE, options={"size": "M"})
    for _ in range(17):
        carts.set_quantity(cart_id, "HAM", 1, by=PHONE)
    with pytest.raises(CartFull, match=r"cart\.too_many_operations"):
        carts.set_quantity(cart_id, "HAM", 2, by=PHONE)


def test_what_devices_exceeded_together_may_shrink(shop: Shop, cart: Cart) -> None:
    """A cart above the limits takes what makes it smaller."""
    many = Selection(Sku("HAM"))
    over = [
        *next_operations(cart, [AddUnits(many, 9)], device="a", actor=GUEST, at=NOW),
        *next_operations(cart, [AddUnits(many, 9)], device="b", actor=GUEST, at=NOW),
    ]
    shop.store.run(lambda unit: unit.carts.append(cart.cart_id, over))
    assert held(shop.carts.set_quantity(cart.cart_id, "HAM", 12, by=PHONE).state)["HAM"] == 12
    with pytest.raises(CartFull):
        shop.carts.set_quantity(cart.cart_id, "HAM", 13, by=PHONE)


@pytest.mark.parametrize("actor", ["mallory", "guest_other", "clara"])
def test_a_foreign_cart_is_refused(shop: Shop, cart: Cart, actor: str) -> None:
    """Nobody but its owner reads or changes a cart."""
    stranger = Visitor(actor, "phone")
    commands: tuple[Callable[[], object], ...] = (
        lambda: shop.carts.get(cart.cart_id, actor),
        lambda: shop.carts.add(cart.cart_id, "HAM", by=stranger),
        lambda: shop.carts.synchronise(cart.cart_id, [], actor=actor),
        lambda: shop.carts.hand_over(cart.cart_id, actor=actor),
        lambda: shop.sign_in.merge(cart.cart_id, guest=actor, customer="bob"),
    )
    for command in commands:
        with pytest.raises(ForeignCart, match=r"cart\.foreign"):
            command()


def test_the_stored_owner_opens_nothing(shop: Shop, cart: Cart) -> None:
    """Whoever reads the store learns a hash, which is no token."""
    assert GUEST not in cart.owner
    with pytest.raises(InvalidValue, match="is no token"):
        shop.carts.get(cart.cart_id, cart.owner)


def test_unknown_carts_are_not_found(shop: Shop) -> None:
    """A cart that never was."""
    with pytest.raises(NotFound, match="cart"):
        shop.carts.get(CartId("cart_9"), GUEST)


def test_an_expired_cart_is_refused(shop: Shop, cart: Cart) -> None:
    """From its last instant on a cart can be read, and no longer used."""
    shop.clock.set(cart.expires_at)
    with pytest.raises(CartClosed, match=r"cart\.expired"):
        shop.carts.add(cart.cart_id, "HAM", by=PHONE)
    assert shop.carts.open_of(GUEST) is None
    assert shop.carts.get(cart.cart_id, GUEST) == cart


def test_a_cart_in_use_lives_on(shop: Shop, cart: Cart) -> None:
    """Used in the second half of its time, a cart starts over."""
    shop.clock.set(cart.expires_at - timedelta(days=1))
    after = shop.carts.add(cart.cart_id, "HAM", by=PHONE)
    assert after.expires_at == shop.clock.now() + POLICY.keep
    assert after == shop.carts.get(cart.cart_id, GUEST)


def test_an_ordered_cart_is_refused(shop: Shop, cart: Cart) -> None:
    """What became an order takes no more units."""
    ordered = attrs.evolve(cart, status=CartStatus.ORDERED)
    shop.store.run(lambda unit: unit.carts.save(ordered))
    with pytest.raises(CartClosed, match=r"cart\.ordered"):
        shop.carts.add(cart.cart_id, "HAM", by=PHONE)


class TestHandOver:
    """A short code opens a cart once, soon, to whoever has it."""

    def test_a_till_takes_a_cart_over(self, shop: Shop, cart: Cart) -> None:
        """Web to till and back is an equal cart if nobody touched it (inventory I56)."""
        code = shop.carts.hand_over(cart.cart_id, actor=GUEST)
        taken = shop.carts.take_over(code, actor="staff-7")
        assert taken.state == cart.state
        assert shop.carts.get(cart.cart_id, GUEST).state == cart.state
        till = Visitor("staff-7", "till")
        assert held(shop.carts.add(cart.cart_id, "HAT", by=till).state)["HAT"] == 1

    def test_the_code_is_not_stored(self, shop: Shop, cart: Cart) -> None:
        """The store keeps a hash only."""
        code = shop.carts.hand_over(cart.cart_id, actor=GUEST)
        assert code not in repr(shop.carts.get(cart.cart_id, GUEST))

    def test_a_code_opens_once(self, shop: Shop, cart: Cart) -> None:
        """The second to come is told that the code is unknown."""
        code = shop.carts.hand_over(cart.cart_id, actor=GUEST)
        shop.carts.take_over(code, actor="staff-7")
        with pytest.raises(ForeignCart, match=r"cart\.code_unknown"):
            shop.carts.take_over(code, actor="staff-8")

    def test_a_code_opens_only_soon(self, shop: Shop, cart: Cart) -> None:
        """An expired code is an unknown one."""
        code = shop.carts.hand_over(cart.cart_id, actor=GUEST)
        shop.clock.advance(POLICY.code_valid)
        with pytest.raises(ForeignCart, match=r"cart\.code_unknown"):
            shop.carts.take_over(code, actor="staff-7")

    @pytest.mark.parametrize("code", ["00000000", "1", "' or 1=1"])
    def test_guesses_open_nothing(self, shop: Shop, cart: Cart, code: str) -> None:
        """A wrong or tampered code opens no cart."""
        assert code != shop.carts.hand_over(cart.cart_id, actor=GUEST)
        with pytest.raises(ForeignCart, match=r"cart\.code_unknown"):
            shop.carts.take_over(code, actor="staff-7")


class TestSignIn:
    """A guest's cart comes with the person, and nothing is lost without a report (I53)."""

    def test_a_first_cart_is_claimed(self, shop: Shop, cart: Cart) -> None:
        """Without a cart of their own the customer gets the guest's, as it is."""
        assert shop.sign_in.preview(cart.cart_id, guest=GUEST, customer="clara") is None
        signed_in = shop.sign_in.merge(cart.cart_id, guest=GUEST, customer="clara")
        assert signed_in.preview is None
        assert signed_in.cart.state == cart.state
        opened = shop.carts.open_of("clara")
        assert opened is not None
        assert opened.cart_id == cart.cart_id
        with pytest.raises(ForeignCart):
            shop.carts.get(cart.cart_id, GUEST)

    def test_two_carts_become_one(self, shop: Shop, cart: Cart) -> None:
        """The preview says what will happen, and then it happens."""
        start(shop, LAPTOP, "cart_clara")
        shop.carts.add(CartId("cart_clara"), "DRESS-M", by=LAPTOP)
        shop.carts.add(CartId("cart_clara"), "HAT", 2, by=LAPTOP)
        shop.carts.add(cart.cart_id, "HAM", 3, by=PHONE)
        preview = shop.sign_in.preview(cart.cart_id, guest=GUEST, customer="clara")
        signed_in = shop.sign_in.merge(cart.cart_id, guest=GUEST, customer="clara")
        assert signed_in.preview == preview
        assert preview is not None
        kinds = {change.subject: change.kind for change in preview.changes}
        assert kinds == {"DRESS-M": MergeKind.UNCHANGED, "HAM": MergeKind.ADDED}
        assert held(signed_in.cart.state) == {"DRESS-M": 1, "HAT": 2, "HAM": 3}
        again = shop.carts.get(CartId("cart_clara"), "clara")
        assert again.state == signed_in.cart.state

    @pytest.mark.parametrize("policy", ["max", "sum", "keep_target", "keep_source"])
    @pytest.mark.parametrize("has_own", [True, False])
    def test_signing_in_again_changes_nothing(
        self, shop: Shop, cart: Cart, policy: str, *, has_own: bool
    ) -> None:
        """Merge, log in, log out, log in is merge, log in (inventory I56)."""
        if has_own:
            start(shop, LAPTOP, "cart_clara")
            shop.carts.add(CartId("cart_clara"), "DRESS-M", 2, by=LAPTOP)
        options = {"guest": GUEST, "customer": "clara", "policy": policy}
        once = shop.sign_in.merge(cart.cart_id, **options)
        twice = shop.sign_in.merge(cart.cart_id, **options)
        assert once.cart.state == twice.cart.state
        assert twice.preview is None

    def test_a_spent_cart_names_its_successor(self, shop: Shop, cart: Cart) -> None:
        """A device that still has the old cart learns where it went."""
        start(shop, LAPTOP, "cart_clara")
        shop.sign_in.merge(cart.cart_id, guest=GUEST, customer="clara")
        with pytest.raises(CartClosed) as caught:
            shop.carts.add(cart.cart_id, "HAM", by=PHONE)
        (reason,) = caught.value.reasons
        assert reason.code == "cart.merged"
        assert reason.parameters["into"] == "cart_clara"

    def test_other_currencies_stay_apart(self, shop: Shop, cart: Cart) -> None:
        """A cart in another currency is not merged; the guest's becomes a second one."""
        start(shop, LAPTOP, "cart_usd", "USD")
        signed_in = shop.sign_in.merge(cart.cart_id, guest=GUEST, customer="clara")
        assert signed_in.cart.cart_id == cart.cart_id
        carts = shop.store.run(lambda unit: unit.carts.find_open("clara"))
        assert {str(each.currency) for each in carts} == {"EUR", "USD"}

    def test_somebody_else_cannot_claim_a_spent_cart(self, shop: Shop, cart: Cart) -> None:
        """The guest's token opens the way to nobody's cart but the one it went to."""
        start(shop, LAPTOP, "cart_clara")
        shop.sign_in.merge(cart.cart_id, guest=GUEST, customer="clara")
        with pytest.raises(ForeignCart):
            shop.sign_in.merge(cart.cart_id, guest=GUEST, customer="bob")
