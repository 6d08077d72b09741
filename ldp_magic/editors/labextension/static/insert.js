// A kernel may ask for a new cell below one of its own notebook; `set_next_input` would overwrite the next that runs.
const TARGET = 'ldp.cells';

export function insertion(panel) {
  const ready = () => {
    const kernel = panel.sessionContext.session?.kernel;
    kernel?.registerCommTarget(TARGET, (comm, opened) => asked(panel, opened.content.data));
  };
  panel.sessionContext.kernelChanged.connect(ready);
  panel.sessionContext.ready.then(ready);
}

function asked(panel, data) {
  if (data?.op !== 'insert-below' || typeof data.text !== 'string') return;
  const notebook = panel.content;
  const at = notebook.widgets.findIndex(cell => cell.model.id === data.cell);
  const below = (at < 0 ? notebook.activeCellIndex : at) + 1;
  notebook.model.sharedModel.insertCell(below, { cell_type: 'code', source: data.text, metadata: { trusted: true } });
  notebook.activeCellIndex = below;
  notebook.activeCell?.node.scrollIntoView({ block: 'nearest' });
}
