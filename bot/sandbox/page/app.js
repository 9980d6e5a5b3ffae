// Two phones of a local Telegram. Each shows one chat with the bot and speaks in that person's name.
import { WORDS } from "./words.js";
import { Phone } from "./phone.js";

const PEOPLE = [
  { role: "volunteer", first_name: "Salma", language_code: "en" },
  { role: "organisation", first_name: "Karim", language_code: "fr" },
];

const stored = (key, fallback) => {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? fallback;
  } catch {
    return fallback;
  }
};
const store = (key, value) => localStorage.setItem(key, JSON.stringify(value));

export async function api(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/sandbox/api${path}`, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || answer.statusText);
  return found;
}

const page = {
  language: stored("language", (navigator.language || "fr").startsWith("ar") ? "ar" : "fr"),
  t(key, values = {}) {
    return WORDS[this.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  },
};

async function people() {
  const known = new Set((await api("/chats")).map((chat) => chat.id));
  const kept = stored("people", []).filter((person) => known.has(person.chat_id));
  if (kept.length === PEOPLE.length) return kept;
  const met = [];
  for (const person of PEOPLE) met.push({ ...person, ...(await api("/chats", person)) });
  store("people", met);
  return met;
}

function showTab(phones, chosen) {
  phones.forEach((phone, index) => {
    phone.element.classList.toggle("chosen", index === chosen);
    phone.tab.setAttribute("aria-selected", String(index === chosen));
    if (index === chosen) phone.seen();
  });
}

function speak(phones) {
  document.documentElement.lang = page.language;
  document.documentElement.dir = page.language === "ar" ? "rtl" : "ltr";
  const other = document.getElementById("direction");
  other.textContent = page.language === "ar" ? "Français" : "العربية";
  other.lang = page.language === "ar" ? "fr" : "ar";
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = page.t(element.dataset.text);
  for (const phone of phones) phone.speak();
}

async function begin() {
  const phones = (await people()).map((person) => new Phone(person, page, () => store("people", phones.map((phone) => phone.person))));
  const tabs = document.getElementById("tabs");
  phones.forEach((phone, index) => {
    phone.tab.addEventListener("click", () => showTab(phones, index));
    tabs.append(phone.tab);
    document.getElementById("phones").append(phone.element);
    phone.listen();
  });
  document.getElementById("direction").addEventListener("click", () => {
    page.language = page.language === "ar" ? "fr" : "ar";
    store("language", page.language);
    speak(phones);
  });
  document.getElementById("restart").addEventListener("click", () => {
    localStorage.removeItem("people");
    location.reload();
  });
  showTab(phones, 0);
  speak(phones);
}

begin().catch((error) => {
  document.getElementById("phones").textContent = error.message;
});
