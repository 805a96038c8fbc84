/*
 * Keeps our own static files and one page for the time without a connection. It never stores a
 * page of a group: what a person sees comes from the server or not at all.
 */
const CACHE = "forecourt-static-1";
const FILES = {{ files|safe }};
const OFFLINE = "{{ offline|escapejs }}";
const PREFIX = "{{ prefix|escapejs }}";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...FILES, new Request(OFFLINE, { credentials: "omit" })])));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
    return;
  }
  const address = new URL(request.url);
  // Only names with a hash in them never change what they mean.
  const lasting = address.origin === location.origin && address.pathname.startsWith(PREFIX) && /\.[0-9a-f]{12}\./.test(address.pathname);
  if (!lasting) return;
  event.respondWith(
    caches.match(request).then((kept) => kept ?? fetch(request).then((answer) => {
      if (answer.ok) {
        const copy = answer.clone();
        caches.open(CACHE).then((cache) => cache.put(request, copy));
      }
      return answer;
    })),
  );
});
