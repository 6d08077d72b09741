// What the extension adds: colours and squiggles in %%ldp cells, and a renderer for our outputs.
import { language, MIME as LANGUAGE, watch } from './language.js';
import { squiggles } from './squiggles.js';
import { outputs, MIME } from './output.js';
import { insertion } from './insert.js';

// before the widgets of ipywidgets (-10): of an output that has both, ours shows the widget and draws without it
const RANK = -20;

export async function plugin(name, shared) {
  const { INotebookTracker } = await shared('@jupyterlab/notebook');
  const { IEditorLanguageRegistry, IEditorExtensionRegistry, EditorExtensionRegistry } =
    await shared('@jupyterlab/codemirror');
  const { IRenderMimeRegistry } = await shared('@jupyterlab/rendermime');
  const { Widget } = await shared('@lumino/widgets');
  const code = {
    ...(await shared('@codemirror/language')),
    ...(await shared('@codemirror/state')),
    ...(await shared('@codemirror/view'))
  };
  const drawn = squiggles(code);

  const activate = (app, tracker, languages, editors, rendermime) => {
    languages.addLanguage({
      name: 'ldp-sql',
      displayName: 'Pipeline SQL',
      mime: [LANGUAGE],
      extensions: [],
      support: language(code)
    });
    editors.addExtension({
      name: `${name}:squiggles`,
      factory: () => EditorExtensionRegistry.createImmutableExtension(drawn.extension)
    });
    rendermime.addFactory(
      { safe: true, mimeTypes: [MIME], defaultRank: RANK, createRenderer: outputs(Widget, tracker, drawn) },
      RANK
    );
    const opened = panel => {
      watch(panel, languages);
      insertion(panel);
    };
    tracker.forEach(opened);
    tracker.widgetAdded.connect((_, panel) => opened(panel));
    document.documentElement.dataset.ldpMagic = 'active';
  };

  return {
    id: `${name}:plugin`,
    description: 'Colours, squiggles, fixes and live outputs for declarative pipelines.',
    autoStart: true,
    requires: [INotebookTracker, IEditorLanguageRegistry, IEditorExtensionRegistry, IRenderMimeRegistry],
    activate
  };
}
