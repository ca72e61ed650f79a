() => {
  // Gradio gives pictures that are buttons no name, and names boxes that have no role: screen readers cannot tell what
  // they are. New ones appear whenever a tab opens or a result arrives.
  const nameAll = () => {
    for (const button of document.querySelectorAll('button.gallery-item:not([aria-label])')) {
      const file = button.querySelector('img')?.src.split('/').pop();
      if (file) button.ariaLabel = 'Example: ' + decodeURIComponent(file).replace(/\.\w+$/, '').replaceAll('-', ' ');
    }
    for (const button of document.querySelectorAll('.image-container > button:not([aria-label])')) {
      const label = button.closest('.block')?.querySelector('[data-testid=block-label]')?.textContent.trim();
      button.ariaLabel = label || 'Picture';
    }
    for (const box of document.querySelectorAll('div[aria-label="Empty value"]:not([role])')) box.role = 'img';
  };
  new MutationObserver(nameAll).observe(document.body, {childList: true, subtree: true});
  nameAll();
}
