// The cells that an output speaks of, and the edits that its fixes make in them.
import { History, inPlain, plain } from './texts.js';

// The notebook and the cell that hold a node; null outside of notebooks, such as in a view of its own.
export function place(tracker, node) {
  let found = null;
  tracker.forEach(panel => {
    const cell = panel.content.node.contains(node) && panel.content.widgets.find(each => each.node.contains(node));
    if (cell) found = { panel, cell };
  });
  return found;
}

export const textOf = cell => plain(cell.model.sharedModel.getSource());

// The fixes of one output. `source` is the text of its own cell, `others` the texts of other cells by their ids.
export class Fixes {
  constructor(source, others) {
    this.source = source;
    this.others = others || {};
    this.histories = new Map();
  }

  // What each cell would get: [{cell, edits}], or a string that says why nothing is done.
  plan(where, fix) {
    const steps = [];
    for (const [id, edits] of grouped(fix.edits)) {
      const cell = id === null ? where.cell : where.panel.content.widgets.find(each => each.model.id === id);
      if (!cell) return 'a cell that this fix edits is not in this notebook any more';
      if (cell.model.getMetadata('editable') === false) return 'the cell is read-only';
      const raw = this.rawOf(id, cell);
      const wanted = edits.map(edit => inText(edit, raw));
      if (id !== null && !(id in this.others) && wanted.some(edit => !edit.was)) {
        return 'nobody knows what the other cell was: run it again';
      }
      const found = this.history(id, raw).on(textOf(cell), wanted);
      if (typeof found === 'string') return id === null ? found : found.replace('the cell', 'the other cell');
      const text = textOf(cell);
      if (found.some(edit => text.slice(edit.start, edit.end) !== edit.was)) return 'the text is not what it was: run the cell again';
      steps.push({ id, cell, wanted, edits: found });
    }
    return steps;
  }

  // Do a fix; an empty string if it is done, else why it is not.
  apply(where, fix) {
    const steps = this.plan(where, fix);
    if (typeof steps === 'string') return steps;
    for (const { id, cell, wanted, edits } of steps) {
      this.history(id).add(textOf(cell), wanted);
      write(cell, edits);
    }
    show(where.panel, steps.find(step => step.id === null) || steps[0]);
    return '';
  }

  // Is the fix in the text already?
  done(where, fix) {
    return [...grouped(fix.edits)].every(([id, edits]) => {
      const cell = id === null ? where.cell : where.panel.content.widgets.find(each => each.model.id === id);
      const history = this.histories.get(id);
      if (!cell || !history) return false;
      const raw = this.rawOf(id, cell);
      return history.has(textOf(cell), edits.map(edit => inText(edit, raw)));
    });
  }

  rawOf(id, cell) {
    if (id === null) return this.source;
    if (!(id in this.others) && !this.histories.has(id)) this.histories.set(id, new History(textOf(cell)));
    return this.others[id] ?? this.histories.get(id).states[0].text;
  }

  history(id, raw) {
    if (!this.histories.has(id)) this.histories.set(id, new History(plain(raw)));
    return this.histories.get(id);
  }
}

const grouped = edits => {
  const found = new Map();
  for (const edit of edits) found.set(edit.cell ?? null, [...(found.get(edit.cell ?? null) || []), edit]);
  return found;
};

const inText = (edit, raw) => ({
  start: inPlain(raw, edit.start16),
  end: inPlain(raw, edit.end16),
  text: plain(edit.text),
  was: plain(edit.was)
});

// One step for Ctrl+Z, whatever many places it touches.
function write(cell, edits) {
  straighten(cell);
  const shared = cell.model.sharedModel;
  const lastFirst = [...edits].sort((one, other) => other.start - one.start || other.end - one.end);
  shared.transact(() => {
    for (const edit of lastFirst) shared.updateSource(edit.start, edit.end, edit.text);
  });
}

// A saved cell may hold CRLF; its editor never does, so the two count differently and every change of one would land
// in the wrong place of the other. Giving the model the editor's text makes them equal. The editor then refuses to
// delete more than it holds: it has the wanted text already.
function straighten(cell) {
  const shared = cell.model.sharedModel;
  const raw = shared.getSource();
  if (!raw.includes('\r')) return;
  try {
    shared.setSource(plain(raw));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

// Put the cursor where the fix is, so that Ctrl+Z takes it back.
function show(panel, step) {
  const notebook = panel.content;
  notebook.activeCellIndex = notebook.widgets.indexOf(step.cell);
  const editor = step.cell.editor;
  if (!editor || !step.edits.length) return;
  const first = step.edits.reduce((one, other) => (other.start < one.start ? other : one));
  notebook.mode = 'edit';
  editor.focus();
  editor.setCursorPosition(editor.getPositionAt(first.start + first.text.length) || { line: 0, column: 0 });
}
