'use strict';
const models = JSON.parse(document.getElementById('data').textContent);
const state = { layer: 0, head: 0, token: null, method: 'integrated_gradients', colour: 'entropy' };
const redraws = [];

function element(name, attributes = {}, ...children) {
  const made = ['svg', 'line', 'text'].includes(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const digits = value => Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : value.toFixed(3);
const percent = p => `${(100 * p).toFixed(1)} %`;
const redraw = () => redraws.forEach(draw => draw());

// Attention comes as bytes, 255 for 1: a map of n tokens is n rows of n.
function unpack(model) {
  const bytes = Uint8Array.from(atob(model.attention), c => c.charCodeAt(0)), n = model.tokens.length;
  model.map = (layer, head) => bytes.subarray((layer * model.heads + head) * n * n, (layer * model.heads + head + 1) * n * n);
}

function tokensPart(model) {
  const values = () => model.attribution?.[state.method] ?? model.tokens.map(() => 0);
  const list = element('div', { class: 'tokens' });
  const buttons = model.tokens.map((token, i) => {
    const button = element('button', { class: 'token', type: 'button' }, token.text);
    button.addEventListener('click', () => { state.token = state.token === i ? null : i; redraw(); });
    return button;
  });
  list.append(...buttons);
  const body = element('tbody'), sums = element('p', { class: 'hint' });
  redraws.push(() => {
    const shares = values(), most = Math.max(1e-9, ...shares.map(Math.abs));
    buttons.forEach((button, i) => {
      button.style.background = model.attribution ? `rgba(var(${shares[i] >= 0 ? '--for' : '--against'}), ${(0.55 * Math.abs(shares[i]) / most).toFixed(3)})` : '';
      button.setAttribute('aria-pressed', state.token === i);
    });
    body.replaceChildren(...model.tokens.map((token, i) => element('tr', {}, element('td', { class: 'n' }, String(i)), element('th', { scope: 'row' }, token.text),
      element('td', { class: 'n' }, token.start < 0 ? '–' : `${token.start}–${token.end}`), element('td', { class: 'n' }, String(token.segment)),
      element('td', { class: 'n' }, model.attribution ? digits(shares[i]) : '–'))));
    if (model.attribution) {
      const a = model.attribution, sum = shares.reduce((x, y) => x + y, 0);
      sums.textContent = state.method === 'integrated_gradients'
        ? `logit ${digits(a.logit)}, of a text of [PAD] ${digits(a.baseline_logit)}: the tokens share out ${digits(sum)} of the difference ${digits(a.logit - a.baseline_logit)}; ${digits(a.residual)} is left over.`
        : `logit ${digits(a.logit)}. Gradient times input sums to nothing in particular (${digits(sum)}).`;
    }
  });
  const parts = [element('h3', {}, 'Tokens')];
  if (model.attribution) {
    const methods = element('fieldset', {}, element('legend', {}, `what “${model.attribution.target}” rests on`));
    for (const [value, name] of [['integrated_gradients', 'integrated gradients'], ['gradient_times_input', 'gradient × input']]) {
      const radio = element('input', { type: 'radio', name: `method-${models.indexOf(model)}`, value });
      redraws.push(() => { radio.checked = state.method === value; });
      radio.addEventListener('change', () => { state.method = value; redraw(); });
      methods.append(element('label', {}, radio, name));
    }
    parts.push(methods, element('p', { class: 'hint' }, 'Blue speaks for the answer, orange against it. A token that is chosen shows where it looks, below.'));
  }
  parts.push(list, sums, element('details', {}, element('summary', {}, 'as a table'), element('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Tokens' },
    element('table', {}, element('thead', {}, element('tr', {}, ...['', 'token', 'place', 'segment', 'share'].map(name => element('th', { scope: 'col' }, name)))), body))));
  return parts;
}

function layersPart(model) {
  if (model.layers.length === 0) return [];
  const rows = model.layers.map(layer => element('tr', {}, element('th', { scope: 'row' }, layer.layer === 0 ? 'embeddings' : `layer ${layer.layer}`),
    ...layer.answers.slice(0, 3).map(answer => element('td', {}, element('span', { class: 'bar', style: `width:${Math.max(0, 4 * Math.min(1, answer.probability)).toFixed(2)}rem` }), `${answer.text} ${percent(answer.probability)}`))));
  return [element('h3', {}, 'What each layer would answer'), element('p', { class: 'hint' }, 'The head, given the layer’s output instead of the last one’s.'),
    element('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Answers by layer' }, element('table', {}, element('tbody', {}, ...rows)))];
}

function attentionPart(model) {
  const n = model.tokens.length, grid = element('div', { class: 'heads', style: `grid-template-columns: repeat(${model.heads + 1}, auto)`, role: 'group', 'aria-label': 'Heads by layer' });
  const buttons = [];
  for (let layer = 0; layer < model.depth; layer++) {
    grid.append(element('span', { class: 'hint' }, `${layer + 1}`));
    for (let head = 0; head < model.heads; head++) {
      const button = element('button', { type: 'button' });
      button.addEventListener('click', () => { state.layer = layer; state.head = head; redraw(); });
      button.addEventListener('keydown', e => {
        const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
        const to = move && buttons.find(b => b.layer === layer + move[0] && b.head === head + move[1]);
        if (to) { e.preventDefault(); to.button.focus(); to.button.click(); }
      });
      buttons.push({ button, layer, head });
      grid.append(button);
    }
  }
  const colours = element('fieldset', {}, element('legend', {}, 'heads by'));
  for (const [value, name] of [['entropy', 'entropy: how many tokens it looks at'], ['distance', 'distance: how far it looks']]) {
    const radio = element('input', { type: 'radio', name: `colour-${models.indexOf(model)}`, value });
    redraws.push(() => { radio.checked = state.colour === value; });
    radio.addEventListener('change', () => { state.colour = value; redraw(); });
    colours.append(element('label', {}, radio, name));
  }
  const canvas = element('canvas', { width: n, height: n, role: 'img', tabindex: '0' }), lines = element('svg', { role: 'img' }), readout = element('p', { class: 'readout', 'aria-live': 'polite' });
  canvas.addEventListener('keydown', e => {
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[e.key];
    if (!step) return;
    e.preventDefault();
    state.token = Math.min(n - 1, Math.max(0, (state.token ?? (step > 0 ? -1 : n)) + step));
    redraw();
  });
  canvas.addEventListener('click', e => { state.token = Math.min(n - 1, Math.floor(e.offsetY / canvas.clientHeight * n)); redraw(); });
  redraws.push(() => {
    const layer = Math.min(state.layer, model.depth - 1), head = Math.min(state.head, model.heads - 1), map = model.map(layer, head);
    const figures = model.figures.map(f => f[state.colour]), most = Math.max(1e-9, ...figures);
    for (const { button, layer: l, head: h } of buttons) {
      const figure = model.figures[l * model.heads + h];
      button.style.background = `rgba(var(--ink), ${(0.5 * figure[state.colour] / most).toFixed(3)})`;
      button.textContent = String(h + 1);
      button.setAttribute('aria-pressed', l === layer && h === head);
      button.setAttribute('aria-label', `layer ${l + 1}, head ${h + 1}: entropy ${digits(figure.entropy)}, distance ${digits(figure.distance)}`);
    }
    const ink = getComputedStyle(document.documentElement).getPropertyValue('--ink').split(',').map(Number), context = canvas.getContext('2d'), image = context.createImageData(n, n);
    for (let i = 0; i < n * n; i++) {
      image.data.set(ink, 4 * i);
      image.data[4 * i + 3] = state.token === null || Math.floor(i / n) === state.token ? map[i] : map[i] / 4;
    }
    context.putImageData(image, 0, 0);
    drawLines(lines, model, map);
    const figure = model.figures[layer * model.heads + head], name = `layer ${layer + 1}, head ${head + 1}`;
    canvas.setAttribute('aria-label', `${name}: rows look at columns. Arrow keys choose a row.`);
    lines.setAttribute('aria-label', `${name}: lines from each token to those it looks at`);
    const looks = state.token === null ? '' : ` ${model.tokens[state.token].text} (${state.token}) looks at ` + [...map.subarray(state.token * n, (state.token + 1) * n)]
      .map((p, j) => [p / 255, j]).sort((a, b) => b[0] - a[0]).slice(0, 5).filter(([p]) => p > 0).map(([p, j]) => `${model.tokens[j].text} (${j}) ${percent(p)}`).join(', ');
    readout.textContent = `${name}: entropy ${digits(figure.entropy)}, distance ${digits(figure.distance)}.${looks}`;
  });
  return [element('h3', {}, 'Attention'), colours, element('p', { class: 'hint' }, 'A row for each layer, a button for each head.'), element('div', { class: 'scroll' }, grid), readout,
    element('p', { class: 'hint' }, 'As a matrix: a row for each token, strong where it looks.'), canvas,
    element('details', {}, element('summary', {}, 'as lines'), lines)];
}

function drawLines(svg, model, map) {
  const n = model.tokens.length, step = 16, parts = [];
  svg.setAttribute('viewBox', `0 0 400 ${n * step + 8}`);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const p = map[i * n + j] / 255;
      if (p < 0.04 || (state.token !== null && state.token !== i)) continue;
      parts.push(element('line', { x1: 130, x2: 270, y1: i * step + 10, y2: j * step + 10, 'stroke-opacity': p.toFixed(2), 'stroke-width': 1 + 2 * p }));
    }
    parts.push(element('text', { x: 125, y: i * step + 14, 'text-anchor': 'end' }, model.tokens[i].text), element('text', { x: 275, y: i * step + 14 }, model.tokens[i].text));
  }
  svg.replaceChildren(...parts);
}

for (const model of models) {
  unpack(model);
  const answer = model.layers.length > 0 ? model.layers[model.layers.length - 1].answers[0] : null;
  document.getElementById('panels').append(element('section', { 'aria-label': model.model }, element('h2', {}, model.model),
    element('p', { class: 'hint' }, `${model.task}; ${model.depth} layers of ${model.heads} heads.${answer ? ` Its answer: ${answer.text}, ${percent(answer.probability)}.` : ''}`),
    ...tokensPart(model), ...layersPart(model), ...attentionPart(model)));
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
redraw();
