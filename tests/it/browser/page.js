// What the tests ask a page: `temizu.*`, in a world of its own. Changes nothing that a question does not say it changes.
globalThis.temizu ??= (() => {
  const shown = element => element.outerHTML.replace(/\s+/gu, " ").slice(0, 160);
  const visible = element => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const all = css => [...document.querySelectorAll(css)].filter(visible);
  const elements = () => [...document.body.querySelectorAll("*")].filter(visible);

  // The one thing to click that is meant: by selector, or by its words.
  const PUSHED = "a[href], button, summary, label, input[type=submit], input[type=button], [role=button], [role=tab]";
  const words = element => (element.innerText || element.value || element.getAttribute("aria-label") || "").trim();
  const meant = what => {
    let found = [];
    try { found = all(what); } catch { /* words, not a selector */ }
    if (found.length === 0) { found = all(PUSHED).filter(element => words(element) === what); }
    return found.length === 1 ? found[0] : null;
  };
  const point = what => {
    const element = meant(what);
    if (element === null) { return null; }
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = element.getClientRects()[0];
    if (!box) { return null; }
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    const hit = top !== null && (element.contains(top) || [...element.labels ?? []].some(label => label.contains(top)));
    return hit && !element.matches(":disabled") ? [x, y] : null;
  };

  const enter = css => { const field = all(css)[0]; field.focus(); field.select(); return true; };
  const choose = (css, value) => {
    const field = all(css)[0];
    field.focus();
    field.value = value;
    for (const name of ["input", "change"]) { field.dispatchEvent(new Event(name, { bubbles: true })); }
    return field.value;
  };

  const before = new Map();
  const zoom = factor => {
    for (const [element, size] of before) {
      element.style.fontSize = size;
      if (element.getAttribute("style") === "") { element.removeAttribute("style"); }
    }
    before.clear();
    // Not the root itself: lengths in `rem` would grow along.
    const sizes = [document.body, ...document.body.querySelectorAll("*")].filter(it => it.style).map(element => [
      element, Number.parseFloat(getComputedStyle(element).fontSize)]);
    if (factor === 1) { return true; }
    for (const [element, size] of sizes) {
      before.set(element, element.style.fontSize);
      element.style.setProperty("font-size", `${size * factor}px`, "important");
    }
    return true;
  };

  // Boxes that are there for screen readers only, or moved out to the left or the top until they have the focus.
  const tiny = element => {
    const box = element.getBoundingClientRect();
    return box.width <= 1 && box.height <= 1 && getComputedStyle(element).overflowX !== "visible";
  };
  const ancestors = element => element === null ? [] : [element, ...ancestors(element.parentElement)];
  const aside = element => ancestors(element).some(it => {
    const box = it.getBoundingClientRect();
    return tiny(it) || box.right <= 0 || box.bottom + scrollY <= 0;
  });
  // WCAG 1.4.10 excepts what needs two dimensions: a table in a box that scrolls.
  const excepted = element => ancestors(element.parentElement).some(it =>
    ["auto", "scroll"].includes(getComputedStyle(it).overflowX) && it !== document.body
    && it !== document.documentElement && it.querySelector("table, pre") !== null);
  const overflow = () => {
    const root = document.documentElement;
    const found = [];
    if (root.scrollWidth > root.clientWidth) {
      found.push(`the page is ${root.scrollWidth} pixels wide in a window of ${root.clientWidth}`);
    }
    for (const element of elements().filter(it => !aside(it))) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      if ((box.right + scrollX > root.clientWidth + 1 || box.left + scrollX < -1) && !excepted(element)) {
        found.push(`sticks out (${Math.round(box.left)} to ${Math.round(box.right)}): ${shown(element)}`);
      }
      const cut = (overflow, content, room) => ["hidden", "clip"].includes(overflow) && content > room + 1;
      const written = element.innerText?.trim() && !element.matches("input, textarea, select, svg *");
      if (written && (cut(style.overflowX, element.scrollWidth, element.clientWidth)
        || cut(style.overflowY, element.scrollHeight, element.clientHeight))) {
        found.push(`text is cut off: ${shown(element)}`);
      }
    }
    return found;
  };

  // Tab order.
  const NATIVE = "a[href], area[href], button, input, select, textarea, summary, iframe, audio[controls], video[controls]";
  const ACTED = "[role=button], [role=link], [role=checkbox], [role=switch], [contenteditable=true], [onclick]";
  const COMPOSITE = "[role=tablist], [role=menu], [role=menubar], [role=grid], [role=listbox], [role=tree], [role=toolbar]";
  const live = element => visible(element) && !element.matches(":disabled, [type=hidden]") && !element.closest("[inert]");
  const chosen = radio => {
    const group = [...document.querySelectorAll("input[type=radio]")].filter(it =>
      it.name === radio.name && it.form === radio.form && live(it));
    return radio === (group.find(it => it.checked) ?? group[0]);
  };
  const stops = () => [...document.querySelectorAll(`${NATIVE}, ${ACTED}, [tabindex]`)].filter(element => {
    if (!live(element)) { return false; }
    if (element.matches("summary") && element !== element.parentElement.querySelector(":scope > summary")) { return false; }
    if (element.matches("input[type=radio]") && element.name) { return chosen(element); }
    const led = element.getAttribute("tabindex") === "-1";
    return !led || (element.matches(`${NATIVE}, ${ACTED}`) && !element.closest(COMPOSITE));
  });
  const bearers = element => [element, ...element.labels ?? [], element.nextElementSibling, element.parentElement]
    .filter(it => it !== null);
  const look = element => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
    const drawn = outlineStyle !== "none" && outlineWidth !== "0px" && !/^rgba\(.*, 0\)$/u.test(outlineColor);
    const box = element.getBoundingClientRect();
    const there = box.width > 4 && box.height > 4 && box.bottom > 0 && box.right > 0 && box.top < innerHeight
      && box.left < innerWidth;
    return { ring: `${drawn ? outlineStyle + outlineWidth + outlineColor : "none"}|${boxShadow}`, there };
  };
  let walk = null;
  const look_back = () => {
    const element = walk?.now;
    if (!element) { return; }
    const old = walk.before.get(element) ?? bearers(element).map(() => ({ ring: "none|none" }));
    const now = bearers(element).map(look);
    walk.log.push({ element, ringed: now.some((it, i) => it.there && it.ring !== old[i]?.ring && it.ring !== "none|none") });
    walk.now = null;
  };
  const start_walk = () => {
    document.activeElement?.blur();
    const still = new CSSStyleSheet();
    still.replaceSync("* { transition: none !important; animation: none !important; scroll-behavior: auto !important; }");
    document.adoptedStyleSheets.push(still);
    const expected = stops();
    const before = new Map([...document.querySelectorAll("*")].filter(it => it.tabIndex >= 0).map(it => [it, bearers(it).map(look)]));
    walk = { expected, before, log: [], now: null, still };
    walk.key = event => { if (event.key === "Tab" && event.type === "keydown") { look_back(); } };
    walk.focus = event => { walk.now = event.target; };
    window.addEventListener("keydown", walk.key, true);
    window.addEventListener("focusin", walk.focus, true);
    // The way begins at the top, wherever somebody has clicked before.
    const kept = document.body.getAttribute("tabindex");
    document.body.setAttribute("tabindex", "-1");
    document.body.focus({ preventScroll: true });
    walk.now = null;
    document.body.blur();
    if (kept === null) { document.body.removeAttribute("tabindex"); } else { document.body.setAttribute("tabindex", kept); }
    const inner = expected.filter(it => /^(date|datetime-local|time|month|week)$/u.test(it.type ?? "")).length;
    return [expected.length, expected.length + inner * 7 + 12];
  };
  const is_round = () => walk.log.some(step => step.element === walk.now);
  const end_walk = () => {
    look_back();
    window.removeEventListener("keydown", walk.key, true);
    window.removeEventListener("focusin", walk.focus, true);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(it => it !== walk.still);
    const seen = new Set();
    const round = [];
    for (const step of walk.log) {
      if (seen.has(step.element)) { break; }
      seen.add(step.element);
      round.push(step);
    }
    const { expected } = walk;
    walk = null;
    return {
      expected: expected.map(shown),
      reached: round.map(step => ({ place: expected.indexOf(step.element), ringed: step.ringed, shown: shown(step.element) })),
    };
  };

  const formed = () => {
    const found = [];
    const say = (wrong, text) => { if (wrong) { found.push(text); } };
    const ids = [...document.querySelectorAll("[id]")].map(it => it.id);
    for (const id of new Set(ids.filter((it, i) => ids.indexOf(it) !== i))) { say(true, `two elements have the id ${id}`); }
    say(document.compatMode !== "CSS1Compat", "no <!doctype html>");
    say(!/^(ja|en)\b/u.test(document.documentElement.lang), `the language is "${document.documentElement.lang}"`);
    say(document.title.trim() === "", "no title");
    say(all("h1").length !== 1, `${all("h1").length} headings of the first level`);
    say(all("main").length !== 1, `${all("main").length} main parts`);
    for (const field of all("input, select, textarea").filter(it => !it.matches("[type=submit], [type=button], [type=reset]"))) {
      const named = [...field.labels ?? []].some(it => it.innerText.trim()) || field.getAttribute("aria-label")?.trim()
        || field.getAttribute("aria-labelledby");
      say(!named, `no label: ${shown(field)}`);
    }
    for (const name of ["for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-errormessage", "list", "form"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        for (const id of element.getAttribute(name).split(/\s+/u).filter(it => it !== "")) {
          say(!ids.includes(id), `${name} names ${id}, which is not there: ${shown(element)}`);
        }
      }
    }
    for (const element of document.querySelectorAll("[style], script:not([src]), style")) {
      say(!before.has(element), `inline style or script: ${shown(element)}`);
    }
    return found;
  };

  return {
    all, choose, end_walk, enter, formed, is_round, overflow, point, start_walk, zoom,
    frames: () => [...document.querySelectorAll("iframe, frame, object, embed")].map(shown),
    shape: () => [...document.querySelectorAll("*")].map(it => `${it.tagName} ${it.getAttributeNames().sort()}`),
    // Asked for without a request that would be reported.
    hints: () => [...document.querySelectorAll("link[rel~=preconnect], link[rel~=dns-prefetch]")].map(it => it.href),
    status: () => performance.getEntriesByType("navigation")[0].responseStatus,
    summary: () => ({ url: location.href, title: document.title, text: document.body?.innerText.slice(0, 600) }),
  };
})();
