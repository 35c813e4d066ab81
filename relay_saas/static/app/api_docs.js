// Starts Redoc or Swagger UI, whichever page this is; the address of the description stands on the page.
(() => {
  const reading = document.getElementById("api-reference");
  const trying = document.getElementById("api-try");
  const fonts = '"Noto Sans JP", "Hiragino Sans", Meiryo, sans-serif';
  const root = document.documentElement;
  const dark = root.dataset.bsTheme === "dark";
  const light = {
    colors: { primary: { main: "#1d4ed8" } },
    rightPanel: { backgroundColor: "#1f2937" },
  };
  const night = {
    colors: {
      tonalOffset: 0.2,
      primary: { main: "#93b4ff", light: "#bcd0ff" },
      text: { primary: "#e5e7eb", secondary: "#b6bdc9" },
      gray: { 50: "#1f2937", 100: "#273244" },
      border: { dark: "#4b5563", light: "#374151" },
      error: { main: "#fda4a4" },
      success: { main: "#86efac" },
      responses: {
        success: { color: "#86efac", backgroundColor: "#16301f", tabTextColor: "#86efac" },
        error: { color: "#fda4a4", backgroundColor: "#3a1d20", tabTextColor: "#fda4a4" },
        redirect: { color: "#fcd98a", backgroundColor: "#33290f", tabTextColor: "#fcd98a" },
        info: { color: "#93c5fd", backgroundColor: "#172a46", tabTextColor: "#93c5fd" },
      },
    },
    schema: {
      nestedBackground: "#1b2432", linesColor: "#4b5563", typeNameColor: "#b6bdc9", typeTitleColor: "#cbd5e1",
      requireLabelColor: "#fda4a4",
    },
    sidebar: { backgroundColor: "#161d29", textColor: "#e5e7eb", activeTextColor: "#93b4ff" },
    rightPanel: { backgroundColor: "#0f1520" },
    codeBlock: { backgroundColor: "#0a0f18" },
    fab: { backgroundColor: "#273244", color: "#93b4ff" },
  };
  if (reading && window.Redoc) {
    const colours = dark ? night : light;
    window.Redoc.init(reading.dataset.spec, {
      disableSearch: true,
      nativeScrollbars: true,
      hideDownloadButton: true,
      // The pattern of an id is for programs; they read openapi.json.
      hideSchemaPattern: true,
      sortPropsAlphabetically: false,
      generatedPayloadSamplesMaxDepth: 4,
      theme: {
        ...colours,
        typography: {
          fontFamily: fonts,
          headings: { fontFamily: fonts },
          code: dark ? { color: "#fda4a4", backgroundColor: "#273244", wrap: true } : { wrap: true },
          links: dark ? { color: "#93b4ff", visited: "#93b4ff", hover: "#bcd0ff" } : {},
        },
      },
    }, reading);
  }
  if (trying && window.SwaggerUIBundle) {
    // The words of its own stylesheet.
    root.classList.toggle("dark-mode", dark);
    window.SwaggerUIBundle({
      url: trying.dataset.spec,
      domNode: trying,
      deepLinking: true,
      docExpansion: "none",
      validatorUrl: "none",
      // Nothing of a key is kept when the page is left.
      persistAuthorization: false,
      presets: [window.SwaggerUIBundle.presets.apis],
      layout: "BaseLayout",
    });
  }
})();
