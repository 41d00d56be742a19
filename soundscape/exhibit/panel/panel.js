// The page for staff: asks the exhibit how it is every two seconds, and shows it. All that is shown is text: nothing
// that comes from outside becomes part of the page in another way.
"use strict";

const POLL_MS = 2000, PATIENCE_MS = 5000, SETTLE_MS = 700, SHOWN_MS = 9000, KEY = "soundscape token";
const SILENT_DB = -90;
const METER = { low_db: -30, high_db: 6 };
const PROFILES = {
  usual: ["Usual", "平常"], busy: ["Busy", "繁忙"], quiet: ["Quiet", "安静"],
  "low-sensory": ["Low-sensory hour", "低感官时段", 60], closed: ["Silent", "静音"],
};
const SLIDERS = {
  lively: ["Lively", "活跃", "calm", "lively"], near: ["Near", "远近", "far", "near"],
  bright: ["Bright", "明暗", "dark", "bright"],
};
const SCHEDULE = ["Back to the schedule", "恢复日程"];

const found = (id) => document.getElementById(id);
const built = {};
let shown = null, asked = 0, held = {}, answer_timer = 0, why_locked = "";

function made(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- times: those of the gallery's wall, as the exhibit writes them

const clock = (iso) => iso.slice(11, 16);
const midnight = (iso) => Date.UTC(+iso.slice(0, 4), +iso.slice(5, 7) - 1, +iso.slice(8, 10));

function day(iso, now) {
  const days = Math.round((midnight(iso) - midnight(now)) / 86400000);
  if (days === 0) return "";
  if (days === 1) return "tomorrow ";
  const form = days > 1 && days < 7 ? { weekday: "long" } : { weekday: "short", day: "numeric", month: "long" };
  return new Date(midnight(iso)).toLocaleDateString("en-GB", { ...form, timeZone: "UTC" }) + " ";
}

const when = (iso, now) => day(iso, now) + clock(iso);

// --- what is shown

function headline(row, staff) {
  if (row.status === "closed") return staff.opening ? `Closed until ${when(staff.opening[0], staff.now)}` : "Closed";
  if (row.status === "down") return "Open, and nothing sounds";
  return `Open until ${when(staff.opening[1], staff.now)}`;
}

const named = (profile) => (PROFILES[profile] || [profile])[0];

function profile_words(row, staff) {
  if (row.status === "closed") return "";
  const by = staff.is_chosen ? "chosen by hand" : "on schedule";
  return `${named(row.profile)} until ${when(staff.profile_until, staff.now)}, ${by}`;
}

function sound_words(row, staff) {
  if (row.status === "closed") return "Nothing: the doors are closed.";
  if (row.status === "down") return "Nothing.";
  if (row.profile === "closed") return "Nothing: somebody chose silence.";
  if (row.status === "degraded") return "The bed that stands in.";
  return staff.sounds.length ? staff.sounds.join(", ") : "A pause between sounds.";
}

// A minus as it is printed, and 0 without one.
const signed = (number, digits) => number.toFixed(digits).replace("-", "\u2212");

function level_words(staff) {
  const level = staff.minute_lufs, limit = `the limit is ${signed(staff.cap_lufs, 0)}`;
  if (level === null) return `Not measured now; ${limit} LUFS.`;
  const below = staff.cap_lufs - level;
  const how = below < 1 ? "just below the limit" : below < 6 ? "a little below the limit"
    : below < 15 ? "soft" : "very soft";
  return `This minute ${signed(level, 1)} LUFS, ${limit}: ${how}.`;
}

function show_level(staff) {
  const level = staff.minute_lufs, meter = found("meter");
  const over = level === null ? METER.low_db : level - staff.cap_lufs;
  const share = Math.min(1, Math.max(0, (over - METER.low_db) / (METER.high_db - METER.low_db)));
  found("fill").style.width = `${(100 * share).toFixed(1)}%`;
  meter.setAttribute("aria-valuenow", (100 * share).toFixed(0));
  meter.setAttribute("aria-valuetext", level_words(staff));
  say(found("level-words"), level_words(staff));
  say(found("peak-words"), staff.peak_db === null || staff.peak_db < SILENT_DB ? "Nothing goes to the loudspeakers now."
    : `Sound goes to the loudspeakers now, with peaks of ${signed(staff.peak_db, 0)} dB.`);
}

function show_troubles(troubles) {
  found("well").classList.toggle("bad", troubles.length > 0);
  rebuild("troubles", troubles, (list) => {
    if (!troubles.length) list.append(made("li", "All is well.", { class: "good" }));
    for (const [what, to_do] of troubles) {
      const item = made("li");
      item.append(made("strong", what), made("span", `What to do: ${to_do}`));
      list.append(item);
    }
  });
}

function show_faults(staff) {
  rebuild("faults", [staff.faults, staff.n_faults_today], (list) => {
    if (!staff.faults.length) list.append(made("li", "Nothing.", { class: "none" }));
    for (const [at, line] of [...staff.faults].reverse()) {
      const item = made("li");
      item.append(made("span", clock(at)), made("span", line));
      list.append(item);
    }
    const more = staff.n_faults_today - staff.faults.length;
    if (more > 0) list.append(made("li", `and ${more} before that`, { class: "none" }));
  });
}

// Lists are made anew only where they changed, so that whoever has come to a button by keyboard stays on it.
function rebuild(id, of, fill) {
  const now = JSON.stringify(of);
  if (built[id] === now) return;
  built[id] = now;
  const list = found(id);
  list.replaceChildren();
  fill(list);
}

function labelled(tag, english, chinese, attributes) {
  const element = made(tag, english, attributes);
  if (chinese) element.append(made("small", chinese, { class: "zh", lang: "zh-Hans" }));
  return element;
}

function show_buttons(row, staff) {
  rebuild("profiles", staff.profiles, (list) => {
    for (const name of staff.profiles) {
      const [english, chinese, minutes] = PROFILES[name] || [name];
      const button = labelled("button", english, chinese, { type: "button", "data-profile": name });
      const query = minutes ? `?minutes=${minutes}` : "";
      button.addEventListener("click", () => press(`/profile/${encodeURIComponent(name)}${query}`, english));
      list.append(button);
    }
    const back = labelled("button", SCHEDULE[0], SCHEDULE[1], { type: "button" });
    back.addEventListener("click", () => press("/profile/", SCHEDULE[0]));
    list.append(back);
  });
  for (const button of found("profiles").querySelectorAll("[data-profile]")) {
    button.setAttribute("aria-pressed", String(row.status !== "closed" && button.dataset.profile === row.profile));
  }
  found("triggers-card").hidden = !staff.triggers.length;
  rebuild("triggers", staff.triggers, (list) => {
    for (const name of staff.triggers) {
      const button = made("button", name, { type: "button" });
      button.addEventListener("click", () => press(`/trigger/${encodeURIComponent(name)}`, name));
      list.append(button);
    }
  });
}

function show_sliders(staff) {
  const bounds = Object.entries(staff.sliders).map(([name, [low, high]]) => [name, low, high]);
  rebuild("sliders", bounds, (list) => {
    for (const [name, low, high] of bounds) list.append(slider(name, low, high));
  });
  for (const [name, [, , stands]] of Object.entries(staff.sliders)) {
    if (held[name] === undefined) put(name, stands);
  }
}

function slider(name, low, high) {
  const [english, chinese, least, most] = SLIDERS[name] || [name, "", "", ""];
  const box = made("div", "", { class: "slider" });
  const label = made("label", "", { for: `slider-${name}` });
  const input = made("input", "", { id: `slider-${name}`, type: "range", min: low, max: high, step: 0.01 });
  input.disabled = low === high;
  label.append(labelled("span", english, chinese, {}), made("output", "", { id: `stands-${name}`, for: input.id }));
  const ends = made("div", "", { class: "ends", "aria-hidden": "true" });
  ends.append(made("span", least), made("span", most));
  box.append(label, input, ends);
  input.addEventListener("input", () => {
    clearTimeout(held[name]);
    put(name, Number(input.value));
    held[name] = setTimeout(() => set(name, input.value, english), SETTLE_MS);
  });
  return box;
}

function put(name, stands) {
  const [, , least, most] = SLIDERS[name] || [name, "", "less", "more"];
  const input = found(`slider-${name}`), percent = `${Math.round(100 * stands)} %`;
  input.value = stands;
  input.setAttribute("aria-valuetext", `${percent}, from ${least} to ${most}`);
  say(found(`stands-${name}`), percent);
}

async function set(name, value, english) {
  await press(`/mood/${encodeURIComponent(name)}?value=${Number(value).toFixed(2)}`, english);
  held[name] = setTimeout(() => { delete held[name]; }, POLL_MS);
}

function show(row) {
  const staff = row.staff;
  shown = row;
  document.body.classList.add("is-known");
  document.title = row.title;
  document.body.classList.toggle("has-zh", Boolean(staff.title_zh));
  found("now").classList.toggle("bad", row.status === "down");
  say(found("title"), row.title);
  say(found("title-zh"), staff.title_zh);
  say(found("headline"), headline(row, staff));
  say(found("profile-now"), profile_words(row, staff));
  say(found("sounds"), sound_words(row, staff));
  const hours = staff.today.map(([opens, closes]) => `${clock(opens)} – ${when(closes, staff.now)}`);
  say(found("hours"), hours.join(", ") || "Closed today.");
  show_level(staff);
  show_troubles(row.troubles);
  show_faults(staff);
  show_buttons(row, staff);
  show_sliders(staff);
  say(found("asked"), `As of ${staff.now.slice(11, 19)} on the gallery's clock; ${Math.floor(row.ahead_s / 60)} ` +
    `minutes are ready ahead.`);
}

// --- the token: kept for this tab until it is closed, sent in a header, in no address

const token = () => sessionStorage.getItem(KEY) || "";
const headers = () => (token() ? { Authorization: `Bearer ${token()}` } : {});

function lock(why) {
  why_locked = token() ? "" : why_locked || why || "";
  const has_buttons = !shown || shown.buttons;
  const is_open = Boolean(token()) && has_buttons;
  found("changes").disabled = !is_open;
  found("key").hidden = is_open;
  found("key-form").hidden = !has_buttons;
  found("lock").hidden = !is_open;
  say(found("key-words"), why_locked || (has_buttons ? "Whoever looks after this exhibit knows its token."
    : "The exhibit was started without a token, so this page only shows. See SOUNDSCAPE_EXHIBIT_TOKEN."));
}

async function ask(method, path) {
  const control = new AbortController(), timer = setTimeout(() => control.abort(), PATIENCE_MS);
  try {
    return await fetch(path, { method, headers: headers(), cache: "no-store", credentials: "omit",
                               signal: control.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function unlock(event) {
  event.preventDefault();
  try {
    sessionStorage.setItem(KEY, found("token").value.trim());
    const answer = await ask("POST", "/unlock");
    found("token").value = "";
    if (answer.ok) {
      tell("Unlocked on this screen until it is closed.");
      await poll();
      found("changes").querySelector("button")?.focus({ preventScroll: true });
    } else {
      sessionStorage.removeItem(KEY);
      why_locked = "";
      lock(answer.status === 401 ? "That is not the token." : "It could not be asked. Try again in a moment.");
      found("token").focus();
    }
  } catch (error) {
    sessionStorage.removeItem(KEY);
    why_locked = "";
    lock(error instanceof TypeError || error.name === "AbortError" ? "The exhibit does not answer."
      : "A token has no such characters.");
  }
}

// --- buttons

function tell(text) {
  say(found("answer"), text);
  clearTimeout(answer_timer);
  answer_timer = setTimeout(() => say(found("answer"), ""), SHOWN_MS);
}

async function press(path, what) {
  try {
    const answer = await ask("POST", path);
    if (answer.status === 401) {
      sessionStorage.removeItem(KEY);
      lock("The token is another one by now.");
    }
    if (!answer.ok) {
      tell(`${what}: not done. ${(await answer.json()).error}`);
      return;
    }
    const before = shown ? shown.answers.length && shown.answers[shown.answers.length - 1] : 0;
    tell(`${what}: asked.`);
    await new Promise((done) => setTimeout(done, 400));
    await poll();
    const last = shown.answers[shown.answers.length - 1];
    if (last && JSON.stringify(last) !== JSON.stringify(before)) tell(last[1]);
  } catch {
    tell(`${what}: not done. The exhibit does not answer.`);
  }
}

// --- asking, again and again

function unreachable(why, to_do) {
  found("now").classList.add("bad");
  say(found("headline"), "The exhibit does not answer");
  say(found("profile-now"), shown ? `What is below is from ${clock(shown.staff.now)}.` : "");
  show_troubles([[why, to_do]]);
}

async function poll() {
  const turn = ++asked;
  try {
    const answer = await ask("GET", "/health");
    if (answer.status === 401) {
      sessionStorage.removeItem(KEY);
      say(found("headline"), "Locked");
      lock(shown ? "The token is another one by now." : "From another machine nothing is shown without the token.");
    } else if (answer.ok || answer.status === 503) {
      const row = await answer.json();
      if (turn === asked) show(row);
      lock();
    } else {
      unreachable(`It answers with ${answer.status}: ${(await answer.json()).error}.`, "Wait a moment.");
    }
  } catch {
    unreachable("Its computer, or the program on it, cannot be reached.",
                "If it is silent in the gallery: see that its computer is on, and start it again.");
  }
}

async function go_on() {
  if (!document.hidden) await poll();
  setTimeout(go_on, POLL_MS);
}

found("key-form").addEventListener("submit", unlock);
found("lock").addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  lock("Locked by hand.");
  tell("Locked.");
  poll();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
lock();
go_on();
