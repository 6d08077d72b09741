// The door through which JupyterLab and Notebook 7 take the extension in: written by hand, nothing is built.
(() => {
  const NAME = 'ldp-magic-labextension';
  const here = new URL('.', document.currentScript.src);
  let scope = {};

  // A module that JupyterLab shares with its extensions.
  const shared = async name => {
    const versions = Object.values(scope[name] || {});
    if (!versions.length) throw new Error(`ldp-magic: JupyterLab shares no ${name}`);
    return (await versions[0].get())();
  };

  const style = () => {
    if (document.querySelector(`link[data-from="${NAME}"]`)) return;
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('style.css', here) });
    link.dataset.from = NAME;
    document.head.append(link);
  };

  const extension = async () => {
    style();
    const { plugin } = await import(new URL('plugin.js', here));
    return { __esModule: true, default: await plugin(NAME, shared) };
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: given => {
      scope = given;
    },
    get: async module => {
      if (module !== './extension') throw new Error(`ldp-magic: there is no module ${module}`);
      const made = await extension();
      return () => made;
    }
  };
})();
