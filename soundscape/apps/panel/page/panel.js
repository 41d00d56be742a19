// The catalogue's page: search, look, listen, correct. All that is shown is text: nothing that comes from a take
// becomes part of the page in another way.
"use strict";

const KEY = "soundscape panel token", LEARNING_MS = 700, NUDGE_S = 0.01, MOST_CHOICES = 8;

const found = (id) => document.getElementById(id);
let language = (navigator.language || "en").startsWith("zh") ? "zh" : "en";
let vocabulary = [], by_name = new Map(), per_page = 50, name_of_all = "", n_of_all = 0;
let list = { query: "", like: "", page: 0, n: 0, rows: [] };
let one = null, view = null, bars = null, image = null, turn = 0, n_learned = null, to_undo = null, offered = null, chosen_choice = -1;
let audio = null, playing_from_s = 0, sound_url = "", busy = 0, is_cutting = false;

const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const word = (key) => WORDS[language][key];

function made(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// --- how things are written

const signed = (number, digits) => number.toFixed(digits).replace("-", "\u2212");
const length_of = (row) => `${(row.end_s - row.start_s).toFixed(2)} s`;

function clock(time_s, digits = 2) {
  const whole = Math.round(time_s * 10 ** digits) / 10 ** digits, minutes = Math.floor(whole / 60);
  return `${minutes}:${(whole - 60 * minutes).toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

const stretch_of = (row) => `${row.start_s.toFixed(3)} – ${row.end_s.toFixed(3)} s`;
const label_of = (name) => by_name.get(name)?.labels[language] || name;
const called = (name) => (name ? (language === "en" ? name : label_of(name)) : word("no_tag"));
const called_all = (row) => row.tags.map((tag) => called(tag.name)).join(", ") || word("no_tag");
const sure = (tag) => (tag.by === "person" ? word("by_person") : `${Math.round(100 * tag.confidence)} %`);

// --- asking

const token = () => sessionStorage.getItem(KEY) || "";

class Refused extends Error {
  constructor(status, row) {
    super(row.error);
    Object.assign(this, { status, hint: row.hint || "" });
  }
}

async function fetched(path, options = {}) {
  const headers = { ...options.headers, ...(token() ? { Authorization: `Bearer ${token()}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit" });
  } catch {
    throw new Refused(0, { error: word("no_answer") });
  }
  if (answer.ok) return answer;
  const row = await answer.json();
  if (answer.status === 401) lock();
  throw new Refused(answer.status, row);
}

const get = async (what, fields = {}) => (await fetched(`/api/${what}?${new URLSearchParams(fields)}`)).json();

async function post(what, row) {
  return (await fetched(`/api/${what}`, { method: "POST", headers: { "Content-Type": "application/json" },
                                          body: JSON.stringify(row) })).json();
}

const reason = (error) => (error instanceof Refused ? [error.message, error.hint].filter(Boolean).join(": ") : String(error));

// --- the list

async function search(query, page = 0, like = "") {
  const mine = ++search.turn;
  try {
    const answer = await get("find", { query, page, like });
    if (mine !== search.turn) return;
    list = { ...answer, query };
    say(found("query-error"), "");
    found("query").removeAttribute("aria-invalid");
    show_list();
    remember();
  } catch (error) {
    if (mine !== search.turn) return;
    say(found("query-error"), reason(error));
    found("query").setAttribute("aria-invalid", "true");
  }
}
search.turn = 0;

function show_list() {
  say(found("count"), word(list.like && list.n ? "count_like" : "count")(list.n.toLocaleString("en")));
  const body = found("rows"), had = document.activeElement?.closest?.("#rows tr")?.dataset.id;
  body.replaceChildren(...list.rows.map(row_element));
  found("table").hidden = !list.rows.length;
  if (show_list.of !== `${list.page} ${list.like} ${list.query}`) found("scroll").scrollTop = 0;
  show_list.of = `${list.page} ${list.like} ${list.query}`;
  if (had) row_button(had)?.focus({ preventScroll: true });
  const n_pages = Math.max(1, Math.ceil(list.n / per_page));
  found("pages").hidden = n_pages < 2;
  say(found("page-now"), word("pages")(list.page + 1, n_pages));
  found("page-back").disabled = list.page < 1;
  found("page-on").disabled = list.page + 1 >= n_pages;
}

function ask_for(query, like = "") {
  found("query").value = query;
  search(query, 0, like);
}

const row_button = (id) => found("rows").querySelector(`tr[data-id="${CSS.escape(id)}"] button`);

function row_element(row) {
  const element = made("tr", "", { "data-id": row.id, "aria-selected": String(row.id === one?.id) });
  const take = made("td"), tags = made("td");
  const title = row.titles[language] || row.title;
  const button = made("button", "", { type: "button", class: "row", title });
  button.append(made("span", title));
  take.append(button);
  if (!row.tags.length) tags.append(made("span", word("no_tag"), { class: "note" }));
  for (const tag of row.tags) {
    const chip = made("span", "", { class: `tag ${tag.by}`, title: label_of(tag.name) });
    chip.append(made("span", called(tag.name)), " ", made("small", sure(tag)));
    tags.append(chip, " ");
  }
  element.append(take, made("td", clock(row.start_s), { class: "number" }), made("td", length_of(row), { class: "number" }),
                 made("td", word("kinds")[row.kind] || row.kind), tags);
  element.dataset.family = row.family;
  element.addEventListener("click", () => {
    choose(row.id);
    row_button(row.id)?.focus({ preventScroll: true });
  });
  return element;
}

function mark_row() {
  for (const row of found("rows").children) row.setAttribute("aria-selected", String(row.dataset.id === one?.id));
}

const listed = (row) => ({ ...row, title: row.take.title, titles: row.take.titles });

// What a change made of segments stands in the list at once, where it stood before.
function put_in_list(segments, gone, { inserts = false } = {}) {
  const beside = list.rows.findIndex((row) => row.id === one?.id);
  const place = list.rows.findIndex((row) => gone.includes(row.id)), now = new Map(segments.map((row) => [row.id, row]));
  const kept = list.rows.filter((row) => !gone.includes(row.id)).map((row) => {
    const fresh = now.get(row.id);
    now.delete(row.id);
    return fresh ? listed(fresh) : row;
  });
  if (place >= 0 || inserts) kept.splice(place >= 0 ? place : beside + 1, 0, ...[...now.values()].map(listed));
  list.n += kept.length - list.rows.length;
  list.rows = kept;
  show_list();
}

// --- one segment

async function choose(id, { keeps_view = false } = {}) {
  const mine = ++turn;
  stop();
  try {
    const row = await get("segment", { id });
    if (mine !== turn) return;
    const shown = show_one(row, { keeps_view });
    answer("");
    if (matchMedia("(max-width: 55rem)").matches) found("detail").scrollIntoView();
    await shown;
  } catch (error) {
    if (mine === turn) answer(reason(error), { is_bad: true });
  }
}

const is_same_stretch = (a, b) => a?.id === b?.id && a?.start_s === b?.start_s && a?.end_s === b?.end_s;

async function show_one(row, { keeps_view = false } = {}) {
  const same_take = one && view && one.take.id === row.take.id, was_there = is_same_stretch(one, row);
  one = row;
  found("nothing").hidden = true;
  found("one").hidden = false;
  if (found("answer-box").nextElementSibling !== found("changes")) found("changes").before(found("answer-box"));
  say(found("take-title"), [...new Set([row.take.titles[language], row.take.title])].filter(Boolean).join(" / "));
  const facts = row.take.facts;
  say(found("take-facts"), [row.take.file, clock(row.take.duration_s, 0), word("channels")(row.take.n_channels),
                            facts.place, facts.recordist, facts.object_id, facts.licence, ...row.take.faults].filter(Boolean).join(" · "));
  show_tags();
  const measured = Object.entries(word("features")).filter(([name]) => name in row.features);
  say(found("features"), [row.id, ...measured.map(([name, written]) =>
    written((digits) => signed(row.features[name], digits)))].join(" · "));
  if (!was_there) {  // else what is not saved yet stays in its fields
    put_bounds(row.start_s, row.end_s);
    is_cutting = false;
    found("cut").value = ((row.start_s + row.end_s) / 2).toFixed(3);
  }
  say(found("set-by"), word("set_by")[row.by]);
  found("reset").hidden = row.by !== "person";
  found("before").disabled = !row.before;
  found("after").disabled = !row.after;
  found("join").disabled = !row.next;
  for (const id of ["bounds-error", "tag-error"]) say(found(id), "");
  mark_row();
  remember();
  const sees_it = same_take && row.start_s >= view.start_s && row.end_s <= view.end_s;
  if (!(keeps_view && sees_it)) view = around(row);
  await show_view();
}

function show_tags() {
  const items = one.tags.map((tag) => {
    const item = made("li", "", { class: `tag ${tag.by}` });
    const names = made("span", called(tag.name));
    const label = [label_of(tag.name), tag.name].find((way) => way !== called(tag.name));
    const remove = made("button", "×", { type: "button", title: word("remove")(called(tag.name)),
                                        "aria-label": word("remove")(called(tag.name)), "data-tag": tag.name });
    remove.addEventListener("click", () => tag_it([], [tag.name]));
    item.append(names, " ", made("small", [label, sure(tag)].filter(Boolean).join(" · ")), remove);
    return item;
  });
  found("tags").replaceChildren(...(items.length ? items : [made("li", word("no_tag"), { class: "note" })]));
}

// --- the picture

function around(row) {
  const pad_s = Math.max(1.5, 0.75 * (row.end_s - row.start_s));
  return fitting(row.start_s - pad_s, row.end_s + pad_s);
}

function fitting(start_s, end_s) {
  const last_s = one.take.duration_s;
  const first = Math.max(0, Math.floor(start_s * 10) / 10), end = Math.min(last_s, Math.ceil(end_s * 10) / 10);
  return { start_s: first, end_s: Math.max(end, Math.min(last_s, first + 0.1)) };
}

function zoom(by) {
  const middle = (view.start_s + view.end_s) / 2, half = Math.max(0.1, by * (view.end_s - view.start_s) / 2);
  view = fitting(middle - half, middle + half);
  show_view();
}

async function show_view() {
  const mine = (show_view.turn = (show_view.turn || 0) + 1);
  const fields = { take: one.take.id, start_s: view.start_s, end_s: view.end_s };
  say(found("drawing"), word("drawing"));
  const shown = JSON.stringify(fields);
  found("picture").classList.toggle("is-old", shown !== show_view.shown);
  place_over();
  show_axis();
  try {
    const [there, drawn] = await Promise.all([get("bars", fields), get("image", fields)]);
    if (mine !== show_view.turn) return;
    bars = there;
    image = drawn;
    say(found("drawing"), "");
    found("picture").classList.remove("is-old");
    show_view.shown = shown;
    show_bars();
    show_image();
  } catch (error) {
    if (mine === show_view.turn) say(found("drawing"), reason(error));
  }
}

const share = (time_s) => (time_s - view.start_s) / (view.end_s - view.start_s);
const percent = (part) => `${(100 * part).toFixed(3)}%`;
const within = (part) => Math.min(1, Math.max(0, part));

function show_image() {
  draw_spectrum(found("spectrum"), image);
  draw_wave(found("wave"), image, getComputedStyle(document.body).color);
}

function show_axis() {
  const ticks = ticks_of(view.start_s, view.end_s, 8), step_s = ticks[1] - ticks[0];
  const digits = step_s >= 1 ? 0 : step_s >= 0.1 ? 1 : 2;
  found("axis").replaceChildren(...ticks.filter((time_s) => share(time_s) < 0.95).map((time_s) => {
    const tick = made("span", clock(time_s, digits));
    tick.style.left = percent(share(time_s));
    return tick;
  }));
}

function show_bars() {
  const lanes = bars.lanes.map((lane) => lane.map((row) => bar(row, false)));
  if (bars.aside.length) lanes.push(bars.aside.map((row) => bar(row, true)));
  found("lanes").replaceChildren(...lanes.map((elements) => {
    const lane = made("div", "", { class: "lane" });
    lane.append(...elements);
    return lane;
  }));
}

function bar(row, is_aside) {
  const text = row.kind === "phrase" ? `${word("kinds").phrase}: ${called_all(row)}` : called_all(row);
  const element = made("button", text, { type: "button", class: is_aside ? "bar aside" : "bar",
                                         title: `${text}, ${stretch_of(row)}` });
  const left = within(share(row.start_s)), right = within(share(row.end_s));
  element.style.left = percent(left);
  element.style.width = percent(right - left);
  element.dataset.family = row.family;
  element.dataset.id = row.id;
  if (!is_aside && row.id === one.id) element.setAttribute("aria-current", "true");
  element.addEventListener("click", () => {
    if (is_aside) answer(word("gave_way")(called_all(row)), { offer: { call: "undo", row: { id: row.id }, to_machine: true } });
    else choose(row.id, { keeps_view: true });
  });
  return element;
}

// A field that shows what is there, rounded, means exactly that.
const field_s = (id, now_s) => (found(id).value === now_s.toFixed(3) ? now_s : Number(found(id).value));
const bounds = () => ({ start_s: field_s("start", one.start_s), end_s: field_s("end", one.end_s) });

function put_bounds(start_s, end_s) {
  found("start").value = start_s.toFixed(3);
  found("end").value = end_s.toFixed(3);
}

const has_moved = () => bounds().start_s !== one.start_s || bounds().end_s !== one.end_s;

function place_over() {
  const { start_s, end_s } = bounds(), left = within(share(start_s)), right = within(share(end_s));
  found("chosen").style.left = percent(left);
  found("chosen").style.width = percent(Math.max(0, right - left));
  for (const [id, time_s] of [["handle-start", start_s], ["handle-end", end_s]]) {
    const handle = found(id), part = share(time_s);
    handle.hidden = !(part >= 0 && part <= 1);
    handle.style.left = percent(within(part));
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", one.take.duration_s.toFixed(3));
    handle.setAttribute("aria-valuenow", time_s.toFixed(3));
    handle.setAttribute("aria-valuetext", `${time_s.toFixed(3)} s`);
  }
  const cut_s = Number(found("cut").value), line = found("cut-line");
  line.hidden = !is_cutting || !(cut_s > start_s && cut_s < end_s);
  line.style.left = percent(within(share(cut_s)));
  const is_new = has_moved();
  found("save").classList.toggle("strong", is_new);
  found("save").disabled = !is_new;
  found("as-new").disabled = !is_new;
}

// Whoever wants to cut sees where, from when they click in the picture or come to the field.
function cut_at(time_s) {
  is_cutting = true;
  found("cut").value = time_s;
  place_over();
}

function time_at(event) {
  const box = found("over").getBoundingClientRect();
  return view.start_s + within((event.clientX - box.left) / box.width) * (view.end_s - view.start_s);
}

function drag(id, field) {
  const handle = found(id);
  const put = (time_s) => {
    const other = field === "start" ? Number(found("end").value) : Number(found("start").value);
    const fits = field === "start" ? Math.min(time_s, other - 0.005) : Math.max(time_s, other + 0.005);
    found(field).value = Math.min(one.take.duration_s, Math.max(0, fits)).toFixed(3);
    place_over();
  };
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.focus();
    event.preventDefault();
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) put(time_at(event));
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -NUDGE_S, ArrowRight: NUDGE_S }[event.key];
    if (!step) return;
    event.preventDefault();
    put(Number(found(field).value) + step * (event.shiftKey ? 10 : 1));
  });
}

// --- sound

async function play() {
  if (audio) {
    stop();
    return;
  }
  if (!one) return;
  const mine = ++play.turn, { start_s, end_s } = bounds();
  const button = found("play");
  say(button, word("fetching"));
  audio = new Audio();
  try {
    const fields = new URLSearchParams({ take: one.take.id, start_s, end_s });
    const sound = await (await fetched(`/api/sound?${fields}`)).blob();
    if (mine !== play.turn) return;
    sound_url = URL.createObjectURL(sound);
    audio.src = sound_url;
    audio.addEventListener("ended", stop);
    playing_from_s = start_s;
    await audio.play();
    if (mine !== play.turn) return;
    say(button, word("stop"));
    if (audio.duration < end_s - start_s - 0.1) answer(word("cut_short")(Math.round(audio.duration)));
    found("head").hidden = false;
    follow();
  } catch (error) {
    if (mine !== play.turn) return;
    stop();
    answer(reason(error), { is_bad: true });
  }
}
play.turn = 0;

function stop() {
  play.turn++;
  if (audio) audio.pause();
  if (sound_url) URL.revokeObjectURL(sound_url);
  audio = null;
  sound_url = "";
  found("head").hidden = true;
  say(found("play"), word("play"));
}

function follow() {
  if (!audio) return;
  const part = share(playing_from_s + audio.currentTime);
  found("head").hidden = part < 0 || part > 1;
  found("head").style.left = percent(within(part));
  requestAnimationFrame(follow);
}

// --- changes

// What undoes the last change stays at hand whatever is said after it, until there is another change. An `offer` to undo
// something else holds while its own words are there.
function answer(text, { offer = null, is_bad = false } = {}) {
  offered = offer;
  const how = offer || to_undo?.how, shown = text || (to_undo?.id === one?.id && to_undo?.text) || "";
  found("answer-box").hidden = !shown && !how;
  found("answer-box").classList.toggle("bad", is_bad);
  say(found("answer"), shown);
  found("undo").hidden = !how;
  found("undo").title = (!offer && to_undo?.text) || "";
  say(found("undo"), word(how?.to_machine ? "reset" : "undo"));
}

const seen = (row) => ({ id: row.id, start_s_seen: row.start_s, end_s_seen: row.end_s,
                         tags_seen: row.tags.map((tag) => tag.name) });

// A change is asked for, and what became of it is shown; `told` says it in words, given the segment before and after.
async function change(what, row, told, { error_id = "bounds-error", is_last = false } = {}) {
  if (busy) return false;
  const before = one, had_focus = document.activeElement;
  busy++;
  found("changes").disabled = found("undo").disabled = true;
  say(found(error_id), "");
  answer(word("saving"));
  try {
    const done = await post(what, row);
    const now = done.segments[0];
    put_in_list(done.segments, done.gone, { inserts: ["add", "undo", "again"].includes(what) });
    if (one === before && now) await show_one(now, { keeps_view: true });
    else if (before && one === before) await show_without(before);
    const text = [told(before, now, done), done.note].filter(Boolean).join(" ");
    to_undo = is_last || !done.undo ? null : { how: done.undo, text, id: one?.id };
    answer(text);
    watch_learning();
    return true;
  } catch (error) {
    if (error.status === 409 && row === to_undo?.how.row) to_undo = null;  // it would be refused for ever
    answer("");
    if (error.status === 409 && before && one === before) {
      await choose(before.id, { keeps_view: true });
      answer(reason(error), { is_bad: true });
    } else if (!one) {
      answer(reason(error), { is_bad: true });
    } else {
      say(found(error_id), reason(error));
    }
    return false;
  } finally {
    busy--;
    found("changes").disabled = found("undo").disabled = false;
    if (one) place_over();
    if (had_focus?.isConnected && !had_focus.hidden) had_focus.focus({ preventScroll: true });
  }
}

// A segment is gone: the place where it was stays in sight, without it.
async function show_without(before) {
  await show_view();
  mark_row();
  found("chosen").style.width = "0";
  const rows = bars?.lanes.flat() || [];
  const near = rows.find((row) => row.start_s >= before.start_s) || rows[rows.length - 1];
  if (near) await show_one(await get("segment", { id: near.id }), { keeps_view: true });
  else {
    one = null;
    found("one").hidden = true;
    found("nothing").hidden = false;
    found("nothing").before(found("answer-box"));  // it says how to have the segment back
  }
}

async function tag_it(add, remove) {
  const told = (before, now) => word("tagged")(called_all(before), called_all(now));
  const is_done = await change("tag", { ...seen(one), add, remove }, told, { error_id: "tag-error" });
  if (is_done && add.length) found("tag").value = "";
  found("tag").focus({ preventScroll: true });
}

async function join() {
  const { next } = one;
  if (next) await change("join", { segments: [seen(one), seen(next)] }, () => word("joined"));
}

async function undo(how) {
  if (how) await change(how.call, how.row, () => word(how.call === "undo" ? "reset_done" : "undone"), { is_last: true });
}

// --- learning

async function watch_learning() {
  clearTimeout(watch_learning.timer);
  try {
    const row = await get("learned");
    if (row.is_learning) say_learning(word("learning"), true);
    if (!row.is_learning && n_learned !== null && row.n_learned !== n_learned) await show_learned(row.last);
    if (!row.is_learning) n_learned = row.n_learned;
    else if (n_learned === null) n_learned = 0;
    if (row.is_learning) watch_learning.timer = setTimeout(watch_learning, LEARNING_MS);
  } catch {
    watch_learning.timer = setTimeout(watch_learning, 5 * LEARNING_MS);
  }
}

function say_learning(text, is_on) {
  say(found("learning"), text);
  found("learning").classList.toggle("is-on", is_on);
}

const learned_words = (last) => (last.error ? [last.error, last.hint].filter(Boolean).join(": ")
  : last.n_segments ? word("learned_n")(last.n_segments) : word(last.is_used === false ? "not_used" : "learned_none"));

async function show_learned(last) {
  say_learning(learned_words(last), false);
  found("learned").hidden = false;
  found("moves").replaceChildren();
  found("first").replaceChildren();
  say(found("learned-words"), learned_words(last));
  if (last.error) return;
  found("moves").append(...last.moves.slice(0, 6).map(({ before, after, n }) =>
    made("li", `${called(before)} → ${called(after)}: ${n}`)));
  found("first").append(...last.first.map((row) => {
    const item = made("li"), button = made("button", row.titles[language] || row.title, { type: "button" });
    button.addEventListener("click", () => choose(row.id));
    item.append(button, made("span", `${clock(row.start_s)}, ${called(row.before)} → ${called(row.after)}`));
    return item;
  }));
  if (!last.n_segments) return;
  const fresh = new Map((await get("rows", { ids: list.rows.map((row) => row.id).join(",") })).rows
    .map((row) => [row.id, row]));
  list.rows = list.rows.map((row) => fresh.get(row.id) || row);
  show_list();
  if (one && !busy) {
    const now = await get("segment", { id: one.id });
    if (!busy && is_same_stretch(one, now)) {
      one = now;
      show_tags();
    }
    show_view();
  }
}

// --- the field for tags

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

function choices_for(text) {
  const wanted = folded(text), ranked = [];
  if (!wanted) return [];
  for (const entry of vocabulary) {
    const at = Math.min(...entry.folded.map((way) => {
      const place = way.indexOf(wanted);
      return place < 0 ? Infinity : way === wanted ? -1 : place === 0 || " ._-".includes(way[place - 1]) ? 0 : 1;
    }));
    if (at < Infinity) ranked.push([at, entry]);
  }
  return ranked.sort((a, b) => a[0] - b[0]).slice(0, MOST_CHOICES).map(([, entry]) => entry);
}

function show_choices() {
  const field = found("tag"), choices = choices_for(field.value);
  chosen_choice = -1;
  found("choices").replaceChildren(...choices.map((entry, place) => {
    const item = made("li", "", { role: "option", id: `choice-${place}`, "data-tag": entry.name, "aria-selected": "false" });
    item.append(made("span", entry.name),
                made("small", [...new Set(Object.values(entry.labels))].filter((one) => one !== entry.name).join(" · ")));
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      pick(entry.name);
    });
    return item;
  }));
  found("choices").hidden = !choices.length;
  field.setAttribute("aria-expanded", String(choices.length > 0));
  field.removeAttribute("aria-activedescendant");
}

function hide_choices() {
  found("choices").hidden = true;
  found("tag").setAttribute("aria-expanded", "false");
  found("tag").removeAttribute("aria-activedescendant");
  chosen_choice = -1;
}

function pick(name) {
  found("tag").value = name;
  hide_choices();
  tag_it([name], []);
}

function move_choice(step) {
  const items = [...found("choices").children];
  if (found("choices").hidden || !items.length) return;
  chosen_choice = (chosen_choice + step + items.length + (chosen_choice < 0 && step < 0 ? 1 : 0)) % items.length;
  items.forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen_choice)));
  items[chosen_choice].scrollIntoView({ block: "nearest" });
  found("tag").setAttribute("aria-activedescendant", items[chosen_choice].id);
}

// --- the page as a whole

function remember() {
  const fields = new URLSearchParams({ ...(list.query ? { query: list.query } : {}),
                                       ...(list.page ? { page: list.page } : {}),
                                       ...(list.like ? { like: list.like } : {}), ...(one ? { id: one.id } : {}) });
  history.replaceState(null, "", `#${fields}`);
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-word]")) say(element, word(element.dataset.word));
  for (const element of document.querySelectorAll("[data-word-title]")) {
    element.title = word(element.dataset.wordTitle);
    element.setAttribute("aria-label", element.title);
  }
  document.title = word("title");
  say(found("language"), word("language"));
  found("language").lang = language === "zh" ? "en" : "zh-Hans";
  say(found("play"), audio ? word("stop") : word("play"));
  found("ways").replaceChildren(...WAYS.map((query, place) => {
    const item = made("li"), button = made("button", query, { type: "button" });
    button.addEventListener("click", () => ask_for(query));
    item.append(button, made("span", word("ways")[place]));
    return item;
  }));
  found("hints").replaceChildren(...Object.entries(HINTS).map(([name, query]) => {
    const button = made("button", word("hints")[name], { type: "button", title: query || "*" });
    button.addEventListener("click", () => ask_for(query));
    return button;
  }));
  if (name_of_all) say(found("about"), word("about")(n_of_all.toLocaleString("en"), name_of_all));
}

function lock() {
  found("key").hidden = false;
  found("main").hidden = true;
  if (token()) say(found("key-words"), word("wrong_token"));
  sessionStorage.removeItem(KEY);
  found("token").focus();
}

async function begin() {
  speak();
  try {
    const about = await get("about");
    const words = await get("words");
    [per_page, name_of_all, n_of_all] = [about.per_page, about.catalogue, about.n_segments];
    vocabulary = words.words;
    by_name = new Map(vocabulary.map((entry) => [entry.name, entry]));
    for (const entry of vocabulary) {
      entry.folded = [entry.name, entry.name.replace(/[._]/g, " "), ...Object.values(entry.labels), ...entry.also].map(folded);
    }
  } catch (error) {
    if (error.status !== 401) answer_anywhere(reason(error));
    return;
  }
  found("key").hidden = true;
  found("main").hidden = false;
  speak();
  const asked = new URLSearchParams(location.hash.slice(1));
  found("query").value = asked.get("query") || "";
  const page = /^\d{1,6}$/.test(asked.get("page")) ? Number(asked.get("page")) : 0;
  await search(found("query").value, page, asked.get("like") || "");
  await watch_learning();
  if (asked.get("id")) await choose(asked.get("id"));
  document.body.classList.add("is-known");
}

function answer_anywhere(text) {
  say(found("about"), text);
}

found("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search(found("query").value);
});
found("page-back").addEventListener("click", () => search(list.query, list.page - 1, list.like));
found("page-on").addEventListener("click", () => search(list.query, list.page + 1, list.like));
found("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  if (to_undo) to_undo.text = "";  // it is in the other language
  say_learning("", false);
  found("learned").hidden = true;
  speak();
  answer("");
  show_list();
  if (one) show_one(one, { keeps_view: true });
});
found("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, found("token").value.trim());
  found("token").value = "";
  begin();
});
found("like-it").addEventListener("click", () => ask_for("", one.id));
found("play").addEventListener("click", play);
for (const id of ["before", "after"]) {
  found(id).addEventListener("click", () => choose(one[id], { keeps_view: true }));
}
found("zoom-in").addEventListener("click", () => zoom(0.5));
found("zoom-out").addEventListener("click", () => zoom(2));
found("zoom-one").addEventListener("click", () => { view = around(one); show_view(); });
found("zoom-all").addEventListener("click", () => { view = fitting(0, one.take.duration_s); show_view(); });
found("tag").addEventListener("input", show_choices);
found("tag").addEventListener("blur", hide_choices);
found("tag").addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move_choice(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape") {
    hide_choices();
  }
});
found("tag-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const item = chosen_choice >= 0 ? found("choices").children[chosen_choice] : null, text = found("tag").value.trim();
  if (item) pick(item.dataset.tag);
  else if (text) {
    hide_choices();
    tag_it([text], []);
  }
});
found("bounds-form").addEventListener("submit", (event) => {
  event.preventDefault();
  change("move", { ...seen(one), ...bounds() }, (before, now) => word("moved")(stretch_of(before), stretch_of(now)));
});
found("as-new").addEventListener("click", () => {
  change("add", { take: one.take.id, ...bounds(), kind: one.kind === "note" ? "event" : one.kind }, () => word("added"));
});
found("split-form").addEventListener("submit", (event) => {
  event.preventDefault();
  change("split", { ...seen(one), at_s: Number(found("cut").value) }, (_before, _now, done) => word("split_done")(done.segments.length));
});
found("join").addEventListener("click", join);
found("delete").addEventListener("click", () => change("delete", seen(one), () => word("deleted")));
found("reset").addEventListener("click", () => undo({ call: "undo", row: { id: one.id, segments: [seen(one)] } }));
found("undo").addEventListener("click", () => undo(offered || to_undo?.how));
for (const id of ["start", "end", "cut"]) found(id).addEventListener("input", place_over);
found("cut").addEventListener("focus", () => cut_at(found("cut").value));
for (const id of ["wave", "spectrum"]) {
  found(id).addEventListener("click", (event) => cut_at(time_at(event).toFixed(3)));
}
drag("handle-start", "start");
drag("handle-end", "end");
window.addEventListener("resize", () => { if (image) show_image(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (image) show_image(); });

document.addEventListener("keydown", (event) => {
  const at = event.target, is_row = at.classList?.contains("row");
  const writes = at.matches?.("input, select, textarea") || (at.matches?.("button") && !is_row);
  if (event.key === " " && !writes && one) {
    event.preventDefault();
    if (!event.repeat) play();
  } else if (is_row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const row = at.closest("tr"), next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
    if (next) {
      next.querySelector("button").focus();
      choose(next.dataset.id);
    }
  }
});
document.addEventListener("keyup", (event) => {  // a button would take it for a press
  if (event.key === " " && event.target.classList?.contains("row")) event.preventDefault();
});
begin();
