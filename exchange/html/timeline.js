// SPDX-License-Identifier: Apache-2.0
// The timeline: a lane for each listening socket and each thread, drawn on a canvas for the stretch of time that is
// in view. Times are nanoseconds of the trace.
'use strict';

const LABELS_PX = 236, LANE_PX = 26, AXIS_PX = 26, LEAST_SPAN_NS = 200;

// Asked of the style sheet once for each drawing: thousands of boxes share them.
const colors = new Map();

function color(name) {
  if (!colors.has(name)) colors.set(name, getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim());
  return colors.get(name);
}

function durationText(ns) {
  const units = [['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1]];
  const [unit, size] = units.find(([, size]) => Math.abs(ns) >= size) || units[3];
  const value = ns / size;
  return (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '')) + ' ' + unit;
}

function timeText(ns) {
  return '+' + (ns / 1e9).toFixed(6) + ' s';
}

// Lanes in the order in which they are drawn: of each process its listening sockets, then its threads.
function makeLanes(data) {
  const lanes = [], byThread = new Map(), byListener = new Map();
  const processes = data.report.processes.map(p => p.pid);
  const pids = [...new Set([...processes, ...data.calls.map(c => c.pid)])];
  for (const pid of pids) {
    for (const row of data.report.listeners.filter(l => l.pid === pid)) {
      const lane = {listener: row, title: `fd ${row.fd}  ${row.address}`, note: `listens, process ${pid}`, items: [], bursts: []};
      byListener.set(`${pid} ${row.fd}`, lane);
      lanes.push(lane);
    }
    const tids = new Set(data.bursts.filter(b => b.pid === pid).map(b => b.tid));
    for (const call of data.calls) if (call.pid === pid) tids.add(call.tid);
    for (const tid of [...tids].sort((a, b) => a - b)) {
      const name = data.names[tid] || '';
      const lane = {title: `${name} ${tid}`.trim(), note: tid === pid ? 'process' : `thread of ${pid}`, items: [], bursts: []};
      byThread.set(tid, lane);
      lanes.push(lane);
    }
  }
  for (const call of data.calls) {
    byThread.get(call.tid)?.items.push(call);
    if (call.on !== undefined) byListener.get(`${call.pid} ${call.on}`)?.items.push(call);
  }
  for (const burst of data.bursts) byThread.get(burst.tid)?.bursts.push(burst);
  for (const lane of lanes) lane.items.sort((a, b) => a.t - b.t);
  return lanes;
}

// The first index whose item begins at `t` or later.
function firstFrom(items, t) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].t < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

class Timeline {
  constructor(data, onSelect) {
    this.data = data;
    this.lanes = makeLanes(data);
    this.onSelect = onSelect;
    this.canvas = document.getElementById('canvas');
    const to = data.bursts.reduce((last, burst) => Math.max(last, burst.t + burst.dur), data.shown.to);
    this.whole = {from: data.shown.from, to: Math.max(to, data.shown.from + LEAST_SPAN_NS)};
    this.view = {...this.whole};
    this.longest = this.lanes.map(lane => lane.items.reduce((most, item) => Math.max(most, item.dur), 0));
    this.selected = null;
    this.width = 1;
    this.listen();
    new ResizeObserver(() => this.draw()).observe(document.getElementById('scroller'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.draw();
  }

  get span() { return this.view.to - this.view.from; }
  x(t) { return LABELS_PX + (t - this.view.from) / this.span * this.width; }
  time(x) { return this.view.from + (x - LABELS_PX) / this.width * this.span; }

  zoom(factor, at = (this.view.from + this.view.to) / 2) {
    const whole = this.whole.to - this.whole.from;
    const span = Math.min(whole, Math.max(LEAST_SPAN_NS, this.span * factor));
    const share = (at - this.view.from) / this.span;
    this.show(at - share * span, span);
  }
  show(from, span) {
    span = Math.min(span, this.whole.to - this.whole.from);
    from = Math.min(Math.max(from, this.whole.from), this.whole.to - span);
    this.view = {from, to: from + span};
    this.draw();
  }
  fit() { this.show(this.whole.from, this.whole.to - this.whole.from); }
  reveal(item) {
    this.selected = item;
    const span = Math.max(item.dur * 1.6, LEAST_SPAN_NS * 10);
    this.show(item.t - (span - item.dur) / 2, span);
  }

  draw() {
    colors.clear();
    const ratio = window.devicePixelRatio || 1, width = document.getElementById('scroller').clientWidth;
    this.width = Math.max(1, width - LABELS_PX);  // asking the document for each box would be slow
    const height = AXIS_PX + this.lanes.length * LANE_PX + 6;
    this.canvas.style.width = width + 'px';
    this.canvas.style.height = height + 'px';
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const g = this.canvas.getContext('2d');
    g.scale(ratio, ratio);
    g.font = '12px system-ui, "DejaVu Sans", sans-serif';
    this.drawAxis(g, height);
    this.lanes.forEach((lane, index) => this.drawLane(g, lane, index));
    this.drawLeftOut(g, height);
    document.getElementById('range').textContent =
      `${timeText(this.view.from)} to ${timeText(this.view.to)} (${durationText(this.span)})`;
  }

  drawAxis(g, height) {
    const steps = [1, 2, 5], rough = this.span / Math.max(1, this.width / 130);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(1, steps.map(s => s * power).find(s => s >= rough) || 10 * power);
    g.fillStyle = color('soft');
    g.strokeStyle = color('line');
    g.beginPath();
    for (let t = Math.ceil(this.view.from / step) * step; t <= this.view.to; t += step) {
      const x = Math.round(this.x(t)) + 0.5;
      g.moveTo(x, AXIS_PX - 6);
      g.lineTo(x, height);
      const unit = step >= 1e6 ? [1e6, 'ms', Math.max(0, -Math.floor(Math.log10(step / 1e6)))] : [1e3, 'µs', step < 1e3 ? 1 : 0];
      g.fillText(`${(t / unit[0]).toFixed(Math.min(unit[2], 3))} ${unit[1]}`, x + 4, AXIS_PX - 10);
    }
    g.stroke();
  }

  drawLane(g, lane, index) {
    const top = AXIS_PX + index * LANE_PX;
    g.fillStyle = color('line');
    g.fillRect(LABELS_PX, top + LANE_PX / 2, this.width, 1);
    const from = firstFrom(lane.items, this.view.from - this.longest[index]);
    this.drawWaits(g, lane, from, top);
    this.drawBursts(g, lane.bursts, top);
    let lastX = -1;
    for (let i = from; i < lane.items.length && lane.items[i].t <= this.view.to; ++i) {
      const item = lane.items[i], x = this.x(item.t), end = this.x(item.t + item.dur);
      if (end < LABELS_PX || (end <= lastX && item !== this.selected)) continue;
      lastX = this.drawItem(g, lane, item, Math.max(x, LABELS_PX), end, top);
    }
    g.fillStyle = color('card');
    g.fillRect(0, top, LABELS_PX, LANE_PX);
    g.fillStyle = lane.listener ? color('accept') : color('ink');
    g.fillText(lane.title.slice(0, 32), 12, top + 12);
    g.fillStyle = color('soft');
    g.font = '10px system-ui, "DejaVu Sans", sans-serif';
    g.fillText(lane.note, 12, top + 23);
    g.font = '12px system-ui, "DejaVu Sans", sans-serif';
  }

  // Wakeups may go on after the last call that the page holds.
  drawLeftOut(g, height) {
    const x = Math.max(this.x(this.data.shown.to), LABELS_PX), end = LABELS_PX + this.width;
    if (this.data.shown.to >= this.whole.to || x >= end) return;
    g.fillStyle = color('left-out');
    g.fillRect(x, AXIS_PX, end - x, height - AXIS_PX);
    g.fillStyle = color('soft');
    if (end - x > 210) g.fillText('calls from here on are not on this page', x + 8, AXIS_PX + 16);
  }

  // Below the bursts: a wait within one found something at once.
  drawWaits(g, lane, from, top) {
    g.fillStyle = color('wait');
    for (let i = from; i < lane.items.length && lane.items[i].t <= this.view.to; ++i) {
      const item = lane.items[i];
      if (item.kind !== 'wait' || item.dur / this.span * this.width < 1) continue;
      const x = Math.max(this.x(item.t), LABELS_PX), end = this.x(item.t + item.dur);
      if (end > x) g.fillRect(x, top + 3, end - x, LANE_PX - 6);
    }
  }

  // Of those that fall on the same point only one is drawn, but a long one always.
  drawBursts(g, bursts, top) {
    let lastX = -1;
    for (const burst of bursts) {
      const end = this.x(burst.t + burst.dur);
      if (end <= lastX && burst !== this.selected) continue;
      this.drawBurst(g, burst, top);
      lastX = Math.max(lastX, Math.ceil(end));
    }
  }

  drawBurst(g, burst, top) {
    const x = Math.max(this.x(burst.t), LABELS_PX), end = this.x(burst.t + burst.dur);
    if (end < LABELS_PX || burst.t > this.view.to) return;
    g.fillStyle = color(burst.dur >= 1e7 ? 'burst-slow' : 'burst');
    g.fillRect(x, top + 3, Math.max(1, end - x), LANE_PX - 6);
    if (burst === this.selected) this.outline(g, x, end, top);
  }

  drawItem(g, lane, item, x, end, top) {
    const width = Math.max(1.5, end - x);
    if (item.kind === 'wait') {
      if (item === this.selected) this.outline(g, x, end, top);
      return x;
    }
    g.fillStyle = color(item.failed ? 'failed' : item.kind);
    if (lane.listener) {
      g.beginPath();
      g.arc(x, top + LANE_PX / 2, 4, 0, 7);
      g.fill();
    } else {
      g.fillRect(x, top + 7, width, LANE_PX - 14);
    }
    if (width > 60) {
      g.save();
      g.beginPath();
      g.rect(x, top, width, LANE_PX);
      g.clip();
      g.fillStyle = color('paper');
      g.fillText(item.text.slice(0, 80), x + 4, top + 17);
      g.restore();
    }
    if (item === this.selected) this.outline(g, x, end, top);
    return x + width;
  }

  outline(g, x, end, top) {
    g.strokeStyle = color('select');
    g.lineWidth = 2;
    g.strokeRect(x - 1, top + 2, Math.max(3, end - x + 2), LANE_PX - 4);
    g.lineWidth = 1;
  }

  // What lies under the mouse: the shortest call there, else the burst.
  at(x, y) {
    const index = Math.floor((y - AXIS_PX) / LANE_PX), lane = this.lanes[index];
    if (!lane || x < LABELS_PX) return null;
    const t = this.time(x), near = 4 / this.width * this.span;
    let best = null;
    for (let i = firstFrom(lane.items, t - this.longest[index] - near); i < lane.items.length; ++i) {
      const item = lane.items[i];
      if (item.t > t + near) break;
      if (item.t + item.dur < t - near || item.kind === 'wait') continue;
      if (!best || item.dur < best.dur) best = item;
    }
    if (best) return best;
    const covers = item => item.t <= t && t <= item.t + item.dur;
    return lane.bursts.find(covers) || lane.items.find(item => item.kind === 'wait' && covers(item)) || null;
  }

  listen() {
    const canvas = this.canvas, tip = document.getElementById('tip');
    let dragged = null, moved = false;
    canvas.addEventListener('wheel', event => {
      event.preventDefault();
      if (event.shiftKey) this.show(this.view.from + event.deltaY / 500 * this.span, this.span);
      else this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.time(Math.max(event.offsetX, LABELS_PX)));
    }, {passive: false});
    canvas.addEventListener('pointerdown', event => {
      dragged = {x: event.offsetX, from: this.view.from};
      moved = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', event => {
      if (dragged) {
        moved = moved || Math.abs(event.offsetX - dragged.x) > 3;
        this.show(dragged.from - (event.offsetX - dragged.x) / this.width * this.span, this.span);
      }
      const item = dragged ? null : this.at(event.offsetX, event.offsetY);
      tip.hidden = !item;
      if (!item) return;
      tip.textContent = `${timeText(item.t)}  ${durationText(item.dur)}  ${item.text}`;
      tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 10) + 'px';
      tip.style.top = event.clientY + 16 + 'px';
    });
    canvas.addEventListener('pointerup', event => {
      dragged = null;
      if (moved) return;
      this.selected = this.at(event.offsetX, event.offsetY);
      this.onSelect(this.selected);
      this.draw();
    });
    canvas.addEventListener('pointerleave', () => { tip.hidden = true; });
    canvas.addEventListener('dblclick', () => this.fit());
    addEventListener('keydown', event => {
      if (event.target.tagName === 'INPUT' || event.ctrlKey || event.metaKey || event.altKey) return;
      const keys = {
        w: () => this.zoom(0.7), s: () => this.zoom(1.4), a: () => this.show(this.view.from - this.span / 5, this.span),
        d: () => this.show(this.view.from + this.span / 5, this.span), 0: () => this.fit(),
      };
      keys[event.key.toLowerCase()]?.();
    });
    document.getElementById('zoom-in').onclick = () => this.zoom(0.5);
    document.getElementById('zoom-out').onclick = () => this.zoom(2);
    document.getElementById('fit').onclick = () => this.fit();
  }
}
