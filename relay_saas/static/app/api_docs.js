// Starts Redoc or Swagger UI, whichever page this is; the address of the description stands on the page.
(() => {
  const reading = document.getElementById("api-reference");
  const trying = document.getElementById("api-try");
  const fonts = '"Noto Sans JP", "Hiragino Sans", Meiryo, sans-serif';
  if (reading && window.Redoc) {
    window.Redoc.init(reading.dataset.spec, {
      disableSearch: true,
      nativeScrollbars: true,
      hideDownloadButton: true,
      sortPropsAlphabetically: false,
      theme: { typography: { fontFamily: fonts, headings: { fontFamily: fonts } } },
    }, reading);
  }
  if (trying && window.SwaggerUIBundle) {
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
