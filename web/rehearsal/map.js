// Where viewers are at the moment, and what part of them stalls: a dot for each region.
'use strict';

// Plate carrée without the poles: 84 N to 56 S.
const kMapWidth = 1000, kMapTop = 80, kMapHeight = 1000 * 136 / 360;
const mapX = (lon) => (lon + 180) / 360 * kMapWidth;
const mapY = (lat) => (kMapTop - lat) / 136 * kMapHeight;

function stallColour(stalled) {
  if (stalled < 0.001) return 'var(--s0)';
  return stalled < 0.02 ? 'var(--warn)' : 'var(--bad)';
}

function mapPanel(evening) {
  const regions = evening.regions.filter((r) => r.at && highest(r.playing) >= 1)
    .sort((a, b) => highest(b.playing) - highest(a.playing));
  const most = highest(regions.map((r) => highest(r.playing)));
  const radius = (viewers) => 26 * Math.sqrt(viewers / Math.max(1, most));
  const lines = [];
  for (let lon = -180; lon <= 180; lon += 30) lines.push(svg('line', {x1: mapX(lon), x2: mapX(lon), y1: 0, y2: kMapHeight, stroke: 'var(--grid)'}));
  for (let lat = -50; lat <= 80; lat += 30) lines.push(svg('line', {x1: 0, x2: kMapWidth, y1: mapY(lat), y2: mapY(lat), stroke: 'var(--grid)'}));
  const land = world.map(([code, name, lat, lon]) => svg('text', {x: mapX(lon), y: mapY(lat) + 3, 'text-anchor': 'middle',
    style: 'font-size:8.5px;opacity:.55'}, code, svg('title', {}, name)));
  const dots = regions.map((region) => {
    const dot = svg('circle', {cx: mapX(region.at[1]), cy: mapY(region.at[0]), 'fill-opacity': 0.62, stroke: 'var(--panel)'});
    dot.addEventListener('pointermove', (event) => {
      const i = moment.index, playing = region.playing[i];
      showTip(event, `${region.name} at ${clock(times[i])}\n${count(playing)} viewers, stalled: ${
        part(playing > 0 ? region.stalled[i] / playing : 0)}`);
    });
    dot.addEventListener('pointerleave', hideTip);
    return dot;
  });
  moment.watch((i) => regions.forEach((region, r) => {
    const playing = region.playing[i];
    dots[r].setAttribute('r', Math.max(playing >= 1 ? 2 : 0, radius(playing)).toFixed(1));
    dots[r].setAttribute('fill', stallColour(playing > 0 ? region.stalled[i] / playing : 0));
  }));
  const swatch = (colour, text) => el('span', {}, el('i', {style: `background:${colour}`}), text);
  return panel('Viewers by region', 'Size: viewers at the moment chosen above; letters mark countries.',
    el('div', {class: 'scale'}, swatch('var(--s0)', 'nobody stalls'), swatch('var(--warn)', 'up to 2 % stall'), swatch('var(--bad)', 'more')),
    svg('svg', {viewBox: `0 0 ${kMapWidth} ${kMapHeight}`, role: 'img', 'aria-label': 'map of viewers'}, ...lines, ...land, ...dots));
}
