// Asking the server. An error, of the server or of the way to it, appears on the page in words.

const box = () => document.getElementById("error");

export function showError(error) {
  box().textContent = error.message;
  box().hidden = false;
}

export function clearError() {
  box().hidden = true;
}

export async function ask(path, body, { method = body === undefined ? "GET" : "POST", signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is deltarule lab still running?");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error ?? `The server answered ${answer.status}.`);
  return content;
}

// Runs a task and shows its error; a newer run of the same task makes an older one's answer void.
export function latest(task) {
  let controller;
  return async (...values) => {
    controller?.abort();
    const own = (controller = new AbortController());
    try {
      await task(own.signal, ...values);
      if (controller === own) clearError();
    } catch (error) {
      if (error.name !== "AbortError" && controller === own) showError(error);
    }
  };
}

export function afterTyping(task, milliseconds = 150) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(task, milliseconds, ...values);
  };
}
