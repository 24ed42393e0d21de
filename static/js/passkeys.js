/* Asks a passkey or security key, where a form offers one, and sends its answer with the form.
   The form says what to ask in data-options, as the server wrote it, and where to tell of a failure in data-problem. */
(function () {
  "use strict";

  var bytesOf = function (text) {
    var plain = window.atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  };
  var textOf = function (buffer) {
    var letters = Array.from(new Uint8Array(buffer), function (value) { return String.fromCharCode(value); });
    return window.btoa(letters.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  var named = function (credentials) {
    return (credentials || []).map(function (one) { return Object.assign({}, one, { id: bytesOf(one.id) }); });
  };

  var questionOf = function (options, isNew) {
    var question = Object.assign({}, options, { challenge: bytesOf(options.challenge) });
    if (isNew) {
      question.user = Object.assign({}, options.user, { id: bytesOf(options.user.id) });
      question.excludeCredentials = named(options.excludeCredentials);
    } else {
      question.allowCredentials = named(options.allowCredentials);
    }
    return { publicKey: question };
  };

  var answerOf = function (credential, isNew) {
    var given = credential.response;
    var response = { clientDataJSON: textOf(given.clientDataJSON) };
    if (isNew) {
      response.attestationObject = textOf(given.attestationObject);
      response.transports = given.getTransports ? given.getTransports() : [];
    } else {
      response.authenticatorData = textOf(given.authenticatorData);
      response.signature = textOf(given.signature);
      response.userHandle = given.userHandle ? textOf(given.userHandle) : null;
    }
    return {
      id: credential.id,
      rawId: textOf(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: response
    };
  };

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var isNew = form.dataset.passkey === "create";
    var problem = document.getElementById(form.dataset.problem);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      problem.hidden = true;
      if (!navigator.credentials) { problem.hidden = false; return; }
      var question = questionOf(JSON.parse(form.dataset.options), isNew);
      var asked = isNew ? navigator.credentials.create(question) : navigator.credentials.get(question);
      asked.then(function (credential) {
        form.elements.credential.value = JSON.stringify(answerOf(credential, isNew));
        form.submit();
      }).catch(function () { problem.hidden = false; });
    });
  });
}());
