// Where viewers are at the moment, and what part of them stalls: a dot for each region.
'use strict';

// Plate carrée without the poles: 84 N to 56 S.
const kMapWidth = 1000, kMapTop = 80, kMapHeight = 1000 * 136 / 360;
const mapX = (lon) => (lon + 180) / 360 * kMapWidth;
const mapY = (lat) => (kMapTop - lat) / 136 * kMapHeight;

// Coasts, by hand and rough: longitude, latitude. Enough to see which continent a dot is on.
const kCoasts = [
  [-168,66, -156,71, -128,70, -115,68, -95,72, -82,68, -94,60, -93,57, -82,55, -79,52, -77,62, -65,59, -56,52, -66,50, -60,46, -70,43,
    -74,40, -76,35, -81,31, -80,25, -84,30, -94,29, -97,26, -97,20, -91,18, -87,21, -88,16, -83,15, -83,10, -77,8, -80,8, -86,12, -94,16,
    -105,20, -112,29, -110,24, -117,33, -124,40, -124,48, -135,58, -152,59, -165,55, -158,60],
  [-77,8, -72,12, -62,10, -52,5, -50,0, -35,-6, -39,-15, -41,-22, -48,-27, -54,-34, -58,-38, -65,-43, -68,-52, -72,-54, -75,-48, -73,-38,
    -70,-20, -76,-14, -81,-6, -80,1],
  [-6,35, 10,37, 11,33, 20,31, 32,31, 36,23, 43,12, 51,12, 47,4, 40,-4, 40,-15, 35,-20, 33,-27, 27,-34, 18,-34, 12,-17, 14,-9, 9,0, 9,4,
    -8,4, -17,14, -16,22, -10,30],
  [-9,43, -9,37, -5,36, 0,39, 4,43, 9,44, 16,38, 13,45, 19,42, 23,36, 26,40, 36,36, 34,31, 39,21, 44,13, 59,22, 51,26, 48,30, 57,26, 67,25,
    73,19, 77,8, 80,14, 90,22, 98,16, 103,1, 100,13, 105,9, 109,12, 106,20, 117,23, 122,30, 119,37, 126,34, 129,41, 140,48, 142,54, 137,54,
    156,51, 162,58, 180,65, 180,69, 140,73, 105,77, 70,73, 67,68, 44,68, 40,66, 30,70, 13,66, 5,61, 8,58, 16,57, 18,62, 24,66, 22,61, 29,60,
    20,55, 10,54, 8,57, 8,54, 3,51, -4,48, -1,46, -2,43],
  [114,-22, 122,-18, 131,-12, 136,-12, 140,-17, 142,-11, 146,-19, 153,-26, 150,-37, 144,-39, 138,-34, 129,-32, 116,-35],
  [-55,60, -43,60, -22,70, -18,80, -60,82, -70,77, -55,70],
  [-5,50, 1,51, 0,53, -3,58, -6,57, -3,54], [-10,52, -6,52, -6,55, -8,55], [-24,65, -14,65, -16,66, -22,66],
  [130,31, 140,35, 142,40, 145,44, 141,45, 140,39, 133,35], [95,5, 106,-6, 104,-2, 98,4], [109,1, 117,7, 119,1, 115,-4, 110,-3],
  [106,-6, 114,-7, 114,-8, 106,-7], [131,-1, 141,-3, 150,-10, 139,-8, 133,-4], [120,18, 124,13, 126,7, 122,7, 120,14], [119,1, 125,1, 121,-3, 120,-5],
  [44,-24, 47,-25, 50,-15, 48,-13, 44,-17], [173,-35, 178,-38, 174,-41, 170,-46, 167,-46, 173,-41], [-85,22, -75,20, -77,21], [-74,20, -69,19, -73,18],
];

function coasts() {
  return kCoasts.map((ring) => {
    let path = '';
    for (let i = 0; i < ring.length; i += 2) path += `${i ? 'L' : 'M'}${mapX(ring[i]).toFixed(1)} ${mapY(ring[i + 1]).toFixed(1)}`;
    return svg('path', {d: `${path}Z`, fill: 'var(--grid)', stroke: 'var(--line)', 'stroke-linejoin': 'round'});
  });
}

function stallColour(stalled) {
  if (stalled < 0.001) return 'var(--s0)';
  return stalled < 0.02 ? 'var(--warn)' : 'var(--bad)';
}

function mapPanel(evening) {
  const regions = evening.regions.filter((r) => r.at && highest(r.playing) >= 1)
    .sort((a, b) => highest(b.playing) - highest(a.playing));
  const most = highest(regions.map((r) => highest(r.playing)));
  const radius = (viewers) => 26 * Math.sqrt(viewers / Math.max(1, most));
  const countries = world.map(([code, name, lat, lon]) => svg('circle', {cx: mapX(lon), cy: mapY(lat), r: 1.3, fill: 'var(--soft)', opacity: 0.5},
    svg('title', {}, name)));
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
  const labels = regions.slice(0, 12).map((region) => svg('text', {x: mapX(region.at[1]), y: mapY(region.at[0]) + 4, 'text-anchor': 'middle',
    style: 'fill:var(--ink);font-size:10.5px;pointer-events:none'}, region.name));
  moment.watch((i) => regions.forEach((region, r) => {
    const playing = region.playing[i];
    dots[r].setAttribute('r', Math.max(playing >= 1 ? 2 : 0, radius(playing)).toFixed(1));
    dots[r].setAttribute('fill', stallColour(playing > 0 ? region.stalled[i] / playing : 0));
  }));
  const swatch = (colour, text) => el('span', {}, el('i', {style: `background:${colour}`}), text);
  return panel('Viewers by region', 'Size: viewers at the moment chosen above; hover for figures. Coasts are rough, small dots are countries.',
    el('div', {class: 'scale'}, swatch('var(--s0)', 'nobody stalls'), swatch('var(--warn)', 'up to 2 % stall'), swatch('var(--bad)', 'more')),
    svg('svg', {viewBox: `0 0 ${kMapWidth} ${kMapHeight}`, role: 'img', 'aria-label': 'map of viewers'}, ...coasts(), ...countries, ...dots, ...labels));
}
