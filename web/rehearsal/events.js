// What happened, along the axis of time and as a list that follows the moment.
'use strict';

const kKindColour = {fault: 'var(--warn)', overload: 'var(--bad)', steering: 'var(--accent)'};
const kKinds = ['fault', 'overload', 'steering'];

function eventStrip(events) {
  const node = svg('svg', {role: 'img', 'aria-label': 'events by time'});
  const draw = () => {
    const width = Math.max(280, node.clientWidth || 900), inner = width - kLeft - kRight;
    node.setAttribute('viewBox', `0 0 ${width} 64`);
    const rows = kKinds.map((kind, i) => svg('text', {x: kLeft - 6, y: 15 + 17 * i, 'text-anchor': 'end'}, kind));
    const ticks = events.map((event) => {
      const x = kLeft + inner * Math.max(0, Math.min(1, fractionOf(event.t_s))), y = 5 + 17 * kKinds.indexOf(event.kind);
      return svg('rect', {x: x - 1.5, y, width: 3, height: 12, fill: kKindColour[event.kind]},
        svg('title', {}, `${clock(event.t_s)} ${event.text}`));
    });
    const labels = timeTicks(inner).map((t) => svg('text', {x: kLeft + inner * fractionOf(t), y: 62, 'text-anchor': 'middle'}, clock(t).slice(0, -3)));
    node.replaceChildren(...rows, ...ticks, ...labels);
  };
  draw();
  onResize(node, draw);
  return node;
}

function eventPanel(evening) {
  const events = evening.events;
  if (!events.length) return panel('What happened', 'Nothing.');
  const items = events.map((event) => el('li', {onclick: () => moment.set(sampleOf(event.t_s))},
    el('time', {}, clock(event.t_s)), el('span', {class: `kind ${event.kind}`}, event.kind), el('span', {}, event.text)));
  const list = el('ol', {class: 'events'}, ...items);
  moment.watch((index) => {
    let last = -1;
    events.forEach((event, i) => { if (sampleOf(event.t_s) <= index) last = i; });
    items.forEach((item, i) => {
      item.classList.toggle('past', i < last);
      item.classList.toggle('now', i === last);
    });
    if (last >= 0) list.scrollTop = items[last].offsetTop - list.offsetTop - list.clientHeight / 2;
  });
  const section = panel('What happened', 'Fault: the scenario. Steering: what was done about it. Overload: a target asked for more than it has.',
    eventStrip(events), list);
  section.classList.add('long');
  return section;
}
