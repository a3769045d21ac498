'use strict';
// What is shown is in the address, so that a reload or a bookmark shows the same.

const $ = id => document.getElementById(id);
const standard = ['loss', 'mlm_loss', 'nsp_loss', 'perplexity', 'accuracy', 'f1', 'exact_match', 'lr', 'grad_norm', 'tokens_per_s'];
const splits = ['train', 'valid', 'test'];
const state = { runs: [], hidden: new Set(), metrics: null, smoothing: 0, log: false };
const charts = new Map(); // metric -> { curves, cursor, figure }

function element(name, attributes = {}, ...children) {
  const isSvg = ['svg', 'path', 'line', 'text', 'circle'].includes(name);
  const made = isSvg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const shown = () => state.runs.filter(run => !state.hidden.has(run.id));
const colorOf = id => `var(--c${state.runs.findIndex(run => run.id === id) % 8})`;
const digits = value => value === null || value === undefined ? '–'
  : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(Number(value.toPrecision(5)));

function remember() {
  const query = new URLSearchParams();
  for (const id of state.hidden) query.append('hide', id);
  for (const metric of state.metrics ?? []) query.append('figure', metric);
  if (state.smoothing > 0) query.set('smoothing', state.smoothing);
  if (state.log) query.set('log', '1');
  history.replaceState(null, '', '#' + query);
}

function recall() {
  const query = new URLSearchParams(location.hash.slice(1));
  state.hidden = new Set(query.getAll('hide'));
  state.metrics = query.has('figure') ? new Set(query.getAll('figure')) : null;
  state.smoothing = Math.min(0.99, Math.max(0, Number(query.get('smoothing')) || 0));
  state.log = query.get('log') === '1';
  $('smoothing').value = state.smoothing;
  $('smoothing-value').value = state.smoothing;
  $('log').checked = state.log;
}

async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// ---- the list of runs

function showRuns() {
  const focused = document.activeElement?.dataset?.run;
  const rows = state.runs.map(run => {
    const box = element('input', { type: 'checkbox', 'aria-label': `show ${run.id}`, 'data-run': run.id });
    box.checked = !state.hidden.has(run.id);
    box.addEventListener('change', () => {
      if (box.checked) state.hidden.delete(run.id); else state.hidden.add(run.id);
      remember();
      refresh(false);
    });
    const note = run.problem ?? (run.bad_lines > 0 ? `${run.bad_lines} lines of its metrics cannot be read` : null);
    const name = element('th', { scope: 'row' }, element('span', { class: 'swatch', style: `border-color:${colorOf(run.id)}` }), run.id);
    if (note) name.append(element('div', { class: 'problem' }, note));
    const report = element('td');
    if (run.report) report.append(element('a', { href: `report?run=${encodeURIComponent(run.id)}`, 'aria-label': `report of ${run.id}` }, 'report'));
    return element('tr', {}, element('td', {}, box), name, element('td', { class: run.status }, run.status),
      element('td', {}, [run.architecture, run.options.method, run.device].filter(Boolean).join(', ')),
      element('td', { class: 'n' }, String(run.step)), element('td', { class: 'n' }, digits(run.epoch)),
      element('td', { class: 'n' }, digits(run.latest['train/loss'])), report);
  });
  $('runs').tBodies[0].replaceChildren(...rows);
  $('none').hidden = rows.length > 0;
  if (focused) document.querySelector(`input[data-run="${CSS.escape(focused)}"]`)?.focus();
}

// ---- curves

function showMetrics() {
  const known = new Set(shown().flatMap(run => Object.keys(run.latest).filter(name => run.latest[name] !== null).map(name => name.slice(name.indexOf('/') + 1))));
  const names = [...standard.filter(name => known.has(name)), ...[...known].filter(name => !standard.includes(name)).sort()];
  const chosen = state.metrics ?? new Set(names.filter(name => standard.includes(name)));
  if ([...$('metrics').querySelectorAll('input')].map(box => box.value).join() !== names.join()) {
    $('metrics').replaceChildren(...names.map(name => element('label', {}, element('input', { type: 'checkbox', value: name }), name)));
  }
  for (const box of $('metrics').querySelectorAll('input')) box.checked = chosen.has(box.value);
  return names.filter(name => chosen.has(name));
}

async function showCharts() {
  const names = showMetrics(), runs = shown();
  for (const [name, chart] of charts) if (!names.includes(name)) { chart.figure.remove(); charts.delete(name); }
  const query = runs.map(run => `&run=${encodeURIComponent(run.id)}`).join('');
  await Promise.all(names.map(async name => {
    const curves = await get(`api/curves?points=600&metric=${encodeURIComponent(name)}${query}`);
    if (!charts.has(name)) charts.set(name, makeChart(name));
    charts.get(name).curves = Object.entries(curves).flatMap(([run, bySplit]) =>
      splits.filter(split => bySplit[split]?.length).map(split => ({ run, split, points: bySplit[split] })));
  }));
  for (const name of names) {
    if (charts.has(name)) { $('charts').append(charts.get(name).figure); draw(charts.get(name)); }
  }
}

function makeChart(name) {
  const svg = element('svg', { role: 'img', tabindex: '0', 'aria-label': `${name}: nothing yet` });
  const readout = element('p', { class: 'readout', 'aria-live': 'polite' });
  const figure = element('figure', {}, element('figcaption', {}, name), svg, readout);
  const chart = { name, svg, readout, figure, curves: [], cursor: null };
  svg.addEventListener('pointermove', e => {
    if (!chart.scale) return;
    chart.cursor = nearest(chart, chart.scale.stepAt(e.clientX - svg.getBoundingClientRect().left));
    draw(chart);
  });
  svg.addEventListener('pointerleave', () => { chart.cursor = null; draw(chart); });
  svg.addEventListener('keydown', e => {
    const steps = stepsOf(chart), at = steps.indexOf(chart.cursor);
    const to = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(steps.length - 1, at + 1), Home: 0, End: steps.length - 1 }[e.key];
    if (to === undefined || steps.length === 0) return;
    e.preventDefault();
    chart.cursor = steps[to];
    draw(chart);
  });
  return chart;
}

const stepsOf = chart => [...new Set(chart.curves.flatMap(curve => curve.points.map(point => point[1])))].sort((a, b) => a - b);

function nearest(chart, step) {
  let best = null;
  for (const known of stepsOf(chart)) if (best === null || Math.abs(known - step) < Math.abs(best - step)) best = known;
  return best;
}

// Exponential moving average, its beginning corrected as Adam's moments are.
function smooth(points) {
  if (state.smoothing === 0) return points;
  let sum = 0, weight = 0;
  return points.map(point => {
    sum = state.smoothing * sum + (1 - state.smoothing) * point[2];
    weight = state.smoothing * weight + (1 - state.smoothing);
    return [point[0], point[1], sum / weight, sum / weight, sum / weight];
  });
}

function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw);
  const made = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) made.push(i * step);
  return made;
}

function scaleOf(curves, width, height) {
  const box = { left: 56, right: width - 12, top: 10, bottom: height - 24 };
  const isLog = state.log && curves.every(curve => curve.points.every(point => point[3] > 0));
  const to = isLog ? Math.log10 : value => value, back = isLog ? value => 10 ** value : value => value;
  let [first, last, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { points } of curves) for (const point of points) {
    first = Math.min(first, point[0]); last = Math.max(last, point[1]);
    low = Math.min(low, to(point[3])); high = Math.max(high, to(point[4]));
  }
  if (!(high > low)) { const margin = Math.abs(low) * 0.1 || 1; low -= margin; high += margin; }
  if (!(last > first)) last = first + 1;
  return {
    box, low, high, first, last, back,
    x: step => box.left + (step - first) / (last - first) * (box.right - box.left),
    y: value => box.bottom - (to(value) - low) / (high - low) * (box.bottom - box.top),
    stepAt: x => first + (x - box.left) / (box.right - box.left) * (last - first),
  };
}

function draw(chart) {
  const width = chart.svg.clientWidth || 400, height = chart.svg.clientHeight || 220;
  const curves = chart.curves.map(curve => ({ ...curve, points: smooth(curve.points) }));
  chart.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  if (curves.length === 0) { chart.svg.replaceChildren(); chart.readout.textContent = ''; return; }
  const scale = chart.scale = scaleOf(curves, width, height), { box } = scale, parts = [];
  for (const tick of ticks(scale.low, scale.high, 5)) {
    const y = box.bottom - (tick - scale.low) / (scale.high - scale.low) * (box.bottom - box.top);
    parts.push(element('line', { class: 'grid', x1: box.left, x2: box.right, y1: y, y2: y }),
      element('text', { x: box.left - 6, y: y + 4, 'text-anchor': 'end' }, digits(scale.back(tick))));
  }
  for (const tick of ticks(scale.first, scale.last, Math.max(2, Math.floor(width / 110))))
    parts.push(element('text', { x: scale.x(tick), y: height - 6, 'text-anchor': 'middle' }, digits(tick)));
  for (const { run, split, points } of curves) {
    const line = points.map(point => `${scale.x(point[1]).toFixed(1)},${scale.y(point[2]).toFixed(1)}`).join('L');
    if (points.some(point => point[4] > point[3])) {
      const upper = points.map(point => `${scale.x(point[1]).toFixed(1)},${scale.y(point[4]).toFixed(1)}`);
      const lower = points.map(point => `${scale.x(point[1]).toFixed(1)},${scale.y(point[3]).toFixed(1)}`).reverse();
      parts.push(element('path', { class: 'band', style: `fill:${colorOf(run)}`, d: `M${[...upper, ...lower].join('L')}Z` }));
    }
    parts.push(element('path', { class: split, style: `stroke:${colorOf(run)}`, d: `M${line}` }));
    if (points.length <= 40 && split !== 'train')
      for (const point of points) parts.push(element('circle', { r: 2.5, cx: scale.x(point[1]), cy: scale.y(point[2]), style: `fill:${colorOf(run)}` }));
  }
  if (chart.cursor !== null) parts.push(element('line', { class: 'cursor', x1: scale.x(chart.cursor), x2: scale.x(chart.cursor), y1: box.top, y2: box.bottom }));
  chart.svg.replaceChildren(...parts);
  describe(chart, curves);
}

function describe(chart, curves) {
  const at = (points, step) => points.findLast(point => point[0] <= step);
  const values = curves.map(({ run, split, points }) => {
    const point = chart.cursor === null ? points[points.length - 1] : at(points, chart.cursor);
    return point ? `${run} ${split} ${digits(point[2])}` : null;
  }).filter(Boolean).join('; ');
  chart.svg.setAttribute('aria-label', `${chart.name} by step. ${chart.cursor === null ? 'Last' : `Step ${chart.cursor}`}: ${values}`);
  chart.readout.textContent = chart.cursor === null ? '' : `step ${chart.cursor}: ${values}`;
}

// ---- options and evaluations

function showOptions() {
  const runs = shown().filter(run => Object.keys(run.options).length > 0), names = [...new Set(runs.flatMap(run => Object.keys(run.options)))];
  const text = (run, name) => run.options[name] === undefined ? '–' : typeof run.options[name] === 'object' ? JSON.stringify(run.options[name]) : String(run.options[name]);
  const differing = runs.length < 2 ? [] : names.filter(name => new Set(runs.map(run => text(run, name))).size > 1);
  $('no-options').hidden = differing.length > 0;
  $('no-options').textContent = runs.length < 2 ? 'Show two runs or more to see how their options differ.' : 'The runs shown have the same options.';
  $('options').replaceChildren(...differing.length === 0 ? [] : [
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'option'), ...runs.map(run => element('th', { scope: 'col' }, run.id)))),
    element('tbody', {}, ...differing.map(name => element('tr', {}, element('th', { scope: 'row' }, name), ...runs.map(run => element('td', {}, text(run, name)))))),
  ]);
}

async function showEvaluations() {
  const open = new Set([...$('evaluations').querySelectorAll('details[open]')].map(d => d.dataset.run)), isFirst = $('evaluations').childElementCount === 0;
  const made = await Promise.all(shown().map(async (run, index) => {
    const rows = (await get(`api/evaluations?run=${encodeURIComponent(run.id)}`)).slice(-200).reverse();
    if (rows.length === 0) return null;
    const names = [...new Set(rows.flatMap(row => Object.keys(row.metrics)))];
    const table = element('table', {},
      element('thead', {}, element('tr', {}, ...['step', 'epoch', 'split', ...names].map(name => element('th', { scope: 'col', class: name === 'split' ? null : 'n' }, name)))),
      element('tbody', {}, ...rows.map(row => element('tr', {}, element('td', { class: 'n' }, String(row.step)), element('td', { class: 'n' }, digits(row.epoch)), element('td', {}, row.split),
        ...names.map(name => element('td', { class: 'n' }, digits(row.metrics[name])))))));
    const details = element('details', { 'data-run': run.id }, element('summary', {}, run.id),
      element('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Evaluations of ${run.id}` }, table));
    details.open = isFirst ? index === 0 : open.has(run.id);
    return details;
  }));
  $('evaluations').replaceChildren(...made.filter(Boolean));
}

// ---- what keeps it going

let isBusy = false, isStale = false;

async function refresh(fetchRuns = true) {
  if (isBusy) { isStale = true; return; }
  isBusy = true;
  try {
    if (fetchRuns) state.runs = await get('api/runs');
    showRuns();
    showOptions();
    await showCharts();
    await showEvaluations();
  } catch (error) {
    lost();
  } finally {
    isBusy = false;
    if (isStale) { isStale = false; refresh(); }
  }
}

function lost() {
  $('connection').textContent = 'the connection is lost; trying again';
  $('connection').className = 'lost';
}

function listen() {
  const events = new EventSource('api/events');
  events.addEventListener('open', () => { $('connection').textContent = 'live'; $('connection').className = ''; refresh(); });
  events.addEventListener('error', lost);
  events.addEventListener('change', () => refresh());
  events.addEventListener('system', e => {
    const use = JSON.parse(e.data), parts = [];
    if (use.cpu !== undefined) parts.push(`${use.processors} processors ${Math.round(100 * use.cpu)} % busy`);
    if (use.memory_total) parts.push(`memory ${(use.memory_used / 2 ** 30).toFixed(1)} of ${(use.memory_total / 2 ** 30).toFixed(1)} GiB`);
    $('system').textContent = parts.join(', ');
  });
}

$('smoothing').addEventListener('input', e => {
  state.smoothing = Number(e.target.value);
  $('smoothing-value').value = state.smoothing;
  remember();
  charts.forEach(draw);
});
$('log').addEventListener('change', e => { state.log = e.target.checked; remember(); charts.forEach(draw); });
$('metrics').addEventListener('change', () => {
  state.metrics = new Set([...$('metrics').querySelectorAll('input:checked')].map(box => box.value));
  remember();
  showCharts().catch(lost);
});
$('controls').addEventListener('submit', e => e.preventDefault());
new ResizeObserver(() => charts.forEach(draw)).observe($('charts'));
recall();
listen();
