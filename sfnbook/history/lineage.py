"""Lineage: where a value came from, state by state, down to the execution's input or the task that made it; and who
used it.

Follows `links` from place to place. A link says something of a place and of all that is below it, unless a link to a
place further below says otherwise: so one link stands for a value of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sfnbook.engine.program import Program
from sfnbook.history.data_links import RUN, Link, Spot, links
from sfnbook.history.stages import scope_of
from sfnbook.history.visit_tree import VisitTree
from sfnbook.history.visits import Visit
from sfnbook.query.jsonpath.value_paths import Place
from sfnbook.values import Json, printable

MOST_HOPS: Final = 2_000
SINKS: Final = frozenset({"task", "read"})
"""Links by which a value leaves the data: a function got it, or a state did something because of it."""
ENDS: Final = frozenset({"task", "error", "outside", "constant"})


class Hop(NamedTuple):
    """One place on the way of a value.

    depth: how many times the way has parted. how, by: as in `Link`, of the link that leads on from here; how is
    "origin" for the execution's input and "again" for a place that is listed above. without: places below the spot
    that do not count, because something else was put there later.
    """

    depth: int
    spot: Spot
    how: str
    by: str
    without: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class LineageStep:
    """A hop with what a reader wants to know of it. visit: None for the execution. value: ABSENT where not recorded."""

    depth: int
    visit: Visit | None
    stage: str
    place: Place
    how: str
    by: str
    value: Json
    without: tuple[Place, ...] = ()

    @property
    def path(self) -> str:
        """The place as a path."""
        return path_text(self.place)

    @property
    def state(self) -> str:
        """The state's name, or "execution"."""
        return "execution" if self.visit is None else self.visit.name

    def __str__(self) -> str:
        where = f" ({self.visit.where})" if self.visit is not None and self.visit.where else ""
        return printable(
            f"{'  ' * self.depth}{self.state}{where} {self.stage} {self.path}{self._less()}{_words(self.how, self.by)}"
        )

    def _less(self) -> str:
        return f" without {', '.join(map(path_text, self.without))}" if self.without else ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a value came from and who used it. ``print`` it to read it.

    hops: from the value back to its origins, in order; where it was made of several, each one's way in turn.
    uses: the ways on from the value.
    """

    hops: tuple[LineageStep, ...]
    uses: tuple[LineageStep, ...]

    @property
    def origins(self) -> tuple[LineageStep, ...]:
        """The hops at which the way ends: the execution's input, a task, the definition, the Context object."""
        return tuple(hop for hop in self.hops if hop.how == "origin" or hop.how in ENDS)

    def __str__(self) -> str:
        used = [f"  {hop}" for hop in self.uses] or ["  nobody"]
        return printable("\n".join([*map(str, shortened(self.hops)), "used by:", *used]))

    __repr__ = __str__


def _words(how: str, by: str) -> str:
    match how:
        case "copy":
            return f" ← {by}" if by else ""
        case "task":
            return f" ← made by {by}"
        case "opaque":
            return f" ← {by} (JSONata: may have used what follows)"
        case "made":
            return f" ← {by}, made of what follows"
        case "constant":
            return f" ← written in the definition ({by})"
        case "error":
            return f" ← the error {by}"
        case "outside":
            return f" ← {by or 'not recorded'}"
        case "origin":
            return " (where the execution began)"
        case "again":
            return " (see above)"
    return f" ← {by}" if by else ""


def shortened(hops: Sequence[LineageStep]) -> list[LineageStep]:
    """Leave out the hops at which nothing happened: a value that only passed through a state is listed once."""
    kept: list[LineageStep] = []
    for index, hop in enumerate(hops):
        following = hops[index + 1] if index + 1 < len(hops) else None
        dull = hop.how == "copy" and following is not None and following.depth == hop.depth
        if kept and dull and following is not None:
            same_visit = kept[-1].visit is hop.visit and kept[-1].depth == hop.depth
            if (same_visit and not hop.by) or (hop.stage == "input" and following.path == hop.path):
                continue
        kept.append(hop)
    return kept


# --------------------------------------------------------------------------------------------------------- the links
class Used(NamedTuple):
    """A place that was used, with all that is below it but for ``without``."""

    path: Place
    without: frozenset[Place] = frozenset()


class Claims:
    """The links to the places of one stage: which of them says where a place came from."""

    def __init__(self) -> None:
        self.links: dict[Place, Link] = {}
        self.chosen: list[Link] = []

    def add(self, link: Link) -> None:
        if link.how == "chosen":
            self.chosen.append(link)
        else:
            self.links[link.to.path] = link

    def main(self, path: Place) -> Link | None:
        """The link of the nearest place at or above a path."""
        for length in range(len(path), -1, -1):
            link = self.links.get(path[:length])
            if link is not None:
                return link
        return None

    def below(self, path: Place) -> list[Link]:
        """The links to places below a path."""
        return [link for to, link in self.links.items() if len(to) > len(path) and to[: len(path)] == path]


class Origins:
    """All that is known of where a run's values came from. Call `read` with all visits so far, then ask."""

    def __init__(self, program: Program, names: Mapping[str, Json]) -> None:
        self.tree = VisitTree()
        self._program = program
        self._names = dict(names)
        self._visits: Sequence[Visit] = ()
        self._mark: object = None
        self._links: dict[int, tuple[str, list[Link]]] = {}
        self._claims: dict[int, tuple[list[Link], dict[str, Claims]]] = {}
        self._sources: dict[tuple[int, str], list[tuple[Spot, Link]]] | None = None
        self._used: dict[tuple[int, str], set[Used]] = {}

    def stale(self, mark: object) -> bool:
        """Return whether something was recorded since `read` was called with this mark."""
        return mark != self._mark

    def read(self, visits: Sequence[Visit], mark: object = None) -> None:
        """Take in what is new; what is not settled is looked at again."""
        self._mark = mark
        self._visits = visits
        self.tree.read(visits)
        self._sources = None
        self._used = {}

    def links(self, visit: Visit) -> list[Link]:
        """Return the links of one visit."""
        status, found = self._links.get(visit.id, ("", []))
        if status != visit.status:
            found = links(self._program, self.tree, visit, scope_of(self._program, visit, self._names))
            if visit.end is not None:
                self._links[visit.id] = visit.status, found
        return found

    def _stage(self, visit: int, stage: str) -> Claims:
        if visit == RUN:
            last = self.tree.last(())
            return Claims() if last is None else self._of(last).get("@run", Claims()) if stage == "output" else Claims()
        seen = self.tree.by_id.get(visit)
        return self._of(seen).get(stage, Claims()) if seen is not None else Claims()

    def _of(self, visit: Visit) -> dict[str, Claims]:
        made = self.links(visit)
        source, found = self._claims.get(visit.id, ([], {}))
        if source is not made:
            found = {}
            for link in made:
                name = "@run" if link.to.visit == RUN else link.to.stage
                found.setdefault(name, Claims()).add(link)
            self._claims[visit.id] = made, found
        return found

    # -- backward -----------------------------------------------------------------------------------------------------

    def back(self, spot: Spot, most: int = MOST_HOPS) -> Iterator[Hop]:
        """Yield the way back from a place to its origins."""
        waiting: list[tuple[int, Spot, frozenset[Place]]] = [(0, spot, frozenset())]
        seen: set[tuple[Spot, frozenset[Place]]] = set()
        while waiting and most > 0:
            depth, here, without = waiting.pop()
            most -= 1
            if here.visit == RUN and here.stage == "input":
                yield Hop(depth, here, "origin", "", without)
                continue
            if (here, without) in seen:
                yield Hop(depth, here, "again", "", without)
                continue
            seen.add((here, without))
            claims = self._stage(here.visit, here.stage)
            main = claims.main(here.path)
            yield Hop(
                depth, here, main.how if main is not None else "outside", main.by if main is not None else "", without
            )
            following = list(dict.fromkeys(_behind(here, without, main, claims)))
            deeper = depth + (len(following) > 1)
            waiting += [(deeper, *one) for one in reversed(following)]

    # -- forward ------------------------------------------------------------------------------------------------------

    def _consumers(self, visit: int, stage: str) -> list[tuple[Spot, Link]]:
        if self._sources is None:
            self._sources = {}
            for one in self._visits:
                for link in self.links(one):
                    for source in link.sources:
                        self._sources.setdefault((source.visit, source.stage), []).append((source, link))
        return self._sources.get((visit, stage), [])

    def onward(self, spot: Spot) -> list[tuple[Link, Spot]]:
        """Return where a value, or a part of it, went next."""
        found = []
        for source, link in self._consumers(spot.visit, spot.stage):
            shared = min(len(source.path), len(spot.path))
            if source.path[:shared] != spot.path[:shared]:
                continue
            path = link.to.path + spot.path[len(source.path) :] if link.how == "copy" else link.to.path
            claims = self._stage(link.to.visit, link.to.stage)
            if link.how in ("read", "chosen") or claims.main(path) is link:
                found.append((link, link.to._replace(path=path)))
        return found

    def forward(self, spot: Spot, most: int = MOST_HOPS) -> Iterator[Hop]:
        """Yield the ways on from a place to everybody who used it."""
        waiting = [(0, link, to) for link, to in reversed(self.onward(spot))]
        seen: set[tuple[Spot, str]] = set()
        while waiting and most > 0:
            depth, link, here = waiting.pop()
            if (here, link.by) in seen:
                continue
            seen.add((here, link.by))
            following = self.onward(here) if link.how not in SINKS else []
            if here.stage in ("context", "variables") and not following:
                continue
            most -= 1
            yield Hop(depth, here, link.how, link.by)
            deeper = depth + (len(following) > 1)
            waiting += [(deeper, *one) for one in reversed(following)]

    def used(self, visit: int, stage: str) -> set[Used]:
        """Return the places of a stage that were used: a function, a decision, the execution's output."""
        waiting = [(visit, stage)]
        opened: set[tuple[int, str]] = set()
        while waiting:
            key = waiting[-1]
            if key in self._used:
                waiting.pop()
                continue
            onward = {(link.to.visit, link.to.stage) for _, link in self._consumers(*key) if link.how not in SINKS}
            missing = [one for one in onward if one not in self._used and one not in opened]
            if missing and key not in opened:
                opened.add(key)
                waiting += missing
                continue
            waiting.pop()
            self._used[key] = self._count(*key)
        return self._used[visit, stage]

    def _count(self, visit: int, stage: str) -> set[Used]:
        if visit == RUN and stage == "output":
            return {Used(())}
        found: set[Used] = set()
        for source, link in self._consumers(visit, stage):
            if link.how in SINKS:
                found.add(Used(source.path))
                continue
            to = link.to
            claims = self._stage(to.visit, to.stage)
            for used in self._used.get((to.visit, to.stage), ()):
                if link.how == "copy":
                    found.update(_carried(used, source.path, link, claims))
                elif _touches(used, to.path):
                    found.add(Used(source.path))
        return found

    def unused(self, spot: Spot, value: Json) -> Iterator[Place]:
        """Yield the places in a stage's value that nothing used, outer ones for all that is below them."""
        waiting: list[tuple[Place, Json, Iterable[Used]]] = [((), value, self.used(spot.visit, spot.stage))]
        while waiting:
            path, here, near = waiting.pop()
            touching = [one for one in near if _touches(one, path)]
            if not touching:
                yield path
                continue
            pairs = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
            below: dict[str | int, list[Used]] = {}
            whole: list[Used] = []
            for one in touching:
                (whole if len(one.path) <= len(path) else below.setdefault(one.path[len(path)], [])).append(one)
            waiting += [((*path, key), child, [*whole, *below.get(key, ())]) for key, child in reversed(list(pairs))]


def _behind(
    here: Spot, without: frozenset[Place], link: Link | None, claims: Claims
) -> Iterator[tuple[Spot, frozenset[Place]]]:
    """Yield the places that made a place, each with what below it does not count."""
    nothing: frozenset[Place] = frozenset()
    parts = [part for part in claims.below(here.path) if not _within(part.to.path, without)]
    if link is not None and link.how == "copy":
        depth = len(link.to.path)
        hidden = {part.to.path for part in parts} | without
        for source in link.sources:
            spot = source._replace(path=source.path + here.path[depth:])
            yield spot, frozenset(source.path + path[depth:] for path in hidden)
    elif link is not None and link.how not in ENDS:
        yield from ((source, nothing) for source in link.sources)
    for part in parts:
        yield part.to, frozenset(path for path in without if path[: len(part.to.path)] == part.to.path)
    for choice in claims.chosen:
        if here.path[: len(choice.to.path)] == choice.to.path:
            yield from ((source, nothing) for source in choice.sources)


def _within(path: Place, places: Iterable[Place]) -> bool:
    return any(path[: len(place)] == place for place in places)


def _carried(used: Used, source: Place, link: Link, claims: Claims) -> Iterator[Used]:
    """What of a copy's source was used, where ``used`` of the stage it was copied into was."""
    to = link.to.path
    if len(used.path) >= len(to):
        if used.path[: len(to)] != to or claims.main(used.path) is not link:
            return
        covered = [other.to.path for other in claims.below(used.path)]
        path = source + used.path[len(to) :]
    else:
        if to[: len(used.path)] != used.path or claims.links.get(to) is not link:
            return
        if _within(to, used.without):
            return
        covered = [other.to.path for other in claims.below(to)]
        path = source
    without = {source + one[len(to) :] for one in (*covered, *used.without) if one[: len(to)] == to}
    yield Used(path, frozenset(without))


def _touches(used: Used, path: Place) -> bool:
    """Whether a place, or some of what is below it, was used."""
    if len(path) < len(used.path):
        return used.path[: len(path)] == path
    return path[: len(used.path)] == used.path and not _within(path, used.without)


def path_text(path: Place) -> str:
    """Return a place as a reference path.

    >>> path_text(("order", "lines", 0, "unit price"))
    "$.order.lines[0]['unit price']"
    """
    parts = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.isidentifier():
            parts.append(f".{step}")
        else:
            parts.append("['" + step.replace("\\", "\\\\").replace("'", "\\'") + "']")
    return "$" + "".join(parts)
