/* Temizu: lists by keyboard, and all rows chosen at once. No page needs it.

   - <tr data-row>: in a row, the link [data-open] (or else its first link), a checkbox, and the
     link or button [data-download]
   - <label hidden data-select-all><input type="checkbox">…</label>: chooses all rows in its form
   - <output data-chosen="{n} chosen">: how many are chosen
   - <dialog id="shortcuts">: the list of keys, or else a link [data-shortcuts] that leads to it

   Keys: / search, j and k next and previous row, x choose, Enter open, d download, ? the list of keys. Single letters
   disturb whoever speaks to the computer: <body data-shortcuts="off"> turns all of them off (WCAG 2.1.4). */
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const here = () => document.querySelector("[data-row][data-at]");
  const box = (row) => row?.querySelector('input[type="checkbox"]');
  const link = (row) => row?.querySelector("[data-open]") ?? row?.querySelector("a[href]");

  const go = (step) => {
    const all = rows();
    const now = all.indexOf(here());
    const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
    if (!next) {
      return false;
    }
    here()?.removeAttribute("data-at");
    next.setAttribute("data-at", "");
    (link(next) ?? box(next))?.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  const press = (element) => {
    element?.click();
    return Boolean(element);
  };

  const help = () => {
    const list = document.getElementById("shortcuts");
    if (list instanceof HTMLDialogElement) {
      list.showModal();
      return true;
    }
    return press(document.querySelector("a[data-shortcuts]"));
  };

  const search = () => {
    const field = document.querySelector('.search input[type="search"], .search input[type="text"]');
    field?.focus();
    field?.select();
    return Boolean(field);
  };

  const keys = {
    "/": search,
    "?": help,
    j: () => go(1),
    k: () => go(-1),
    x: () => press(box(here())),
    /* Never the first of a list in which nobody has gone to a row. */
    d: () => press((here() ?? (rows().length > 0 ? null : document))?.querySelector("[data-download]")),
    /* Whatever has the focus has the key; only a page on which nothing has it opens the row. */
    Enter: () => document.activeElement === document.body && press(link(here())),
  };

  const is_typing = (element) =>
    element.isContentEditable ||
    element.matches?.("textarea, select, input:not([type='checkbox'], [type='radio'], [type='button'], [type='submit'])");

  document.addEventListener("keydown", (event) => {
    const is_off = document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]");
    const is_other = event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented;
    if (is_off || is_other || is_typing(event.target) || !Object.hasOwn(keys, event.key)) {
      return;
    }
    if (keys[event.key]()) {
      event.preventDefault();
    }
  });

  /* Whoever goes by Tab or mouse is where the focus is. */
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-row]");
    if (row && row !== here()) {
      here()?.removeAttribute("data-at");
      row.setAttribute("data-at", "");
    }
  });

  const boxes = (form) => [...(form ?? document).querySelectorAll("[data-row] input[type='checkbox']")];

  const count = (form) => {
    const all = boxes(form);
    const chosen = all.filter((one) => one.checked).length;
    for (const said of (form ?? document).querySelectorAll("[data-chosen]")) {
      said.textContent = said.dataset.chosen.replace("{n}", String(chosen));
    }
    for (const every of (form ?? document).querySelectorAll("[data-select-all] input")) {
      every.checked = all.length > 0 && chosen === all.length;
      every.indeterminate = chosen > 0 && chosen < all.length;
    }
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.('input[type="checkbox"]')) {
      return;
    }
    const form = event.target.form;
    if (event.target.closest("[data-select-all]")) {
      for (const one of boxes(form)) {
        one.checked = event.target.checked;
      }
    }
    count(form);
  });

  const prepare = () => {
    for (const every of document.querySelectorAll("[data-select-all]")) {
      every.hidden = rows().length === 0;
      count(every.querySelector("input")?.form);
    }
  };

  prepare();
  document.addEventListener("htmx:after:swap", prepare);
})();
