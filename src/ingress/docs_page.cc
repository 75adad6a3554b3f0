#include "ingress/docs_page.h"

namespace manta::ingress {
namespace {

// Text of the document is only ever set as text: names that an application chose are no HTML.
constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>API</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  summary { cursor: pointer; font-family: monospace; }
  pre, textarea { width: 100%; box-sizing: border-box; background: #f4f4f4; padding: .5rem; overflow: auto; }
</style>
<h1 id="title">API</h1>
<p><a href="openapi.json">openapi.json</a></p>
<main></main>
<script>
  const add = (parent, tag, text) => {
    const made = parent.appendChild(document.createElement(tag));
    if (text !== undefined) made.textContent = text;
    return made;
  };
  // What stands before the paths of the document, which begin with the prefix of the application: http_options.root_path.
  const before = (paths) => {
    const here = location.pathname.replace(/\/docs$/, "");
    let end = 0;
    while (!paths.every(path => path.startsWith(here.slice(end)))) ++end;
    return here.slice(0, end);
  };
  const show = (root, verb, path, operation) => {
    const box = add(document.querySelector("main"), "details");
    add(box, "summary", verb.toUpperCase() + " " + path);
    add(box, "p", operation.summary || operation.description || "");
    add(box, "pre", JSON.stringify({parameters: operation.parameters, requestBody: operation.requestBody,
                                    responses: operation.responses}, null, 2));
    const target = add(box, "input");
    target.value = path;
    const body = verb === "get" ? null : add(box, "textarea", "{}");
    const answer = add(box, "pre");
    const send = add(box, "button", "Send");
    send.onclick = async () => {
      const reply = await fetch(root + target.value, {method: verb.toUpperCase(), body: body && body.value});
      answer.textContent = reply.status + "\n" + await reply.text();
    };
  };
  fetch("openapi.json").then(reply => reply.json()).then(api => {
    document.title = document.querySelector("#title").textContent = (api.info || {}).title || "API";
    const root = before(Object.keys(api.paths));
    for (const [path, verbs] of Object.entries(api.paths))
      for (const [verb, operation] of Object.entries(verbs)) show(root, verb, path, operation);
  });
</script>
</html>
)html";

}  // namespace

std::string_view docs_page() { return kPage; }

}  // namespace manta::ingress
