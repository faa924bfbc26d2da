// SPDX-License-Identifier: Apache-2.0
// The tables of the page. All text of the trace goes through textContent: nothing of it is ever markup.
'use strict';

const MOST_WAKEUPS_SHOWN = 500;

function make(tag, text = '', classes = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  if (classes) element.className = classes;
  return element;
}

function count(number) {
  return number.toLocaleString('en').replaceAll(',', ' ');
}

function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

// heads: [name, class]; rows: lists of cells, texts or elements.
function table(heads, rows, onClick) {
  const whole = make('table'), head = whole.createTHead().insertRow(), body = whole.createTBody();
  for (const [name, classes] of heads) head.append(make('th', name, classes));
  rows.forEach((cells, index) => {
    const row = body.insertRow();
    cells.forEach((cell, column) => {
      const element = make('td', '', heads[column][1]);
      element.append(cell ?? '');
      row.append(element);
    });
    if (onClick) {
      row.className = 'link';
      row.onclick = () => onClick(index);
    }
  });
  return whole;
}

function registrationText(r) {
  const words = {
    epoll_ctl: () => `epoll ${r.epfd}: epoll_ctl ADD, ${(r.events || []).join('|')}, data ${r.data}`,
    io_uring_epoll_ctl: () => `epoll ${r.epfd}, through io_uring`,
    io_uring: () => `io_uring: ${r.op || 'ACCEPT'} armed on it`,
    blocking_accept: () => 'a thread waits in accept',
  };
  const how = words[r.how] ? words[r.how]() : `in a ${r.how} set`;
  return `${how}, ${r.origin === 'trace' ? 'at ' + timeText(r.t) : 'before the recording began'}`;
}

function showListeners(report) {
  const place = document.getElementById('listeners');
  if (!report.listeners.length) return place.append(make('p', 'No listening socket is in this trace.', 'note'));
  const rows = report.listeners.map(row => {
    const how = make('div');
    for (const r of row.registrations) how.append(make('div', registrationText(r)));
    if (!row.registrations.length) how.append(make('span', 'not registered', 'note'));
    return [`fd ${row.fd}`, row.address, String(row.pid), row.backlog, how, row.accepts ?? 'not recorded',
      row.wakeups ?? 'not recorded'];
  });
  place.append(table([['Descriptor', 'mono'], ['Address', 'mono'], ['Process', 'number'], ['Backlog', 'number'],
    ['Registered'], ['Accepted', 'number'], ['Wakeups', 'number']], rows));
}

function showLoops(report) {
  const place = document.getElementById('loops');
  if (!report.loops.length) return place.append(make('p', 'No thread waited in a loop.', 'note'));
  const rows = report.loops.map(loop => {
    const causes = Object.entries(loop.wakeups || {}).sort((a, b) => b[1] - a[1]);
    const busy = loop.busy_ns || {};
    return [`${loop.comm || ''} ${loop.tid}`.trim(), loop.wait + (loop.epfd != null ? ` ${loop.epfd}` : ''),
      loop.iterations ?? '', causes.map(([cause, count]) => `${cause} ${count}`).join(', '),
      busy.p50 != null ? durationText(busy.p50) : '', busy.p99 != null ? durationText(busy.p99) : '',
      busy.max != null ? durationText(busy.max) : ''];
  });
  place.append(table([['Thread'], ['Waits in'], ['Returns', 'number'], ['Woken by'], ['Busy p50', 'number'],
    ['p99', 'number'], ['max', 'number']], rows));
}

function showFindings(report) {
  const place = document.getElementById('findings');
  if (!report.findings.length) place.append(make('p', 'Nothing was found to be wrong.', 'note'));
  for (const finding of report.findings) {
    const card = make('div', '', `card finding ${finding.severity === 'warning' ? 'warning' : ''}`);
    card.append(make('b', finding.kind), document.createTextNode(finding.text));
    if (finding.advice) card.append(make('p', finding.advice));
    place.append(card);
  }
}

function showWakeups(data, timeline) {
  const place = document.getElementById('wakeups'), filter = document.getElementById('filter');
  const scrolled = make('div', '', 'scrolled');
  place.append(scrolled);
  const fill = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = data.bursts.filter(b => words.every(word => b.search.includes(word)));
    const rows = found.slice(0, MOST_WAKEUPS_SHOWN)
      .map(b => [timeText(b.t), String(b.tid), b.cause, durationText(b.dur), b.did]);
    scrolled.replaceChildren(table([['At', 'number'], ['Thread', 'number'], ['Woken by', 'cause'], ['Took', 'number'], ['What it did']],
      rows, index => {
        timeline.reveal(found[index]);
        showDetails(data, found[index]);
        document.getElementById('timeline').scrollIntoView({behavior: 'smooth'});
      }));
    document.getElementById('matching').textContent =
      plural(found.length, 'wakeup') + (found.length > MOST_WAKEUPS_SHOWN ? `, the first ${MOST_WAKEUPS_SHOWN} shown` : '');
  };
  filter.oninput = fill;
  fill();
}

function showDetails(data, item) {
  const place = document.getElementById('details');
  place.hidden = !item;
  if (!item) return;
  place.replaceChildren(make('b', `${timeText(item.t)}, ${durationText(item.dur)}, thread ${item.tid}, record ${item.id}`),
    make('p', item.text, 'mono'));
  if (item.cause === undefined) return;
  const inside = data.calls.filter(c => c.tid === item.tid && c.t >= item.t && c.t < item.t + item.dur);
  const rows = inside.slice(0, 200).map(c => [timeText(c.t), durationText(c.dur), c.text]);
  place.append(table([['At', 'number'], ['Took', 'number'], ['Call', 'mono']], rows));
}

function showHead(data) {
  const h = data.header;
  const what = [plural(data.shown.of, 'call')];
  if (h.kernel) what.push(`Linux ${h.kernel}`);
  if (h.started) what.push(`from ${h.started}`);
  if (h.command.length) what.push(h.command.join(' '));
  document.getElementById('what').textContent = what.join('  ·  ');
  const s = data.shown, all = s.calls === s.of;
  document.getElementById('shown').textContent = `This page holds ${all ? 'all of them' : 'the first ' + plural(s.calls, 'call')}, ` +
    `${timeText(s.from)} to ${timeText(s.to)}, in ${(data.bytes / 1e6).toFixed(1)} MB. ` +
    (data.report.complete ? 'Nothing was lost.' : 'The trace is not complete.');
  const missing = [];
  if (!all) missing.push(`${plural(s.of - s.calls, 'call')} after ${timeText(s.to)}, until ${timeText(s.until)}`);
  if (s.bursts < s.bursts_of) missing.push(`${plural(s.bursts_of - s.bursts, 'wakeup')} of ${count(s.bursts_of)}`);
  const left = document.getElementById('left');
  left.hidden = !missing.length;
  if (missing.length) {
    left.append(make('b', 'Left out'), document.createTextNode(` here: ${missing.join('; ')}. The other tables tell of all. ` +
      'What follows: '), make('code', `loopscope export --to html --from ${(s.to / 1e9).toFixed(6)}s`),
      document.createTextNode('; more on one page: '), make('code', `--limit ${Math.min(s.of, 1000000)}`));
  }
  document.title = `loopscope: ${data.report.listeners.map(l => l.address).join(', ') || h.command.join(' ')}`;
}

function prepare(data) {
  const [ids, times, durations, pids, tids, kinds, failed, on, texts] = data.columns;
  data.calls = ids.map((id, i) => ({
    id, t: times[i], dur: durations[i], pid: pids[i], tid: tids[i], kind: data.kinds[kinds[i]], failed: !!failed[i],
    on: on[i] < 0 ? undefined : on[i], text: texts[i],
  }));
  for (const burst of data.bursts) {
    burst.text = `woken by ${burst.cause}; ${burst.did}`;
    burst.search = `${burst.cause} ${burst.did} ${burst.tid}`.toLowerCase();
  }
}

const data = JSON.parse(document.getElementById('data').textContent);
prepare(data);
showHead(data);
showListeners(data.report);
const timeline = new Timeline(data, item => showDetails(data, item));
showFindings(data.report);
showLoops(data.report);
showWakeups(data, timeline);
