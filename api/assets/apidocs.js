/* Swagger UI fills in every example, and so would ask for all filters at once, which finds nothing. */
function showExamples(document) {
  for (const operation of Object.values(document.paths).flatMap(Object.values)) {
    for (const parameter of operation.parameters) {
      if (parameter.in === "query" && "example" in parameter) {
        if (!("default" in parameter.schema)) {
          parameter.description += ` Example: \`${[parameter.example].flat()[0]}\`.`;
        }
        delete parameter.example;
      }
    }
  }
  return document;
}
const ExamplesBeside = () => ({
  statePlugins: { spec: { wrapActions: { updateJsonSpec: (update) => (document) => update(showExamples(document)) } } },
});
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  plugins: [ExamplesBeside],
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
