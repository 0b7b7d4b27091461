"""A blank page that holds the widget's module and a fake model."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>sfnbook</title>
<style>body{margin:14px;background:#fff}@media (prefers-color-scheme:dark){body{background:#0b0d10}}</style>
<style>%s</style><body><div id="host"></div></body></html>"""

MOUNT = """async ([source, traits]) => {
  const listeners = {};
  const model = {
    traits, sent: [],
    get: (name) => model.traits[name],
    set: (name, value) => { model.traits[name] = value; (listeners[`change:${name}`] || []).forEach((f) => f()); },
    on: (name, f) => { (listeners[name] ||= []).push(f); },
    off: (name, f) => { listeners[name] = (listeners[name] || []).filter((g) => g !== f); },
    send: (message) => { model.sent.push(message); },
    save_changes: () => {},
    answer: (message) => (listeners["msg:custom"] || []).forEach((f) => f(message)),
    cut: () => (listeners["comm_live_update"] || []).forEach((f) => f()),
    listening: () => Object.values(listeners).flat().length,
  };
  window.model = model;
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.unmount = module.default.render({ model, el: document.getElementById("host") });
}"""

MOUNT_AGAIN = """async (source) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  unmount();
  window.unmount = module.default.render({ model, el: document.getElementById("host") });
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done));
}"""

Show = Callable[..., Page]
"""Shows traits on a blank page: ``show(traits, width=1200, height=900, dark=False)``."""


def processor_ms(page: Page) -> Callable[[], float]:
    """Return what gives the milliseconds that the page's main thread has worked; other processes do not count."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    return read
