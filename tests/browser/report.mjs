// Opens reports in headless Chromium: no request, no console message, no overlapping text in figures, no violation that
// axe-core knows (where it is installed). Usage: node report.mjs AXE_FILE_OR_- REPORT.html... Prints TAP.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [axeFile, ...reports] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "lobule-browser-"));
const browser = spawn("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
  `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });

let next = 0, rest = "";
const waiting = new Map(), listeners = [];
browser.stdio[4].on("data", (data) => {
  const parts = (rest + data).split("\0");
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id !== undefined) {
      const [done, fail] = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) fail(new Error(message.error.message)); else done(message.result);
    } else listeners.forEach((listener) => listener(message));
  }
});
function send(method, params = {}, sessionId = undefined) {
  const id = ++next;
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((done, fail) => waiting.set(id, [done, fail]));
}

let count = 0, bad = 0;
function report(ok, name, detail = "") {
  console.log(`${ok ? "ok" : "not ok"} ${++count} - ${name}`);
  if (!ok) { bad++; console.log("# " + String(detail).replaceAll("\n", "\n# ")); }
}
function skip(name, why) { console.log(`ok ${++count} - ${name} # SKIP ${why}`); }

// Texts of one figure whose boxes overlap by more than a rounding, or leave the figure.
const OVERLAPS = `(() => {
  const found = [];
  document.querySelectorAll("figure svg, svg[role=img]").forEach((svg) => {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll("text")].filter((t) => t.textContent.trim() !== "")
      .map((t) => ({ text: t.textContent, box: t.getBoundingClientRect() }));
    boxes.forEach((a, i) => {
      if (a.box.left < frame.left - 1 || a.box.right > frame.right + 1 || a.box.bottom > frame.bottom + 1) found.push("outside: " + a.text);
      boxes.slice(i + 1).forEach((b) => {
        const w = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const h = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (w > 1 && h > 0.3 * Math.min(a.box.height, b.box.height)) found.push(a.text + " / " + b.text);
      });
    });
  });
  return found.join("\\n");
})()`;

async function open(file) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const requests = [], messages = [];
  let loaded;
  const ready = new Promise((done) => { loaded = done; });
  listeners.push((m) => {
    if (m.sessionId !== sessionId) return;
    if (m.method === "Network.requestWillBeSent" && m.params.request.url !== "file://" + file && !m.params.request.url.startsWith("data:"))
      requests.push(m.params.request.url);
    if (m.method === "Runtime.consoleAPICalled") messages.push(JSON.stringify(m.params.args));
    if (m.method === "Runtime.exceptionThrown") messages.push(m.params.exceptionDetails.text);
    if (m.method === "Log.entryAdded" && m.params.entry.level !== "verbose") messages.push(m.params.entry.text);
    if (m.method === "Page.loadEventFired") loaded();
  });
  for (const domain of ["Network", "Runtime", "Log", "Page"]) await send(domain + ".enable", {}, sessionId);
  await send("Page.navigate", { url: "file://" + file }, sessionId);
  await ready;
  const evaluate = async (expression) => {
    const answer = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  };
  return { sessionId, requests, messages, evaluate };
}

async function axe(page, name) {
  if (axeFile === "-" || !existsSync(axeFile)) return skip(name + ": accessible", "axe-core is not installed");
  for (const scheme of ["light", "dark"]) {
    await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] }, page.sessionId);
    await page.evaluate(readFileSync(axeFile, "utf8") + "; true");
    const found = await page.evaluate(`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })
      .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + n.failureSummary).join("\\n  ")).join("\\n"))`);
    report(found === "", `${name}: accessible (${scheme})`, found);
  }
}

const timer = setTimeout(() => { console.log("not ok - browser timed out"); browser.kill("SIGKILL"); process.exit(1); }, 120000);
try {
  for (const path of reports) {
    const file = resolve(path), name = path.split("/").pop();
    const page = await open(file);
    report(page.requests.length === 0, name + ": no request", page.requests.join("\n"));
    const overlaps = await page.evaluate(OVERLAPS);
    report(overlaps === "", name + ": no text overlaps in figures", overlaps);
    report(await page.evaluate("document.querySelectorAll('h1').length") === 1, name + ": one h1");
    report(await page.evaluate("document.querySelectorAll('figure svg text').length") > 10, name + ": figures hold real text");
    for (const width of [1200, 420]) {
      await send("Emulation.setDeviceMetricsOverride", { width, height: 1000, deviceScaleFactor: 1, mobile: false }, page.sessionId);
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      report(wide <= 0, `${name}: no sideways scrolling at ${width} px`, wide + " px too wide");
    }
    await axe(page, name);
    report(page.messages.length === 0, name + ": nothing on the console", page.messages.join("\n"));
  }
} catch (error) {
  report(false, "browser", error.stack);
}
clearTimeout(timer);
await send("Browser.close").catch(() => {});
browser.on("exit", () => { rmSync(profile, { recursive: true, force: true }); process.exit(bad > 0 ? 1 : 0); });
