"use strict";
// Sends files as soon as they are chosen, with progress, cancel and retry, and keeps what is typed as a draft.
// The page works without it. Tests: tests/integration/web/test_browser.py.
(function () {
  const TRIES = 3;
  const WAIT = 1500;
  const words = JSON.parse(document.getElementById("words").content.textContent);
  let sending = 0;

  function formValue(form, name) {
    const input = form.querySelector('input[name="' + name + '"]');
    return input ? input.value : "";
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function button(text, act) {
    const made = element("button", text, "second");
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  function typedIn(section) {
    const fields = section.querySelectorAll("input:not([type=hidden]):not([type=file]), textarea");
    return Array.from(fields, function (field) { return [field.id, field.value, field.checked]; });
  }

  // One section as the server shows it now; what is typed in it and elsewhere stays, and so does what was refused.
  async function refresh(key) {
    const before = document.getElementById("item-" + key);
    const typed = before ? typedIn(before) : [];
    const refused = before ? before.querySelector(".uploads") : null;
    const answer = await fetch("/d", { credentials: "same-origin" });
    if (!answer.ok) { location.assign("/d"); return; }
    show(key, await answer.text(), typed, refused);
  }

  function show(key, text, typed, refused) {
    const page = new DOMParser().parseFromString(text, "text/html");
    document.title = page.title;
    for (const id of ["progress", "item-" + key]) {
      const old = document.getElementById(id);
      const fresh = page.getElementById(id);
      if (old && fresh) old.replaceWith(fresh);
    }
    const section = document.getElementById("item-" + key);
    if (!section) return;
    for (const [id, value, checked] of typed) {
      const field = id && section.querySelector("#" + CSS.escape(id));
      if (field && value && !field.value) field.value = value;
      if (field && field.type === "checkbox") field.checked = checked;
    }
    const input = section.querySelector('input[type="file"]');
    if (refused && refused.children.length && input) input.after(refused);
    prepare(section);
    section.focus();
  }

  function send(form, file, line, isLast) {
    const key = form.dataset.upload.split("/")[4];
    const status = element("span", "");
    status.setAttribute("role", "status");
    const bar = element("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", file.name);
    const request = new XMLHttpRequest();
    const cancel = button(words.cancel, function () { request.abort(); });
    line.replaceChildren(element("span", file.name + " "), status, bar, cancel);

    return new Promise(function (resolve) {
      function failed(text, again) {
        status.textContent = text;
        bar.remove();
        cancel.remove();
        if (again) line.append(button(words.retry, function () { attempt(form, file, line, 1).then(function (done) { if (done) refresh(key); }); }));
      }
      request.upload.addEventListener("progress", function (event) {
        if (!event.lengthComputable) return;
        const percent = Math.floor(100 * event.loaded / event.total);
        bar.value = percent;
        status.textContent = percent < 100 ? words.sending.replace("{percent}", percent) : words.checking;
      });
      request.addEventListener("load", function () {
        let said = {};
        try { said = JSON.parse(request.responseText); } catch (error) { said = {}; }
        if (request.status === 200) { line.remove(); resolve("done"); return; }
        failed(said.problem || words.failed, request.status >= 500 || request.status === 429);
        line.querySelector("[role=status]").setAttribute("role", "alert");
        resolve("refused");
      });
      request.addEventListener("error", function () { failed(words.failed, isLast); resolve("lost"); });
      request.addEventListener("abort", function () { line.remove(); resolve("cancelled"); });
      request.open("POST", form.dataset.upload);
      request.setRequestHeader("X-Form", formValue(form, "form"));
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.send(file);
    });
  }

  // A line that was lost is tried again by itself, three times in all; then a button does it.
  async function attempt(form, file, line, tries) {
    sending += 1;
    try {
      for (let number = 1; number <= tries; number += 1) {
        const became = await send(form, file, line, number === tries);
        if (became !== "lost") return became === "done";
        if (number < tries) await new Promise(function (go) { setTimeout(go, WAIT * number); });
      }
      return false;
    } finally {
      sending -= 1;
    }
  }

  async function sendAll(form, input) {
    const key = form.dataset.upload.split("/")[4];
    const files = Array.from(input.files);
    const most = Number(document.body.dataset.most || "0");
    let list = form.querySelector(".uploads");
    if (!list) { list = element("ul", "", "uploads"); input.after(list); }
    input.value = "";
    form.uploads = (form.uploads || 0) + 1;
    let came = 0;
    const lines = files.map(function (file) { const line = element("li", file.name); list.append(line); return line; });
    for (let number = 0; number < files.length; number += 1) {
      if (most && files[number].size > most) {
        const problem = element("span", files[number].name + " – " + words.too_large);
        problem.setAttribute("role", "alert");
        lines[number].replaceChildren(problem);
      } else if (await attempt(form, files[number], lines[number], TRIES)) {
        came += 1;
      }
    }
    form.uploads -= 1;
    if (!came) return;
    await refresh(key);
    // The button was pressed meanwhile: the answer is sent now that its files are there.
    const now = document.querySelector("#item-" + key + " form[data-upload]");
    const pressed = form.pressed && now && now.querySelector('button[value="' + form.pressed + '"]');
    if (pressed && !form.uploads) now.requestSubmit(pressed);
  }

  function prepareUpload(form) {
    const input = form.querySelector('input[type="file"]');
    const combine = form.querySelector('input[name="combine"]');
    if (!input) return;
    input.addEventListener("change", function () {
      // Pages of one document go together, with the form's own button.
      if (input.files.length && !(combine && combine.checked)) sendAll(form, input);
    });
    if (/image/.test(input.accept) && matchMedia("(pointer: coarse)").matches) {
      const camera = element("input");
      camera.type = "file";
      camera.accept = "image/jpeg";
      camera.setAttribute("capture", "environment");
      camera.hidden = true;
      camera.addEventListener("change", function () { if (camera.files.length) sendAll(form, camera); });
      const take = button(words.camera, function () { camera.click(); });
      input.after(camera, take);
    }
  }

  // A form is sent without leaving the page, so that what is typed in other items stays.
  function prepareForm(form) {
    let isBusy = false;
    form.addEventListener("submit", async function (event) {
      const input = form.querySelector('input[type="file"]');
      if (input && input.files.length) return;
      event.preventDefault();
      if (form.uploads) { form.pressed = event.submitter ? event.submitter.value : "answer"; return; }
      if (isBusy) return;
      isBusy = true;
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
      if (event.submitter && event.submitter.name) body.append(event.submitter.name, event.submitter.value);
      try {
        const answer = await fetch(form.action, { method: "POST", body: body, credentials: "same-origin" });
        if (answer.status === 200 || answer.status === 409 || answer.status === 422) {
          show(form.closest("section").id.slice(5), await answer.text(), [], null);
        } else {
          location.assign("/d");
        }
      } catch (error) {
        form.submit();
      } finally {
        isBusy = false;
      }
    });
  }

  function prepareDraft(input) {
    const form = input.form;
    input.addEventListener("change", async function () {
      const body = new URLSearchParams({ form: formValue(form, "form"), version: formValue(form, "version"), value: input.value });
      const answer = await fetch(form.getAttribute("action").split("#")[0] + "/draft", { method: "POST", body: body, credentials: "same-origin", keepalive: true });
      if (!answer.ok) return;
      let said = form.querySelector(".draft");
      if (!said) { said = element("p", "", "hint draft"); said.setAttribute("role", "status"); input.after(said); }
      said.textContent = await answer.text();
    });
  }

  function prepare(root) {
    root.querySelectorAll("form[data-upload]").forEach(prepareUpload);
    root.querySelectorAll(root === document ? ".item form" : "form").forEach(prepareForm);
    root.querySelectorAll("[data-draft]").forEach(prepareDraft);
  }

  addEventListener("beforeunload", function (event) {
    if (sending) { event.preventDefault(); event.returnValue = words.leave; }
  });
  prepare(document);
}());
