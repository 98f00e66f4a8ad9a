// Nothing leaves the site: no validator elsewhere, and a token that is typed in is forgotten with the page.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, persistAuthorization: false });
