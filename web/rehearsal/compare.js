// Several evenings side by side: a table, then the same two plots for each, on the same scales.
'use strict';

const kOutcomeClass = {'held': 'held', 'held but for faults': 'excused', 'not held': 'not-held'};

function compareTable(evenings) {
  const limit = evenings.find((e) => e.steering === 'clairvoyant');
  const beyond = (key, digits) => (e) => limit === undefined ? e.result[key].toFixed(digits)
    : e === limit ? `${e.result[key].toFixed(digits)}` : `${e.result[key] >= limit.result[key] ? '+' : '−'}${
      Math.abs(e.result[key] - limit.result[key]).toFixed(digits)}`;
  const columns = [
    ['viewing time above 100 %', (e) => part(e.result.over_100), (e) => e.result.over_100],
    ['above 95 %', (e) => part(e.result.over_95), (e) => e.result.over_95],
    ['peak', (e) => percent(e.result.peak), (e) => e.result.peak],
    ['stalled', (e) => part(e.result.stalled), (e) => e.result.stalled],
    ['waited', (e) => part(e.result.refused), (e) => e.result.refused],
    [limit ? 'round trip ms, beyond the limit' : 'round trip ms', beyond('rtt_ms', 1), (e) => e.result.rtt_ms],
    [limit ? 'price, beyond the limit' : 'price', beyond('price', 3), (e) => e.result.price],
    ['moves per viewer-hour', (e) => e.result.moved_per_hour.toFixed(2), null],
    ['recovered after', (e) => e.result.recovered_s > 0 ? span(e.result.recovered_s) : '-', null],
  ];
  const real = evenings.filter((e) => e !== limit);
  const row = (e) => el('tr', {}, el('td', {}, e.label), el('td', {class: 'word'}, el('span', {class: `badge ${kOutcomeClass[e.verdict.outcome]}`}, e.verdict.outcome)),
    ...columns.map(([, text, value]) => {
      const best = value && real.length > 1 && e !== limit && value(e) <= Math.min(...real.map(value)) &&
        value(e) < Math.max(...real.map(value));
      return el('td', {class: best ? 'best' : ''}, text(e));
    }));
  return el('section', {}, el('h2', {}, 'Compared'), el('p', {class: 'note'},
    limit ? 'The clairvoyant is the limit: it knows every session, capacity and the audience to come. Bold: the best of the others.' : 'Bold: the best.'),
    el('div', {class: 'wide'}, el('table', {}, el('thead', {}, el('tr', {}, el('th', {}, ''), el('th', {class: 'word'}, 'verdict'),
      ...columns.map(([name]) => el('th', {}, name)))), el('tbody', {}, ...evenings.map(row)))));
}

function compareTiles(evenings) {
  const most = highest(evenings.map((e) => highest(e.series.overloaded)));
  const fullest = (e) => times.map((_, i) => highest(e.targets.map((t) => t.utilisation[i])));
  const lines = evenings.map(fullest);
  const max = Math.min(3, roomAbove(highest(lines.map(highest)), 1.1));
  return el('div', {class: 'pair'}, ...evenings.map((e, n) => el('section', {},
    el('h2', {}, e.label, ' ', el('span', {class: `badge ${kOutcomeClass[e.verdict.outcome]}`, style: 'font-size:11px'}, e.verdict.outcome)),
    el('p', {class: 'note'}, e.verdict.reasons[0]),
    heatMap(e.targets.slice(0, 12), 14),
    lineChart({label: 'the fullest target', format: percent, max, height: 120, events: e.events,
      marks: [{value: 1, text: '100 %', colour: 'var(--bad)'}], series: [{name: 'fullest target', values: lines[n], colour: lineColour(0)}]}),
    lineChart({label: 'overloaded viewers', format: count, max: roomAbove(most, 10), height: 110, events: e.events,
      series: [{name: 'viewers on targets above 100 %', values: e.series.overloaded, colour: 'var(--bad)', area: true}]}))));
}
