import { LiveChart } from "/charts.mjs";
import { StreamWatch } from "/counters.mjs";
import { RejoinClient } from "/rejoin.min.js";

const byId = (id) => document.getElementById(id);
const show = (id, text) => {
  byId(id).textContent = text;
};

const { urls } = await (await fetch("/api/nodes")).json();
const client = new RejoinClient({ urls, backoff: { min: 100, max: 2_000 } });
const watches = { prices: new StreamWatch(), flights: new StreamWatch(), chat: new StreamWatch() };
let gaps = 0;
let connections = 0;
let interruptedAt = 0;
let awaited = new Set();

function showCounters() {
  for (const name of ["missed", "duplicated", "reordered", "received"]) {
    const sum = Object.values(watches).reduce((total, watch) => total + watch[name], 0);
    show(name, sum.toLocaleString("en"));
    if (name !== "received") byId(name).classList.toggle("bad", sum > 0);
  }
  show("gaps", gaps);
  for (const name of Object.keys(watches)) {
    const position = client.room(name).position;
    show(`${name}-position`, position ? `${position.epoch}:${position.offset}` : "");
  }
}

/** A room whose owner has just died may need longer than the connection. */
function showRoomsBack() {
  const waiting = [...awaited].join(", ");
  show("rooms-time", waiting ? `waiting for ${waiting}` : `${Math.round(performance.now() - interruptedAt)} ms`);
}

client.on("state", ({ to }) => {
  show("state", to);
  byId("state").dataset.state = to;
});
client.on("welcome", ({ node }) => {
  show("node", node);
  connections++;
  show("reconnects", connections - 1);
  void showNodes();
});
client.on("outcome", ({ session, interruption, roundTrip, rooms }) => {
  if (connections < 2) return;
  const byRoom = rooms.map(({ room, outcome, code }) => `${room} ${code ?? outcome}`).join(", ");
  show("resume-outcome", `${session} (${byRoom})`);
  awaited = new Set(rooms.filter(({ outcome }) => outcome === "error").map(({ room }) => room));
  interruptedAt = performance.now() - interruption;
  showRoomsBack();
  show("resume-time", `${Math.round(interruption)} ms (round trip ${Math.round(roundTrip)} ms)`);
});
client.on("error", (error) => console.error(error));

// Prices: one line over the recorded dates.
const priceChart = new LiveChart(byId("prices-chart"), { series: ["--accent"], limit: 600, time: true, height: 240 });
const prices = client.room("prices", { history: 500 });
prices.on("publication", (publication) => {
  watches.prices.onPublication(publication);
  priceChart.add(Date.parse(publication.data.date) / 1000, publication.data.close);
});

// Flights: the busier room.
const flightChart = new LiveChart(byId("flights-chart"), { series: ["--warn"], limit: 300, time: false, height: 180 });
const flights = client.room("flights");
let flightsThisSecond = 0;
flights.on("publication", (publication) => {
  watches.flights.onPublication(publication);
  flightsThisSecond++;
  flightChart.add(publication.position.offset, publication.data.delay);
});
setInterval(() => {
  show("flights-rate", flightsThisSecond);
  flightsThisSecond = 0;
}, 1_000);

// Chat: own messages come back like everybody's.
const chat = client.room("chat", { history: 20 });
chat.on("publication", (publication) => {
  watches.chat.onPublication(publication);
  const line = document.createElement("li");
  const author = document.createElement("b");
  author.textContent = String(publication.data?.name ?? "?").slice(0, 24);
  line.append(author, String(publication.data?.text ?? "").slice(0, 500));
  const lines = byId("chat-lines");
  lines.append(line);
  while (lines.children.length > 200) lines.firstChild.remove();
  lines.scrollTop = lines.scrollHeight;
});
byId("chat-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("chat-text").value.trim();
  if (!text) return;
  byId("chat-text").value = "";
  const began = performance.now();
  try {
    await chat.publish({ name: byId("chat-name").value || "guest", text });
    show("ack-time", `${Math.round(performance.now() - began)} ms`);
  } catch (error) {
    show("ack-time", `${error.code}: ${error.message}`);
  }
});

for (const [name, room] of Object.entries({ prices, flights, chat })) {
  room.on("joined", () => {
    if (awaited.delete(name)) showRoomsBack();
  });
  room.on("gap", () => {
    gaps++;
    watches[name].onGap();
  });
}

// Nodes and their buttons.
const buttons = [
  ["kill", "kill -9", (state) => state !== "down"],
  ["freeze", "freeze", (state) => state !== "down" && state !== "frozen"],
  ["thaw", "thaw", (state) => state === "frozen"],
  ["start", "start", (state) => state === "down"],
];

function nodeRow(node) {
  const row = document.createElement("li");
  row.dataset.testid = `node-${node.name}`;
  row.innerHTML =
    '<span class="name"></span><span class="badge"></span><span class="here"></span><span class="buttons"></span>';
  for (const [action, label] of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.dataset.action = action;
    button.setAttribute("aria-label", `${label} ${node.name}`);
    button.addEventListener("click", async () => {
      await fetch(`/api/nodes/${node.name}/${action}`, { method: "POST" });
      await showNodes();
    });
    row.querySelector(".buttons").append(button);
  }
  return row;
}

async function showNodes() {
  const { nodes } = await (await fetch("/api/nodes")).json();
  const list = byId("nodes");
  for (const node of nodes) {
    let row = list.querySelector(`[data-testid="node-${node.name}"]`);
    if (!row) {
      row = nodeRow(node);
      list.append(row);
    }
    row.querySelector(".name").textContent = node.name;
    const badge = row.querySelector(".badge");
    badge.textContent = node.state;
    badge.dataset.state = node.state;
    const here = client.node === node.name && client.state === "open";
    row.querySelector(".here").textContent = here ? "you are here" : "";
    for (const [action, , allowed] of buttons)
      row.querySelector(`[data-action="${action}"]`).disabled = !allowed(node.state);
  }
}

setInterval(showCounters, 200);
setInterval(() => void showNodes().catch(() => {}), 1_000);
client.connect();
await Promise.all([prices.join(), flights.join(), chat.join()]);
