// Targets by time, the fullest first: one pixel a sample, stretched by the browser.
'use strict';

// Blue deepens up to the watermark, amber above it, red above 100 %. Over any background.
function heatColour(u, watermark) {
  if (u > 1) return [Math.max(120, 214 - Math.round((u - 1) * 180)), 30, 38, 255];
  if (u > watermark + 0.01) return [235, 150, 30, 255];
  return [31, 111, 178, Math.round(225 * Math.pow(Math.max(0, u) / watermark, 1.7))];
}

function heatCanvas(targets) {
  const canvas = el('canvas', {width: times.length, height: targets.length});
  const context = canvas.getContext('2d');
  const image = context.createImageData(times.length, targets.length);
  targets.forEach((target, row) => {
    for (let i = 0; i < times.length; i++)
      image.data.set(heatColour(target.utilisation[i], target.watermark), 4 * (row * times.length + i));
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

function heatScale() {
  const box = (u, text) => el('span', {}, el('i', {style: `background: rgba(${heatColour(u, 0.85).map(
    (v, i) => i === 3 ? v / 255 : v).join(',')})`}), text);
  return el('div', {class: 'scale'}, box(0.15, 'nearly empty'), box(0.5, 'half the watermark'), box(0.84, 'at the watermark'),
    box(0.95, 'above its watermark'), box(1.05, 'above 100 %'), box(1.5, '150 % and more'));
}

function timeAxis() {
  const node = svg('svg', {viewBox: '0 0 900 18', height: 18});
  onResize(node, () => {
    const width = Math.max(200, node.clientWidth);
    node.setAttribute('viewBox', `0 0 ${width} 18`);
    node.replaceChildren(...timeTicks(width).map((t) => {
      const x = fractionOf(t) * width;
      return svg('text', {x, y: 13, 'text-anchor': x < 20 ? 'start' : x > width - 20 ? 'end' : 'middle'}, clock(t).slice(0, -3));
    }));
  });
  return node;
}

function heatMap(targets, rowHeight) {
  const canvas = heatCanvas(targets);
  canvas.style.height = `${rowHeight * targets.length + 2}px`;
  const now = el('div', {class: 'now'});
  const column = (kind, text) => el('div', {class: kind}, ...targets.map((target) =>
    el('div', {style: `height:${rowHeight}px;line-height:${rowHeight}px`, title: text(target)}, text(target))));
  const find = (event) => {
    const box = canvas.getBoundingClientRect();
    return {
      index: indexAt(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))),
      target: targets[Math.max(0, Math.min(targets.length - 1, Math.floor((event.clientY - box.top - 1) / rowHeight)))],
    };
  };
  canvas.addEventListener('pointermove', (event) => {
    const {index, target} = find(event);
    moment.set(index);
    const price = target.price_ms && target.price_ms.length ? target.price_ms[index] : undefined;
    showTip(event, `${target.name} at ${clock(times[index])}\n${percent(target.utilisation[index])} of ${
      bandwidth(target.capacity_mbps)}, watermark ${percent(target.watermark)}` +
      (price > 0 ? `\nprice ${price} ms` : price === null ? '\nclosed' : ''));
  });
  canvas.addEventListener('pointerleave', hideTip);
  moment.watch((index) => { now.style.left = `${100 * (index + 0.5) / times.length}%`; });
  return el('div', {class: 'heat'}, column('names', (t) => t.name), el('div', {class: 'area'}, canvas, now),
    column('peaks', (t) => percent(t.peak)), el('div', {class: 'axis'}, timeAxis()));
}

function heatPanel(evening) {
  const shown = 40, all = evening.targets;
  const holder = el('div', {});
  const fill = (targets) => holder.replaceChildren(heatMap(targets, targets.length > 60 ? 13 : 18));
  fill(all.slice(0, shown));
  const more = all.length <= shown ? null : el('button', {onclick: () => { fill(all); more.remove(); }},
    `show the other ${all.length - shown} targets, less full`);
  const section = panel('How full every target was', `Each row is a target, the fullest first, with its peak on the right; ` +
    `each cell is the highest of ${data.every_s} s. A target is as full as the fullest link it stands on.`, heatScale(), holder, more);
  section.classList.add('long');
  return section;
}
