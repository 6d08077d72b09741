// Our outputs: the HTML that every front end shows, through JupyterLab's sanitizer, made live with the JSON beside it.
import { Fixes, place, textOf } from './cells.js';
import { graphs } from './graph.js';
import { tables } from './table.js';
import { inPlain, plain, units } from './texts.js';

export const MIME = 'application/vnd.ldp+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';
const owners = new WeakMap(); // cell -> the output whose squiggles it shows

export const outputs = (Widget, tracker, drawn) => options => {
  const widget = new Widget();
  const output = new Output(widget, options.sanitizer, tracker, drawn);
  widget.addClass('ldp');
  widget.renderModel = model => output.render(model);
  widget.onAfterAttach = () => output.attached();
  widget.disposed.connect(() => output.close());
  return widget;
};

class Output {
  constructor(widget, sanitizer, tracker, drawn) {
    Object.assign(this, { widget, sanitizer, tracker, drawn, buttons: [], watching: null });
    this.node = widget.node;
  }

  async render(model) {
    this.data = model.data[MIME] || {};
    const html = model.data['text/html'];
    const opened = [...this.node.querySelectorAll('details')].map(each => each.open);
    this.node.innerHTML = typeof html === 'string' ? this.sanitizer.sanitize(html) : '';
    if (typeof html !== 'string') this.words(String(model.data['text/plain'] ?? ''));
    const now = [...this.node.querySelectorAll('details')];
    if (now.length === opened.length) now.forEach((each, n) => (each.open = opened[n]));
    this.living = model.data[WIDGET] && model.trusted ? model : null;
    this.live();
  }

  words(text) {
    const pre = document.createElement('pre');
    pre.textContent = text;
    this.node.append(pre);
  }

  live() {
    const { source, cells, findings } = this.data;
    this.findings = Array.isArray(findings) ? findings : [];
    this.fixes = new Fixes(typeof source === 'string' ? source : '', cells);
    this.buttons = [];
    this.node.querySelectorAll('.ldp-finding').forEach((node, n) => this.finding(node, this.findings[n]));
    this.all();
    tables(this.node, this.data);
    graphs(this.node);
    this.attached();
  }

  // --- findings ----------------------------------------------------------------------------------------------------

  finding(node, finding) {
    if (!finding) return;
    for (const at of node.querySelectorAll('.ldp-fix')) {
      const number = Number(/ldp-fix-(\d+)/.exec(at.className)?.[1] ?? 0);
      const fix = finding.fixes?.[number];
      if (fix?.edits?.length) at.prepend(this.button(`Fix ${finding.code}`, fix, `${finding.code}: ${fix.title}`));
    }
  }

  all() {
    const safe = this.findings.map(each => (each.fixes || []).find(fix => fix.edits?.length && fix.safe)).filter(Boolean);
    const head = this.node.querySelector('.ldp-head');
    if (safe.length < 2 || !head) return;
    const edits = safe.flatMap(fix => fix.edits);
    head.append(this.button(`Fix all ${safe.length} safe`, { edits }, `apply the ${safe.length} safe fixes`));
  }

  button(words, fix, label) {
    const box = document.createElement('span');
    const button = document.createElement('button');
    const note = document.createElement('span');
    box.className = 'ldp-mend';
    button.type = 'button';
    button.textContent = words;
    button.setAttribute('aria-label', label);
    button.title = 'changes the text of the cell; Ctrl+Z takes it back';
    note.className = 'ldp-note';
    note.setAttribute('role', 'status');
    button.addEventListener('click', () => {
      const where = place(this.tracker, this.node);
      note.textContent = where ? this.fixes.apply(where, fix) : 'this view has no cell: use the output below its cell';
      this.look();
    });
    box.append(button, note);
    this.buttons.push({ button, note, words, fix });
    return box;
  }

  // --- the cell ----------------------------------------------------------------------------------------------------

  // Follow the text of the cell: what is mended says so, and squiggles stand where they belong.
  attached() {
    const where = this.node.isConnected ? place(this.tracker, this.node) : null;
    if (!where || !this.fixes) return;
    if (this.watching !== where.cell) {
      this.unwatch();
      this.watching = where.cell;
      this.looks = () => this.look();
      where.cell.model.contentChanged.connect(this.looks);
    }
    if (this.living) this.panel(where.panel.content.rendermime, this.living);
    this.living = null;
    if (this.findings.length || owners.get(where.cell)) owners.set(where.cell, this);
    where.cell.ready.then(() => this.look());
  }

  look() {
    const where = this.node.isConnected ? place(this.tracker, this.node) : null;
    if (!where) return;
    for (const { button, note, words, fix } of this.buttons) {
      const done = this.fixes.done(where, fix);
      button.disabled = done;
      button.textContent = done ? '✓ fixed' : words;
      if (done) note.textContent = '';
    }
    if (owners.get(where.cell) === this) this.squiggles(where.cell);
  }

  squiggles(cell) {
    const { source } = this.data;
    const view = cell.editor?.editor;
    if (typeof source !== 'string' || !view) return;
    const history = this.fixes.history(null, source);
    const state = history.of(textOf(cell));
    if (!state) return;
    const found = [];
    for (const finding of this.findings) {
      if (!finding.span || (finding.cell !== null && finding.cell !== cell.model.id)) continue;
      const [start, end] = [finding.span.start, finding.span.end].map(at => inPlain(source, units(source, at)));
      const there = history.on(state.text, [{ start, end: Math.max(end, start + 1), text: '', was: '' }]);
      if (typeof there !== 'string' && there.length) found.push({ from: there[0].start, to: there[0].end, finding });
    }
    this.drawn.draw(view, found);
  }

  unwatch() {
    const cell = this.watching;
    this.watching = null;
    if (!cell || cell.isDisposed) return;
    cell.model.contentChanged.disconnect(this.looks);
    if (owners.get(cell) !== this) return;
    owners.delete(cell);
    if (cell.editor?.editor) this.drawn.draw(cell.editor.editor, []);
  }

  close() {
    this.unwatch();
    this.hosted?.dispose();
  }

  // --- a widget ----------------------------------------------------------------------------------------------------

  // The widget of a living kernel takes the place of the static form; without its kernel the static form stays. Only
  // the notebook's own renderers know the widgets of its kernel.
  async panel(rendermime, model) {
    if (!rendermime.mimeTypes.includes(WIDGET)) return;
    this.hosted?.dispose();
    const hosted = rendermime.createRenderer(WIDGET);
    this.hosted = hosted;
    await hosted.renderModel({ trusted: true, data: model.data, metadata: model.metadata, setData: () => undefined });
    if (hosted.isDisposed || this.widget.isDisposed || hosted.node.textContent.startsWith('Error')) return;
    const box = document.createElement('div');
    box.className = 'ldp-panel';
    this.node.replaceChildren(box);
    this.attach(hosted, box);
  }

  attach(hosted, box) {
    this.widget.constructor.attach(hosted, box);
    const copies = new MutationObserver(() => copyable(box));
    copies.observe(box, { childList: true, subtree: true });
    hosted.disposed.connect(() => copies.disconnect());
  }
}

// A button that copies the text of the widget: only a page can do that, a kernel cannot.
function copyable(box) {
  for (const row of box.querySelectorAll('.ldp-copies:not(.ldp-has-copy)')) {
    row.classList.add('ldp-has-copy');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'copy';
    button.addEventListener('click', () => copied(row, button));
    row.prepend(button);
  }
}

async function copied(row, button) {
  const text = row.parentElement.querySelector('.ldp-sql textarea')?.value ?? '';
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'copied';
  } catch {
    button.textContent = 'the browser does not let this page copy';
  }
}
