() => {
  // What Gradio leaves to the mouse: tabs are one Tab stop, in which arrow keys choose, as the ARIA patterns have it;
  // the handle of a before/after picture moves with the arrow keys; the list of a dropdown is no stop of its own; what
  // is wider than its place in a card of a model is one, so that arrow keys move it.
  const prepare = () => {
    for (const tab of document.querySelectorAll('#tabs > .tab-wrapper [role=tab]'))
      tab.tabIndex = tab.ariaSelected === 'true' ? 0 : -1;
    for (const list of document.querySelectorAll('ul[role=listbox]:not([tabindex])')) list.tabIndex = -1;
    for (const box of document.querySelectorAll('[id$=-about] .block, [id$=-about] pre'))
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    for (const handle of document.querySelectorAll('.slider-wrap [data-testid=slider]:not([tabindex])')) {
      handle.tabIndex = 0;
      handle.role = 'slider';
      handle.ariaLabel = 'Where before ends and after begins, in percent';
      handle.ariaValueNow = 50;
    }
  };
  const moveHandle = (handle, step) => {
    const frame = handle.parentElement.getBoundingClientRect();
    const box = handle.getBoundingClientRect();
    const y = box.y + box.height / 2;
    const from = box.x + box.width / 2;
    const to = Math.min(frame.right, Math.max(frame.left, from + step * frame.width));
    const send = (type, target, x) => target.dispatchEvent(
      new MouseEvent(type, {view: window, bubbles: true, cancelable: true, clientX: x, clientY: y}));
    send('mousedown', handle, from);
    send('mousemove', window, to);
    send('mouseup', window, to);
    handle.ariaValueNow = Math.round(100 * (to - frame.left) / frame.width);
  };
  document.addEventListener('keydown', event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    if (event.target.matches('.slider-wrap [data-testid=slider]')) {
      event.preventDefault();
      moveHandle(event.target, step * 0.05);
    } else if (event.target.matches('#tabs > .tab-wrapper [role=tab]')) {
      const tabs = [...event.target.parentElement.querySelectorAll('[role=tab]')];
      const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
      next.click();
      next.focus();
    }
  });
  new MutationObserver(prepare).observe(
    document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['aria-selected']});
  prepare();
}
