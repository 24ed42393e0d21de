/* What the pages do better with JavaScript; each of them works without it.
   1. Keeps what was typed when the language is switched or the session ends.
   2. Warns before the idle limit and extends the session without leaving the page.
   3. Moves the focus to the error summary.
   4. Keeps what was changed while a part of the page was on its way. */
(function () {
  "use strict";

  document.documentElement.classList.add("has-script");

  /* 1. What was typed waits in this tab until the page opens again: in the other language, or after another sign-in.
     It waits for the same person only, and whatever was sent and arrived is forgotten. */
  var idle = document.getElementById("idle");
  var pageKey = function () {
    return "portage-typed:" + (idle ? idle.dataset.person : "") + window.location.pathname.replace(/^\/(en|fr)\//, "/");
  };
  var fields = function () {
    return Array.prototype.filter.call(document.querySelectorAll("main form[method=post] :is(input, select, textarea)"), function (field) {
      return field.name && !/^(hidden|password|file|submit)$/.test(field.type) && field.autocomplete !== "one-time-code";
    });
  };
  var keepTyped = function (reason) {
    var values = fields().map(function (field) {
      return /^(checkbox|radio)$/.test(field.type) ? [field.name, field.value, field.checked] : [field.name, field.value];
    });
    try { window.sessionStorage.setItem(pageKey(), JSON.stringify({ reason: reason, values: values })); } catch (error) { /* private mode */ }
  };
  Array.prototype.forEach.call(document.querySelectorAll("a[data-keep-typed]"), function (link) {
    link.addEventListener("click", function () { keepTyped("language"); });
  });
  if (idle) {
    document.addEventListener("submit", function (event) {
      if (event.target.closest("main") && !idle.contains(event.target) && event.target.method === "post") { keepTyped("sent"); }
    });
  }
  try {
    var signedInAgain = /\/sign-in\//.test(document.referrer.replace(window.location.origin, "").split("?")[0]);
    var kept = JSON.parse(window.sessionStorage.getItem(pageKey()) || "null");
    if (kept && (kept.reason !== "sent" || signedInAgain)) {
      kept.values.forEach(function (entry) {
        fields().forEach(function (field) {
          if (field.name !== entry[0]) { return; }
          if (entry.length === 3) {
            if (field.value === entry[1]) { field.checked = entry[2]; }
          } else if (!/^(checkbox|radio)$/.test(field.type)) {
            field.value = entry[1];
          }
        });
      });
    }
    if (idle) {
      Object.keys(window.sessionStorage).forEach(function (key) {
        var other = key.indexOf("portage-typed:" + idle.dataset.person + "/") !== 0;
        if (key.indexOf("portage-typed:") === 0 && (other || key === pageKey() || !signedInAgain)) {
          window.sessionStorage.removeItem(key);
        }
      });
    } else if (kept) {
      window.sessionStorage.removeItem(pageKey());
    }
  } catch (error) { /* private mode */ }

  /* 2. The idle limit. Any request of any tab counts, so the last one's time is shared. */
  if (idle) {
    var warnAfter = Number(idle.dataset.warnAfter) * 1000;
    var limit = Number(idle.dataset.limit) * 1000;
    var KEY = "portage-last-request";
    var focusBefore = null;
    var remember = function () {
      try { window.localStorage.setItem(KEY, String(Date.now())); } catch (error) { /* private mode */ }
      idle.lastRequest = Date.now();
    };
    var lastRequest = function () {
      var shared = 0;
      try { shared = Number(window.localStorage.getItem(KEY)) || 0; } catch (error) { shared = 0; }
      return Math.max(shared, idle.lastRequest || 0);
    };
    var hide = function () {
      if (idle.hidden) { return; }
      idle.hidden = true;
      if (focusBefore && document.contains(focusBefore)) { focusBefore.focus(); }
    };
    remember();
    document.addEventListener("htmx:afterRequest", remember);
    window.setInterval(function () {
      var quiet = Date.now() - lastRequest();
      if (quiet >= limit + 2000) {
        keepTyped("idle");
        /* Not a reload: a call in the background may have told the browser already that the session is over. Whoever is
           still signed in, by another tab say, is led straight back. */
        window.location.assign(
          idle.dataset.signIn + "?next=" + encodeURIComponent(window.location.pathname + window.location.search) + "&idle=1"
        );
      } else if (quiet >= warnAfter) {
        if (idle.hidden) {
          focusBefore = document.activeElement;
          idle.hidden = false;
          idle.focus();
        }
      } else {
        hide();
      }
    }, 5000);
    idle.querySelector("form").addEventListener("submit", function (event) {
      var form = event.currentTarget;
      event.preventDefault();
      window.fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        credentials: "same-origin",
        headers: { "X-Requested-With": "fetch" }
      }).then(function (response) {
        if (!response.ok) { throw new Error(String(response.status)); }
        remember();
        hide();
      }).catch(function () { form.submit(); });
    });
  }

  /* 3. */
  var summary = document.getElementById("error-summary");
  if (summary) { summary.focus(); }

  /* 4. The answer knows only what was sent; whatever somebody changed since then is changed in the new part too. */
  var sent = new WeakMap();
  var changed = new WeakMap();
  var isTick = function (field) { return /^(checkbox|radio)$/.test(field.type); };
  var keyOf = function (field) { return field.name + "\n" + (isTick(field) ? field.value : ""); };
  var stateOf = function (field) { return isTick(field) ? field.checked : field.value; };
  var typedIn = function (root) {
    return Array.prototype.filter.call(root.querySelectorAll("input, select, textarea"), function (field) {
      return field.name && !/^(hidden|password|file|submit)$/.test(field.type);
    });
  };
  document.addEventListener("htmx:beforeRequest", function (event) {
    var states = {};
    typedIn(document).forEach(function (field) { states[keyOf(field)] = stateOf(field); });
    sent.set(event.detail.xhr, states);
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var before = sent.get(event.detail.xhr) || {};
    var since = {};
    typedIn(event.detail.target).forEach(function (field) {
      var key = keyOf(field);
      if (key in before && before[key] !== stateOf(field)) { since[key] = stateOf(field); }
    });
    changed.set(event.detail.xhr, since);
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    var since = changed.get(event.detail.xhr) || {};
    changed.delete(event.detail.xhr);
    var last = null;
    typedIn(document).forEach(function (field) {
      var key = keyOf(field);
      if (!(key in since) || stateOf(field) === since[key]) { return; }
      if (isTick(field)) {
        field.checked = since[key];
      } else if (field.tagName !== "SELECT" || field.querySelector('option[value="' + CSS.escape(since[key]) + '"]')) {
        field.value = since[key];
      }
      last = field;
    });
    if (last) { last.dispatchEvent(new Event("change", { bubbles: true })); }
  });
})();
