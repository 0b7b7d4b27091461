import assert from "node:assert/strict";
import test from "node:test";
import { criticalPath } from "../../../sfnbook/widget/static/timeline/critical_path.js";

let next = 0;
const visit = (address, frame, start_ms, end_ms, status = "succeeded") => ({ id: (next += 2), address, frame, status, start_ms, end_ms });
const names = (visits) => {
  const { ids } = criticalPath(visits);
  return visits.filter((one) => ids.has(one.id)).map((one) => one.address.split("/").at(-1));
};

test("states one after the other are all on it, and nothing ran beside them", () => {
  const visits = [visit("/States/A", "", 0, 1), visit("/States/B", "", 1, 5)];
  const path = criticalPath(visits);
  assert.deepEqual([...path.edges], ["/States/A -> /States/B"]);
  assert.equal(path.split, false);
});
test("of branches the one that ended last", () => {
  const P = "/States/P";
  const visits = [
    visit(P, "", 0, 9),
    visit(`${P}/Branches/0/States/A`, "3.0", 0, 4),
    visit(`${P}/Branches/1/States/B`, "3.1", 0, 5),
    visit(`${P}/Branches/1/States/C`, "3.1", 5, 9),
  ];
  assert.deepEqual(names(visits), ["P", "B", "C"]);
});
test("of items that waited for a place also those whose places they took", () => {
  const M = "/States/M";
  const item = (index, from, to) => visit(`${M}/ItemProcessor/States/I`, `3.${index}`, from, to);
  const visits = [visit(M, "", 0, 10), item(0, 0, 2), item(1, 0, 9), item(2, 2, 10)];
  const { ids } = criticalPath(visits);
  assert.deepEqual(
    visits.filter((one) => ids.has(one.id)).map((one) => one.frame),
    ["", "3.0", "3.2"],
  );
});
test("of two that ended together the one that was not aborted", () => {
  const P = "/States/P";
  const visits = [
    visit(P, "", 0, 3, "failed"),
    visit(`${P}/Branches/0/States/A`, "3.0", 0, 3, "aborted"),
    visit(`${P}/Branches/1/States/B`, "3.1", 0, 3, "failed"),
  ];
  assert.deepEqual(names(visits), ["P", "B"]);
});
test("a caught state leaves by its Catch", () => {
  const visits = [visit("/States/A", "", 0, 1, "caught"), visit("/States/B", "", 1, 2)];
  assert.ok(criticalPath(visits).edges.has("/States/A !> /States/B"));
});
