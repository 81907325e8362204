// What every part of the page uses: elements, numbers as people read them, the moment looked at.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const world = JSON.parse(document.getElementById('world').textContent);
const times = data.evenings[0].series.t_s;

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}
const el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

const two = (n) => String(n).padStart(2, '0');
const clock = (s) => `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
const span = (s) => s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min ${two(s % 60)} s`
  : `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
function count(n) {
  const size = Math.abs(n);
  if (size < 10) return String(Math.round(n * 10) / 10);
  if (size < 1e4) return String(Math.round(n));
  return size < 1e6 ? `${Math.round(n / 1e3)} k` : `${(n / 1e6).toFixed(size < 1e8 ? 1 : 0)} M`;
}
const percent = (x) => `${Math.round(x * 100)} %`;
// A part of all viewing time.
function part(x) {
  if (!(x > 0)) return 'none';
  if (x < 1e-4) return '< 0.01 %';
  return `${(x * 100).toFixed(x < 0.1 ? 2 : 1)} %`;
}
const highest = (values) => values.reduce((most, v) => v > most ? v : most, 0);
function bandwidth(mbps) {
  return mbps >= 1e6 ? `${+(mbps / 1e6).toPrecision(3)} Tbps` : `${+(mbps / 1e3).toPrecision(3)} Gbps`;
}

// The sample that all charts point at.
const moment = {
  index: 0,
  listeners: [],
  set(index) {
    this.index = Math.max(0, Math.min(times.length - 1, index));
    for (const listener of this.listeners) listener(this.index);
  },
  watch(listener) {
    this.listeners.push(listener);
    listener(this.index);
  },
};
const indexAt = (fraction) => Math.round(fraction * (times.length - 1));
// The sample that holds what happened at `seconds`: each tells of the time up to it.
function sampleOf(seconds) {
  const index = times.findIndex((t) => t >= seconds);
  return index < 0 ? times.length - 1 : index;
}
const fractionOf = (seconds) => (seconds - times[0]) / Math.max(1, times[times.length - 1] - times[0]);

const tip = document.getElementById('tip');
function showTip(event, text) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - box.width - 8)}px`;
  tip.style.top = `${Math.min(event.clientY + 14, innerHeight - box.height - 8)}px`;
}
const hideTip = () => { tip.hidden = true; };

// In the next frame: what is drawn may change the size that is observed.
const onResize = (node, draw) => new ResizeObserver(() => requestAnimationFrame(draw)).observe(node);

// Round steps for an axis of time.
function timeTicks(width) {
  const first = times[0], last = times[times.length - 1], most = Math.max(2, Math.floor(width / 90));
  const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const step = steps.find((s) => (last - first) / s <= most) || 28800;
  const ticks = [];
  for (let t = Math.ceil(first / step) * step; t <= last; t += step) ticks.push(t);
  return ticks;
}
function valueTicks(max) {
  const rough = max / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const ticks = [];
  for (let v = 0; v <= max * 1.0001; v += step) ticks.push(v);
  return ticks;
}
function panel(title, note, ...children) {
  return el('section', {}, el('h2', {}, title), note ? el('p', {class: 'note'}, note) : null, ...children);
}
