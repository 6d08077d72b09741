// Pipeline SQL in %%ldp cells: how it is coloured, and which cells are written in it.
import { FUNCTIONS, KEYWORDS, TYPES } from './keywords.js';

export const MIME = 'text/x-ldp-sql';
const PYTHON = 'text/x-ipython';
const WORD = /^[A-Za-z_][\w$]*/;

const isOurs = source => /^%%ldp(?![\w-])/.test(source) && !/(^|\s)--python\b/.test(source.split('\n', 1)[0]);

// One token of a line; a comment in a comment counts, as in Spark.
function token(stream, state) {
  if (state.first) {
    state.first = false;
    if (stream.match(/^%%\w+/)) return 'meta';
  }
  if (state.magic) {
    if (stream.match(/^-{1,2}[\w-]+/)) return 'attributeName';
    if (!stream.eatSpace()) stream.next();
    return null;
  }
  if (state.depth) return comment(stream, state);
  if (state.quote) return quoted(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match(/^--.*/)) return 'comment';
  if (stream.match('/*')) {
    state.depth = 1;
    return comment(stream, state);
  }
  if (stream.match(/^\$\{[^{}]*\}/)) return 'atom';
  if (stream.match(/^[rR]?['"]/)) {
    state.quote = stream.current().slice(-1);
    state.raw = /^r/i.test(stream.current());
    return quoted(stream, state);
  }
  if (stream.match(/^`(?:[^`]|``)*`?/)) return 'variableName.special';
  if (stream.match(/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:bd|[lsydf])?(?![\w$])/i)) return 'number';
  return stream.match(WORD) ? named(stream) : (stream.next(), 'operator');
}

function named(stream) {
  const word = stream.current();
  const called = stream.match(/^\s*\(/, false);
  if (/^(true|false|null)$/i.test(word)) return 'atom';
  if (called && FUNCTIONS.has(word.toLowerCase())) return 'variableName.standard';
  if (TYPES.has(word.toLowerCase()) && !called) return 'typeName';
  return KEYWORDS.has(word.toUpperCase()) ? 'keyword' : 'variableName';
}

function comment(stream, state) {
  while (state.depth && !stream.eol()) {
    if (stream.match('*/')) state.depth -= 1;
    else if (stream.match('/*')) state.depth += 1;
    else stream.next();
  }
  return 'comment';
}

function quoted(stream, state) {
  while (!stream.eol()) {
    const char = stream.next();
    if (char === '\\' && !state.raw) stream.next();
    else if (char === state.quote && !stream.eat(state.quote)) {
      state.quote = '';
      break;
    }
  }
  return 'string';
}

export function language({ LanguageSupport, StreamLanguage }) {
  const parser = {
    name: 'ldp-sql',
    startState: () => ({ first: true, magic: false, depth: 0, quote: '', raw: false }),
    copyState: state => ({ ...state }),
    token: (stream, state) => {
      if (stream.sol()) state.magic = state.first && stream.match(/^%%\w+/, false) !== null;
      return token(stream, state);
    },
    blankLine: state => {
      state.first = state.magic = false;
    },
    languageData: {
      commentTokens: { line: '--', block: { open: '/*', close: '*/' } },
      closeBrackets: { brackets: ['(', '[', '{', "'", '"', '`'] }
    }
  };
  return new LanguageSupport(StreamLanguage.define(parser));
}

// Every cell of a notebook that is pipeline SQL gets its language. JupyterLab sets that of the kernel now and then, and
// loads it first: ours comes after it, or the one that is loaded last would colour the cell.
export function watch(panel, languages) {
  const watched = new WeakSet();
  const look = cell => {
    if (cell.model.type !== 'code' || watched.has(cell.model)) return;
    watched.add(cell.model);
    const ours = () => !cell.isDisposed && isOurs(cell.model.sharedModel.getSource());
    const set = async () => {
      const { mimeType } = cell.model;
      if (ours() === (mimeType === MIME)) return;
      await languages.getLanguage(mimeType);
      if (ours() && cell.model.mimeType !== MIME) cell.model.mimeType = MIME;
      else if (!ours() && cell.model.mimeType === MIME) cell.model.mimeType = panel.content.codeMimetype || PYTHON;
    };
    set();
    cell.model.contentChanged.connect(set);
    cell.model.mimeTypeChanged.connect(set);
  };
  const all = () => panel.content.widgets.forEach(look);
  panel.context.ready.then(() => {
    all();
    panel.content.model?.cells.changed.connect(() => queueMicrotask(all));
  });
}
