// Telegram's HTML as nodes: its few tags, without attributes; anything else is shown as text.
const TAGS = { B: "b", STRONG: "b", I: "i", EM: "i", U: "u", INS: "u", S: "s", STRIKE: "s", DEL: "s", CODE: "code", PRE: "pre", BLOCKQUOTE: "blockquote" };

function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE) return document.createTextNode("");
  const children = [...node.childNodes].map(copy);
  if (node.tagName === "A" && /^(https?|tg|mailto|tel):/.test(node.getAttribute("href") || "")) {
    const link = document.createElement("a");
    link.href = node.getAttribute("href");
    link.rel = "noopener";
    link.append(...children);
    return link;
  }
  const made = TAGS[node.tagName] ? document.createElement(TAGS[node.tagName]) : document.createDocumentFragment();
  made.append(...children);
  return made;
}

export function rich(html) {
  const parsed = new DOMParser().parseFromString(`<body>${html.replace(/^\s/, "&#32;")}`, "text/html");
  const whole = document.createDocumentFragment();
  whole.append(...[...parsed.body.childNodes].map(copy));
  return whole;
}
