"""A page whose editor is answered by a canvas."""

from __future__ import annotations

import json
from typing import Any

from blank import Show
from playwright.sync_api import Locator, Page

from sfnbook import StateMachine
from sfnbook.editor.canvas.canvas import Canvas, Origin, Unfinished, unfinished
from sfnbook.errors import DefinitionError
from sfnbook.widget.traits.machine import machine_message
from sfnbook.widget.traits.shapes import NOT_RUN


class Edited:
    """A page whose editor is answered by a canvas, as the widget does."""

    def __init__(self, show: Show, text: str, *, open: bool = True, **options: Any) -> None:
        self.cells: list[str] = []
        namespace = {"decide": lambda event: event}
        machine: StateMachine | Unfinished
        try:
            machine = StateMachine(text, name="shop", namespace=namespace)
        except DefinitionError as error:
            machine = unfinished("shop", text, error.diagnostics, type=None, last=None, namespace=namespace)
        self.canvas = Canvas(
            machine,
            Origin(text, "%%statemachine shop"),
            deliver=self.deliver,
            define=lambda text: StateMachine(text, name="shop"),
        )
        self.canvas.open = open
        traits = {"machine": machine_message(machine), "live": NOT_RUN, "editing": self.canvas.message()}
        self.page: Page = show(traits, **options)
        self.page.expose_function("reply", self.reply)
        self.page.evaluate(
            "() => { const send = model.send; model.send = (message) => { send(message);"
            " reply(JSON.stringify(message)).then((text) => { const { editing, answer } = JSON.parse(text);"
            " if (editing) model.set('editing', editing); model.answer(answer); }); }; }"
        )

    def deliver(self, text: str) -> str:
        self.cells.append(text)
        return "Run any cell: the new cell comes below it."

    def reply(self, text: str) -> str:
        message = json.loads(text)
        answer = {"kind": message["kind"], "id": message.get("id")}
        if message["kind"] != "edit":
            return json.dumps({"answer": answer})
        answer |= self.canvas.answer(message)
        told = message["op"] not in ("form", "palette", "copy", "place", "try")
        return json.dumps({"answer": answer, "editing": self.canvas.message() if told else None})

    @property
    def states(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.canvas.session.text)["States"]
        return found

    def state(self, name: str) -> Locator:
        return self.page.locator(f'.sfn-node[data-address$="/States/{name}"]')

    def plus(self, label: str) -> Locator:
        return self.page.get_by_role("button", name=label, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)
