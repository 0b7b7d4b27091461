import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { interrupt } from "../../../sfnbook/widget/static/interrupt.js";

const BASE = "http://localhost:8888";
let asked = [];
let configured = "";
let ok = true;
beforeEach(() => {
  asked = [];
  ok = true;
  configured = '{"baseUrl": "/user/ada/", "token": "secret"}';
  globalThis.location = new URL(`${BASE}/user/ada/lab`);
  globalThis.document = { getElementById: () => (configured ? { textContent: configured } : null), cookie: "a=1; _xsrf=2%7Cx" };
  globalThis.fetch = async (url, request) => {
    asked.push([String(url), request.method, request.headers]);
    return { ok };
  };
});

test("the kernel is interrupted as Jupyter's own button does it", async () => {
  assert.equal(await interrupt("k/1"), true);
  assert.deepEqual(asked, [[`${BASE}/user/ada/api/kernels/k%2F1/interrupt`, "POST", { "X-XSRFToken": "2|x", Authorization: "token secret" }]]);
});
test("another server never gets the token", async () => {
  configured = '{"baseUrl": "http://elsewhere.example/", "token": "secret"}';
  assert.equal(await interrupt("k"), false);
  assert.deepEqual(asked, []);
});
test("a page that is not Jupyter's, or whose kernel is not known, asks nobody", async () => {
  assert.equal(await interrupt(""), false);
  for (const text of ["", "no JSON", "{}"]) {
    configured = text;
    assert.equal(await interrupt("k"), false);
  }
  assert.deepEqual(asked, []);
});
test("a refusal and a lost line are told", async () => {
  ok = false;
  assert.equal(await interrupt("k"), false);
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  assert.equal(await interrupt("k"), false);
});
