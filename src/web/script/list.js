/* Temizu: what makes forms handier. Every page works without it; it makes no element of text and evaluates nothing. */
(() => {
  "use strict";
})();
