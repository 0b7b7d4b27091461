// layout: the picture laid out anew in the page, containers folded or the other way across, with no kernel to ask.
// Takes rows and order from the layout that Python made, so that everything stays where the reader knows it; works out
// places and curves by the same rules as `sfnbook/diagram/levels.py` and `routing.py` (nothing folded, downwards: the same). Each machine is laid out alone, the innermost first. Pure: knows rectangles, not what they stand for.
//
// Along and across: a machine runs along one axis (down, or to the right); what stands beside each other is across it.

const HEADER = 40;
const GAP = 12;
const PAD = 12;
const MARGIN = 14;
const NODE_HEIGHT = 48;
const LABEL_GAP = 7;
const ROW = 1500;
const COLUMN = 1000;
const RAIL_SIDE = 28;
const RAIL_APART = 12;
const CORNER = 8;
const PORT_EDGE = 16;
const PORT_APART = 9;
/** Between two lines that run sideways to their rails or from them. */
const TRACK = 8;
/** How often at most all levels are gone through; by means or by medians; looking to one side or to both. */
const PHASES = /** @type {[most: number, median: boolean, both: boolean][]} */ ([
  [14, false, false],
  [9, true, false],
  [6, true, true],
]);
/** With more levels than `TALL` no more than so many times: further ones lean a tall machine to one side, and take long. */
const FEW = 2;
const TALL = 150;
/** Nothing moved further than this: it is at rest. */
const STILL = 0.05;
/** Nothing moves for a line that is led around. */
const LOOSE = 1e-9;
/** Cells on one way that stand this little apart are brought into one line. */
const SNAP = 30;
/** How much more a cell in a line wants its place than what stands beside it. */
const FIRM = 1000;
const WEIGHTS = { next: 16, default: 5, choice: 4, catch: 1 };

/**
 * @typedef {NodeMessage & {folded?: boolean, nested?: string, followed?: boolean}} GraphNode `nested`: the machine that a
 *   state starts, where it can be unfolded in it; `followed`: whether a run of it is known
 * @typedef {Omit<GraphMessage, "nodes"> & {nodes: GraphNode[]}} Graph as Python laid it out, or as it is drawn
 *
 * @typedef {{kids: Map<string|null, GraphNode[]>, leads: Map<string, EdgeMessage[]>, folded: Set<string>,
 *   across: boolean}} Plan what is to be laid out, and how
 * @typedef {{w: number, h: number, nodes: GraphNode[], edges: EdgeMessage[], lanes?: Rectangle[]}} Part of the picture,
 *   from its own corner
 * @typedef {{node: GraphNode, x: number, y: number, w: number, h: number, along: number, beside: number, row: number,
 *   middle: number, at: CellItem}} Cell a box in a machine's rows; `at`, `middle`: its place beside and along
 * @typedef {{hint: number, tie: number, at: number, before: number, after: number, along: number, up: Neighbour[],
 *   down: Neighbour[]}} Spot a place in a level: `at` beside the way, with the room before and after it
 * @typedef {[other: Item, weight: number]} Neighbour
 * @typedef {Spot & {cell: Cell, line?: undefined, labelled?: undefined}} CellItem
 * @typedef {Spot & {line: Line, cell?: undefined, weight: number, labelled?: boolean}} Slot where an edge passes a level
 * @typedef {CellItem|Slot} Item
 * @typedef {{gap: boolean, items: Item[], from: number, to: number, thick: number, ease: number, foot: number,
 *   tracks: string[]}} Level a row of cells, or the gap between two; `foot`: as `ease`, after the labels; `tracks`: who runs
 *   sideways there
 * @typedef {{points: Point[], label: Point|null}} Curve as [along, beside]
 * @typedef {{edge: EdgeMessage, from: Cell, to: Cell, labelWidth: number, labelHeight: number, back: boolean, rail: "left"|"right"|null,
 *   chain: Item[]|null, curve: Curve}} Line an edge on its way through the levels
 * @typedef {Cell[] & {middle: number, top: number, bottom: number}} Row
 * @typedef {{cell: Cell, side: "left"|"right", number: number, at: number}} Rail by which lines reach a cell; `number`: counted outwards
 */

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
/** @param {Rectangle} node */
const mid = (node) => node.y + node.h / 2;
/** @param {Rectangle} node */
const middle = (node) => node.x + node.w / 2;

/** Put a value into the list under a key. @template K, V @param {Map<K, V[]>} lists @param {K} key @param {V} value */
function push(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/**
 * Lay out a graph with some containers folded, downwards or to the right.
 * @param {Graph} graph as Python laid it out, downwards, nothing folded
 * @param {Set<string>} folded
 * @param {boolean} across to the right instead of downwards
 * @returns {Graph}
 */
export function arrange(graph, folded, across) {
  /** @type {Plan["kids"]} */
  const kids = new Map();
  for (const node of graph.nodes) push(kids, node.parent, node);
  /** @type {Plan["leads"]} */
  const leads = new Map();
  for (const edge of graph.edges) push(leads, edge.from, edge);
  const plan = { kids, leads, folded, across };
  const whole = machine(plan, kids.get(null) || []);
  shift(whole, MARGIN, MARGIN);
  const place = new Map(graph.nodes.map((node, index) => [node.id, index]));
  const order = (/** @type {GraphNode} */ node) => place.get(node.id) ?? 0;
  return {
    ...graph,
    width: round(whole.w + 2 * MARGIN),
    height: round(whole.h + 2 * MARGIN),
    nodes: whole.nodes.sort((a, b) => order(a) - order(b)),
    edges: whole.edges,
  };
}

/** A machine's nodes and edges from its own corner. @param {Plan} plan @param {GraphNode[]} members @returns {Part} */
function machine(plan, members) {
  if (!members.length) return { w: 0, h: 0, nodes: [], edges: [] };
  const common = Math.max(...members.filter((node) => node.kind === "state").map((node) => node.w), 176);
  const inner = new Map();
  const cells = members.map((node) => {
    let { w, h } = node;
    const open = node.kind === "container" && !plan.folded.has(node.id);
    if (open) {
      const box = container(plan, node);
      inner.set(node.id, box);
      ({ w, h } = box);
    } else if (node.kind === "container") [w, h] = [common, NODE_HEIGHT];
    const size = plan.across ? { along: w, beside: h } : { along: h, beside: w };
    return /** @type {Cell} */ ({ node, w, h, ...size, x: 0, y: 0, row: 0, middle: 0 });
  });
  const known = new Map(cells.map((cell) => [cell.node.id, cell]));
  const edges = members.flatMap((node) => plan.leads.get(node.id) || []).filter((edge) => known.has(edge.to));
  const drawn = settle(plan, cells, known, edges);
  /** @type {Part} */
  const out = { w: drawn.w, h: drawn.h, nodes: [], edges: drawn.edges };
  for (const cell of cells) {
    const { node, x, y, w, h } = cell;
    const box = inner.get(node.id);
    /** @type {GraphNode} */
    const shape = { ...node, x: round(x), y: round(y), w: round(w), h: round(h), lanes: [], folded: node.kind === "container" && !box };
    out.nodes.push(shape);
    if (!box) continue;
    shift(box, x, y);
    shape.lanes = box.lanes ?? [];
    out.nodes.push(...box.nodes);
    out.edges.push(...box.edges);
  }
  return out;
}

/** A container's lanes beside each other, in further rows (columns) where they are many. @param {Plan} plan @param {GraphNode} node */
function container(plan, node) {
  const { across } = plan;
  const members = plan.kids.get(node.id) || [];
  const lanes = [...new Set(members.map((member) => member.lane || 0))]
    .sort((a, b) => a - b)
    .map((lane) =>
      machine(
        plan,
        members.filter((member) => (member.lane || 0) === lane),
      ),
    );
  const breadth = (/** @type {Part} */ lane) => (across ? lane.h : lane.w) + 2 * PAD;
  const depth = (/** @type {Part} */ lane) => (across ? lane.w : lane.h) + 2 * PAD;
  const strips = strip(lanes, breadth, across ? COLUMN : ROW);
  const taken = (/** @type {Part[]} */ row) => row.reduce((sum, lane) => sum + breadth(lane), GAP * (row.length - 1));
  const least = node.header ?? 0;
  let content = Math.max(...strips.map(taken), across ? 0 : least - 2 * GAP);
  /** @type {Part & {lanes: Rectangle[]}} */
  const out = { w: 0, h: 0, lanes: [], nodes: [], edges: [] };
  const deep = strips.map((row) => Math.max(0, ...row.map(depth)));
  const total = deep.reduce((sum, one) => sum + one + GAP, -GAP);
  const spareDepth = across ? Math.max(0, least - 2 * GAP - total) / strips.length : 0;
  let start = across ? GAP : HEADER;
  strips.forEach((row, index) => {
    const thick = deep[index] + spareDepth;
    const spare = (content - taken(row)) / row.length;
    let at = across ? HEADER : GAP;
    for (const lane of row) {
      const wide = breadth(lane) + spare;
      const rect = across ? { x: start, y: at, w: thick, h: wide } : { x: at, y: start, w: wide, h: thick };
      const [dx, dy] = across ? [PAD + (thick - depth(lane)) / 2, PAD + spare / 2] : [PAD + spare / 2, PAD];
      shift(lane, rect.x + dx, rect.y + dy);
      out.lanes.push({ x: round(rect.x), y: round(rect.y), w: round(rect.w), h: round(rect.h) });
      out.nodes.push(...lane.nodes);
      out.edges.push(...lane.edges);
      at += wide + GAP;
    }
    start += thick + GAP;
  });
  content += across ? HEADER + GAP : 2 * GAP;
  [out.w, out.h] = across ? [start, content] : [content, start];
  return out;
}

/** Lanes in rows of about the same breadth. @param {Part[]} lanes @param {(lane: Part) => number} breadth @param {number} limit */
function strip(lanes, breadth, limit) {
  const total = lanes.reduce((sum, lane) => sum + breadth(lane), 0);
  const goal = total / Math.max(1, Math.round(total / limit + 0.2));
  /** @type {Part[]} */
  let row = [];
  const rows = [row];
  let filled = 0;
  for (const lane of lanes) {
    if (row.length && filled + breadth(lane) / 2 > goal * rows.length) rows.push((row = []));
    row.push(lane);
    filled += breadth(lane);
  }
  return rows;
}

/** @param {Part} part @param {number} dx @param {number} dy */
function shift(part, dx, dy) {
  for (const lane of part.lanes || []) move(lane, dx, dy);
  for (const node of part.nodes) {
    move(node, dx, dy);
    for (const lane of node.lanes) move(lane, dx, dy);
  }
  for (const edge of part.edges) {
    edge.points = edge.points.map(([x, y]) => [round(x + dx), round(y + dy)]);
    if (edge.label_at) edge.label_at = [round(edge.label_at[0] + dx), round(edge.label_at[1] + dy)];
  }
}

/** @param {{x: number, y: number}} shape @param {number} dx @param {number} dy */
function move(shape, dx, dy) {
  shape.x = round(shape.x + dx);
  shape.y = round(shape.y + dy);
}

// -- one machine: rows, order, places, curves -----------------------------------------------------------------------------

/**
 * Give each cell its x and y and each edge its curve.
 * Rows of cells alternate with gaps; an edge has a slot in every row and gap that it passes.
 * @param {Plan} plan @param {Cell[]} cells @param {Map<string, Cell>} known by their states @param {EdgeMessage[]} edges
 */
function settle(plan, cells, known, edges) {
  const { across } = plan;
  const rows = rowsOf(cells);
  const lines = edges.map(
    (edge) => /** @type {Line} */ ({ edge, from: known.get(edge.from), to: known.get(edge.to), ...labelled(edge), back: false, rail: null, chain: null }),
  );
  const levels = interleave(rows.map((row) => row.map((cell) => cellItem(cell, edges, plan))));
  for (const line of lines) thread(line, levels, rows, across);
  const rails = railsOf(lines, levels);
  for (const level of levels) level.items.sort((a, b) => a.hint - b.hint || a.tie - b.tie);
  spread(levels, across);
  align(lines, levels, across);
  for (const line of lines) if (line.chain && !line.rail) straighten(line, levels, across);
  const length = stack(levels, across);
  for (const { from, to, items } of levels) for (const item of items) if (item.cell) Object.assign(item.cell, { at: item, middle: (from + to) / 2 });
  placeRails(rails, levels);
  for (const line of lines) line.curve = curve(line, levels, rails, across);
  return frame(cells, lines, length, across);
}

/** Cells in rows: Python's layout gives those of one row the same middle. @param {Cell[]} cells */
function rowsOf(cells) {
  /** @type {Row[]} */
  const rows = [];
  for (const cell of [...cells].sort((a, b) => mid(a.node) - mid(b.node))) {
    let row = rows.at(-1);
    const { y, h } = cell.node;
    if (!row || mid(cell.node) - row.middle > 2) rows.push((row = Object.assign([], { middle: mid(cell.node), top: y, bottom: y + h })));
    Object.assign(row, { top: Math.min(row.top, y), bottom: Math.max(row.bottom, y + h) });
    row.push(cell);
    cell.row = rows.length - 1;
  }
  return rows;
}

/** @param {Cell} cell @param {EdgeMessage[]} edges @param {Plan} plan @returns {CellItem} */
function cellItem(cell, edges, plan) {
  const loop = edges.find((edge) => edge.from === edge.to && edge.from === cell.node.id);
  const room = loop ? 36 + (loop.label_size?.[plan.across ? 1 : 0] ?? 0) : 0;
  return { cell, hint: middle(cell.node), tie: 0, at: 0, before: cell.beside / 2, after: cell.beside / 2 + room, along: cell.along, up: [], down: [] };
}

/** The room that an edge's label takes. @param {EdgeMessage} edge */
function labelled({ label_at: at, label_size: [w, h] = [0, 0] }) {
  return at ? { labelWidth: w, labelHeight: h } : { labelWidth: 0, labelHeight: 0 };
}

/** Levels: a row, a gap, a row, ... with the items of each. @param {CellItem[][]} rows @returns {Level[]} */
function interleave(rows) {
  const level = (/** @type {boolean} */ gap, /** @type {Item[]} */ items) => ({ gap, items, from: 0, to: 0, thick: 0, ease: 0, foot: 0, tracks: [] });
  return rows.flatMap((row, index) => (index ? [level(true, []), level(false, row)] : [level(false, row)]));
}

/**
 * Give an edge its slots, where Python's curve passes. A line on a rail has one slot only: beside its source, for its label.
 * @param {Line} line @param {Level[]} levels @param {Row[]} rows @param {boolean} across
 */
function thread(line, levels, rows, across) {
  const { edge, from, to } = line;
  if (from === to || from.row === to.row) return;
  const item = (/** @type {Cell} */ cell) => itemOf(levels, cell);
  line.back = from.row > to.row;
  const [upper, lower] = line.back ? [to, from] : [from, to];
  line.rail = (2 * from.row + 1 < levels.length && edge.rail) || null;
  const weight = WEIGHTS[edge.kind] || 1;
  /** @type {Item[]} */
  const chain = [item(upper)];
  const track = sampled(edge.points);
  const labelAt = line.rail ? 2 * from.row + 1 : line.back || lowLabel(line, rows) ? 2 * lower.row - 1 : 2 * upper.row + 1;
  const range = line.rail ? [labelAt, labelAt] : [2 * upper.row + 1, 2 * lower.row - 1];
  if (line.rail) chain[0] = item(from);
  for (let index = range[0]; index <= range[1]; index += 1) {
    const level = levels[index];
    const height = level.gap ? (rows[(index - 1) / 2].bottom + rows[(index + 1) / 2].top) / 2 : rows[index / 2].middle;
    /** @type {Slot} */
    const slot = {
      line,
      hint: line.rail ? middle(from.node) + (from.node.w / 2) * (line.rail === "left" ? -1 : 1) : crossing(track, height),
      tie: middle(upper.node) + middle(lower.node),
      at: 0,
      before: 5,
      after: 5,
      along: 0,
      up: [],
      down: [],
      weight,
    };
    if (index === labelAt && line.labelWidth) {
      slot.labelled = true;
      if (across) Object.assign(slot, { before: line.labelHeight + 3, after: 5, along: line.labelWidth });
      else Object.assign(slot, { before: 5, after: line.labelWidth, along: line.labelHeight });
    }
    level.items.push(slot);
    chain.push(slot);
  }
  if (!line.rail) chain.push(item(lower));
  for (let index = 1; index < chain.length; index += 1) {
    const [a, b] = [chain[index - 1], chain[index]];
    const heavy = line.rail ? LOOSE : weight * (a.line && b.line ? 6 : a.line || b.line ? 2 : 1);
    a.down.push([b, heavy]);
    b.up.push([a, heavy]);
  }
  line.chain = chain;
}

/** Whether Python put a line's label before its target instead of behind its source. @param {Line} line @param {Row[]} rows */
function lowLabel({ edge, to }, rows) {
  return edge.label_at !== null && to.row > 0 && edge.label_at[1] > rows[to.row - 1].bottom;
}

/**
 * Points along a chain of cubic curves: nine of each, more where they would be further apart than `fine`.
 * @param {Point[]} points
 */
export function sampled(points, fine = Infinity) {
  /** @type {Point[]} */
  const found = [];
  for (let start = 0; start + 3 < points.length; start += 3) {
    const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = points.slice(start, start + 4);
    const steps = Math.max(8, Math.round((Math.abs(x3 - x0) + Math.abs(y3 - y0)) / fine));
    for (let step = 0; step <= steps; step += 1) {
      const t = step / steps;
      const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
      found.push([a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3]);
    }
  }
  return found;
}

/** Where a line passes a height; its nearer end where it does not. @param {Point[]} track @param {number} height */
function crossing(track, height) {
  for (let index = 1; index < track.length; index += 1) {
    const [[x0, y0], [x1, y1]] = [track[index - 1], track[index]];
    if ((y0 - height) * (y1 - height) <= 0 && y0 !== y1) return x0 + ((x1 - x0) * (height - y0)) / (y1 - y0);
  }
  const [first, last] = [track[0], track[track.length - 1]];
  return Math.abs(first[1] - height) < Math.abs(last[1] - height) ? first[0] : last[0];
}

/** How far apart two neighbours in a level stand. @param {Item} a @param {Item} b @param {boolean} across */
const apart = (a, b, across) => a.after + b.before + (a.cell && b.cell ? (across ? 24 : 32) : a.cell || b.cell ? 14 : 8);

/** Give every item its place across: near its neighbours above and below, clear of those beside it. @param {Level[]} levels @param {boolean} across */
function spread(levels, across) {
  for (const { items } of levels) {
    items.forEach((item, index) => {
      item.at = index ? items[index - 1].at + apart(items[index - 1], item, across) : 0;
    });
    const centre = items.length ? (items[0].at + items[items.length - 1].at) / 2 : 0;
    for (const item of items) item.at -= centre;
  }
  for (const [most, median, both] of PHASES) {
    const times = levels.length > TALL ? FEW : most;
    for (let sweep = 0, still = 0; sweep < times && still < 2; sweep += 1) {
      still = moved(levels, { downwards: sweep % 2 === 0, median, both, across }) < STILL ? still + 1 : 0;
    }
  }
}

/** Move every item nearer to its neighbours, level by level; returns how far one moved at most. @param {Level[]} levels @param {{downwards: boolean, median: boolean, both: boolean, across: boolean}} how */
function moved(levels, { downwards, median, both, across }) {
  let most = 0;
  for (const { items } of downwards ? levels : [...levels].reverse()) {
    const before = items.map((item) => item.at);
    fit(
      items,
      items.map((item) => wish(item, near(item, downwards, both), median)),
      across,
    );
    items.forEach((item, index) => {
      most = Math.max(most, Math.abs(item.at - before[index]));
    });
  }
  return most;
}

/**
 * Whom an item looks to: those it comes from, on the way back those it leads to; at last both, the former a little more.
 * @param {Item} item @param {boolean} downwards @param {boolean} both @returns {Neighbour[]}
 */
function near({ up, down }, downwards, both) {
  const [first, second] = downwards ? [up, down] : [down, up];
  if (!both) return first.length ? first : second;
  return [...first.map(([other, weight]) => /** @type {Neighbour} */ ([other, weight * 1.01])), ...second];
}

/** @typedef {[at: number, weight: number]} Wish where an item wants to be, and how much */

/**
 * Where an item wants to be and how much: the weighted mean of its neighbours, later their median (that straightens).
 * @param {Item} item @param {Neighbour[]} links @param {boolean} median @returns {Wish}
 */
function wish(item, links, median) {
  const total = links.reduce((sum, [, weight]) => sum + weight, 0);
  if (!total) return [item.at, 0.01];
  if (!median) return [links.reduce((sum, [other, weight]) => sum + other.at * weight, 0) / total, total];
  const sorted = [...links].sort((a, b) => a[0].at - b[0].at);
  let seen = 0;
  for (let index = 0; index < sorted.length; index += 1) {
    seen += sorted[index][1];
    if (seen * 2 === total && index + 1 < sorted.length) return [(sorted[index][0].at + sorted[index + 1][0].at) / 2, total];
    if (seen * 2 > total) return [sorted[index][0].at, total];
  }
  return [item.at, total];
}

/**
 * Put a row's items as near to their wishes as their distances allow: least squares, by pooling those that collide.
 * @param {Item[]} items @param {Wish[]} wishes @param {boolean} across
 */
function fit(items, wishes, across) {
  /** @type {{sum: number, weight: number, items: [item: Item, by: number][]}[]} */
  const pools = [];
  let offset = 0;
  items.forEach((item, index) => {
    if (index) offset += apart(items[index - 1], item, across);
    /** @type {typeof pools[number]} */
    let pool = { sum: (wishes[index][0] - offset) * wishes[index][1], weight: wishes[index][1], items: [[item, offset]] };
    for (let before = pools.at(-1); before && before.sum / before.weight > pool.sum / pool.weight; before = pools.at(-1)) {
      pools.pop();
      pool = { sum: before.sum + pool.sum, weight: before.weight + pool.weight, items: [...before.items, ...pool.items] };
    }
    pools.push(pool);
  });
  for (const pool of pools) for (const [item, by] of pool.items) item.at = pool.sum / pool.weight + by;
}

/**
 * Bring cells on one way that nearly stand in a line into one; what stands beside them makes room.
 * @param {Line[]} lines @param {Level[]} levels @param {boolean} across
 */
function align(lines, levels, across) {
  /** @type {Map<Cell, Cell[]>} */
  const groups = new Map();
  const groupOf = (/** @type {Cell} */ cell) => groups.get(cell) || [cell];
  const ways = lines.filter((line) => line.chain && !line.back && !line.rail && WEIGHTS[line.edge.kind] > 1);
  for (const { from, to } of ways.sort((a, b) => WEIGHTS[b.edge.kind] - WEIGHTS[a.edge.kind])) {
    const [upper, lower] = [groupOf(from), groupOf(to)];
    const rows = new Set(upper.map((cell) => cell.row));
    if (upper === lower || Math.abs(itemOf(levels, from).at - itemOf(levels, to).at) > SNAP || lower.some((cell) => rows.has(cell.row))) continue;
    const all = [...upper, ...lower];
    for (const cell of all) groups.set(cell, all);
  }
  /** @type {Map<Item, number>} */
  const wishes = new Map();
  for (const cells of new Set(groups.values())) {
    const places = cells.map((cell) => itemOf(levels, cell).at).sort((a, b) => a - b);
    if (places[places.length - 1] - places[0] > 3 * SNAP) continue;
    for (const cell of cells) wishes.set(itemOf(levels, cell), places[places.length >> 1]);
  }
  for (const { items } of levels) {
    if (!items.some((item) => wishes.has(item))) continue;
    fit(
      items,
      items.map((item) => {
        const wanted = wishes.get(item);
        return wanted === undefined ? [item.at, 1] : [wanted, FIRM];
      }),
      across,
    );
  }
}

/** @param {Level[]} levels @param {Cell} cell */
const itemOf = (levels, cell) => /** @type {CellItem} */ (levels[2 * cell.row].items.find((item) => item.cell === cell));

/**
 * From where to where an item may stand, between those beside it.
 * @param {Item[]} items @param {Item} item @param {boolean} across @returns {[low: number, high: number]}
 */
function room(items, item, across) {
  const at = items.indexOf(item);
  return [
    at ? items[at - 1].at + apart(items[at - 1], item, across) : -Infinity,
    at + 1 < items.length ? items[at + 1].at - apart(item, items[at + 1], across) : Infinity,
  ];
}

/**
 * Bring a line's slots to one place as far as what stands beside them lets, best to where its ends can be reached.
 * @param {Line} line @param {Level[]} levels @param {boolean} across
 */
function straighten({ chain, back, from, to }, levels, across) {
  if (!chain) return;
  const first = 2 * (back ? to : from).row;
  const ranges = chain.map((item, index) => {
    return item.cell ? ends(item) : room(levels[first + index].items, item, across);
  });
  for (let start = 0; start < chain.length; ) {
    let [low, high] = ranges[start];
    let stop = start + 1;
    for (; stop < chain.length; stop += 1) {
      const [lower, upper] = [Math.max(low, ranges[stop][0]), Math.min(high, ranges[stop][1])];
      if (lower > upper) break;
      [low, high] = [lower, upper];
    }
    const slots = chain.slice(start, stop).filter((item) => item.line);
    const places = slots.map((item) => item.at).sort((a, b) => a - b);
    const place = Math.max(low, Math.min(high, places[places.length >> 1]));
    for (const slot of slots) slot.at = place;
    start = stop;
  }
}

/** Where a cell can be reached. @param {CellItem} item @returns {[low: number, high: number]} */
function ends({ at, cell }) {
  const half = Math.max(0, cell.beside / 2 - PORT_EDGE);
  return [at - half, at + half];
}

/** Give every level its place along; returns the whole length. @param {Level[]} levels @param {boolean} across */
function stack(levels, across) {
  let at = 0;
  for (const level of levels) {
    level.from = at;
    level.thick = Math.max(0, ...level.items.map((item) => item.along));
    if (level.gap) {
      const lean = Math.max(0, ...level.items.flatMap((item) => [...item.up, ...item.down].map(([other]) => reach(item, other))));
      level.ease = Math.min(across ? 72 : 44, (across ? 24 : 18) + lean * 0.07);
      level.foot = level.ease + TRACK * Math.max(0, level.tracks.length - 1);
      at += level.ease + level.foot + level.thick;
    } else at += level.thick;
    level.to = at;
  }
  return at;
}

/** How far sideways a line must go between a slot and its neighbour. @param {Item} slot @param {Item} other */
const reach = (slot, other) => Math.max(0, Math.abs(slot.at - other.at) - (other.cell ? other.cell.beside / 2 : 0));

// -- curves ---------------------------------------------------------------------------------------------------------------

/**
 * The rails, and in each gap who runs sideways there: leaving lines first, the outermost rail above; then those that arrive.
 * The innermost rail belongs to the highest target, within one row to the one furthest from that side.
 * @param {Line[]} lines @param {Level[]} levels @returns {Map<string, Rail>}
 */
function railsOf(lines, levels) {
  /** @type {Map<string, Rail>} */
  const rails = new Map();
  for (const { rail: side, to: cell } of lines) if (side && !rails.has(railKey(side, cell))) rails.set(railKey(side, cell), { cell, side, number: 0, at: 0 });
  for (const side of ["left", "right"]) {
    const sign = side === "right" ? 1 : -1;
    [...rails.values()]
      .filter((rail) => rail.side === side)
      .sort((a, b) => a.cell.row - b.cell.row || sign * (middle(a.cell.node) - middle(b.cell.node)))
      .forEach((rail, number) => {
        rail.number = number;
      });
  }
  /** @type {Map<Level, Map<string, number>>} */
  const wanted = new Map();
  const want = (/** @type {Level|undefined} */ level, /** @type {string} */ track, /** @type {number} */ rank) => {
    if (level) wanted.set(level, (wanted.get(level) ?? new Map()).set(track, rank));
  };
  for (const { rail: side, from, to } of lines) {
    const found = side && rails.get(railKey(side, to));
    if (!found) continue;
    want(levels[2 * from.row + 1], `leaves ${to.node.id}`, -found.number);
    want(levels[2 * to.row - 1], `arrives ${to.node.id}`, 1000 + found.number);
  }
  for (const [level, ranks] of wanted) level.tracks = [...ranks.keys()].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
  return rails;
}

/** @param {string} side @param {Cell} cell */
const railKey = (side, cell) => `${side} ${cell.node.id}`;

/** Say where each rail runs. @param {Map<string, Rail>} rails @param {Level[]} levels */
function placeRails(rails, levels) {
  if (!rails.size) return;
  const items = levels.flatMap((level) => level.items);
  const right = Math.max(...items.map((item) => item.at + item.after));
  const left = Math.min(...items.map((item) => item.at - item.before));
  for (const rail of rails.values()) {
    const out = RAIL_SIDE + rail.number * RAIL_APART;
    rail.at = rail.side === "right" ? right + out : left - out;
  }
}

/** At which place along a line runs sideways in a gap. @param {Level} level @param {string} track */
const trackAt = (level, track) => level.to - 12 - TRACK * (level.tracks.length - 1 - level.tracks.indexOf(track));

/**
 * A cell's ports on one of its sides, in the order of the lines there, apart from each other where there is room.
 * @param {CellItem} item @param {Neighbour[]} links
 */
function ports(item, links) {
  const half = Math.max(0, item.cell.beside / 2 - PORT_EDGE);
  const sorted = links.map(([other]) => other).sort((a, b) => a.at - b.at);
  const spots = sorted.map((other) => Math.max(-half, Math.min(half, other.at - item.at)));
  for (let i = 1; i < spots.length; i += 1) spots[i] = Math.max(spots[i], spots[i - 1] + PORT_APART);
  for (let i = spots.length - 1; i >= 0; i -= 1) spots[i] = Math.min(spots[i], i + 1 < spots.length ? spots[i + 1] - PORT_APART : half);
  return new Map(sorted.map((other, i) => [other, item.at + Math.max(-half, spots[i])]));
}

/**
 * A line's curve as [along, beside] points, and where its label stands.
 * @param {Line} line @param {Level[]} levels @param {Map<string, Rail>} rails @param {boolean} across @returns {Curve}
 */
function curve(line, levels, rails, across) {
  const { from, to } = line;
  if (from === to) return loop(line, levels, across);
  if (!line.chain) return beside(line, levels);
  if (line.rail) return rail(line, line.chain, levels, rails.get(railKey(line.rail, to))?.at ?? 0, across);
  const { chain } = line;
  const levelOf = (/** @type {number} */ index) => levels[2 * (line.back ? to : from).row + index];
  const [top, bottom] = /** @type {[CellItem, CellItem]} */ ([chain[0], chain[chain.length - 1]]);
  const path = new Path(end(levelOf(0), top, 1), port(top, chain[1], "down"));
  path.straight(levelOf(0).to);
  for (let index = 1; index < chain.length - 1; index += 1) {
    const level = levelOf(index);
    const next = levelOf(index + 1);
    // A gap without labels is crossed in one sweep; else each line passes it at its own slot.
    if (level.gap && !level.thick) path.sweep(next.from, index === chain.length - 2 ? port(bottom, chain[index], "up") : chain[index + 1].at);
    else if (level.gap) {
      path.sweep(level.from + level.ease, chain[index].at);
      path.straight(level.to - level.foot);
      path.sweep(next.from, index === chain.length - 2 ? port(bottom, chain[index], "up") : chain[index + 1].at);
    } else path.straight(level.to);
  }
  path.straight(end(levelOf(chain.length - 1), bottom, -1));
  const labelled = chain.findIndex((item) => item.labelled);
  const level = levelOf(labelled);
  return {
    points: line.back ? path.points.reverse() : path.points,
    label: labelled < 0 ? null : labelSpot(line, chain[labelled].at, level.from + level.ease, level.thick, across),
  };
}

/** @param {CellItem} item @param {Item} other @param {"up"|"down"} side */
const port = (item, other, side) => ports(item, item[side]).get(other) ?? item.at;

/** The far (1) or near (-1) end of a cell along the way: cells stand in the middle of their row. @param {Level} level @param {CellItem} item @param {number} side */
function end(level, item, side) {
  return (level.from + level.to) / 2 + (side * item.cell.along) / 2;
}

/**
 * Where a label's middle left is, as [along, beside]: beside a line that runs down, above one that runs right.
 * @param {Line} line @param {number} at @param {number} from @param {number} room @param {boolean} across @returns {Point}
 */
function labelSpot(line, at, from, room, across) {
  return across ? [from + LABEL_GAP, at - 3 - line.labelHeight / 2] : [from + room / 2, at + LABEL_GAP];
}

/** The curve of a line on a rail, which runs at `side`. @param {Line} line @param {Item[]} chain @param {Level[]} levels @param {number} side @param {boolean} across @returns {Curve} */
function rail(line, chain, levels, side, across) {
  const { from, to } = line;
  const [source, slot] = /** @type {[CellItem, Slot]} */ (chain);
  const gap = levels[2 * from.row + 1];
  const row = levels[2 * to.row];
  const low = trackAt(gap, `leaves ${to.node.id}`);
  const high = to.row ? trackAt(levels[2 * to.row - 1], `arrives ${to.node.id}`) : row.from - 12;
  const finish = ends(to.at)[line.rail === "right" ? 1 : 0];
  const begin = port(source, slot, "down");
  const path = new Path(end(levels[2 * from.row], source, 1), begin);
  path.straight(levels[2 * from.row].to);
  path.sweep(gap.from + gap.ease, slot.at);
  path.angled([
    [low, slot.at],
    [low, side],
    [high, side],
    [high, finish],
    [end(row, to.at, -1), finish],
  ]);
  return { points: path.points, label: slot.labelled ? labelSpot(line, slot.at, gap.from + gap.ease, gap.thick, across) : null };
}

/** From a cell to itself. @param {Line} line @param {Level[]} levels @param {boolean} across @returns {Curve} */
function loop({ from: cell, labelWidth, labelHeight }, levels, across) {
  const { from, to } = levels[2 * cell.row];
  const [u, v] = [(from + to) / 2, cell.at.at + cell.beside / 2];
  const [wide, far] = [across ? 16 : 9, across ? 26 : 30];
  /** @type {Point|null} */
  const label = labelWidth ? (across ? [u - labelWidth / 2 + LABEL_GAP, v + 24 + labelHeight / 2] : [u, v + 27 + LABEL_GAP]) : null;
  return {
    points: [
      [u + wide, v],
      [u + wide + 4, v + far],
      [u - wide - 4, v + far],
      [u - wide, v],
    ],
    label,
  };
}

/** Between two cells of one row: straight from side to side. @param {Line} line @param {Level[]} levels @returns {Curve} */
function beside({ from, to }, levels) {
  const { from: a, to: b } = levels[2 * from.row];
  const u = (a + b) / 2;
  const sign = from.at.at < to.at.at ? 1 : -1;
  const [v0, v1] = [from.at.at + (sign * from.beside) / 2, to.at.at - (sign * to.beside) / 2];
  return {
    points: [
      [u, v0],
      [u, v0 + (v1 - v0) / 3],
      [u, v0 + ((v1 - v0) * 2) / 3],
      [u, v1],
    ],
    label: null,
  };
}

/** A chain of cubic curves in the making, as [along, beside] points. */
class Path {
  /** Begin at a place. @param {number} u @param {number} v */
  constructor(u, v) {
    /** @type {Point[]} */
    this.points = [[u, v]];
  }

  get last() {
    return this.points[this.points.length - 1];
  }

  /** @param {number} u */
  straight(u) {
    const [u0, v] = this.last;
    if (u - u0 > 0.5) this.points.push([u0 + (u - u0) / 3, v], [u0 + ((u - u0) * 2) / 3, v], [u, v]);
  }

  /** Cross to another place, leaving and arriving along the way. @param {number} u @param {number} v */
  sweep(u, v) {
    const [u0, v0] = this.last;
    if (Math.abs(v - v0) < 0.5) {
      this.straight(u);
      this.last[1] = v;
      return;
    }
    const bend = (u - u0) / 2;
    this.points.push([u0 + bend, v0], [u - bend, v], [u, v]);
  }

  /** Along right-angled lines, their corners rounded. @param {Point[]} corners */
  angled(corners) {
    const line = [this.last, ...corners];
    for (let index = 1; index < line.length - 1; index += 1) {
      const [before, corner, after] = line.slice(index - 1, index + 2);
      const [a, b] = [towards(corner, before), towards(corner, after)];
      this.points.push(this.last, a, a, corner, corner, b);
    }
    const stop = line[line.length - 1];
    this.points.push(this.last, stop, stop);
  }
}

/** A corner's beginning, on the way to another place. @param {Point} corner @param {Point} other @returns {Point} */
function towards(corner, other) {
  const [du, dv] = [other[0] - corner[0], other[1] - corner[1]];
  const length = Math.abs(du) + Math.abs(dv);
  const step = length ? Math.min(CORNER, length / 2) / length : 0;
  return [corner[0] + du * step, corner[1] + dv * step];
}

/**
 * Turn [along, beside] into x and y, everything from the machine's own corner.
 * @param {Cell[]} cells @param {Line[]} lines @param {number} length @param {boolean} across
 */
function frame(cells, lines, length, across) {
  const far = (/** @type {Line} */ line) => (line.curve.label ? line.curve.label[1] + (across ? line.labelHeight / 2 : line.labelWidth) : -Infinity);
  const reaches = [
    ...cells.flatMap(({ at }) => [at.at - at.before, at.at + at.cell.beside / 2]),
    ...lines.flatMap(({ curve: { points } }) => points.map(([, v]) => v)),
  ];
  const low = Math.min(...reaches, ...lines.map((line) => (line.curve.label && across ? line.curve.label[1] - line.labelHeight / 2 : Infinity)));
  const high = Math.max(...reaches, ...lines.map(far));
  const labels = lines.map(({ curve: { label }, labelWidth }) => (label && across ? label[0] + labelWidth : 0));
  const full = Math.max(length, ...labels);
  const turn = (/** @type {Point} */ [u, v]) => /** @type {Point} */ (across ? [u, v - low] : [v - low, u]);
  for (const cell of cells) {
    const { at } = cell;
    const [x, y] = turn([cell.middle - cell.along / 2, at.at - cell.beside / 2]);
    Object.assign(cell, { x, y });
  }
  const edges = lines.map(({ edge, curve: { points, label } }) => ({ ...edge, points: points.map(turn), label_at: label ? turn(label) : null }));
  const span = high - low;
  return across ? { w: full, h: span, edges } : { w: span, h: full, edges };
}
