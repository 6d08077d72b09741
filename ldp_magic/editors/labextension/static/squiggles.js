// Findings under the text that they are about, with what they say where the pointer rests.

export function squiggles({ Decoration, EditorView, StateEffect, StateField, hoverTooltip }) {
  const put = StateEffect.define();

  const untouched = (marks, changes) => {
    const ranges = [];
    changes.iterChangedRanges((from, to) => ranges.push([from, to]));
    return marks.update({ filter: (from, to) => !ranges.some(([first, last]) => first <= to && last >= from) });
  };

  const field = StateField.define({
    create: () => Decoration.none,
    update: (marks, transaction) => {
      let now = transaction.docChanged ? untouched(marks, transaction.changes).map(transaction.changes) : marks;
      for (const effect of transaction.effects) {
        if (effect.is(put)) now = Decoration.set(effect.value.map(marked), true);
      }
      return now;
    },
    provide: held => EditorView.decorations.from(held)
  });

  const marked = ({ from, to, finding }) =>
    Decoration.mark({ class: `ldp-squiggle ldp-squiggle-${finding.severity}`, finding }).range(from, to);

  const hover = hoverTooltip((view, at) => {
    const found = [];
    view.state.field(field).between(at, at, (from, to, mark) => {
      found.push({ from, to, finding: mark.spec.finding });
    });
    if (!found.length) return null;
    const from = Math.min(...found.map(each => each.from));
    const to = Math.max(...found.map(each => each.to));
    return { pos: from, end: to, above: true, create: () => ({ dom: said(found.map(each => each.finding)) }) };
  });

  return {
    extension: [field, hover],
    // *found* is a list of {from, to, finding}, in the offsets of the editor's text
    draw: (view, found) => {
      const long = view.state.doc.length;
      const fit = found.filter(each => 0 <= each.from && each.from < each.to && each.to <= long);
      if (fit.length || view.state.field(field, false)?.size) view.dispatch({ effects: put.of(fit) });
    }
  };
}

const GLYPHS = { error: '✗', warning: '▲', info: 'i' };

function said(findings) {
  const box = document.createElement('div');
  box.className = 'ldp-hover';
  for (const { severity, code, message, why } of findings) {
    const one = document.createElement('div');
    const head = document.createElement('strong');
    head.className = `ldp-is-${severity}`;
    head.textContent = `${GLYPHS[severity] || 'i'} ${severity} ${code}`;
    const what = document.createElement('div');
    what.textContent = message;
    one.append(head, what);
    if (why) {
      const because = document.createElement('div');
      because.className = 'ldp-quiet';
      because.textContent = why;
      one.append(because);
    }
    box.append(one);
  }
  return box;
}
