// Draws one Mermaid diagram inside a sandboxed frame and tells the page how tall it became.
(() => {
  const tell = (message) => parent.postMessage(message, "*");
  addEventListener("message", async ({ source, data }) => {
    if (source !== parent || typeof data?.source !== "string") return;
    document.body.style.background = String(data.background);
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: data.dark ? "dark" : "neutral",
      fontFamily: "system-ui, sans-serif",
    });
    try {
      const { svg } = await mermaid.render("drawing", data.source);
      const place = document.getElementById("diagram");
      place.innerHTML = svg;
      tell({ height: Math.ceil(place.getBoundingClientRect().height) });
    } catch (error) {
      tell({ error: String(error?.message ?? error).slice(0, 300) });
    }
  });
  tell({ ready: true });
})();
