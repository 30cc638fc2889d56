// A client that asks its server for tokens, and notes what it is told for the test to read.
import { RejoinClient } from "/rejoin.min.js";

const query = new URLSearchParams(location.search);
const user = query.get("user");

async function fetchToken() {
  const answer = await fetch(`/token?user=${user}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`no token for ${user}: ${answer.status}`);
  return answer.text();
}

const client = new RejoinClient({
  urls: [query.get("broker")],
  token: fetchToken,
  backoff: { min: Number(query.get("backoff")), max: Number(query.get("backoff")) },
  // The longest of the waiting times: a short one by chance would prove nothing.
  random: () => 0.999,
});
const room = client.room(query.get("room"), { position: { offset: 0 } });
const seen = { states: [], outcomes: [], errors: [], gaps: [], joins: 0, offsets: [] };

client.on("state", ({ from, to, code, delay }) => seen.states.push({ from, to, code, delay, at: Date.now() }));
client.on("outcome", ({ session, rooms }) => seen.outcomes.push({ session, rooms, at: Date.now() }));
client.on("error", ({ code, message }) => seen.errors.push({ code, message }));
client.on("gap", (gap) => seen.gaps.push(gap));
room.on("joined", () => {
  seen.joins += 1;
});
room.on("publication", ({ position }) => seen.offsets.push(position.offset));

globalThis.probe = {
  seen: () => ({ ...seen, state: client.state }),
  connect: () => client.connect(),
  join: () => room.join().then(({ outcome }) => outcome),
  publish: (data) =>
    room.publish(data).then(
      (position) => ({ offset: position.offset }),
      ({ code }) => ({ rejected: code }),
    ),
};

client.connect();
room.join().catch(({ code, message }) => seen.errors.push({ code, message }));
