// The keys of the page on which sentences are judged. Everything they do is done in the plain form, which works without them.
"use strict";
(() => {
  const form = document.getElementById("judge");
  const undo = document.getElementById("undo");
  const say = (button) => button && button.click();
  const typing = (at) => at && (at.tagName === "INPUT" && at.type !== "radio" && at.type !== "checkbox" || at.tagName === "SELECT" || at.tagName === "TEXTAREA");
  if (!form) {
    document.addEventListener("keydown", (event) => {
      if (event.key === "u" && undo && !typing(document.activeElement)) say(undo.querySelector("button"));
    });
    return;
  }
  const sentence = document.getElementById("sentence");
  const told = document.getElementById("chosen-words");
  // Words stand in the page in the order in which they are said, whatever their direction.
  const words = [...sentence.querySelectorAll(".word")].map((node) => ({ node, start: Number(node.dataset.start), end: Number(node.dataset.end) }));
  const letters = [...sentence.textContent];
  const cuts = form.dataset.cuts.split(",").map(Number);
  let first = -1, last = -1, from = 0, to = 0;

  const rows = () => [...form.querySelectorAll(".span")].map((node) => ({
    node, start: node.querySelector("[name^=from_]"), end: node.querySelector("[name^=to_]"), what: node.querySelector("[name^=what_]"),
  }));
  const isFree = (row) => !row.start.value && !row.end.value && !row.what.value;

  function choose(select, value) {
    // A place inside a word is none that the form offers by itself.
    if (![...select.options].some((option) => option.value === String(value))) select.add(new Option(String(value), String(value)));
    select.value = String(value);
  }

  function show() {
    const spans = rows().filter((row) => row.start.value && row.end.value).map((row) => [Number(row.start.value), Number(row.end.value)]);
    const hidden = new Set([...form.querySelectorAll("[name=hide]:checked")].map((box) => box.value));
    words.forEach((word, place) => {
      word.node.classList.toggle("found", spans.some(([start, end]) => start < word.end && word.start < end));
      word.node.classList.toggle("private", hidden.has(`${word.start}-${word.end}`));
      word.node.classList.toggle("chosen", first >= 0 && place >= Math.min(first, last) && place <= Math.max(first, last));
    });
    told.hidden = first < 0;
    told.textContent = first < 0 ? "" : `${told.dataset.label} ${letters.slice(from, to).join("")}`;
  }

  function select(start, end) {
    first = start;
    last = end;
    from = words[Math.min(first, last)].start;
    to = words[Math.max(first, last)].end;
    show();
  }

  function move(step, extends_) {
    if (!words.length) return;
    if (first < 0) return select(step > 0 ? 0 : words.length - 1, step > 0 ? 0 : words.length - 1);
    const next = Math.min(Math.max(last + step, 0), words.length - 1);
    select(extends_ ? first : next, next);
  }

  function narrow(step) {
    // The beginning of what is chosen, a character as people see it further: a word may carry "in" or "the" before its name.
    const next = step > 0 ? cuts.find((cut) => cut > from) : [...cuts].reverse().find((cut) => cut < from);
    if (first < 0 || next === undefined || next >= to || next < words[Math.min(first, last)].start) return;
    from = next;
    show();
  }

  function label() {
    if (first < 0) return;
    const row = rows().find((one) => !isFree(one) && Number(one.start.value) === from && Number(one.end.value) === to) || rows().find(isFree) || added();
    if (!row) return;
    choose(row.start, from);
    choose(row.end, to);
    show();
    row.what.focus();
    row.what.select();
  }

  function added() {
    const all = rows();
    if (all.length >= 12) return null;
    const node = all[all.length - 1].node.cloneNode(true);
    node.dataset.row = String(all.length);
    node.querySelectorAll("[name]").forEach((field) => {
      field.name = field.name.replace(/\d+$/, String(all.length));
      field.value = "";
    });
    all[all.length - 1].node.after(node);
    return rows()[all.length];
  }

  function drop() {
    rows().forEach((row) => {
      if (row.start.value && Number(row.start.value) < to && from < Number(row.end.value)) row.start.value = row.end.value = row.what.value = "";
    });
    show();
  }

  function hide() {
    const boxes = [...form.querySelectorAll("[name=hide]")];
    words.forEach((word, place) => {
      if (place < Math.min(first, last) || place > Math.max(first, last)) return;
      const box = boxes.find((one) => one.value === `${word.start}-${word.end}`);
      if (box) box.checked = !box.checked;
    });
    show();
  }

  const forward = () => (getComputedStyle(sentence).direction === "rtl" ? "ArrowLeft" : "ArrowRight");
  const keys = {
    s: () => say(document.getElementById("skip")),
    u: () => undo && say(undo.querySelector("button")),
    o: () => document.getElementById("intent-other").focus(),
    e: label,
    p: hide,
    Delete: drop,
    Backspace: drop,
    Enter: () => form.requestSubmit(),
    Escape: () => { first = last = -1; from = to = 0; show(); },
  };

  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    if (event.ctrlKey || event.metaKey) return;
    if (typing(at)) {
      // A value is written: back to the words, and the next Enter keeps the sentence.
      if (form.contains(at) && (event.key === "Escape" || event.key === "Enter" && at.tagName === "INPUT")) {
        event.preventDefault();
        show();
        sentence.focus();
      }
      return;
    }
    if (at && (at.tagName === "BUTTON" || at.tagName === "A" || at.tagName === "SUMMARY") && (event.key === "Enter" || event.key === " ")) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      const step = event.key === forward() ? 1 : -1;
      return event.altKey ? narrow(step) : move(step, event.shiftKey);
    }
    if (event.altKey) return;
    const radio = /^[1-9]$/.test(event.key) && form.querySelector(`[data-key="${event.key}"]`);
    if (radio) {
      event.preventDefault();
      form.querySelector("[name=intent_other]").value = "";
      radio.checked = true;
      return radio.focus();
    }
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  words.forEach((word, place) => word.node.addEventListener("click", (event) => select(event.shiftKey && first >= 0 ? first : place, place)));
  form.addEventListener("change", show);
  show();
  sentence.focus({ preventScroll: true });
})();
