/* Temizu: what makes forms handier. No page needs it; it writes text only as text, and evaluates nothing.

   Buttons that do nothing without this script stand in the page with `hidden`, which it takes away:
   - <button type="button" hidden data-copy="ID" data-copied="copied!">: copies the text or the value of the element ID
   - <button type="button" hidden data-reveal="ID" aria-pressed="false">: shows what is typed into the password field ID
   - <button type="button" hidden data-print>: prints the page
   - <button type="button" hidden data-more="ID">: the children of the element ID that hold empty fields, all but the
     first, come one by one; without the script all of them are there */
(() => {
  "use strict";

  const at = (id) => (id ? document.getElementById(id) : null);
  const is_empty = (group) => [...group.querySelectorAll("input, textarea")].every((field) => field.value === "");

  const spare = (button) => [...(at(button.dataset.more)?.children ?? [])].filter((group) => group.hidden);

  /* A part of a page, once, as soon as it is there. */
  const prepare = (root) => {
    for (const button of root.querySelectorAll("button[data-reveal][hidden]")) {
      button.hidden = !at(button.dataset.reveal);
    }
    for (const button of root.querySelectorAll("button[data-print][hidden]")) {
      button.hidden = false;
    }
    if (navigator.clipboard) {
      for (const button of root.querySelectorAll("button[data-copy][hidden]")) {
        button.hidden = !at(button.dataset.copy);
        const said = document.createElement("span");
        said.setAttribute("role", "status");
        said.className = "visually-hidden";
        button.after(said);
      }
    }
    for (const button of root.querySelectorAll("button[data-more][hidden]:not([data-at-end])")) {
      const groups = [...(at(button.dataset.more)?.children ?? [])];
      for (const group of groups.slice(1)) {
        group.hidden = is_empty(group);
      }
      button.hidden = spare(button).length === 0;
    }
  };

  const copy = async (button) => {
    const source = at(button.dataset.copy);
    if (!source) {
      return;
    }
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    } catch {
      getSelection()?.selectAllChildren(source);
      return;
    }
    const said = button.nextElementSibling;
    if (said?.getAttribute("role") === "status") {
      said.className = "";
      said.textContent = button.dataset.copied ?? "";
    }
  };

  const reveal = (button, shown) => {
    const field = at(button.dataset.reveal);
    if (field) {
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    }
  };

  const more = (button) => {
    const [next, ...rest] = spare(button);
    if (next) {
      next.hidden = false;
      next.querySelector("input, textarea")?.focus();
    }
    if (rest.length === 0) {
      button.hidden = true;
      button.dataset.atEnd = "";
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button) {
      return;
    }
    if (button.dataset.print !== undefined) {
      print();
    } else if (button.dataset.copy) {
      copy(button);
    } else if (button.dataset.reveal) {
      reveal(button, button.getAttribute("aria-pressed") !== "true");
    } else if (button.dataset.more) {
      more(button);
    }
  });

  /* A browser that remembers what was typed in the clear must not see a password there. */
  document.addEventListener("submit", (event) => {
    for (const button of event.target.querySelectorAll("button[data-reveal]")) {
      reveal(button, false);
    }
  });

  prepare(document);
  document.addEventListener("htmx:after:swap", () => prepare(document));
})();
