"""The demo on a terminal: a timeline with the time on the left and one rail through the day."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

import attrs
from rich.box import ROUNDED, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.panel import Panel
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from omnicommerce.cli.demo_bill import bill_rows
from omnicommerce.cli.demo_steps import (
    Bill,
    Exhibit,
    Grid,
    Letter,
    Mark,
    Paper,
    Place,
    Row,
    Step,
)
from omnicommerce.cli.demo_words import Words, spaced
from omnicommerce.kernel.reasons import Reason

__all__ = ["Screen"]

_STYLES: Final = {
    Place.PHONE: "cyan",
    Place.LAPTOP: "blue",
    Place.STORE: "magenta",
    Place.SHOP: "yellow",
    Place.EVERYWHERE: "green",
}
_MARK_STYLES: Final = {Mark.YES: "green", Mark.NO: "red", Mark.PLAIN: "dim"}
_WIDEST: Final = 100
_TIME_WIDTH: Final = 8
_GUTTER: Final = _TIME_WIDTH + 5


@attrs.frozen(kw_only=True)
class _Glyphs:
    """The few characters beside letters that a terminal may not have."""

    stop: str
    rail: str
    marks: dict[Mark, str]
    places: dict[Place, str]


_UNICODE: Final = _Glyphs(
    stop="●",
    rail="│",
    marks={Mark.YES: "✓", Mark.NO: "✗", Mark.PLAIN: "·"},
    places={
        Place.PHONE: "▯",
        Place.LAPTOP: "▭",
        Place.STORE: "⌂",
        Place.SHOP: "≡",
        Place.EVERYWHERE: "◇",
    },
)
_ASCII: Final = _Glyphs(
    stop="*",
    rail="|",
    marks={Mark.YES: "+", Mark.NO: "x", Mark.PLAIN: "-"},
    places=dict.fromkeys(Place, ">"),
)


@attrs.frozen
class _Paragraph:
    """Text that wraps between words, hangs behind its mark, and never parts an amount."""

    text: str
    style: str = ""
    mark: str = ""
    mark_style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.max_width - len(self.mark), 1)
        for number, line in enumerate(_lines(self.text, room)):
            mark = self.mark if number == 0 else " " * len(self.mark)
            yield Text.assemble((mark, self.mark_style), (line, self.style))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        words = max((cell_len(word) for word in self.text.split(" ")), default=0)
        whole = cell_len(self.text) + len(self.mark)
        return Measurement(words + len(self.mark), whole).with_maximum(options.max_width)


def _lines(text: str, width: int) -> Iterator[str]:
    """Yield lines; spaces that must not break are kept together, then shown as plain ones."""
    for paragraph in text.splitlines() or [""]:
        for line in textwrap.wrap(paragraph, width, break_on_hyphens=False) or [""]:
            yield spaced(line)


@attrs.frozen(kw_only=True)
class _Entry:
    """One step beside the rail: time, stop, and what happened there."""

    time: str
    glyphs: _Glyphs
    style: str
    body: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=options.max_width - _GUTTER, height=None)
        for number, line in enumerate(console.render_lines(self.body, inner, pad=False)):
            yield from self._margin(number)
            yield from _without_end(line)
            yield Segment.line()
        yield from self._margin(-1)
        yield Segment.line()

    def _margin(self, number: int) -> Iterator[Segment]:
        time = self.time if number == 0 else ""
        yield Segment(f" {time:>{_TIME_WIDTH}} ", Style(bold=True))
        stop = self.glyphs.stop if number == 0 else self.glyphs.rail
        yield Segment(stop, Style.parse(self.style) if number == 0 else Style(dim=True))
        yield Segment("  " if number >= 0 else "")


def _without_end(line: list[Segment]) -> list[Segment]:
    """Return a line without the blanks at its end."""
    *rest, last = line or [Segment("")]
    if rest and not last.text.strip():
        return _without_end(rest)
    return [*rest, Segment(last.text.rstrip(), last.style)]


class Screen:
    """Shows a story step by step.

    Args:
        console: Where to; its width, colours and encoding are respected.
        words: In which language.
    """

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words
        is_unicode = console.encoding.lower().startswith("utf")
        self._glyphs = _UNICODE if is_unicode else _ASCII

    def open(self) -> None:
        """Show the title."""
        title = self._words.say(Reason("demo.title"))
        promise = self._words.say(Reason("demo.promise", {"shop": self._words.shop_name}))
        self._print("")
        self._print(Rule(Text(title, style="bold"), style="dim"))
        self._print(_Paragraph(promise, style="dim", mark=" "))
        self._print("")

    def show(self, step: Step) -> None:
        """Show one step."""
        style = _STYLES[step.place]
        entry = _Entry(
            time=spaced(self._words.time(step.at)),
            glyphs=self._glyphs,
            style=style,
            body=Group(*self._body(step, style)),
        )
        self._print(entry)

    def close(self, claims: int, *, hints: bool = True) -> None:
        """Show how many claims were checked, and what else can be tried."""
        checked = self._words.say(Reason("demo.claims", {"claims": claims}))
        self._print(Rule(style="dim"))
        mark = f" {self._glyphs.marks[Mark.YES]} "
        self._print(_Paragraph(checked, mark=mark, mark_style="green"))
        if hints:
            hint = self._words.say(Reason("demo.hint"))
            self._print(_Paragraph(hint, style="dim", mark="   "))
        self._print("")

    def _print(self, what: RenderableType) -> None:
        self._console.print(what, width=min(self._console.width, _WIDEST))

    def _body(self, step: Step, style: str) -> Iterator[RenderableType]:
        place = self._words.say(Reason("demo.where", {"place": str(step.place)}))
        heading = f"{self._glyphs.places[step.place]} {place}"
        yield Text.assemble((heading, f"bold {style}"), (f" · {step.who}", "dim"))
        yield _Paragraph(self._words.say(step.says))
        for exhibit in step.exhibits:
            yield self._exhibit(exhibit)
        for note in step.notes:
            yield self._note(note.mark, self._words.say(note.reason))

    def _note(self, mark: Mark, text: str) -> _Paragraph:
        dim = "dim" if mark is Mark.PLAIN else ""
        glyph = f"{self._glyphs.marks[mark]} "
        return _Paragraph(text, style=dim, mark=glyph, mark_style=_MARK_STYLES[mark])

    def _exhibit(self, exhibit: Exhibit) -> RenderableType:
        match exhibit:
            case Grid():
                return self._grid(exhibit)
            case Bill():
                return self._bill(exhibit)
            case Letter(message):
                subject, body = self._words.letter(message)
                return _panel(_Paragraph(body.strip()), subject, "green")
            case Paper(order):
                return _panel(Text(self._words.receipt(order).rstrip(), no_wrap=True), "", "dim")

    def _grid(self, grid: Grid) -> Table:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, border_style="dim")
        table.add_column("", overflow="fold")
        for heading, sample in zip(grid.columns, grid.rows[0].cells, strict=True):
            is_text = isinstance(sample, Reason) and heading is grid.columns[-1]
            table.add_column(
                Text(spaced(self._words.say(heading)), style="dim"),
                justify="left" if is_text else "right",
                no_wrap=not is_text,
            )
        for row in grid.rows:
            table.add_row(*self._cells(row))
        return table

    def _cells(self, row: Row) -> Iterable[RenderableType]:
        label = self._words.say(row.label)
        if row.mark is Mark.PLAIN:
            yield _Paragraph(label)
        else:
            yield attrs.evolve(self._note(row.mark, label), style="")
        for cell in row.cells:
            text = self._words.cell(cell)
            yield _Paragraph(text) if isinstance(cell, Reason) else Text(spaced(text))

    def _bill(self, bill: Bill) -> Panel:
        table = Table.grid(expand=False, padding=(0, 2, 0, 0))
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        for row in bill_rows(bill, self._words):
            table.add_row(_Paragraph(row.label, style=row.style), Text(row.amount, row.style))
        why = self._words.say(Reason("demo.why"))
        reasons = (self._note(_verdict(step.verdict), self._words.why(step)) for step in bill.trace)
        title = self._words.say(Reason("demo.quote_title"))
        return _panel(Group(table, "", Text(why, style="bold"), *reasons), title, "blue")


def _verdict(verdict: str) -> Mark:
    return Mark.YES if verdict == "applied" else Mark.PLAIN


def _panel(content: RenderableType, title: str, style: str) -> Panel:
    return Panel(
        content,
        title=Text(spaced(title), style="bold") if title else None,
        title_align="left",
        border_style=style,
        box=ROUNDED,
        expand=False,
    )
