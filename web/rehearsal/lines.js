// Lines over time that share one moment: hover any, read all.
'use strict';

const kLeft = 52, kRight = 10, kTop = 8, kBottom = 20;

function pathOf(values, x, y) {
  let path = '', pen = false;
  values.forEach((value, i) => {
    if (value === null || value === undefined) { pen = false; return; }
    path += `${pen ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return path;
}

// series: {name, values, colour, area}; marks: {value, text, colour}.
function drawLines(node, chart, width, height) {
  const max = chart.max, inner = width - kLeft - kRight;
  const x = (i) => kLeft + inner * i / Math.max(1, times.length - 1);
  const y = (v) => kTop + (height - kTop - kBottom) * (1 - Math.min(v, max) / max);
  const parts = [];
  for (const v of valueTicks(max)) {
    parts.push(svg('line', {x1: kLeft, x2: width - kRight, y1: y(v), y2: y(v), stroke: 'var(--grid)'}),
      svg('text', {x: kLeft - 6, y: y(v) + 4, 'text-anchor': 'end'}, chart.format(v)));
  }
  for (const t of timeTicks(inner)) {
    const at = kLeft + inner * fractionOf(t);
    parts.push(svg('text', {x: at, y: height - 4, 'text-anchor': at < kLeft + 16 ? 'start' : at > width - 24 ? 'end' : 'middle'},
      clock(t).slice(0, -3)));
  }
  for (const event of chart.events || []) {
    if (event.kind !== 'fault') continue;
    const at = kLeft + inner * Math.max(0, Math.min(1, fractionOf(event.t_s)));
    parts.push(svg('line', {x1: at, x2: at, y1: kTop, y2: height - kBottom, stroke: 'var(--warn)', 'stroke-dasharray': '2 3'}));
  }
  for (const mark of chart.marks || []) {
    parts.push(svg('line', {x1: kLeft, x2: width - kRight, y1: y(mark.value), y2: y(mark.value), stroke: mark.colour, 'stroke-dasharray': '6 4'}),
      svg('text', {x: width - kRight - 2, y: y(mark.value) - 4, 'text-anchor': 'end', style: `fill:${mark.colour}`}, mark.text));
  }
  for (const line of chart.series) {
    const path = pathOf(line.values, x, y);
    if (line.area) parts.push(svg('path', {d: `${path}L${x(times.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`, fill: line.colour, opacity: 0.14}));
    parts.push(svg('path', {d: path, fill: 'none', stroke: line.colour, 'stroke-width': 1.6, 'stroke-linejoin': 'round'}));
  }
  const now = svg('line', {y1: kTop, y2: height - kBottom, stroke: 'var(--ink)', 'stroke-width': 1, opacity: 0.6});
  node.setAttribute('viewBox', `0 0 ${width} ${height}`);
  node.replaceChildren(...parts, now);
  node.place = (index) => { now.setAttribute('x1', x(index)); now.setAttribute('x2', x(index)); };
  node.place(moment.index);
}

function lineChart(chart) {
  const node = svg('svg', {role: 'img', 'aria-label': chart.label});
  const values = chart.series.map(() => el('b', {}));
  const legend = el('div', {class: 'legend'}, ...chart.series.map((line, i) =>
    el('span', {}, el('i', {style: `background:${line.colour}`}), line.name, values[i])));
  const height = chart.height || 190;
  drawLines(node, chart, 900, height);
  onResize(node, () => drawLines(node, chart, Math.max(280, node.clientWidth), height));
  node.addEventListener('pointermove', (event) => {
    const box = node.getBoundingClientRect(), inner = box.width - kLeft - kRight;
    moment.set(indexAt(Math.max(0, Math.min(1, (event.clientX - box.left - kLeft) / inner))));
  });
  moment.watch((index) => {
    node.place(index);
    chart.series.forEach((line, i) => {
      const value = line.values[index];
      values[i].textContent = value === null || value === undefined ? 'closed' : chart.format(value);
    });
  });
  return el('div', {}, chart.quiet ? null : legend, node);
}

const lineColour = (i) => `var(--s${i % 8})`;
const roomAbove = (max, least) => Math.max(least, max * 1.06);

function fullestPanel(evening) {
  const top = evening.targets.slice(0, 6);
  const marks = [...new Set(top.map((t) => t.watermark))].map(
    (value) => ({value, text: `watermark ${percent(value)}`, colour: 'var(--warn)'}));
  marks.push({value: 1, text: '100 %', colour: 'var(--bad)'});
  return panel('The fullest targets', `The highest of each ${data.every_s} s; dotted: a fault begins or ends.`, lineChart({
    label: 'utilisation of the fullest targets', format: percent, events: evening.events, marks, height: 250,
    max: roomAbove(highest(top.map((t) => t.peak)), 1.1),
    series: top.map((target, i) => ({name: target.name, values: target.utilisation, colour: lineColour(i)})),
  }));
}

function totalOf(evening, key) {
  return times.map((_, i) => evening.services.reduce((sum, s) => sum + s.series[key][i], 0));
}

function viewerPanels(evening) {
  const playing = totalOf(evening, 'playing'), waiting = totalOf(evening, 'waiting');
  const several = evening.services.length > 1;
  const audience = [{name: several ? 'all who play' : 'playing', values: playing, colour: lineColour(0), area: true}];
  if (several) {
    evening.services.forEach((s, i) => audience.push({name: s.name, values: s.series.playing, colour: lineColour(i + 1)}));
  }
  audience.push({name: 'waiting', values: waiting, colour: 'var(--warn)'});
  const suffering = [
    {name: 'on targets above 100 %', values: evening.series.overloaded, colour: 'var(--bad)', area: true},
    {name: 'stalled', values: evening.series.stalled, colour: lineColour(3)}];
  const most = highest(suffering.map((s) => highest(s.values)));
  return el('div', {class: 'pair'},
    panel('Viewers', null, lineChart({label: 'viewers', format: count, events: evening.events, series: audience,
      max: roomAbove(Math.max(highest(playing), highest(waiting)), 10)})),
    panel('Viewers who suffer', null, lineChart({label: 'viewers overloaded and stalled', format: count, events: evening.events,
      series: suffering, max: roomAbove(most, 10)})));
}

function movePanels(evening) {
  const capped = evening.services.filter((s) => s.series.bitrate.some((b) => b < 0.999));
  const panels = [panel('Moves', 'Viewers moved while they play, each second.', lineChart({label: 'moves per second', format: count,
    events: evening.events, max: roomAbove(highest(evening.series.moved_per_s), 1),
    series: [{name: 'moves/s', values: evening.series.moved_per_s, colour: lineColour(0), area: true}]}))];
  const priced = evening.targets.filter((t) => (t.price_ms || []).some((p) => p === null || p > 0.05))
    .sort((a, b) => highest(b.price_ms) - highest(a.price_ms)).slice(0, 6);
  if (priced.length) {
    panels.push(panel('Prices of room', 'The detour, in ms of round trip, that a place on a full target is worth. Gaps: closed.',
      lineChart({label: 'prices', format: (v) => `${Math.round(v)} ms`, events: evening.events,
        max: roomAbove(highest(priced.map((t) => highest(t.price_ms))), 1),
        series: priced.map((t, i) => ({name: t.name, values: t.price_ms, colour: lineColour(i)}))})));
  }
  if (capped.length) {
    panels.push(panel('Bitrate allowed', 'Part of the nominal bitrate that players are told to stay under.', lineChart({label: 'bitrate',
      format: percent, events: evening.events, max: 1.05,
      series: capped.map((s, i) => ({name: s.name, values: s.series.bitrate, colour: lineColour(i)}))})));
  }
  panels.push(panel('Round trip', 'Mean over all who play, load included.', lineChart({label: 'round trip', format: (v) => `${Math.round(v)} ms`,
    events: evening.events, max: roomAbove(highest(evening.series.rtt_ms), 10),
    series: [{name: 'mean', values: evening.series.rtt_ms, colour: lineColour(2)}]})));
  return el('div', {class: 'pair'}, ...panels);
}
