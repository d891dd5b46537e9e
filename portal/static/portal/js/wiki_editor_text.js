// Changes of a textarea that its own undo knows, and what Markdown lists do when Enter is pressed.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});

  // execCommand alone keeps the browser's undo; where it is gone, the value is set and undo is lost for this step.
  const insert = (area, from, to, words) => {
    area.focus();
    area.setSelectionRange(from, to);
    if (words === area.value.slice(from, to)) return;
    const done = words ? document.execCommand("insertText", false, words) : document.execCommand("delete");
    if (done) return;
    area.setRangeText(words, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const wrap = (area, before, after, placeholder) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const words = value.slice(from, to);
    const outside = value.slice(from - before.length, from) === before && value.slice(to, to + after.length) === after;
    if (words && outside) {
      insert(area, from - before.length, to + after.length, words);
      area.setSelectionRange(from - before.length, to - before.length);
      return;
    }
    const inner = words || placeholder;
    insert(area, from, to, before + inner + after);
    area.setSelectionRange(from + before.length, from + before.length + inner.length);
  };

  const lineStart = (value, at) => value.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = (value, at) => { const end = value.indexOf("\n", at); return end < 0 ? value.length : end; };

  // Puts a mark before every selected line, or takes it away where every line has it.
  const prefix = (area, mark, matches) => {
    const start = lineStart(area.value, area.selectionStart);
    const end = lineEnd(area.value, Math.max(area.selectionStart, area.selectionEnd - 1));
    const lines = area.value.slice(start, end).split("\n");
    const marked = lines.every((line) => matches.test(line));
    const words = lines.map((line, at) => (marked ? line.replace(matches, "") : (typeof mark === "function" ? mark(at) : mark) + line)).join("\n");
    insert(area, start, end, words);
    area.setSelectionRange(lines.length > 1 ? start : start + words.length, start + words.length);
  };

  // A block stands between empty lines.
  const block = (area, words, selectFrom = 0, selectLength = 0) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const before = value.slice(0, from);
    const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const after = value.slice(to).startsWith("\n") ? "\n" : "\n\n";
    insert(area, from, to, gap + words + after);
    const start = from + gap.length + selectFrom;
    if (selectLength) area.setSelectionRange(start, start + selectLength);
  };

  // Enter in a list or quote begins the next one; in an empty one it ends the list. Returns whether it did something.
  const MARK = /^(\s*)(?:([-*+]) (\[[ xX]\] )?|(\d{1,9})([.)]) |(> ?))/;
  const enter = (area) => {
    if (area.selectionStart !== area.selectionEnd) return false;
    const at = area.selectionStart;
    const start = lineStart(area.value, at);
    const line = area.value.slice(start, lineEnd(area.value, at));
    const mark = line.match(MARK);
    if (!mark || at - start < mark[0].length) return false;
    if (line.length === mark[0].length) { insert(area, start, at, ""); return true; }
    const [, indent, bullet, task, number, sign, quote] = mark;
    const next = bullet ? `${bullet} ${task ? "[ ] " : ""}` : number ? `${Number(number) + 1}${sign} ` : quote;
    insert(area, at, at, `\n${indent}${next}`);
    return true;
  };

  // Ctrl-] and Ctrl-[ move lines in and out; Tab moves the focus, as everywhere.
  const indent = (area, inwards) => {
    const start = lineStart(area.value, area.selectionStart);
    const end = lineEnd(area.value, area.selectionEnd);
    const lines = area.value.slice(start, end).split("\n");
    const words = lines.map((line) => (inwards ? `  ${line}` : line.replace(/^ {1,2}/, ""))).join("\n");
    insert(area, start, end, words);
    area.setSelectionRange(start, start + words.length);
  };

  const size = (text) => new TextEncoder().encode(text).length;

  // A sentence where the text is longer than a page may be; empty otherwise.
  const tooLong = (form, area) => {
    const [most, now] = [Number(form.dataset.largest), size(area.value)];
    if (now <= most) return "";
    return `a page has at most ${most / 1024} KB; this has ${Math.round(now / 1024).toLocaleString("en")} KB. Split it into pages, or attach the long part as a file.`;
  };

  editor.text = { insert, wrap, prefix, block, enter, indent, lineStart, size, tooLong };
})();
