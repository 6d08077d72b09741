// Tables of rows: one can walk through the cells, read a whole value, and copy it.

// What of the JSON each table shows; a cell's output has several, an output of rows is one.
const shown = data => (Array.isArray(data.previews) ? data.previews : data.kind === 'rows' ? [data] : []);

export function tables(root, data) {
  const previews = shown(data);
  root.querySelectorAll('.ldp-rows').forEach((box, n) => lively(box, previews[n]));
}

function lively(box, preview) {
  const table = box.querySelector('table');
  if (!table) return;
  const bar = valueBar();
  box.dataset.lmSuppressShortcuts = 'true'; // arrows walk through the table, not through the notebook
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', 'rows; arrow keys walk through the cells, Enter shows a whole value');
  box.tabIndex = 0;
  const cells = [...table.tBodies[0].rows].map(row => [...row.cells].slice(1));
  cells.flat().forEach(cell => (cell.tabIndex = -1));
  const at = node => {
    const cell = node.closest?.('td');
    const row = cells.findIndex(each => each.includes(cell));
    return row < 0 ? null : { cell, row, column: cells[row].indexOf(cell) };
  };
  const open = where => bar.show(nameOf(table, where.column), valueOf(preview, where), where.cell);
  box.addEventListener('click', event => {
    const where = at(event.target);
    if (where && !String(window.getSelection())) open(where);
  });
  box.addEventListener('keydown', event => pressed(event, at(event.target), cells, open, bar));
  box.after(bar.node);
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function pressed(event, where, cells, open, bar) {
  const step = STEPS[event.key];
  if (step) {
    const next = where ? cells[where.row + step[0]]?.[where.column + step[1]] : cells[0]?.[0];
    next?.focus();
  } else if (event.key === 'Enter' && where) {
    open(where);
  } else if (event.key === 'Escape') {
    bar.hide();
  } else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && where && !String(window.getSelection())) {
    open(where);
    bar.copy();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

const nameOf = (table, column) => table.tHead.rows[0].cells[column + 1]?.querySelector('samp')?.textContent ?? '';

// The value itself where the JSON has it: the table shows signs for blanks and ends of lines.
function valueOf(preview, { cell, row, column }) {
  const value = preview?.rows?.[row]?.[column];
  if (value === null) return 'NULL';
  if (value === undefined) return cell.querySelector('[title]')?.title || cell.textContent;
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

// A notebook keeps the beginning of a very long text; the cell says how long it was.
function cutFrom(text, cell) {
  const long = Number(/([\d,]+) chars$/.exec(cell.textContent)?.[1].replaceAll(',', '') ?? 0);
  const have = [...text].length;
  return have < long || /^.{2000}…$/su.test(text) ? `the first ${Math.min(have, 2000).toLocaleString('en')} characters` : '';
}

function valueBar() {
  const node = document.createElement('div');
  const name = document.createElement('samp');
  const copy = document.createElement('button');
  const note = document.createElement('span');
  const value = document.createElement('pre');
  node.className = 'ldp-value';
  node.hidden = true;
  copy.type = 'button';
  copy.textContent = 'copy';
  note.className = 'ldp-note';
  note.setAttribute('role', 'status');
  node.append(name, copy, note, value);
  let from = null;
  const bar = {
    node,
    show: (column, text, cell) => {
      from?.classList.remove('ldp-chosen');
      from = cell;
      from.classList.add('ldp-chosen');
      name.textContent = column;
      value.textContent = text;
      note.textContent = cutFrom(text, cell);
      node.hidden = false;
    },
    hide: () => {
      from?.classList.remove('ldp-chosen');
      node.hidden = true;
      from?.focus();
    },
    copy: async () => {
      try {
        await navigator.clipboard.writeText(value.textContent);
        note.textContent = 'copied';
      } catch {
        note.textContent = 'the browser does not let this page copy';
      }
    }
  };
  copy.addEventListener('click', bar.copy);
  node.addEventListener('keydown', event => event.key === 'Escape' && bar.hide());
  return bar;
}
