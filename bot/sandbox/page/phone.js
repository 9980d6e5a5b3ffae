// One phone: the chat of one person with the bot.
import { api } from "./app.js";
import { rich } from "./rich.js";
import { PLACES } from "./words.js";

const LANGUAGES = [
  ["ar", "العربية"],
  ["fr", "Français"],
  ["en", "English"],
];
const ATTACHMENTS = ["sticker", "voice", "photo", "document", "contact"];
const SHOWN = { sticker: "🎉", voice: "🎤 ▂▃▅▂▃ 0:03", photo: "🖼️", document: "📄 document.pdf", contact: "👤" };
const TOAST_MS = 4000;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export class Phone {
  constructor(person, page, save) {
    this.person = person;
    this.page = page;
    this.save = save;
    this.sequence = 0;
    this.messages = new Map();
    this.commands = [];
    this.unread = 0;
    this.editing = null;
    this.isBlocked = false;
    this.toastNumber = null;
    this.element = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.tab = element("button", { type: "button" });
    this.tab.setAttribute("role", "tab");
    this.list = this.find(".messages");
    this.box = this.find("textarea");
    this.connect();
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  path(rest) {
    return `/chats/${this.person.chat_id}${rest}`;
  }

  connect() {
    this.find(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendTyped();
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.sendTyped();
      }
      if (event.key === "Escape") this.stopEditing();
    });
    this.box.addEventListener("input", () => this.fit());
    this.find(".attach").addEventListener("click", () => this.toggleSheet("attach", () => this.attachments()));
    this.find(".menu").addEventListener("click", () => this.toggleSheet("menu", () => this.menu()));
    this.find(".block").addEventListener("click", () => this.block());
    const select = this.find(".language");
    for (const [code, name] of LANGUAGES) select.append(element("option", { value: code, textContent: name }));
    select.value = this.person.language_code;
    select.addEventListener("change", () => {
      this.person.language_code = select.value;
      this.save();
      this.meet();
      this.loadMenu();
    });
    this.loadMenu();
  }

  meet() {
    return api("/chats", { id: this.person.chat_id, first_name: this.person.first_name, language_code: this.person.language_code });
  }

  async loadMenu() {
    this.commands = await api(`/menu?language_code=${this.person.language_code}`).catch(() => []);
  }

  // ---- words of the page

  speak() {
    const { page, person } = this;
    this.find(".avatar").textContent = person.first_name[0];
    this.find(".who strong").textContent = `${person.first_name} · ${page.t(person.role)}`;
    this.tab.replaceChildren(`${person.first_name} · ${page.t(person.role)}`, element("b", { textContent: this.unread || "", hidden: !this.unread }));
    this.box.placeholder = page.t("write");
    this.box.setAttribute("aria-label", page.t("write"));
    for (const [name, key] of [["send", "send"], ["menu", "menu"], ["attach", "attach"], ["language", "language"]]) {
      const control = this.find(`.${name}`);
      control.title = page.t(key);
      control.setAttribute("aria-label", page.t(key));
    }
    const block = this.find(".block");
    block.textContent = this.isBlocked ? "🔓" : "🚫";
    block.title = page.t(this.isBlocked ? "unblock" : "block");
    block.setAttribute("aria-label", block.title);
    this.showState(false);
    this.draw();
  }

  showState(isTyping) {
    const key = this.isBlocked ? "blocked" : isTyping ? "typing" : "online";
    this.find(".who small").textContent = this.page.t(key);
    this.element.classList.toggle("typing", isTyping);
  }

  // ---- sending

  async send(body) {
    this.hideSheet();
    await api(this.path("/messages"), body).catch((error) => this.toast(error.message));
  }

  sendTyped() {
    const text = this.box.value.trim();
    if (!text) return;
    const editing = this.editing;
    this.box.value = "";
    this.stopEditing();
    this.fit();
    if (editing) api(this.path(`/messages/${editing}`), { text }).catch((error) => this.toast(error.message));
    else this.send({ text });
  }

  fit() {
    this.box.rows = Math.min(5, Math.max(1, this.box.value.split("\n").length));
  }

  edit(message) {
    this.editing = message.message_id;
    this.box.value = message.plain;
    this.element.classList.add("editing");
    this.fit();
    this.box.focus();
  }

  stopEditing() {
    this.editing = null;
    this.element.classList.remove("editing");
  }

  async tap(message, data, button) {
    button.disabled = true;
    await api(this.path("/taps"), { message_id: message.message_id, data }).catch((error) => this.toast(error.message));
    setTimeout(() => (button.disabled = false), 1500);
  }

  async block() {
    this.isBlocked = !this.isBlocked;
    await api(this.path("/membership"), { status: this.isBlocked ? "kicked" : "member" });
    this.speak();
  }

  // ---- sheets over the composer

  toggleSheet(name, fill) {
    const sheet = this.find(".sheet");
    if (sheet.dataset.name === name && !sheet.hidden) return this.hideSheet();
    sheet.dataset.name = name;
    sheet.replaceChildren(...fill());
    sheet.hidden = false;
  }

  hideSheet() {
    this.find(".sheet").hidden = true;
  }

  attachments() {
    const { page } = this;
    const places = PLACES.map(({ latitude, longitude, ...names }) => {
      const place = names[page.language] ?? page.t("outside");
      const label = `📍 ${page.t("location_in", { place })}`;
      return this.sheetButton(label, () => this.send({ location: { latitude, longitude } }));
    });
    const others = ATTACHMENTS.map((kind) => this.sheetButton(`${SHOWN[kind].split(" ")[0]} ${page.t(kind)}`, () => this.send({ [kind]: true })));
    return [...places, ...others];
  }

  menu() {
    const commands = this.commands.length ? this.commands : [{ command: "start", description: "" }];
    return commands.map(({ command, description }) => {
      const button = this.sheetButton("", () => this.send({ text: `/${command}` }));
      button.append(element("bdi", { textContent: `/${command}`, dir: "ltr" }), " ", element("span", { textContent: description, dir: "auto" }));
      return button;
    });
  }

  sheetButton(label, act) {
    const button = element("button", { type: "button", textContent: label, dir: "auto" });
    button.addEventListener("click", () => {
      this.hideSheet();
      act();
    });
    return button;
  }

  // ---- receiving

  async listen() {
    for (;;) {
      try {
        const found = await api(this.path(`/messages?after=${this.sequence}&wait=20`));
        const isFirst = this.sequence === 0;
        this.sequence = found.sequence;
        for (const message of found.messages) this.messages.set(message.message_id, message);
        if (found.messages.length) {
          const fromBot = found.messages.filter((message) => message.sender === "bot").length;
          if (!isFirst && !this.isShown()) this.unread += fromBot;
          this.speak();
        }
        this.showState(found.typing);
        if (isFirst) this.toastNumber = found.toast?.number ?? null;
        else if (found.toast && found.toast.number !== this.toastNumber) {
          this.toastNumber = found.toast.number;
          this.toast(found.toast.text);
        }
      } catch {
        this.toast(this.page.t("lost"));
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
  }

  isShown() {
    return this.element.offsetParent !== null;
  }

  seen() {
    this.unread = 0;
    this.speak();
  }

  toast(text) {
    const toast = this.find(".toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
  }

  // ---- drawing

  draw() {
    const shown = [...this.messages.values()].filter((message) => !message.deleted);
    this.list.replaceChildren(...shown.map((message) => this.bubble(message)));
    if (!shown.length) this.list.append(element("li", { className: "hint", textContent: this.page.t("empty"), dir: "auto" }));
    this.drawKeyboard(shown);
    this.list.scrollTop = this.list.scrollHeight;
  }

  bubble(message) {
    const body = element("div", { className: "text", dir: "auto" });
    const file = message.document ?? message.photo?.[0];
    if (file?.file_name) body.append(`${message.photo ? "🖼️" : "📄"} ${file.file_name}\n`);
    if (message.html) body.append(rich(message.text));
    else if (message.location) body.append(`📍 ${message.location.latitude.toFixed(3)}, ${message.location.longitude.toFixed(3)}`);
    else body.append(message.plain ?? SHOWN[ATTACHMENTS.find((kind) => message[kind])] ?? "");
    const time = new Date(message.date * 1000).toLocaleTimeString(this.page.language, { hour: "2-digit", minute: "2-digit" });
    const footer = element("small", { textContent: message.edited ? `${this.page.t("edited")} · ${time}` : time });
    const bubble = element("div", { className: "bubble" }, body, footer);
    if (message.sender === "person" && message.plain) {
      const pen = element("button", { type: "button", className: "pen", textContent: "✎", title: this.page.t("edit") });
      pen.setAttribute("aria-label", pen.title);
      pen.addEventListener("click", () => this.edit(message));
      bubble.append(pen);
    }
    const line = element("li", { className: message.sender }, bubble);
    if (message.buttons?.length) line.append(this.inlineKeyboard(message));
    return line;
  }

  inlineKeyboard(message) {
    const rows = message.buttons.map((row) => {
      const buttons = row.map((choice) => {
        if (choice.url) return element("a", { href: choice.url, textContent: choice.text, rel: "noopener", dir: "auto" });
        const button = element("button", { type: "button", textContent: choice.text, dir: "auto" });
        button.addEventListener("click", () => this.tap(message, choice.callback_data, button));
        return button;
      });
      return element("div", {}, ...buttons);
    });
    return element("div", { className: "inline" }, ...rows);
  }

  // The reply keyboard of the last message of the bot that has or removes one; a one-time keyboard goes once the person has answered.
  drawKeyboard(shown) {
    const keyboard = this.find(".keyboard");
    const last = shown.filter((message) => message.sender === "bot" && (message.keyboard || message.removes_keyboard)).pop();
    const isAnswered = last && shown.some((message) => message.sender === "person" && message.message_id > last.message_id);
    const rows = last?.keyboard && !isAnswered ? last.keyboard : [];
    keyboard.hidden = !rows.length;
    keyboard.replaceChildren(
      ...rows.map((row) => {
        const buttons = row.map((choice) => {
          const choose = choice.request_location
            ? () => this.send({ location: { latitude: PLACES[0].latitude, longitude: PLACES[0].longitude } })
            : () => this.send({ text: choice.text });
          return this.sheetButton(choice.text, choose);
        });
        return element("div", {}, ...buttons);
      }),
    );
  }
}
