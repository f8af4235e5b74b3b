// Shows what Phễu tells this browser while no page of it is before the person, and opens what they choose.

self.addEventListener("push", (event) => {
  event.waitUntil((async () => {
    const told = event.data.json();
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (pages.some((page) => page.focused)) return; // there it shows itself
    await self.registration.showNotification(told.title, { body: told.body, tag: told.tag, data: told.url });
  })());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const address = new URL(event.notification.data, self.location.origin).href;
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = pages.find((page) => page.url === address);
    await (there ? there.focus() : self.clients.openWindow(address));
  })());
});
