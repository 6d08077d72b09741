// Texts and edits: nothing of a notebook is known here. Offsets are JavaScript's own, in UTF-16 units.

// A text as an editor holds it: every line ends with LF.
export const plain = text => text.replace(/\r\n?/g, '\n');

// Where the offset of a raw text is in the plain one; between CR and LF means before both.
export const inPlain = (raw, offset) => {
  const inside = raw[offset - 1] === '\r' && raw[offset] === '\n';
  return plain(raw.slice(0, inside ? offset - 1 : offset)).length;
};

// Code points, as Python counts them, in UTF-16 units.
export const units = (text, points) => {
  let at = 0;
  for (let seen = 0; seen < points && at < text.length; seen += 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
};

const same = (one, other) => one.start === other.start && one.end === other.end && one.text === other.text;
const clash = (one, other) => one.start < other.end && other.start < one.end;

export const applied = (text, edits) =>
  [...edits]
    .sort((one, other) => other.start - one.start || other.end - one.end)
    .reduce((now, edit) => now.slice(0, edit.start) + edit.text + now.slice(edit.end), text);

// What a text was when fixes were made for it, and what it is after some of them: an edit is only ever made on a text
// that is known, whichever of the others were made before it and whichever were taken back.
export class History {
  constructor(text) {
    this.states = [{ text, edits: [] }];
  }

  // The state that a text is; undefined: somebody else changed it.
  of(text) {
    return this.states.find(state => state.text === text);
  }

  has(text, edits) {
    const state = this.of(text);
    return Boolean(state) && edits.every(edit => state.edits.some(each => same(each, edit)));
  }

  // The *edits*, which are of the first text, as edits of *text*; a string says why that cannot be.
  on(text, edits) {
    const state = this.of(text);
    if (!state) return 'the cell has changed since: run it again';
    const left = edits.filter(edit => !state.edits.some(each => same(each, edit)));
    if (left.some(edit => state.edits.some(each => clash(each, edit)))) {
      return 'another fix changed this place: run the cell again';
    }
    return left.map(edit => ({ ...edit, ...moved(edit, state.edits) }));
  }

  // Remember that *edits* were made on *text*.
  add(text, edits) {
    const state = this.of(text);
    const first = this.states[0].text;
    const made = [...state.edits, ...edits.filter(edit => !state.edits.some(each => same(each, edit)))];
    const now = applied(first, made);
    if (!this.of(now)) this.states.push({ text: now, edits: made });
    return now;
  }
}

const moved = (edit, before) => {
  const shift = before
    .filter(each => each.end <= edit.start)
    .reduce((sum, each) => sum + each.text.length - (each.end - each.start), 0);
  return { start: edit.start + shift, end: edit.end + shift };
};
