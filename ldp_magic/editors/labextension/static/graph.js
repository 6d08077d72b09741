// Pictures of pipelines, drawn in the page: in its colours, and one can ask what lies up- and downstream.
const SVG = 'http://www.w3.org/2000/svg';
const START = 'data:image/svg+xml;base64,';
// all that our pictures hold; a picture of somebody else's loses the rest
const ELEMENTS = new Set(['svg', 'g', 'rect', 'path', 'text', 'tspan', 'title']);
const ATTRIBUTES = new Set(['class', 'd', 'x', 'y', 'rx', 'width', 'height', 'viewBox', 'text-anchor', 'stroke-dasharray', 'data-node', 'data-edge']);

export function graphs(root) {
  for (const image of root.querySelectorAll(`img[src^="${START}"][alt^="pipeline graph"]`)) {
    const svg = read(image.getAttribute('src'));
    if (!svg) continue;
    const box = document.createElement('div');
    box.className = 'ldp-graph';
    svg.setAttribute('role', 'group');
    svg.setAttribute('aria-label', image.alt);
    if (image.style.maxWidth === 'none') svg.style.maxWidth = 'none'; // too wide to shrink: it scrolls
    box.append(svg);
    image.replaceWith(box);
    selectable(svg);
  }
}

function read(source) {
  try {
    const bytes = Uint8Array.from(atob(source.slice(START.length)), char => char.charCodeAt(0));
    const parsed = new DOMParser().parseFromString(new TextDecoder().decode(bytes), 'image/svg+xml');
    return parsed.documentElement.localName === 'svg' ? copy(parsed.documentElement) : null;
  } catch {
    return null; // the image stays
  }
}

function copy(element) {
  const made = document.createElementNS(SVG, element.localName);
  for (const { name, value } of element.attributes) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.data);
    else if (child.namespaceURI === SVG && ELEMENTS.has(child.localName)) made.append(copy(child));
  }
  return made;
}

// Everything that can be reached from *start* over *steps*.
function reached(start, steps) {
  const found = new Set([start]);
  for (const each of found) for (const next of steps.get(each) || []) found.add(next);
  return found;
}

function selectable(svg) {
  const nodes = [...svg.querySelectorAll('g[data-node]')];
  const edges = [...svg.querySelectorAll('g[data-edge]')];
  const [down, up] = [new Map(), new Map()];
  for (const edge of edges) {
    const [from, to] = edge.dataset.edge.split(' ');
    down.set(from, [...(down.get(from) || []), to]);
    up.set(to, [...(up.get(to) || []), from]);
  }
  let chosen = null;
  const choose = node => {
    chosen = node === chosen ? null : node;
    const name = chosen?.dataset.node;
    const before = chosen && reached(name, up);
    const after = chosen && reached(name, down);
    const far = one => Boolean(chosen) && !before.has(one) && !after.has(one);
    const off = ([from, to]) => Boolean(chosen) && !(before.has(from) && before.has(to)) && !(after.has(from) && after.has(to));
    nodes.forEach(each => each.classList.toggle('ldp-far', far(each.dataset.node)));
    edges.forEach(each => each.classList.toggle('ldp-far', off(each.dataset.edge.split(' '))));
    nodes.forEach(each => each.setAttribute('aria-pressed', String(each === chosen)));
  };
  for (const node of nodes) {
    node.setAttribute('tabindex', '0');
    node.setAttribute('role', 'button');
    node.setAttribute('aria-pressed', 'false');
    node.setAttribute('aria-label', `${node.querySelector('title')?.textContent ?? ''}; shows what lies up- and downstream`);
    node.addEventListener('click', event => {
      event.stopPropagation();
      choose(node);
    });
  }
  svg.dataset.lmSuppressShortcuts = 'true';
  svg.addEventListener('click', () => choose(null));
  svg.addEventListener('keydown', event => {
    const node = event.target.closest('g[data-node]');
    if (event.key === 'Escape') choose(null);
    else if (node && (event.key === 'Enter' || event.key === ' ')) choose(node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
