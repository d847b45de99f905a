// The page /enroll: a code, a key made on this device, and its enrolment. Every word stands in the page.
import { ensureKey, forgetKey, KeyProblem, prove } from "./author.js";

const at = (id) => document.getElementById(id);
const ORIGIN = at("enroll").dataset.origin;
const LANGUAGE = document.documentElement.lang.slice(0, 2);
let place = null;

// Show one step and hide the others.
function step(name) {
  for (const part of document.querySelectorAll("#enroll > [data-step]")) part.hidden = part.dataset.step !== name;
  at(`h-${name}`).focus();
}

// Show one problem, by its code; none for "".
function problem(code) {
  for (const each of document.querySelectorAll("[data-problem]")) each.hidden = each.dataset.problem !== code;
}

async function ask(address, told) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told),
    });
  } catch {
    throw new KeyProblem("offline");
  }
  const said = await answer.json().catch(() => ({ problem: "later" }));
  if (!answer.ok) throw new KeyProblem(said.problem);
  return said;
}

// Run an act while its button waits; what goes wrong is shown, and what was typed stays.
async function trying(button, act) {
  problem("");
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error;
    problem(document.querySelector(`[data-problem="${error.code}"]`) ? error.code : "later");
  } finally {
    button.disabled = false;
  }
}

async function enroll() {
  const { publicKey } = await ensureKey(ORIGIN, place);
  const told = { code: at("code").value, public_key: publicKey, proof: await prove(ORIGIN, place) };
  return ask("/enroll", told);
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  trying(at("go"), async () => {
    const found = await ask(`/enroll/place?lang=${LANGUAGE}`, { code: at("code").value });
    place = found.place;
    for (const name of document.querySelectorAll("[data-place]")) name.textContent = found.name;
    step("make");
  });
});

at("make").addEventListener("click", () =>
  trying(at("make"), async () => {
    const { key } = await enroll().catch(async (error) => {
      if (error.code !== "revoked") throw error;
      await forgetKey(ORIGIN, place); // a revoked key is never enrolled again: a phone found again gets a new one
      return enroll();
    });
    at("key").textContent = key.match(/.{4}/g).join(" ");
    step("done");
  }),
);

at("other").addEventListener("click", () => {
  problem("");
  step("code");
});
at("enroll").hidden = false;
