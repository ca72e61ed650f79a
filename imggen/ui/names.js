() => {
  // Gradio gives pictures that are buttons no name, and names boxes that have no role: screen readers cannot tell what
  // they are. It translates neither these names nor captions and headings of toasts. New ones appear whenever a tab
  // opens or a result arrives.
  const words = window.gradio_config?.i18n_translations?.[document.documentElement.lang] ?? {};
  const say = window.imggenSay = text => words[text] ?? text;
  const nameAll = () => {
    for (const button of document.querySelectorAll('button.gallery-item:not([aria-label])')) {
      const file = button.querySelector('img')?.src.split('/').pop();
      if (file) button.ariaLabel = say('Example: ') + decodeURIComponent(file).replace(/\.\w+$/, '').replaceAll('-', ' ');
    }
    for (const button of document.querySelectorAll('.image-container > button:not([aria-label])')) {
      const label = button.closest('.block')?.querySelector('[data-testid=block-label]')?.textContent.trim();
      button.ariaLabel = label || 'Picture';
    }
    for (const box of document.querySelectorAll('div[aria-label="Empty value"]:not([role])')) box.role = 'img';
    for (const named of document.querySelectorAll('[aria-label], [alt], [title]'))
      for (const name of ['aria-label', 'alt', 'title'])
        if (named.getAttribute(name) in words) named.setAttribute(name, words[named.getAttribute(name)]);
    for (const part of document.querySelectorAll('.caption-label, .toast-title'))
      for (const text of part.childNodes) if (text.data?.trim() in words) text.data = words[text.data.trim()];
  };
  new MutationObserver(nameAll).observe(
    document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['aria-label', 'alt', 'title']});
  nameAll();
}
