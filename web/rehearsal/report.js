// Puts the page together: one evening in full, or several compared.
'use strict';

function headline() {
  const only = data.evenings.length === 1 ? data.evenings[0] : null;
  const policies = [...new Set(data.evenings.map((e) => `${e.policy} (version ${e.policy_version})`))];
  const facts = [
    ['scenario', data.scenario], [policies.length > 1 ? 'policies' : 'policy', policies.join(', ')],
    only ? ['steering', only.steering] : null, ['begins', data.start.replace('T', ' ').replace('+00:00', ' UTC')],
    ['length', `${span(data.seconds)}; counted from ${clock(data.scored_from_s)}`],
    ['played with', `${data.places} networks, ${data.evenings[0].targets.length} targets, ${data.nodes} ${
      data.nodes === 1 ? 'node' : 'nodes'}, seed ${data.seed}`],
    ['demand', data.fits ? 'fits the capacity, says the scenario' : 'does not fit the capacity, says the scenario: someone is sacrificed'],
    ['repeat', el('code', {}, data.command)],
  ].filter((fact) => fact !== null);
  return el('header', {}, el('p', {class: 'soft'}, 'Spillway rehearsal'), el('h1', {}, data.title),
    only ? el('span', {class: `badge ${kOutcomeClass[only.verdict.outcome]}`}, only.verdict.outcome) : null,
    only ? el('ul', {class: 'reasons'}, ...only.verdict.reasons.map((reason) => el('li', {}, reason))) : null,
    el('dl', {class: 'facts'}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])));
}

function tiles(evening) {
  const r = evening.result;
  const tile = (value, text, tone) => el('div', {class: `tile ${tone || ''}`}, el('b', {}, value), el('span', {}, text));
  return el('div', {class: 'tiles'},
    tile(count(r.playing_peak), 'viewers at the peak'),
    tile(percent(r.peak), `the fullest, ${r.peak_target}, at ${clock(r.peak_at_s)}`, r.peak > 1 ? 'bad' : ''),
    tile(part(r.over_100), 'of viewing time above 100 %', r.over_100 > 0 ? 'bad' : ''),
    tile(part(r.over_95), 'of viewing time above 95 %', r.over_95 > 0 ? 'warn' : ''),
    tile(part(r.stalled), 'of viewing time stalled', r.stalled > 0.001 ? 'warn' : ''),
    tile(part(r.refused), 'of the time of those who came spent waiting', r.refused > 0.001 ? 'warn' : ''),
    tile(`${(r.bitrate * 100).toFixed(1)} %`, 'of the nominal bitrate allowed', r.bitrate < 0.99 ? 'warn' : ''),
    tile(part(r.gave_up), 'of sessions given up', r.gave_up > 0.01 ? 'warn' : ''),
    tile(r.moved_per_hour.toFixed(2), 'moves of a playing viewer in an hour'),
    tile(`${r.rtt_ms.toFixed(1)} ms`, 'mean round trip'),
    tile(r.price.toFixed(3), 'mean price of a unit carried'),
    r.recovered_s > 0 ? tile(span(r.recovered_s), 'from the fault until nothing was above 100 %', 'warn') : null);
}

function servicePanel(evening) {
  if (evening.services.length < 2 && evening.result.refused < 0.001 && evening.result.bitrate > 0.99) return null;
  return panel('Who was sacrificed', 'Services in the order of the policy. When demand does not fit, the last class gives way first.',
    el('div', {class: 'wide'}, el('table', {}, el('thead', {}, el('tr', {}, ...['service', 'class', 'peak', 'waited', 'bitrate allowed'].map((n) => el('th', {}, n)))),
      el('tbody', {}, ...evening.services.map((s) => el('tr', {}, el('td', {}, s.name), el('td', {}, s.class), el('td', {}, count(s.peak)),
        el('td', {class: s.refused > 0.001 ? 'warn' : ''}, part(s.refused)),
        el('td', {class: s.bitrate < 0.999 ? 'warn' : ''}, `${(s.bitrate * 100).toFixed(1)} %`)))))));
}

function timeBar() {
  const slider = el('input', {type: 'range', min: 0, max: times.length - 1, 'aria-label': 'moment of the evening',
    oninput: () => moment.set(Number(slider.value))});
  const at = el('output', {class: 'clock'}), says = el('output', {class: 'soft'});
  const evening = data.evenings[0], playing = totalOf(evening, 'playing');
  moment.watch((index) => {
    slider.value = index;
    at.textContent = clock(times[index]);
    if (data.evenings.length > 1) return;
    const full = evening.targets.reduce((most, t) => t.utilisation[index] > most.utilisation[index] ? t : most);
    says.textContent = `${count(playing[index])} viewers · fullest ${full.name} ${percent(full.utilisation[index])} · ` +
      `overloaded ${count(evening.series.overloaded[index])} · stalled ${count(evening.series.stalled[index])}`;
  });
  return el('section', {class: 'time'}, at, slider, says);
}

function start() {
  const evening = data.evenings[0];
  const parts = data.evenings.length === 1
    ? [headline(), tiles(evening), timeBar(), heatPanel(evening), fullestPanel(evening), viewerPanels(evening), eventPanel(evening),
      movePanels(evening), evening.regions.length ? mapPanel(evening) : null, servicePanel(evening)]
    : [headline(), compareTable(data.evenings), timeBar(), compareTiles(data.evenings)];
  document.getElementById('report').replaceChildren(...parts.filter((p) => p !== null));
  moment.set(data.evenings.length === 1 ? sampleOf(evening.result.peak_at_s) : indexAt(0.5));
  document.body.dataset.drawn = 'yes';
}
start();
